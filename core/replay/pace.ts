/**
 * Pure. `--rate`: blocks cut into small ones and given out so that there are no more records a second
 * than wanted.
 */
import type { Clock } from "../clock.ts";
import { UsageError } from "../errors.ts";
import type { SelectedBlock } from "./selector.ts";

/** Pieces of a second. */
const piecesPerSecond = 10;
/** What was not used is kept for so long, no longer. */
const burstMsMax = 200;

const perSecond: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3600 };

/** `1000`, `1000/s`, `60/m`: records a second. Throws UsageError. */
export function parseRate(text: string): number {
  const [, digits = "", unit = "s"] = /^\s*(\d+(?:\.\d+)?)\s*(?:\/\s*([a-z]+))?\s*$/i.exec(text) ??
    [];
  const seconds = perSecond[unit.toLowerCase()];
  const rate = seconds === undefined || digits === "" ? NaN : Number(digits) / seconds;
  if (rate > 0) return rate;
  throw new UsageError(
    `Cannot use --rate '${text}': it is no rate, expected records a second (1000, 1000/s or 60/m)`,
  );
}

/** Gives blocks their time. */
export class Pace {
  readonly #rate: number;
  readonly #clock: Clock;
  #dueAt: number;

  constructor(rate: number, clock: Clock) {
    this.#rate = rate;
    this.#clock = clock;
    this.#dueAt = clock.monotonic();
  }

  /** The block in pieces, each when it is its turn. */
  async *take(block: SelectedBlock, signal: AbortSignal): AsyncGenerator<SelectedBlock> {
    const size = Math.max(1, Math.floor(this.#rate / piecesPerSecond));
    if (block.count === 0) yield block;
    for (let from = 0; from < block.count; from += size) {
      const now = this.#clock.monotonic();
      this.#dueAt = Math.max(this.#dueAt, now - burstMsMax);
      if (this.#dueAt > now) await this.#clock.sleep(this.#dueAt - now, signal);
      if (signal.aborted) return;
      const piece = partOf(block, from, Math.min(block.count, from + size));
      this.#dueAt += piece.count / this.#rate * 1000;
      yield piece;
    }
  }
}

function partOf(block: SelectedBlock, from: number, to: number): SelectedBlock {
  if (from === 0 && to === block.count) return block;
  return {
    ...block,
    count: to - from,
    offsets: block.offsets.subarray(from, to),
    timestamps: block.timestamps.subarray(from, to),
    valueStarts: block.valueStarts.subarray(from, to),
    valueEnds: block.valueEnds.subarray(from, to),
    keyStarts: block.keyStarts.subarray(from, to),
    keyEnds: block.keyEnds.subarray(from, to),
    forms: block.forms.slice(from, to),
    ...(block.only === undefined ? {} : { only: block.only.slice(from, to) }),
    nextOffset: to < block.count ? block.offsets[to] ?? block.nextOffset : block.nextOffset,
  };
}
