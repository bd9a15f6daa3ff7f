/**
 * Pure. oslo.log's options, shared by both daemons, and the LogConfig that they make. Names and
 * defaults are oslo.log's (8.3); what stands without a meaning is about Python's own machinery.
 */
import { isAbsolute, join } from "node:path";
import type { LogLevel } from "../log/log.ts";
import type { LogConfig, LogRateLimit, LogRotation } from "./log_config.ts";
import type { Option } from "./option.ts";
import type { OptionValues } from "./option_values.ts";
import { closest } from "./suggest.ts";

const used = { section: "DEFAULT", meaning: "used" } as const;
const none = { section: "DEFAULT", meaning: "none" } as const;

const ROTATIONS = ["interval", "size", "none"] as const;
const INTERVALS = ["seconds", "minutes", "hours", "days", "weekday", "midnight"] as const;
const EXCEPT_LEVELS = ["CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG", ""] as const;

/** syslog's facilities by number, as oslo.log names them (0 to 11, then the local ones from 16). */
const FACILITIES = [
  ..."KERN USER MAIL DAEMON AUTH SYSLOG LPR NEWS UUCP CRON AUTHPRIV FTP".split(" "),
  ...["", "", "", ""],
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((n) => `LOCAL${n}`),
];

const LEVELS: ReadonlyMap<string, LogLevel> = new Map([
  ["NOTSET", "debug"],
  ["TRACE", "debug"],
  ["DEBUG", "debug"],
  ["INFO", "info"],
  ["AUDIT", "info"],
  ["WARN", "warning"],
  ["WARNING", "warning"],
  ["ERROR", "error"],
  ["CRITICAL", "critical"],
  ["FATAL", "critical"],
]);

const MS_PER_SECOND = 1000;
const BYTES_PER_MIB = 1024 * 1024;

/** The table, all in [DEFAULT]. */
export const LOG_OPTIONS: readonly Option[] = [
  {
    ...used,
    name: "debug",
    kind: "bool",
    default: "false",
    help: "Also writes messages of level debug.",
  },
  {
    ...used,
    name: "log_config_append",
    kind: "path",
    deprecated: [{ name: "log_config" }, { name: "log-config" }],
    help: "A Python logging configuration, which takes the place of the options below.",
  },
  {
    ...used,
    name: "log_date_format",
    kind: "string",
    default: "%Y-%m-%d %H:%M:%S",
    help: "The time in front of a line, in strftime's form.",
  },
  {
    ...used,
    name: "log_file",
    kind: "path",
    deprecated: [{ name: "logfile" }],
    help: "The file to write to instead of stderr.",
  },
  {
    ...used,
    name: "log_dir",
    kind: "path",
    deprecated: [{ name: "logdir" }],
    help: "The folder of log_file; alone it gives a file named after the subcommand.",
  },
  {
    ...used,
    name: "use_stderr",
    kind: "bool",
    default: "false",
    help: "Writes to stderr besides a file, syslog or the journal.",
  },
  {
    ...used,
    name: "use_syslog",
    kind: "bool",
    default: "false",
    help: "Writes to the machine's syslog (/dev/log).",
  },
  {
    ...used,
    name: "syslog_log_facility",
    kind: "string",
    default: "LOG_USER",
    help: "The facility for syslog and the journal.",
  },
  {
    ...used,
    name: "use_journal",
    kind: "bool",
    default: "false",
    help: "Writes to systemd's journal by its native protocol.",
  },
  {
    ...used,
    name: "use_json",
    kind: "bool",
    default: "false",
    help: "Writes each message as one JSON object.",
  },
  {
    ...used,
    name: "default_log_levels",
    kind: "list",
    default: "",
    help: "Lowest level by logger, as logger=LEVEL; names of Python libraries have no effect.",
  },
  {
    ...used,
    name: "log_rotation_type",
    kind: "choice",
    choices: ROTATIONS,
    default: "none",
    help: "When a log file is put aside.",
  },
  {
    ...used,
    name: "log_rotate_interval",
    kind: "int",
    min: 0,
    default: "1",
    help: "After how many units of log_rotate_interval_type (weekday: on which day, 0 is Monday).",
  },
  {
    ...used,
    name: "log_rotate_interval_type",
    kind: "choice",
    choices: INTERVALS,
    default: "days",
    help: "The unit of log_rotate_interval.",
  },
  {
    ...used,
    name: "max_logfile_count",
    kind: "int",
    min: 0,
    default: "30",
    help: "How many files that were put aside are kept.",
  },
  {
    ...used,
    name: "max_logfile_size_mb",
    kind: "int",
    min: 0,
    default: "200",
    unit: "MiB",
    help: "The size at which a file is put aside.",
  },
  {
    ...used,
    name: "rate_limit_interval",
    kind: "int",
    min: 0,
    default: "0",
    unit: "s",
    help: "The interval of the rate limit.",
  },
  {
    ...used,
    name: "rate_limit_burst",
    kind: "int",
    min: 0,
    default: "0",
    unit: "messages",
    help: "How many messages an interval may have; 0 is no limit.",
  },
  {
    ...used,
    name: "rate_limit_except_level",
    kind: "choice",
    choices: EXCEPT_LEVELS,
    default: "CRITICAL",
    help: "The level from which on messages always pass; empty limits all.",
  },
  { ...none, name: "verbose", kind: "bool", help: "Gone from oslo.log; info is always on." },
  { ...none, name: "log_color", kind: "bool", help: "Colours on a terminal." },
  { ...none, name: "log_format", kind: "string", help: "Gone from oslo.log." },
  { ...none, name: "use_syslog_rfc_format", kind: "bool", help: "Gone from oslo.log." },
  { ...none, name: "watch_log_file", kind: "bool", help: "A moved log file is always noticed." },
  { ...none, name: "logging_context_format_string", kind: "string", help: "Python's line form." },
  { ...none, name: "logging_default_format_string", kind: "string", help: "Python's line form." },
  { ...none, name: "logging_debug_format_suffix", kind: "string", help: "Python's line form." },
  { ...none, name: "logging_exception_prefix", kind: "string", help: "Python's line form." },
  { ...none, name: "logging_user_identity_format", kind: "string", help: "Python's line form." },
  { ...none, name: "instance_format", kind: "string", help: "Python's line form." },
  { ...none, name: "instance_uuid_format", kind: "string", help: "Python's line form." },
  { ...none, name: "publish_errors", kind: "bool", help: "Errors as notifications." },
  { ...none, name: "fatal_deprecations", kind: "bool", help: "Python's deprecation warnings." },
];

