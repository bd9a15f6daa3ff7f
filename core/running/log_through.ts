/**
 * Pure. A log that asks at each line which log it goes to: another one after a reload, one that must
 * wipe the terminal first, or none.
 */
import type { Log, LogFields, LogLevel } from "../log/log.ts";

/** Every line, of whatever logger, goes to what `current` then gives; nowhere if that is undefined. */
export function logThrough(current: () => Log | undefined): Log {
  const at = (level: LogLevel) => (message: string, fields?: LogFields): void =>
    current()?.[level](message, fields);
  return {
    debug: at("debug"),
    info: at("info"),
    warning: at("warning"),
    error: at("error"),
    critical: at("critical"),
    named: (name) => logThrough(() => current()?.named(name)),
  };
}
