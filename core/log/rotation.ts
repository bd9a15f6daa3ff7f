/**
 * Pure. When a log file is put aside, and what it is called then, as Python's rotating handlers do.
 */
import type { LogRotation } from "../config/log_config.ts";
import { strftime } from "./strftime.ts";

type IntervalRotation = LogRotation & { readonly type: "interval" };

const UNIT_MS = {
  seconds: 1000,
  minutes: 60_000,
  hours: 3_600_000,
  days: 86_400_000,
} as const;

const SUFFIX = {
  seconds: "%Y-%m-%d_%H-%M-%S",
  minutes: "%Y-%m-%d_%H-%M",
  hours: "%Y-%m-%d_%H",
  days: "%Y-%m-%d",
  midnight: "%Y-%m-%d",
  weekday: "%Y-%m-%d",
} as const;

/** What names of put-aside files look like behind the dot, to find the oldest. */
export const INTERVAL_SUFFIX = /^\d{4}-\d{2}-\d{2}(_\d{2}(-\d{2}){0,2})?$/;

/** When the file that was last changed at `fromMs` is to be put aside. */
export function rolloverAt({ unit, interval }: IntervalRotation, fromMs: number): number {
  if (unit !== "midnight" && unit !== "weekday") return fromMs + interval * UNIT_MS[unit];
  const next = new Date(fromMs);
  next.setHours(24, 0, 0, 0);
  // Python counts the days of the week from Monday, JavaScript from Sunday.
  while (unit === "weekday" && (next.getDay() + 6) % 7 !== interval) {
    next.setDate(next.getDate() + 1);
  }
  return next.getTime();
}

/** The name behind the dot of the file whose time is over at `atMs`: when its time began. */
export function intervalSuffix({ unit, interval }: IntervalRotation, atMs: number): string {
  const lengthMs = unit === "midnight"
    ? UNIT_MS.days
    : unit === "weekday"
    ? 7 * UNIT_MS.days
    : interval * UNIT_MS[unit];
  return strftime(SUFFIX[unit], atMs - lengthMs);
}
