/**
 * Pure. The handlers of a Python logging configuration that have a meaning here, by class.
 */
import type { LogRotation } from "../config/log_config.ts";
import { parseFacility } from "../config/log_options.ts";
import { type OutputPlan, SYSLOG_PATH } from "./log_plan.ts";
import { PythonName, type PythonValue } from "./python_literal.ts";

/** `args` and `kwargs` of a handler, read. */
export interface HandlerArguments {
  readonly args: readonly PythonValue[];
  readonly kwargs: ReadonlyMap<string, PythonValue>;
}

/** What a handler comes to. */
export type HandlerReading =
  | { readonly output: OutputPlan; readonly notice?: string }
  /** The class has no meaning here. */
  | { readonly unknown: string }
  /** It has, but its arguments cannot be used. */
  | { readonly wrong: string };

const BYTES_MAX_PLACE = 2;

/** By the class's last name: `logging.handlers.X` and `handlers.X` are the same. */
export function readHandler(className: string, given: HandlerArguments): HandlerReading {
  switch (className.split(".").at(-1)) {
    case "StreamHandler":
    case "ColorHandler":
      return readStream(given);
    case "NullHandler":
      return { output: { kind: "null" } };
    case "FileHandler":
    case "WatchedFileHandler":
      return readFile(given, () => ({ type: "none" }));
    case "RotatingFileHandler":
      return readFile(given, sizeRotation);
    case "TimedRotatingFileHandler":
      return readFile(given, intervalRotation);
    case "SysLogHandler":
      return readSyslog(given, 1, argument(given, 0, "address"));
    case "OSSysLogHandler":
      return readSyslog(given, 0, SYSLOG_PATH);
    case "OSJournalHandler":
    case "JournalHandler":
    case "JournaldLogHandler":
      return { output: { kind: "journal", facility: facilityOf(argument(given, 0, "facility")) } };
    default:
      return { unknown: className };
  }
}

function argument(given: HandlerArguments, place: number, name: string): PythonValue | undefined {
  return given.kwargs.get(name) ?? given.args[place];
}

function readStream(given: HandlerArguments): HandlerReading {
  const stream = argument(given, 0, "stream");
  if (stream === undefined || stream === null) return { output: { kind: "stderr" } };
  const name = stream instanceof PythonName ? stream.name : "";
  if (name === "sys.stderr") return { output: { kind: "stderr" } };
  // stdout carries data only.
  if (name === "sys.stdout") return { output: { kind: "stderr" } };
  return { wrong: "its stream is neither sys.stderr nor sys.stdout" };
}

function readFile(
  given: HandlerArguments,
  readRotation: (given: HandlerArguments) => LogRotation | string,
): HandlerReading {
  const path = argument(given, 0, "filename");
  if (typeof path !== "string" || path === "") return { wrong: "it names no file" };
  const rotation = readRotation(given);
  if (typeof rotation === "string") return { wrong: rotation };
  return { output: { kind: "file", path, rotation } };
}

function sizeRotation(given: HandlerArguments): LogRotation | string {
  const bytesMax = argument(given, BYTES_MAX_PLACE, "maxBytes") ?? 0;
  const filesMax = argument(given, BYTES_MAX_PLACE + 1, "backupCount") ?? 0;
  if (typeof bytesMax !== "number" || typeof filesMax !== "number") {
    return "maxBytes and backupCount are not numbers";
  }
  // As in Python: without both of them the file grows.
  return bytesMax > 0 && filesMax > 0 ? { type: "size", bytesMax, filesMax } : { type: "none" };
}

const WHEN = { s: "seconds", m: "minutes", h: "hours", d: "days", midnight: "midnight" } as const;

function intervalRotation(given: HandlerArguments): LogRotation | string {
  const when = argument(given, 1, "when") ?? "h";
  const interval = argument(given, 2, "interval") ?? 1;
  const filesMax = argument(given, 3, "backupCount") ?? 0;
  if (typeof when !== "string" || typeof interval !== "number" || typeof filesMax !== "number") {
    return "when, interval and backupCount are not a text and two numbers";
  }
  const day = /^w([0-6])$/i.exec(when)?.[1];
  if (day !== undefined) {
    return { type: "interval", unit: "weekday", interval: Number(day), filesMax };
  }
  const unit = Object.entries(WHEN).find(([letter]) => letter === when.toLowerCase())?.[1];
  if (unit === undefined || interval < 1) return `'${when}' with ${interval} is no interval`;
  return { type: "interval", unit, interval, filesMax };
}

function readSyslog(
  given: HandlerArguments,
  facilityPlace: number,
  address: PythonValue | undefined,
): HandlerReading {
  const facility = facilityOf(argument(given, facilityPlace, "facility"));
  if (typeof address === "string") return { output: { kind: "syslog", path: address, facility } };
  return {
    output: { kind: "syslog", path: SYSLOG_PATH, facility },
    notice: `syslog over the network goes to ${SYSLOG_PATH}`,
  };
}

/** A number, `LOG_LOCAL0`, `"local0"` or a dotted name that ends in one; else LOG_USER. */
function facilityOf(value: PythonValue | undefined): number {
  if (typeof value === "number") return value > 23 ? value >> 3 : value;
  const name = value instanceof PythonName ? value.name.split(".").at(-1) : value;
  return (typeof name === "string" ? parseFacility(name) : undefined) ?? 1;
}
