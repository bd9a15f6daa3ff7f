/**
 * Pure. A message as a line: Python's `%(name)s` patterns, oslo.log's among them, and JSON with the
 * names that oslo.log's formatter uses.
 */
import { LEVEL_NAMES, LEVEL_NUMBERS } from "./levels.ts";
import type { LogFields, LogLevel } from "./log.ts";
import type { LineFormat } from "./log_plan.ts";
import { strftime } from "./strftime.ts";

/** One message on its way to a line. */
export interface LogMessage {
  /** ms since the epoch. */
  readonly timeMs: number;
  readonly level: LogLevel;
  readonly logger: string;
  readonly message: string;
  readonly fields: LogFields | undefined;
}

/** What is the same in all lines of a process. */
export interface LineOrigin {
  readonly pid: number;
  readonly hostname: string;
  /** `tpctl`, the name under which syslog and the journal file it. */
  readonly program: string;
}

const REFERENCE = /%\(([a-zA-Z_]+)\)([-0 #+]*)(\d*)(?:\.(\d+))?([sdifr])|%%/g;

/** What Python puts into a line about a program's inside; empty or a dash here. */
const ABSENT: Readonly<Record<string, string>> = {
  pathname: "-",
  filename: "-",
  module: "-",
  funcName: "-",
  lineno: "0",
  instance: "",
  resource: "",
  color: "",
  global_request_id: "-",
  request_id: "-",
  user_identity: "-",
};

const KNOWN = [
  ...["asctime", "created", "msecs", "relativeCreated", "levelname", "levelno", "name", "message"],
  ...["process", "processName", "thread", "threadName"],
  ...Object.keys(ABSENT),
];

/** Names in a pattern that stand for nothing here. */
export function unknownNames(pattern: string): readonly string[] {
  const names = [...pattern.matchAll(REFERENCE)].flatMap((match) => match[1] ?? []);
  return names.filter((name) => !KNOWN.includes(name));
}

/** One line without its end; control characters in a message become `\n`, `\x1b`. */
export function formatLine(message: LogMessage, format: LineFormat, origin: LineOrigin): string {
  if (format.pattern === undefined) return jsonLine(message, format, origin);
  return format.pattern.replace(REFERENCE, (whole, name, flags, width, precision, type) => {
    if (whole === "%%") return "%";
    const value = valueOf(String(name), message, { format, origin });
    return padded(value, { flags: `${flags}`, width: Number(width), precision, type: `${type}` });
  });
}

/** The message and its fields as `message key=value ...`, on one line. */
export function messageText({ message, fields }: LogMessage): string {
  const pairs = Object.entries(fields ?? {}).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const text = `${value}`;
    return [`${name}=${/[\s"=]/.test(text) || text === "" ? JSON.stringify(text) : text}`];
  });
  return [message, ...pairs].join(" ").replace(/\p{Cc}/gu, escapeOf);
}

/** Texts come from outside: line breaks and escape sequences of theirs never reach a terminal. */
function escapeOf(control: string): string {
  const short = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[control];
  return short ?? `\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

function valueOf(
  name: string,
  message: LogMessage,
  { format, origin }: { readonly format: LineFormat; readonly origin: LineOrigin },
): string | number {
  switch (name) {
    case "asctime":
      return timeText(message.timeMs, format.dateFormat);
    case "created":
      return message.timeMs / 1000;
    case "msecs":
      return Math.floor(message.timeMs % 1000);
    case "relativeCreated":
      return 0;
    case "levelname":
      return LEVEL_NAMES[message.level];
    case "levelno":
      return LEVEL_NUMBERS[message.level];
    case "name":
      return message.logger;
    case "message":
      return messageText(message);
    case "process":
    case "thread":
      return origin.pid;
    case "processName":
      return origin.program;
    case "threadName":
      return "MainThread";
    default:
      return ABSENT[name] ?? "-";
  }
}

function timeText(ms: number, dateFormat: string | undefined): string {
  if (dateFormat !== undefined) return strftime(dateFormat, ms);
  return `${strftime("%Y-%m-%d %H:%M:%S", ms)},${`${Math.floor(ms % 1000)}`.padStart(3, "0")}`;
}

interface Conversion {
  readonly flags: string;
  readonly width: number;
  readonly precision: string | undefined;
  readonly type: string;
}

/** printf's width, precision, `-` and `0`, as far as log patterns use them. */
function padded(value: string | number, { flags, width, precision, type }: Conversion): string {
  let text = `${value}`;
  if (type === "f") text = Number(value).toFixed(precision === undefined ? 6 : Number(precision));
  else if (type === "d" || type === "i") text = `${Math.trunc(Number(value))}`;
  else if (precision !== undefined) text = text.slice(0, Number(precision));
  if (flags.includes("-")) return text.padEnd(width);
  return text.padStart(width, flags.includes("0") && type !== "s" ? "0" : " ");
}

function jsonLine(message: LogMessage, format: LineFormat, origin: LineOrigin): string {
  return JSON.stringify({
    message: message.message,
    asctime: timeText(message.timeMs, format.dateFormat),
    name: message.logger,
    levelname: LEVEL_NAMES[message.level],
    levelno: LEVEL_NUMBERS[message.level],
    created: message.timeMs / 1000,
    msecs: Math.floor(message.timeMs % 1000),
    process: origin.pid,
    process_name: origin.program,
    hostname: origin.hostname,
    extra: message.fields ?? {},
  });
}
