/**
 * Pure. Levels as numbers, and which of a logging tree's loggers a message belongs to. Deciding where
 * it then goes is open_log.ts.
 */
import type { LogLevel } from "./log.ts";

/** Python's numbers, so that levels of its configurations compare. */
export const LEVEL_NUMBERS: Readonly<Record<LogLevel, number>> = {
  debug: 10,
  info: 20,
  warning: 30,
  error: 40,
  critical: 50,
};

/** As Python writes them. */
export const LEVEL_NAMES: Readonly<Record<LogLevel, string>> = {
  debug: "DEBUG",
  info: "INFO",
  warning: "WARNING",
  error: "ERROR",
  critical: "CRITICAL",
};

/** The reference systems' loggers that say what ours say: settings for them hold for ours. */
const REFERENCE_LOGGERS: Readonly<Record<string, readonly string[]>> = {
  "tpctl": ["monasca_persister", "ceilometer"],
  "tpctl.kafka": ["kafka", "confluent_kafka", "monasca_common.kafka"],
  "tpctl.influxdb": ["influxdb", "monasca_persister.repositories.influxdb"],
  "tpctl.elasticsearch": ["elasticsearch", "monasca_persister.repositories.elasticsearch"],
  "tpctl.amqp": ["oslo_messaging", "oslo.messaging"],
};

/** Under which names settings for `logger` may stand, the closest first, "" (the root) last. */
export function settingNames(logger: string): readonly string[] {
  const names: string[] = [];
  for (let name = logger; name !== ""; name = name.slice(0, Math.max(name.lastIndexOf("."), 0))) {
    names.push(name, ...(REFERENCE_LOGGERS[name] ?? []));
  }
  return [...names, ""];
}

/** Whether settings for a logger of this name can hold for any of ours. */
export function isKnownLogger(name: string): boolean {
  return name === "" || name === "root" || name === "tpctl" || name.startsWith("tpctl.") ||
    Object.values(REFERENCE_LOGGERS).some((names) => names.includes(name));
}
