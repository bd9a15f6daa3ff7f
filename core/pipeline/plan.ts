/**
 * Pure. `Plan`: what the loop goes by between two reloads: how notifications become samples and
 * events, and by which lane each pipeline's publishers are reached.
 */
import type { Maker } from "./notification_maker.ts";
import type { Lane } from "./lane.ts";
import type { ItemCounts } from "./pipeline_account.ts";
import type { Pipeline } from "./pipeline.ts";

/** One publisher of one pipeline. */
export interface Way {
  /** Tells the ways of a notification apart; the same after a reload that leaves it in place. */
  readonly name: string;
  readonly lane: Lane;
  readonly source: string;
  readonly sink: string;
  readonly counts: ItemCounts;
}

/** See above. */
export interface Plan {
  readonly maker: Maker;
  /** In the sink's order. */
  readonly ways: ReadonlyMap<Pipeline, readonly Way[]>;
}
