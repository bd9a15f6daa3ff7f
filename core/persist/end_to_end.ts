/**
 * Pure. How old data were when they were stored, from their own timestamps: `tpctl_end_to_end_seconds`.
 */
import type { GatheredBatch } from "../delivery/gathered.ts";
import { lineTimeMs } from "../delivery/line_time.ts";
import type { Histogram } from "../observe/registry.ts";

/** Of a larger batch so many items stand for all, evenly spread. */
const itemsLookedAt = 256;

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
