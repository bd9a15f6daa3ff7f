/**
 * Pure. A row of values as a row of bars.
 */

const bars = "▁▂▃▄▅▆▇█";

/** Means that differ by less than this share are the same but for rounding. */
const roundingShare = 1e-12;

/** The values as bars, at most `width` of them (means of equal runs); "" for no values. */
export function sparkline(values: readonly number[], width: number): string {
  const cells = Math.min(width, values.length);
  const means = Array.from({ length: cells }, (_, i) => {
    const run = values.slice(
      Math.floor(i * values.length / cells),
      Math.floor((i + 1) * values.length / cells),
    );
    return run.reduce((sum, value) => sum + value, 0) / run.length;
  });
  const low = Math.min(...means);
  const high = Math.max(...means);
  return means.map((mean) => {
    const share = high - low > roundingShare * Math.abs(high) ? (mean - low) / (high - low) : 0.5;
    return bars[Math.min(bars.length - 1, Math.floor(share * bars.length))];
  }).join("");
}
