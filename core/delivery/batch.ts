/**
 * Pure. `Batch`: what goes to a store in one request, and from which records its items come.
 *
 * Measurements travel as InfluxDB line protocol whatever the store is (the SQLite writer reads it
 * back): one form, encoded once, straight from the record's bytes. Documents travel as JSON text.
 */
import type { RecordBlock } from "./records.ts";

/** Which record an item was made of. */
export interface ItemOrigin {
  readonly block: RecordBlock;
  /** Index of the record in its block. */
  readonly index: number;
}

interface BatchBase {
  /** Database, bucket or file that the items go to; "" where the store has only one. */
  readonly destination: string;
  /** How many items there are. */
  readonly count: number;
  /** The record behind item i. */
  originOf(i: number): ItemOrigin;
}

/** Lines of InfluxDB line protocol, each ended by a newline, timestamps in ms or ns. */
export interface LineBatch extends BatchBase {
  readonly kind: "lines";
  readonly precision: "ms" | "ns";
  /** All lines, one after the other; exactly `ends[count - 1]` bytes of it count. */
  readonly body: Uint8Array;
  /** Where line i ends (behind its newline). */
  readonly ends: Int32Array;
}

/** One document for a store of documents. */
export interface Document {
  readonly index: string;
  /** The same for the same original bytes, so that writing twice leaves one. */
  readonly id: string;
  /** One line of JSON. */
  readonly json: string;
}

/** Documents, in the order of their records. */
export interface DocumentBatch extends BatchBase {
  readonly kind: "documents";
  readonly documents: readonly Document[];
}

/** What a Writer is given; its `kind` says which of the two. */
export type Batch = LineBatch | DocumentBatch;

/** Where line i of the batch begins. */
export function lineStart(batch: LineBatch, i: number): number {
  return i === 0 ? 0 : batch.ends[i - 1] ?? 0;
}

/** Line i of the batch as a view, with its newline. */
export function lineAt(batch: LineBatch, i: number): Uint8Array {
  return batch.body.subarray(lineStart(batch, i), batch.ends[i]);
}

/** Items `from` (included) to `to` (excluded) as a batch of their own; bytes are shared, not copied. */
export function sliceBatch(batch: Batch, from: number, to: number): Batch {
  const part = {
    destination: batch.destination,
    count: to - from,
    originOf: (i: number) => batch.originOf(from + i),
  };
  if (batch.kind === "documents") {
    return { ...part, kind: "documents", documents: batch.documents.slice(from, to) };
  }
  const start = lineStart(batch, from);
  return {
    ...part,
    kind: "lines",
    precision: batch.precision,
    body: batch.body.subarray(start, batch.ends[to - 1]),
    ends: batch.ends.slice(from, to).map((end) => end - start),
  };
}
