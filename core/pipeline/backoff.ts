/**
 * Pure. How long to wait before the next attempt at a far end that is down: doubling, with jitter and
 * a named maximum; or as long as the far end said.
 */

const firstMs = 250;
const maxMs = 30_000;
/** A far end may ask for a longer pause than ours, up to this. */
const askedMsMax = 300_000;

/** The waits of one row of failures. */
export interface Backoff {
  nextMs(askedMs: number | undefined): number;
}

/** `random` gives numbers in [0, 1). */
export function createBackoff(random: () => number): Backoff {
  let ms = firstMs;
  return {
    nextMs(askedMs): number {
      const wait = ms * (0.5 + random() / 2);
      ms = Math.min(ms * 2, maxMs);
      return askedMs === undefined ? wait : Math.min(askedMs, askedMsMax);
    },
  };
}
