/**
 * Pure. The unit of a timestamp in line protocol, which the line itself does not name: told from how
 * large it is, as nobody stores data of 1970.
 */

/** Nanoseconds of one unit. */
export const linePrecisions = { s: 1_000_000_000n, ms: 1_000_000n, us: 1000n, ns: 1n } as const;

/** The units by name; `auto` goes by the size. */
export type LinePrecision = keyof typeof linePrecisions | "auto";

const secondsBelow = 100_000_000_000n;
const millisecondsBelow = 100_000_000_000_000n;
const microsecondsBelow = 100_000_000_000_000_000n;

/** The timestamp in ns. */
export function lineNanoseconds(time: bigint, precision: LinePrecision = "auto"): bigint {
  return time * linePrecisions[precision === "auto" ? precisionOf(time) : precision];
}

function precisionOf(time: bigint): keyof typeof linePrecisions {
  const size = time < 0n ? -time : time;
  if (size < secondsBelow) return "s";
  if (size < millisecondsBelow) return "ms";
  return size < microsecondsBelow ? "us" : "ns";
}
