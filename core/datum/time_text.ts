/**
 * Pure. Times and durations as people type them: `2026-11-28T08:00:00Z`, `1764316800`, `2h ago`, `now`;
 * `90s`, `1d12h`.
 */
import { UsageError } from "../errors.ts";
import { parseIsoTime } from "../python/iso_time.ts";

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const spelled: Readonly<Record<string, string>> = {
  second: "s",
  seconds: "s",
  sec: "s",
  secs: "s",
  minute: "m",
  minutes: "m",
  mins: "m",
  hour: "h",
  hours: "h",
  day: "d",
  days: "d",
  week: "w",
  weeks: "w",
};

/** Epoch seconds have fewer digits, also with a fraction; longer ones are ms. */
const secondsBelow = 100_000_000_000;
const dayMs = 86_400_000;
/** What a Date can hold. */
const timeMsMax = 8.64e15;

/**
 * ms since the epoch of what was typed behind `flag`: ISO 8601 (UTC where no zone is named), seconds or
 * ms since the epoch, `now`, `today`, `yesterday` (both begin at midnight UTC), `2h ago`, `-2h`. Throws
 * UsageError.
 */
export function parseTimeText(flag: string, text: string, nowMs: number): number {
  const plain = text.trim().toLowerCase();
  if (plain === "now") return nowMs;
  if (plain === "today") return Math.floor(nowMs / dayMs) * dayMs;
  if (plain === "yesterday") return (Math.floor(nowMs / dayMs) - 1) * dayMs;
  const ago = /^(?:-(.+)|(.+?)\s*ago)$/.exec(plain);
  const back = ago === null ? undefined : durationMs(ago[1] ?? ago[2] ?? "");
  if (back !== undefined) return nowMs - back;
  if (/^\d{9,16}(\.\d+)?$/.test(plain)) {
    const time = Number(plain);
    return time < secondsBelow ? time * 1000 : time;
  }
  const time = parseIsoTime(text.trim().replace(/z$/, "Z"));
  const ms = time === undefined ? NaN : Number(time.microseconds) / 1000;
  if (Math.abs(ms) <= timeMsMax) return ms;
  throw new UsageError(
    `Cannot use ${flag} '${text}': it is no time, expected ISO 8601 (2026-11-28T08:00:00Z), seconds or ` +
      "ms since 1970, '2h ago', 'today', 'yesterday' or 'now'",
  );
}

/** ms of what was typed behind `flag`, below 0 behind a minus. Throws UsageError. */
export function parseDurationText(flag: string, text: string): number {
  const [, sign = "", size = ""] = /^\s*([+-]?)\s*(.*?)\s*$/s.exec(text) ?? [];
  const ms = durationMs(size.toLowerCase());
  if (ms !== undefined) return sign === "-" ? -ms : ms;
  throw new UsageError(
    `Cannot use ${flag} '${text}': it is no duration, expected a number and a unit ` +
      "(ms, s, m, h, d, w), as 90s, 1d12h or -2h",
  );
}

/** Numbers with units, one behind the other; undefined where it is anything else. */
function durationMs(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?\s*[a-z]+\s*)+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, digits = "", unit = ""] of text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/g)) {
    const ms = unitMs[spelled[unit] ?? unit];
    if (ms === undefined) return undefined;
    sum += Number(digits) * ms;
  }
  return Math.abs(sum) <= timeMsMax ? sum : undefined;
}
