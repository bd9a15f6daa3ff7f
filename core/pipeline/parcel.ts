/**
 * Pure. `Parcel`: the items that one notification brings to one publisher by one pipeline, with what
 * is needed to dead-letter them and to tell the notification that they are settled.
 */
import type { DeadLetterSource } from "../delivery/dead_letter.ts";
import type { Event } from "./event.ts";
import type { ItemCounts } from "./pipeline_account.ts";
import type { Cargo } from "./pipeline.ts";
import type { Sample } from "./sample.ts";

/** A sample or an event, as the lane it goes by carries. */
export type Item = Sample | Event;

/** Where a parcel comes from, for its dead letters. */
export interface ParcelOrigin {
  readonly source: DeadLetterSource;
  /** The notification's original bytes. */
  readonly payload: Uint8Array;
}

/** Given to a lane; all its items are settled together. */
export interface Parcel {
  readonly carries: Cargo;
  readonly items: readonly Item[];
  readonly origin: ParcelOrigin;
  /** Names of the pipeline's source and sink, and what is counted of them. */
  readonly way: { readonly source: string; readonly sink: string };
  readonly counts: ItemCounts;
  /** Called once: every item is published, spooled, queued, dropped or dead-lettered. */
  onSettled(): void;
}
