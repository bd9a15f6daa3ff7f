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

  readonly reach: DefinitionReach;
  /** The rule of `tpctl validate` that it breaks, where one is its own. */
  readonly rule: string | undefined;

  constructor(
    text: string,
    readonly place: Place,
    { reach = "entry", rule }: { readonly reach?: DefinitionReach; readonly rule?: string } = {},
  ) {
    super(text);
    this.reach = reach;
    this.rule = rule;
  }
}
