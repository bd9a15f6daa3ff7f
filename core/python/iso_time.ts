/**
 * Pure. Times as OpenStack's Python reads and writes them: oslo.utils' `parse_isotime` (the iso8601
 * package, versions 1 and 2) and `datetime.isoformat`. Years are 1 to 9999, as in Python.
 */

/** A time with its offset from UTC. */
export interface IsoTime {
  /** Microseconds since the epoch, UTC. Whole; exact in a double up to the year 2255. */
  readonly microseconds: bigint;
  /** Minutes east of UTC. */
  readonly offsetMinutes: number;
}

const ISO = new RegExp(
  "^([0-9]{4})(?:(?:-([0-9]{1,2})|([0-9]{2})(?!\\n?$))(?:(?:-([0-9]{1,2})|([0-9]{2}))" +
    "(?:[ T]([0-9]{2})(?::?([0-9]{2}))?(?::?([0-9]{1,2})(?:[.,]([0-9]+))?)?" +
    "(?:Z|([-+])([0-9]{2}):?([0-9]{2})?)?)?)?)?\\n?$",
);

const DAY_MINUTES = 24 * 60;

/** The time that a text names; UTC where it names no zone; undefined where it names no time. */
export function parseIsoTime(text: string): IsoTime | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, year, monthDash, month, dayDash, day, hour, minute, second, fraction] = match;
  const parts = {
    year: Number(year),
    month: Number(month ?? monthDash ?? 1),
    day: Number(day ?? dayDash ?? 1),
    hour: Number(hour ?? 0),
    minute: Number(minute ?? 0),
    second: Number(second ?? 0),
  };
  const size = Number(match[11] ?? 0) * 60 + Number(match[12] ?? 0);
  if (size >= DAY_MINUTES) return undefined;
  const offsetMinutes = match[10] === "-" ? -size : size;
  const seconds = utcSeconds(parts);
  if (seconds === undefined) return undefined;
  const micro = Number((fraction ?? "").slice(0, 6).padEnd(6, "0"));
  return {
    microseconds: BigInt(seconds - offsetMinutes * 60) * 1_000_000n + BigInt(micro),
    offsetMinutes,
  };
}

interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

function utcSeconds({ year, month, day, hour, minute, second }: Parts): number | undefined {
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  // The year is set apart because Date takes 0 to 99 for 1900 to 1999.
  const date = new Date(Date.UTC(2000, month - 1, day, hour, minute, second));
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime() / 1000;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Python's `datetime.isoformat()` of a time with a zone: `2024-05-06T07:08:09.000120+02:00`. */
export function isoFormat({ microseconds, offsetMinutes }: IsoTime): string {
  const micro = ((microseconds % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = Number((microseconds - micro) / 1_000_000n);
  const local = new Date((seconds + offsetMinutes * 60) * 1000).toISOString();
  const fraction = micro === 0n ? "" : `.${String(micro).padStart(6, "0")}`;
  const size = Math.abs(offsetMinutes);
  const zone = `${twoDigits(Math.floor(size / 60))}:${twoDigits(size % 60)}`;
  return `${local.slice(0, 19)}${fraction}${offsetMinutes < 0 ? "-" : "+"}${zone}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

// The form in which nearly all services write: a naive time, perhaps with six digits behind it.
const NAIVE =
  /^(?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])[ T](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.([0-9]{6}))?$/;

/** `isoFormat(parseIsoTime(text))`, quickly for the usual form; undefined where it names no time. */
export function normalIsoTime(text: string): string | undefined {
  const match = NAIVE.exec(text);
  if (match !== null) {
    const kept = match[1] === "000000" ? text.slice(0, 19) : text;
    return `${kept.slice(0, 10)}T${kept.slice(11)}+00:00`;
  }
  const time = parseIsoTime(text);
  return time === undefined ? undefined : isoFormat(time);
}
