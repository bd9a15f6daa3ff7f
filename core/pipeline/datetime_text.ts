/**
 * Pure. `DateTimeValue`s as Python writes a naive datetime: `isoformat()`, `str()`, `repr()`. All
 * three are a part of what goes over the wire or into a file.
 */
import type { DateTimeValue } from "./event.ts";

interface Parts {
  /** `2026-01-02T03:04:05` */
  readonly seconds: string;
  readonly micro: number;
}

const MILLION = 1_000_000n;

function partsOf({ microseconds }: DateTimeValue): Parts {
  const micro = ((microseconds % MILLION) + MILLION) % MILLION;
  const ms = Number((microseconds - micro) / 1000n);
  return { seconds: new Date(ms).toISOString().slice(0, 19), micro: Number(micro) };
}

/** Python's `isoformat()`: `2026-01-02T03:04:05.000120`, without a fraction where it is 0. */
export function isoDateTime(value: DateTimeValue): string {
  const { seconds, micro } = partsOf(value);
  return micro === 0 ? seconds : `${seconds}.${String(micro).padStart(6, "0")}`;
}

/** Python's `str()`: a space instead of the T. */
export function dateTimeStr(value: DateTimeValue): string {
  return isoDateTime(value).replace("T", " ");
}

/** Python's `repr()`: `datetime.datetime(2026, 1, 2, 3, 4)`; seconds only where they matter. */
export function dateTimeRepr(value: DateTimeValue): string {
  const { seconds, micro } = partsOf(value);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = seconds.split(/[-T:]/)
    .map(Number);
  const shown = [year, month, day, hour, minute];
  if (second !== 0 || micro !== 0) shown.push(second);
  if (micro !== 0) shown.push(micro);
  return `datetime.datetime(${shown.join(", ")})`;
}
