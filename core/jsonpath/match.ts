/**
 * Pure. `Match`: a value that a JSONPath expression found, and the way there.
 */
import { madeValue, type Unread } from "../notifications/unread.ts";
import type { Value } from "../notifications/value.ts";

/** Found in `context`, under `step`; null is the parent of the outermost value. */
export class Match {
  constructor(
    /** As it was found. */
    readonly found: Value | Unread,
    /** A field's name, or `[3]`. */
    readonly step: string,
    readonly context: Match | null,
  ) {}

  /** Made if it was not. */
  get value(): Value {
    return madeValue(this.found);
  }
}

/** Finds in a match; null is what `parent` gives of the outermost value. */
export type Finder = (at: Match | null) => (Match | null)[];

/** `payload.list.[0].name`; empty for the root and for what an operation made. */
export function matchPath(match: Match): string {
  let path = "";
  for (let at = match; at.context !== null; at = at.context) {
    path = path === "" ? at.step : `${at.step}.${path}`;
  }
  return path;
}

/** A value without a way to it. */
export function bareMatch(value: Value | Unread): Match {
  return new Match(value, "", null);
}
