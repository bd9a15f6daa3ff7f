/**
 * Pure. How old data were when they were stored, from their own timestamps: `tpctl_end_to_end_seconds`.
 */
import { lineAt, type LineBatch } from "../delivery/batch.ts";
import type { GatheredBatch } from "../delivery/gathered.ts";
import type { Histogram } from "../observe/registry.ts";

/** Of a larger batch so many items stand for all, evenly spread. */
const itemsLookedAt = 256;
const zero = 48;
const nine = 57;
const space = 32;

/** Observes the ages of the items, as of `nowMs`. Items without a timestamp take their record's. */
export function observeAges(batch: GatheredBatch, nowMs: number, ages: Histogram): void {
  const stride = Math.ceil(batch.count / itemsLookedAt);
  for (let i = 0; i < batch.count; i += stride) {
    const atMs = batch.kind === "lines" ? lineTimeMs(batch, i) : NaN;
    const { block, index } = batch.originOf(i);
    const itemMs = Number.isNaN(atMs) ? block.timestamps[index] ?? NaN : atMs;
    if (Number.isNaN(itemMs)) continue;
    ages.observe(Math.max(0, nowMs - itemMs) / 1000, Math.min(stride, batch.count - i));
  }
}

/** The timestamp at a line's end in ms; NaN where the line has none. */
function lineTimeMs(batch: LineBatch, i: number): number {
  const line = lineAt(batch, i);
  let value = 0;
  let factor = 1;
  let at = line.length - 2;
  for (; at >= 0; at--) {
    const byte = line[at] ?? 0;
    if (byte < zero || byte > nine) break;
    value += (byte - zero) * factor;
    factor *= 10;
  }
  if (line[at] !== space || factor === 1) return NaN;
  return batch.precision === "ns" ? value / 1e6 : value;
}
