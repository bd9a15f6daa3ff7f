/**
 * Pure. oslo.log's rate limit: so many messages per interval, then one line that says so, then
 * silence until the interval is over.
 */
import type { LogRateLimit } from "../config/log_config.ts";
import { LEVEL_NUMBERS } from "./levels.ts";
import type { LogLevel } from "./log.ts";

/** `pass`; `last`: not, and it is the first that is not; `drop`: not. */
export type RateVerdict = "pass" | "last" | "drop";

/** Counts from the first message on; `nowMs` only goes forward. */
export function createRateLimit(
  { burst, intervalMs, exceptLevel }: LogRateLimit,
): (level: LogLevel, nowMs: number) => RateVerdict {
  const alwaysFrom = exceptLevel === undefined ? Infinity : LEVEL_NUMBERS[exceptLevel];
  let count = 0;
  let endMs = -Infinity;
  return (level, nowMs) => {
    if (LEVEL_NUMBERS[level] >= alwaysFrom) return "pass";
    if (nowMs >= endMs) {
      count = 0;
      endMs = nowMs + intervalMs;
    }
    count += 1;
    if (count <= burst) return "pass";
    return count === burst + 1 ? "last" : "drop";
  };
}
