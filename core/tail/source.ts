/**
 * Pure. `TailSource`: what can be looked at, and what it promises to whoever shows it.
 */
import type { Datum } from "../datum/datum.ts";

/** Data that passed the filters, in the order in which they are to be shown. */
export interface TailBatch {
  readonly data: readonly Datum[];
  /**
   * They come whether somebody looks or not: where the reader is slow they are dropped and counted.
   * Others wait for the reader.
   */
  readonly live: boolean;
}

/**
 * Something to look at. It never commits, never writes, never takes a message from anybody.
 *
 * - `batches` may be pulled once; it ends at the end of the input or after `close`, and rejects with a
 *   RunError or ConfigError that says why nothing can be read.
 * - Once it has given something, outages are waited for and said through `onTrouble`.
 */
export interface TailSource {
  batches(): AsyncIterable<TailBatch>;
  /** Lets go of everything. Safe to call twice. */
  close(): Promise<void>;
}

/** Where reading begins and whether it goes on. */
export interface TailSpan {
  /** The last so many that pass the filters come first; undefined: all since `sinceMs`. */
  readonly last: number | undefined;
  /** ms since the epoch; undefined: no bound. */
  readonly sinceMs: number | undefined;
  /** Goes on with what comes. */
  readonly follow: boolean;
}

/** What sources tell beside data. */
export interface TailEvents {
  /** Why nothing comes at the moment; undefined when it does again. */
  onTrouble(trouble: string | undefined): void;
  /** Something that a person should know: a file was rotated, records were gone. */
  onNote(note: string): void;
}
