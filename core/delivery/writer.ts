/**
 * Pure. `Writer`: what a store promises to the loops, and the reactions to what a store answers.
 */
import type { Batch } from "./batch.ts";

/**
 * One attempt to make a batch durable.
 *
 * - `write` resolves only when the store has said that every item is durable. Otherwise it rejects
 *   with a StoreError whose reaction says what to do (PartialWriteError where the store named the
 *   items). It never retries, waits or splits by itself: deliver.ts does.
 * - The same batch may be written again at any time: stores overwrite what is the same.
 * - Several writes may be in flight at once.
 * - A failure of the connection is a StoreError too (reaction "retry"). Anything else is a defect.
 */
export interface Writer {
  /** The store as operators name it, without user, password or query: `influxdb://host:8086/mon`. */
  readonly name: string;
  /** Which batches it takes; a kind it cannot take is a configuration error at start. */
  readonly takes: readonly Batch["kind"][];
  /** How many requests it wants in flight at once. */
  readonly concurrency: number;
  write(batch: Batch, signal: AbortSignal): Promise<void>;
  /**
   * Makes a destination that the store said is missing (reaction "create"): database or bucket, then
   * the retention configured for new ones. Never touches one that exists. Rejects with a StoreError.
   */
  createDestination(destination: string, signal: AbortSignal): Promise<void>;
  /** A cheap question that only a working store answers, for readiness. Rejects with a StoreError. */
  ping(signal: AbortSignal): Promise<void>;
  /** Flushes and lets go. Safe to call twice; a write after it is a defect. */
  close(): Promise<void>;
}

/**
 * What to do about an answer that is not "all durable" (the reaction table of the delivery promise):
 *
 * - `bisect`: some or all items were refused; halve until every item has its own answer. A single
 *   item with this reaction is a dead letter of class `rejected`.
 * - `expired`: the same, but a single item counts as expired, not as a dead letter.
 * - `split`: the request is too large; halve it. A single item is a dead letter of class `too_large`.
 * - `create`: the destination does not exist yet; createDestination, then the same batch again.
 * - `hold`: the operator's fault (credentials, grants, a missing retention policy): keep the position,
 *   back off, not ready, never skip.
 * - `hold_destination`: one tenant or index is full: hold its batches only, the others go on.
 * - `retry`: outage or overload: the same batch again after a back-off, or after `retryAfterMs`.
 */
export type Reaction =
  | "bisect"
  | "expired"
  | "split"
  | "create"
  | "hold"
  | "hold_destination"
  | "retry";

/** A store's refusal, classified. The message is for people: the store's name, status and words. */
export class StoreError extends Error {
  override readonly name: string = "StoreError";
  readonly retryAfterMs: number | undefined;

  constructor(
    text: string,
    readonly reaction: Reaction,
    options?: ErrorOptions & { readonly retryAfterMs?: number | undefined },
  ) {
    super(text, options);
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** What the store said of one item that it did not store. */
export interface RefusedItem {
  /** Index of the item in the batch. */
  readonly item: number;
  readonly reaction: Reaction;
  readonly reason: string;
}

/** The store named the items it refused; all others of the batch are durable. */
export class PartialWriteError extends StoreError {
  override readonly name = "PartialWriteError";

  constructor(text: string, readonly refused: readonly RefusedItem[], options?: ErrorOptions) {
    super(text, "bisect", options);
  }
}
