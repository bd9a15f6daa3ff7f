/**
 * Pure. Finds where key, fields and timestamp of one InfluxDB line protocol line stand.
 *
 * Accepts and refuses what InfluxDB 1.x does (looked up in its models/points.go, tried against 1.6.7):
 * a character is escaped when the byte before it is a backslash, whatever stands before that.
 * It makes no strings; line_protocol.ts does.
 */

/** Where the sections of a line stand, as offsets into the scanned bytes. */
export interface LineSpans {
  /** The series key: measurement and tags, still escaped. */
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly fieldsStart: number;
  readonly fieldsEnd: number;
  /** Equal where the line has no timestamp. */
  readonly timeStart: number;
  readonly timeEnd: number;
}

/** A line that InfluxDB 1.x would not take; `fault` holds InfluxDB's own words. */
export class LineError extends Error {
  override readonly name = "LineError";

  constructor(readonly fault: string, line: Uint8Array) {
    const text = new TextDecoder().decode(line.subarray(0, LINE_SHOWN_BYTES));
    const rest = line.length > LINE_SHOWN_BYTES ? "..." : "";
    super(
      `Cannot read line '${text}${rest}': ${fault}, ` +
        "expected measurement[,tag=value...] field=value[,field=value...] [timestamp]",
    );
  }
}

const LINE_SHOWN_BYTES = 200;

/**
 * Longest key that InfluxDB takes, in bytes: a series key (measurement and tags, escaped), 4 bytes
 * in between, and a field's escaped name.
 */
export const KEY_BYTES_MAX = 65_535;
/** See KEY_BYTES_MAX. */
export const KEY_SEPARATOR_BYTES = 4;

/** Bytes that mean something in line protocol, by name. */
export const byteCodes = {
  NUL: 0,
  TAB: 9,
  SPACE: 32,
  QUOTE: 34,
  HASH: 35,
  COMMA: 44,
  MINUS: 45,
  DOT: 46,
  ZERO: 48,
  NINE: 57,
  EQUALS: 61,
  BACKSLASH: 92,
} as const;

const { NUL, TAB, SPACE, QUOTE, HASH, COMMA, MINUS, DOT, ZERO, NINE, EQUALS, BACKSLASH } =
  byteCodes;

/** Finds the sections of the line `bytes[start, end)`, without its newline; throws LineError. */
export function scanLine(bytes: Uint8Array, start: number, end: number): LineSpans {
  const line = bytes.subarray(start, end);
  const keyStart = skipBlanks(line, 0);
  if (keyStart >= line.length) throw new LineError("missing measurement", line);
  if (line[keyStart] === HASH) throw new LineError("a comment", line);
  const keyEnd = scanKey(line, keyStart);
  const fieldsStart = skipBlanks(line, keyEnd);
  const fieldsEnd = scanFields(line, fieldsStart);
  const timeStart = skipBlanks(line, fieldsEnd);
  const timeEnd = scanTime(line, timeStart);
  for (let i = timeEnd; i < line.length; i++) {
    if (line[i] !== SPACE) throw new LineError("point is invalid", line);
  }
  return {
    keyStart: start + keyStart,
    keyEnd: start + keyEnd,
    fieldsStart: start + fieldsStart,
    fieldsEnd: start + fieldsEnd,
    timeStart: start + timeStart,
    timeEnd: start + timeEnd,
  };
}

function skipBlanks(line: Uint8Array, from: number): number {
  let i = from;
  while (i < line.length && (line[i] === SPACE || line[i] === TAB || line[i] === NUL)) i++;
  return i;
}

function scanKey(line: Uint8Array, start: number): number {
  if (line[start] === COMMA) throw new LineError("missing measurement", line);
  let i = start;
  for (;;) {
    i++;
    if (i >= line.length) throw new LineError("missing fields", line);
    if (line[i - 1] === BACKSLASH) continue;
    if (line[i] === SPACE) return i;
    if (line[i] === COMMA) break;
  }
  for (;;) {
    i = scanTagValue(line, scanTagKey(line, i + 1));
    if (line[i] === SPACE) return i;
  }
}

/** Returns where the tag's value begins. */
function scanTagKey(line: Uint8Array, start: number): number {
  const first = line[start];
  if (first === undefined || first === SPACE || first === COMMA || first === EQUALS) {
    throw new LineError("missing tag key", line);
  }
  for (let i = start + 1;; i++) {
    const byte = line[i];
    const escaped = line[i - 1] === BACKSLASH;
    if (byte === undefined || (!escaped && (byte === SPACE || byte === COMMA))) {
      throw new LineError("missing tag value", line);
    }
    if (byte === EQUALS && !escaped) return i + 1;
  }
}

