/**
 * Pure. Where the ticks of an axis stand and what is written at them: round numbers, round times (UTC).
 */

/** A place on an axis, in its own unit. */
export interface Tick {
  readonly at: number;
  readonly text: string;
}

const factors = [1, 2, 2.5, 5, 10];

/** Round numbers that span `low` to `high`, about `wanted` of them; the first and last lie outside or on. */
export function numberTicks(low: number, high: number, wanted: number): Tick[] {
  const { from, to } = widened(low, high);
  const rough = (to - from) / Math.max(1, wanted - 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (factors.find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10);
  const first = Math.floor(from / step + 1e-9);
  const last = Math.ceil(to / step - 1e-9);
  const scale = scaleOf(Math.max(Math.abs(first), Math.abs(last)) * step);
  const write = writerOf(step / scale.divisor, scale);
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const at = (first + i) * step;
    return { at, text: first + i === 0 ? "0" : write(at / scale.divisor) };
  });
}

/** Beyond it sums and steps are no numbers any more. */
const sizeMax = 1e300;
const sizeMin = 1e-280;

/** A range of no width gets one around it. */
function widened(a: number, b: number): { readonly from: number; readonly to: number } {
  const [low = 0, high = 0] = [a, b].map((each) => Math.max(-sizeMax, Math.min(sizeMax, each)));
  const span = high - low;
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (span > size * 1e-9 && size > sizeMin) return { from: low, to: high };
  const half = size < sizeMin ? 1 : size * 0.1;
  return { from: low - half, to: high + half };
}

interface Scale {
  readonly divisor: number;
  readonly suffix: string;
}

const scales: readonly Scale[] = [
  { divisor: 1e15, suffix: "P" },
  { divisor: 1e12, suffix: "T" },
  { divisor: 1e9, suffix: "G" },
  { divisor: 1e6, suffix: "M" },
];

/** Long numbers are written by thousand millions and so on; beyond that with an exponent. */
function scaleOf(size: number): Scale {
  if (size >= 1e18) return { divisor: 1, suffix: "" };
  return scales.find(({ divisor }) => size >= divisor) ?? { divisor: 1, suffix: "" };
}

function decimalsOf(step: number): number {
  for (let decimals = 0; decimals < 12; decimals++) {
    const shifted = step * 10 ** decimals;
    const whole = Math.round(shifted);
    if (whole >= 1 && Math.abs(shifted - whole) < 1e-6 * shifted) return decimals;
  }
  return 12;
}

/** Ticks of one step, all with as many decimals as tell them apart. */
function writerOf(step: number, { suffix }: Scale): (value: number) => string {
  const decimals = decimalsOf(step);
  return (value) => {
    const sign = value < 0 ? "−" : "";
    const size = Math.abs(value);
    if (size >= 1e15 || decimals > 6) {
      const digits = Math.max(1, Math.min(15, Math.ceil(Math.log10(size / step)) + 2));
      return sign + Number(size.toPrecision(digits)).toExponential().replace("e+", "e");
    }
    const [whole = "", rest] = size.toFixed(decimals).split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
    return `${sign}${rest === undefined ? grouped : `${grouped}.${rest}`}${suffix}`;
  };
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const timeSteps = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * second),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * minute),
  ...[1, 2, 3, 6, 12].map((n) => n * hour),
  ...[1, 2, 7, 14, 30, 91, 182, 365, 730, 1826, 3652].map((n) => n * day),
];

/** A tick of a time axis: the day is written below where it is the first tick of that day. */
export interface TimeTick extends Tick {
  readonly day: string | undefined;
}

/** Round times within `fromMs` to `toMs`, at most `most` of them; the day where a new one begins. */
export function timeTicks(fromMs: number, toMs: number, most: number): TimeTick[] {
  const step = timeSteps.find((each) => (toMs - fromMs) / each <= most - 1) ??
    Math.ceil((toMs - fromMs) / Math.max(1, most - 1) / day) * day;
  const ticks: TimeTick[] = [];
  let lastDay: string | undefined;
  for (let at = Math.ceil(fromMs / step) * step; at <= toMs; at += step) {
    const iso = new Date(at).toISOString();
    const today = iso.slice(0, 10);
    const clock = step < second
      ? iso.slice(11, 23)
      : step < minute
      ? iso.slice(11, 19)
      : iso.slice(11, 16);
    const isDays = step >= day;
    ticks.push({
      at,
      text: isDays ? today : clock,
      day: isDays || today === lastDay ? undefined : today,
    });
    lastDay = today;
  }
  return ticks;
}
