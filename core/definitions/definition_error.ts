/**
 * Pure. `DefinitionError`: what is wrong with one entry of a definitions file, and how far it reaches.
 */
import type { Place } from "../errors.ts";

/**
 * - `entry`: the reference leaves out this definition (its DefinitionException).
 * - `all`: it stops at the first such entry and has no definitions at all.
 */
export type DefinitionReach = "entry" | "all";

/** A definition that cannot be used. */
export class DefinitionError extends Error {
  override readonly name = "DefinitionError";

  constructor(text: string, readonly place: Place, readonly reach: DefinitionReach = "entry") {
    super(text);
  }
}
