/**
 * Pure. Monasca's line protocol: how names, tags, strings and times are written, and what is refused
 * because InfluxDB would refuse it or store it under another name (tried against InfluxDB 1.6.7).
 */
import { KEY_BYTES_MAX, KEY_SEPARATOR_BYTES } from "../influxdb/line_scan.ts";
import type { ItemSinks, LineSink } from "../persist/encoder.ts";
import { NumberError, toInt } from "../python/numbers.ts";
import { toText } from "../python/text.ts";
import type { PyValue } from "../python/values.ts";
import { invalid, shown } from "./message.ts";

/** Where lines go, and how strict to be. */
export interface LineOptions {
  /** Database or bucket; "" where the store has only one. */
  readonly database: string;
  /** Whether each tenant has its own: `<database>_<tenantId>`. */
  readonly perTenant: boolean;
  /**
   * What becomes of a name, tag or tag value that ends in a backslash. Monasca Persister writes it;
   * InfluxDB then takes the separator behind it for escaped, refuses most such lines and keeps some
   * where no query finds them. "write" (the default) is for looking at lines, "refuse" for stores.
   */
  readonly trailingBackslash?: "write" | "refuse";
}

/** The destination of a tenant's lines. */
export function destinationOf(options: LineOptions, tenantId: PyValue): string {
  return options.perTenant ? `${options.database}_${toText(tenantId)}` : options.database;
}

/** A measurement's escaped name, or a refusal. */
export function measurementText(name: PyValue, options: LineOptions): string {
  const text = toText(name);
  checkText("metric name", text, options);
  if (text.startsWith("#")) {
    throw invalid(
      `Cannot store metric name '${shown(text)}': InfluxDB takes the line for a comment, ` +
        "expected another first character than '#'",
    );
  }
  if (text.startsWith("\t") || text.startsWith("\0")) {
    throw invalid(
      `Cannot store metric name '${shown(text)}': InfluxDB drops a tab or NUL at its start, ` +
        "expected a visible first character",
    );
  }
  return escapeTag(text);
}

/** `key=value`, both escaped, or a refusal. */
export function tagText(key: string, value: PyValue, options: LineOptions): string {
  checkText("dimension name", key, options);
  if (key === "time") {
    throw invalid(
      "Cannot store dimension name 'time': InfluxDB keeps it for itself, expected another",
    );
  }
  const text = toText(value);
  checkText(`value of dimension '${shown(key)}'`, text, options);
  return `${escapeTag(key)}=${escapeTag(text)}`;
}

function checkText(what: string, text: string, options: LineOptions): void {
  if (text === "") throw invalid(`Cannot store ${what} '': it is empty, expected some text`);
  if (text.includes("\n")) {
    throw invalid(
      `Cannot store ${what} '${shown(text)}': a line break ends a line of InfluxDB's protocol, ` +
        "expected text without one",
    );
  }
  if (options.trailingBackslash === "refuse" && text.endsWith("\\")) {
    throw invalid(
      `Cannot store ${what} '${shown(text)}': InfluxDB takes what follows a backslash for ` +
        "escaped, expected another last character",
    );
  }
}

/** Monasca Persister's escaping of names and tags; backslashes are doubled and read back doubled. */
function escapeTag(text: string): string {
  return /[\\ ,=]/.test(text) ? text.replace(/[\\ ,=]/g, "\\$&") : text;
}

/** A string field's value in quotes; a line break becomes a backslash and an n. */
export function quoteField(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}

/** Refuses a series key that is too long for InfluxDB with the longest field name of the line. */
export function checkKey(key: string, longestField: string): void {
  const bytes = Buffer.byteLength(key) + KEY_SEPARATOR_BYTES + longestField.length;
  if (bytes > KEY_BYTES_MAX) {
    throw invalid(
      `Cannot store series '${shown(key)}': its key has ${bytes} bytes, expected at most ` +
        `${KEY_BYTES_MAX}`,
    );
  }
}

/** In ms: InfluxDB keeps 64-bit nanoseconds and two values of them for itself. */
export const TIMESTAMP_MS_MAX = 9_223_372_036_854;

/** A timestamp in ms, Python's `int()` of it. */
export function timestampText(value: PyValue): string {
  const time = timeOf(value);
  if (time > BigInt(TIMESTAMP_MS_MAX) || time < -BigInt(TIMESTAMP_MS_MAX)) {
    throw invalid(
      `Cannot store timestamp '${shown(toText(value))}': outside of what InfluxDB keeps, ` +
        `expected ms from -${TIMESTAMP_MS_MAX} to ${TIMESTAMP_MS_MAX}`,
    );
  }
  return String(time);
}

function timeOf(value: PyValue): bigint {
  try {
    return toInt(value);
  } catch (error) {
    if (!(error instanceof NumberError)) throw error;
    throw invalid(
      `Cannot read timestamp '${shown(toText(value))}': ${error.message}, expected ms since 1970`,
    );
  }
}

const encoder = new TextEncoder();

/** Writes `line` (without its newline) and returns the sink, whose line the caller ends. */
export function writeLine(sinks: ItemSinks, destination: string, line: string): LineSink {
  if (!line.isWellFormed()) {
    throw invalid(
      `Cannot store line '${shown(line.toWellFormed())}': half of a surrogate pair in it, ` +
        "expected Unicode text",
    );
  }
  const sink = sinks.lines(destination);
  const buffer = sink.reserve(line.length * 3);
  sink.length += encoder.encodeInto(line, buffer.subarray(sink.length)).written;
  return sink;
}
