/**
 * Pure. The types that a sample can have; the reference refuses to make one of another type.
 */

/** gauge, delta, cumulative. */
export const sampleTypes: ReadonlySet<string> = new Set(["gauge", "delta", "cumulative"]);
