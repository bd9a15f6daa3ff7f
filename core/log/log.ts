/**
 * Pure. The log as everybody below cmd/ sees it. Where lines go and what they look like is decided
 * once, at start (core/log/*). Secrets never stand in a message or a field.
 */

/** The levels of Python's logging, in rising order. */
export type LogLevel = "debug" | "info" | "warning" | "error" | "critical";

/** What belongs to a message but is not prose: topic, partition, offset, file, line, counts. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** One method per level. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warning(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  critical(message: string, fields?: LogFields): void;
  /** A log whose lines carry `name` as their logger (`tpctl.kafka`, `tpctl.influxdb`, ...). */
  named(name: string): Log;
}

/** A log that says nothing, for tests and for pure callers. */
export const silentLog: Log = {
  debug: ignore,
  info: ignore,
  warning: ignore,
  error: ignore,
  critical: ignore,
  named: () => silentLog,
};

function ignore(): void {}
