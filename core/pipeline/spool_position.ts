/**
 * Pure. Up to where a spool's queue is done with, as text with a sum. What is torn or damaged is taken
 * for the beginning: everything in the queue comes again, which is allowed, and nothing is left out.
 */

/** The first record that is still to go. */
export interface SpoolPosition {
  readonly segment: number;
  readonly offset: number;
}

/** The text of a position's file. */
export function positionText({ segment, offset }: SpoolPosition): string {
  return JSON.stringify({ segment, offset, sum: sumOf(segment, offset) });
}

/** The position of such a text. */
export function positionOf(text: string): SpoolPosition {
  try {
    const { segment, offset, sum } = JSON.parse(text) as Record<string, unknown>;
    const isWhole = typeof segment === "number" && typeof offset === "number" &&
      sum === sumOf(segment, offset);
    if (isWhole) return { segment, offset };
  } catch {
    // No JSON, or no object.
  }
  return { segment: 0, offset: 0 };
}

function sumOf(segment: number, offset: number): number {
  return Bun.hash.crc32(`${segment} ${offset}`);
}
