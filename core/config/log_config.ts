/**
 * Pure. Where log lines go and what they look like, as one plain object: oslo.log's options, read and
 * checked. Made by log_options.ts, honoured by core/log.
 */
import type { LogLevel } from "../log/log.ts";

/** When a log file is put aside for a new one. */
export type LogRotation =
  | { readonly type: "none" }
  | { readonly type: "size"; readonly bytesMax: number; readonly filesMax: number }
  | {
    readonly type: "interval";
    readonly unit: "seconds" | "minutes" | "hours" | "days" | "weekday" | "midnight";
    /** How many units; for `weekday` the day (0 is Monday). */
    readonly interval: number;
    readonly filesMax: number;
  };

/** At most `burst` messages per `intervalMs`; those at or above `exceptLevel` always pass. */
export interface LogRateLimit {
  readonly burst: number;
  readonly intervalMs: number;
  /** Undefined: every level is limited. */
  readonly exceptLevel: LogLevel | undefined;
}

/** oslo.log's options, with their defaults filled in. */
export interface LogConfig {
  /** Messages below `debug` are left out unless this is set. */
  readonly debug: boolean;
  /** A Python logging configuration; set, it takes the place of all the rest. */
  readonly configAppend: string | undefined;
  /** Undefined: stderr only. */
  readonly file: string | undefined;
  readonly rotation: LogRotation;
  /** Also to stderr although there is a file, the journal or syslog. */
  readonly useStderr: boolean;
  readonly useSyslog: boolean;
  /** 0 to 23. */
  readonly syslogFacility: number;
  readonly useJournal: boolean;
  readonly useJson: boolean;
  /** strftime's form. */
  readonly dateFormat: string;
  /** The lowest level that passes, by logger. */
  readonly levels: ReadonlyMap<string, LogLevel>;
  readonly rateLimit: LogRateLimit | undefined;
}