/** The level by any of Python's names for it, any case. */
export function parseLevel(name: string): LogLevel | undefined {
  return LEVELS.get(name.toUpperCase());
}

/** The facility's number by oslo.log's name for it, with or without `LOG_`, any case. */
export function parseFacility(name: string): number | undefined {
  const number = FACILITIES.indexOf(name.toUpperCase().replace(/^LOG_/, "") || "-");
  return number < 0 ? undefined : number;
}

/** Reads the table above; `program` names the file where only a folder is given. */
export function readLogConfig(values: OptionValues, program: string): LogConfig {
  return {
    debug: values.bool("DEFAULT", "debug"),
    configAppend: values.text("DEFAULT", "log_config_append"),
    file: readFile(values, program),
    rotation: readRotation(values),
    useStderr: values.bool("DEFAULT", "use_stderr"),
    useSyslog: values.bool("DEFAULT", "use_syslog"),
    syslogFacility: readFacility(values),
    useJournal: values.bool("DEFAULT", "use_journal"),
    useJson: values.bool("DEFAULT", "use_json"),
    dateFormat: values.text("DEFAULT", "log_date_format") ?? "%Y-%m-%d %H:%M:%S",
    levels: readLevels(values),
    rateLimit: readRateLimit(values),
  };
}

function readFile(values: OptionValues, program: string): string | undefined {
  const file = values.text("DEFAULT", "log_file");
  const folder = values.text("DEFAULT", "log_dir");
  if (folder === undefined) return file;
  const name = file ?? `${program}.log`;
  return isAbsolute(name) ? name : join(folder, name);
}

function readRotation(values: OptionValues): LogRotation {
  const type = values.choice("DEFAULT", "log_rotation_type", ROTATIONS);
  const filesMax = values.number("DEFAULT", "max_logfile_count");
  const bytesMax = values.number("DEFAULT", "max_logfile_size_mb") * BYTES_PER_MIB;
  const interval = values.number("DEFAULT", "log_rotate_interval");
  const unit = values.choice("DEFAULT", "log_rotate_interval_type", INTERVALS);
  if (type === "size") return { type, bytesMax, filesMax };
  if (type !== "interval") return { type: "none" };
  if (unit === "weekday" ? interval > 6 : interval < 1) {
    const expected = unit === "weekday" ? "0 (Monday) to 6" : "at least 1";
    values.problem(
      "DEFAULT",
      "log_rotate_interval",
      `Cannot use log_rotate_interval '${interval}': it is not ${
        unit === "weekday" ? "a day of the week" : "a length of time"
      }, expected ${expected}`,
    );
  }
  return { type, unit, interval, filesMax };
}

function readFacility(values: OptionValues): number {
  const name = values.text("DEFAULT", "syslog_log_facility") ?? "LOG_USER";
  const number = parseFacility(name);
  if (number !== undefined) return number;
  const known = FACILITIES.filter((one) => one !== "").map((one) => `LOG_${one}`);
  const meant = closest(name, known);
  values.problem(
    "DEFAULT",
    "syslog_log_facility",
    `Cannot use syslog_log_facility '${name}': it is no facility, expected ${
      meant ?? known.join(", ")
    }`,
  );
  return 1;
}

function readLevels(values: OptionValues): ReadonlyMap<string, LogLevel> {
  const levels = new Map<string, LogLevel>();
  for (const pair of values.list("DEFAULT", "default_log_levels")) {
    const [logger = "", name = ""] = pair.split("=").map((part) => part.trim());
    const level = parseLevel(name);
    if (level !== undefined && logger !== "") {
      levels.set(logger, level);
      continue;
    }
    values.problem(
      "DEFAULT",
      "default_log_levels",
      `Cannot read default_log_levels '${pair}': it is not logger=LEVEL, expected a level of ` +
        "DEBUG, INFO, WARNING, ERROR, CRITICAL",
    );
  }
  return levels;
}

function readRateLimit(values: OptionValues): LogRateLimit | undefined {
  const burst = values.number("DEFAULT", "rate_limit_burst");
  const intervalMs = values.number("DEFAULT", "rate_limit_interval") * MS_PER_SECOND;
  const exceptLevel = parseLevel(
    values.choice("DEFAULT", "rate_limit_except_level", EXCEPT_LEVELS),
  );
  return burst === 0 ? undefined : { burst, intervalMs, exceptLevel };
}
