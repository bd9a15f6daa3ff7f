/**
 * Pure. Reads InfluxDB line protocol as InfluxDB 1.x reads it: one line to names, values and time.
 *
 * For stores that keep points in their own form and for comparing lines by meaning. It writes no
 * lines and splits no bodies; series key, fields and time can be read apart, so that a caller may
 * keep what it knows about a series by the key's bytes.
 */
import {
  byteCodes,
  KEY_BYTES_MAX,
  KEY_SEPARATOR_BYTES,
  LineError,
  type LineSpans,
  scanLine,
} from "./line_scan.ts";

const { BACKSLASH, COMMA, EQUALS, QUOTE, SPACE } = byteCodes;

/** A string, boolean, float (number) or 64-bit integer (bigint). */
export type FieldValue = string | boolean | number | bigint;

/** What points of a series share. */
export interface Series {
  readonly measurement: string;
  /** Sorted by key as InfluxDB sorts them: by the bytes of the escaped form. */
  readonly tags: readonly (readonly [key: string, value: string])[];
}

/** One line's content. */
export interface Point extends Series {
  /** In the line's order; a repeated key stands repeatedly, the last one counts. */
  readonly fields: readonly (readonly [key: string, value: FieldValue])[];
  /** In the unit that the line was written in; undefined where the line has none. */
  readonly timestamp: bigint | undefined;
}

/** One line (without its newline) as a point; throws LineError where InfluxDB 1.x refuses it. */
export function parseLine(bytes: Uint8Array, start = 0, end: number = bytes.length): Point {
  const spans = scanLine(bytes, start, end);
  const { measurement, tags } = parseSeries(bytes, spans);
  return {
    measurement,
    tags,
    fields: parseFields(bytes, spans),
    timestamp: parseTime(bytes, spans),
  };
}

/** Measurement and tags of a scanned line; throws LineError for a repeated tag. */
export function parseSeries(bytes: Uint8Array, spans: LineSpans): Series {
  const key = bytes.subarray(spans.keyStart, spans.keyEnd);
  const parts = splitAt(key, COMMA);
  const measurement = unescape(parts[0] ?? key);
  const escaped = parts.slice(1).map((part) => {
    const at = indexOfUnescaped(part, EQUALS, 0);
    return [part.subarray(0, at), part.subarray(at + 1)] as const;
  });
  escaped.sort(([a], [b]) => Buffer.compare(a, b));
  for (let i = 1; i < escaped.length; i++) {
    const [before, tag] = [escaped[i - 1], escaped[i]];
    if (before && tag && Buffer.compare(before[0], tag[0]) === 0) {
      throw new LineError("duplicate tags", key);
    }
  }
  return { measurement, tags: escaped.map(([k, v]) => [unescape(k), unescape(v)] as const) };
}

/** The fields of a scanned line, in its order; throws LineError where key and name are too long. */
export function parseFields(bytes: Uint8Array, spans: LineSpans): [string, FieldValue][] {
  const section = bytes.subarray(spans.fieldsStart, spans.fieldsEnd);
  const fields: [string, FieldValue][] = [];
  let i = 0;
  while (i < section.length) {
    const equals = indexOfUnescaped(section, EQUALS, i);
    const end = fieldValueEnd(section, equals + 1);
    const keyBytes = spans.keyEnd - spans.keyStart + KEY_SEPARATOR_BYTES + equals - i;
    if (keyBytes > KEY_BYTES_MAX) {
      const line = bytes.subarray(spans.keyStart, spans.timeEnd);
      throw new LineError(`max key length exceeded: ${keyBytes} > ${KEY_BYTES_MAX}`, line);
    }
    fields.push([
      unescape(section.subarray(i, equals), true),
      fieldValue(section.subarray(equals + 1, end)),
    ]);
    i = end + 1;
  }
  return fields;
}

/** The timestamp of a scanned line, in the line's own unit; throws LineError beyond 64 bits. */
export function parseTime(bytes: Uint8Array, spans: LineSpans): bigint | undefined {
  if (spans.timeStart === spans.timeEnd) return undefined;
  const text = textOf(bytes.subarray(spans.timeStart, spans.timeEnd));
  const time = BigInt.asIntN(64, BigInt(text));
  if (time !== BigInt(text)) {
    const line = bytes.subarray(spans.keyStart, spans.timeEnd);
    throw new LineError(`time ${text.slice(0, 40)} outside 64 bits`, line);
  }
  return time;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

function indexOfUnescaped(bytes: Uint8Array, stop: number, from: number): number {
  let i = from;
  while (i < bytes.length && !(bytes[i] === stop && (i === 0 || bytes[i - 1] !== BACKSLASH))) i++;
  return i;
}

function splitAt(bytes: Uint8Array, stop: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let from = 0;
  for (;;) {
    const at = indexOfUnescaped(bytes, stop, from);
    parts.push(bytes.subarray(from, at));
    if (at >= bytes.length) return parts;
    from = at + 1;
  }
}

/** Takes the backslash off an escaped comma, space or equals sign (in a field's name also a quote). */
function unescape(bytes: Uint8Array, quotes = false): string {
  if (!bytes.includes(BACKSLASH)) return textOf(bytes);
  const out = new Uint8Array(bytes.length);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const next = bytes[i + 1];
    const escapes = next === COMMA || next === SPACE || next === EQUALS ||
      (quotes && next === QUOTE);
    if (bytes[i] === BACKSLASH && escapes) i++;
    out[length++] = bytes[i] ?? 0;
  }
  return textOf(out.subarray(0, length));
}

/** Where the comma behind the field value stands, or the end. */
function fieldValueEnd(bytes: Uint8Array, from: number): number {
  let quoted = false;
  let i = from;
  while (i < bytes.length) {
    const byte = bytes[i];
    if (byte === BACKSLASH && (bytes[i + 1] === QUOTE || bytes[i + 1] === BACKSLASH)) i++;
    else if (byte === QUOTE) quoted = !quoted;
    else if (byte === COMMA && !quoted) break;
    i++;
  }
  return Math.min(i, bytes.length);
}

const INTEGER_SUFFIX = 0x69;

function fieldValue(bytes: Uint8Array): FieldValue {
  const first = bytes[0] ?? 0;
  if (first === QUOTE) {
    const text = textOf(bytes.subarray(1, -1));
    return text.includes("\\") ? text.replace(/\\(["\\])/g, "$1") : text;
  }
  const text = textOf(bytes);
  if (/^[tTfF]/.test(text)) return /^[tT]/.test(text);
  return bytes[bytes.length - 1] === INTEGER_SUFFIX ? BigInt(text.slice(0, -1)) : Number(text);
}
