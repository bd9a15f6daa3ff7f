/**
 * Pure. `LogPlan`: a tree of loggers and their outputs in Python's sense, the one form into which both
 * oslo.log's options and a Python logging configuration are brought.
 */
import type { LogConfig, LogRateLimit, LogRotation } from "../config/log_config.ts";
import { LEVEL_NUMBERS } from "./levels.ts";

/** What a line looks like. */
export interface LineFormat {
  /** `%(name)s` and the like; undefined: one JSON object. */
  readonly pattern: string | undefined;
  /** strftime's form; undefined: Python's default, with `,mmm` behind it. */
  readonly dateFormat: string | undefined;
}

/** Where lines go. */
export type OutputPlan =
  | { readonly kind: "stderr" }
  | { readonly kind: "null" }
  | { readonly kind: "file"; readonly path: string; readonly rotation: LogRotation }
  | { readonly kind: "syslog"; readonly path: string; readonly facility: number }
  | { readonly kind: "journal"; readonly facility: number };

/** An output with its own threshold and form. */
export interface HandlerPlan {
  /** Messages below are left out; a number of LEVEL_NUMBERS, 0 lets all pass. */
  readonly level: number;
  readonly format: LineFormat;
  readonly output: OutputPlan;
}

/** The settings of one logger. */
export interface LoggerPlan {
  /** Undefined: that of the logger above. */
  readonly level: number | undefined;
  readonly handlers: readonly HandlerPlan[];
  /** Whether the handlers of the loggers above get its messages too. */
  readonly propagate: boolean;
}

/** The whole tree. */
export interface LogPlan {
  /** By name, the root as "". */
  readonly loggers: ReadonlyMap<string, LoggerPlan>;
  readonly rateLimit: LogRateLimit | undefined;
  /** What had no meaning, in one sentence; undefined where all had. */
  readonly notice: string | undefined;
}

/** oslo.log's line without a request's context. */
export const OSLO_PATTERN =
  "%(asctime)s.%(msecs)03d %(process)d %(levelname)s %(name)s [-] %(message)s";

/** The local syslog's socket. */
export const SYSLOG_PATH = "/dev/log";

/** The plan that oslo.log's options make; `configAppend` is python_logging.ts's business. */
export function planOfOptions(config: LogConfig): LogPlan {
  const { dateFormat, syslogFacility: facility } = config;
  const format = { pattern: config.useJson ? undefined : OSLO_PATTERN, dateFormat };
  const outputs: OutputPlan[] = [];
  if (config.file !== undefined) {
    outputs.push({ kind: "file", path: config.file, rotation: config.rotation });
  }
  if (config.useJournal) outputs.push({ kind: "journal", facility });
  if (config.useSyslog) outputs.push({ kind: "syslog", path: SYSLOG_PATH, facility });
  if (config.useStderr || outputs.length === 0) outputs.push({ kind: "stderr" });
  const handlers = outputs.map((output) => ({ level: 0, format, output }));
  const level = config.debug ? LEVEL_NUMBERS.debug : LEVEL_NUMBERS.info;
  const loggers = new Map<string, LoggerPlan>([["", { level, handlers, propagate: false }]]);
  for (const [name, lowest] of config.levels) {
    loggers.set(name, { level: LEVEL_NUMBERS[lowest], handlers: [], propagate: true });
  }
  return { loggers, rateLimit: config.rateLimit, notice: undefined };
}
