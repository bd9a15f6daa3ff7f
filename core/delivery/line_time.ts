/**
 * Pure. The timestamps that lines carry at their ends, and a batch in their order.
 */
import { lineAt, type LineBatch } from "./batch.ts";
import { type GatheredBatch, pickGathered } from "./gathered.ts";

const zero = 48;
const nine = 57;
const space = 32;

/** The timestamp at a line's end in ms; NaN where the line has none. */
export function lineTimeMs(batch: LineBatch, i: number): number {
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

/**
 * The batch with its oldest lines first, those without a timestamp last; lines of one timestamp keep
 * their order, in which a store lets the last one win. Documents stay as they are.
 */
export function oldestFirst(batch: GatheredBatch): GatheredBatch {
  if (batch.kind === "documents") return batch;
  const times = Float64Array.from({ length: batch.count }, (_, i) => {
    const time = lineTimeMs(batch, i);
    return Number.isNaN(time) ? Infinity : time;
  });
  const timeOf = (i: number): number => times[i] ?? Infinity;
  if (times.every((time, i) => i === 0 || timeOf(i - 1) <= time)) return batch;
  const order = Array.from(times.keys());
  order.sort((a, b) => timeOf(a) === timeOf(b) ? a - b : timeOf(a) - timeOf(b));
  return pickGathered(batch, order);
}
