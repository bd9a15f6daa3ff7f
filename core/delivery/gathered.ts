/**
 * Pure. `GatheredBatch`: a batch that also carries its items' origins as columns, so that a store's
 * answer is settled without an object per item; and how parts of it are taken.
 */
import { type Batch, lineAt, type LineBatch, sliceBatch } from "./batch.ts";
import type { Origins } from "./offsets.ts";

/** A batch as gather.ts makes it. */
export type GatheredBatch = Batch & { readonly origins: Origins };

/** Items `from` (included) to `to` (excluded); bytes are shared. */
export function sliceGathered(batch: GatheredBatch, from: number, to: number): GatheredBatch {
  const { blocks, ordinals, indexes } = batch.origins;
  const origins = {
    blocks,
    ordinals: ordinals.subarray(from, to),
    indexes: indexes.subarray(from, to),
    count: to - from,
  };
  return { ...sliceBatch(batch, from, to), origins };
}

/** These items, in this order; bytes are copied. */
export function pickGathered(batch: GatheredBatch, items: readonly number[]): GatheredBatch {
  const { destination } = batch;
  const origins = {
    blocks: batch.origins.blocks,
    ordinals: Int32Array.from(items, (i) => batch.origins.ordinals[i] ?? 0),
    indexes: Int32Array.from(items, (i) => batch.origins.indexes[i] ?? 0),
    count: items.length,
  };
  const originOf = (i: number) => batch.originOf(items[i] ?? 0);
  const base = { destination, count: items.length, origins, originOf };
  if (batch.kind === "lines") {
    return { ...base, kind: "lines", precision: batch.precision, ...copyLines(batch, items) };
  }
  const documents = items.flatMap((i) => batch.documents[i] ?? []);
  return { ...base, kind: "documents", documents };
}

/** Record behind item i: block and index as they are held now. */
export function originIn(origins: Origins, i: number): ReturnType<Batch["originOf"]> {
  const tracked = origins.blocks[origins.ordinals[i] ?? 0];
  if (tracked === undefined) throw new RangeError(`Cannot find item ${i} of ${origins.count}`);
  return { block: tracked.block, index: tracked.at(origins.indexes[i] ?? 0) };
}

function copyLines(
  batch: LineBatch,
  items: readonly number[],
): { readonly body: Uint8Array; readonly ends: Int32Array } {
  const lines = items.map((i) => lineAt(batch, i));
  const ends = new Int32Array(items.length);
  let end = 0;
  lines.forEach((line, i) => ends[i] = end += line.length);
  const body = new Uint8Array(end);
  lines.forEach((line, i) => body.set(line, (ends[i] ?? 0) - line.length));
  return { body, ends };
}