/** Returns where the comma or the space behind the tag's value stands. */
function scanTagValue(line: Uint8Array, start: number): number {
  const first = line[start];
  if (first === undefined || first === SPACE || first === COMMA) {
    throw new LineError("missing tag value", line);
  }
  for (let i = start + 1;; i++) {
    const byte = line[i];
    if (byte === undefined) throw new LineError("missing fields", line);
    if (line[i - 1] === BACKSLASH) continue;
    if (byte === EQUALS) throw new LineError("invalid tag format", line);
    if (byte === COMMA || byte === SPACE) return i;
  }
}

/** Returns where the fields end; all values are checked as far as InfluxDB checks them here. */
function scanFields(line: Uint8Array, start: number): number {
  let i = start;
  let quoted = false;
  let equals = 0;
  let commas = 0;
  if (start >= line.length) throw new LineError("missing fields", line);
  while (i < line.length) {
    const byte = line[i];
    if (byte === BACKSLASH && i + 1 < line.length) {
      i += 2;
      continue;
    }
    if (byte === QUOTE && equals > commas) {
      quoted = !quoted;
      i++;
      continue;
    }
    if (byte === EQUALS && !quoted) {
      equals++;
      const afterValue = scanValueStart(line, i);
      if (afterValue !== undefined) {
        i = afterValue;
        continue;
      }
    }
    if (byte === COMMA && !quoted) commas++;
    if (byte === SPACE && !quoted) break;
    i++;
  }
  if (quoted) throw new LineError("unbalanced quotes", line);
  if (equals === 0 || commas !== equals - 1) throw new LineError("invalid field format", line);
  return i;
}

/** Behind the unquoted value that follows the `=` at i; undefined where a string follows. */
function scanValueStart(line: Uint8Array, i: number): number | undefined {
  const before = line[i - 1];
  if ((before === SPACE || before === COMMA) && line[i - 2] !== BACKSLASH) {
    throw new LineError("missing field key", line);
  }
  const next = line[i + 1];
  if (next === undefined || next === COMMA || next === SPACE) {
    throw new LineError("missing field value", line);
  }
  if (isNumeric(next) || next === MINUS || next === 0x4e || next === 0x6e) {
    return scanNumber(line, i + 1);
  }
  return next === QUOTE ? undefined : scanBoolean(line, i + 1);
}

function isNumeric(byte: number): boolean {
  return (byte >= ZERO && byte <= NINE) || byte === DOT;
}

const FLOAT = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INTEGER = /^-?\d+i$/;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

function scanNumber(line: Uint8Array, start: number): number {
  const end = valueEnd(line, start);
  const text = latin1(line, start, end);
  if (INTEGER.test(text)) {
    const value = BigInt(text.slice(0, -1));
    if (value < INT64_MIN || value > INT64_MAX) {
      throw new LineError(
        `unable to parse integer ${text.slice(0, -1)}: value out of range`,
        line,
      );
    }
    return end;
  }
  if (!FLOAT.test(text)) throw new LineError("invalid number", line);
  if (!Number.isFinite(Number(text))) throw new LineError("invalid float", line);
  return end;
}

const BOOLEANS: ReadonlySet<string> = new Set(
  ["t", "T", "f", "F", "true", "True", "TRUE", "false", "False", "FALSE"],
);

function scanBoolean(line: Uint8Array, start: number): number {
  const end = valueEnd(line, start);
  if (!BOOLEANS.has(latin1(line, start, end))) throw new LineError("invalid boolean", line);
  return end;
}

function latin1(line: Uint8Array, start: number, end: number): string {
  return Buffer.from(line.buffer, line.byteOffset + start, end - start).toString("latin1");
}

function valueEnd(line: Uint8Array, start: number): number {
  let i = start;
  while (i < line.length && line[i] !== COMMA && line[i] !== SPACE) i++;
  return i;
}

function scanTime(line: Uint8Array, start: number): number {
  let i = start;
  while (i < line.length && line[i] !== SPACE) {
    const byte = line[i] ?? 0;
    const sign = i === start && byte === MINUS;
    if (!sign && (byte < ZERO || byte > NINE)) throw new LineError("bad timestamp", line);
    i++;
  }
  if (i - start === 1 && line[start] === MINUS) throw new LineError("bad timestamp", line);
  return i;
}
