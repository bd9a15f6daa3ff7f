/**
 * Pure. The signature of metering messages and events, as Ceilometer's `verify_signature` recomputes
 * it: HMAC-SHA256 over Python's `str()` of names and values, sorted by name, names of nested members
 * joined with ":". Lists are signed as Python prints them with their texts as byte strings.
 */
import { compareText } from "../python/values.ts";
import { type Dict, isDict, PyFloat, type Value } from "../notifications/value.ts";
import { valueStr } from "../notifications/value_text.ts";
import { ByteBuffer } from "./byte_buffer.ts";

/** Gives a message its signature: 64 hex digits, or "" where there is no secret. */
export interface Signer {
  /** `write`: the message's pairs, in the order of their names. */
  sign(write: (pairs: ByteBuffer) => void): string;
}

/** A signer for `[publisher] telemetry_secret`; the key is set up once. */
export function createSigner(secret: string): Signer {
  if (secret === "") return { sign: () => "" };
  const keyed = new Bun.CryptoHasher("sha256", secret);
  const pairs = new ByteBuffer();
  return {
    sign: (write) => {
      pairs.length = 0;
      write(pairs);
      return keyed.copy().update(pairs.since(0)).digest("hex");
    },
  };
}

/** The signature of a message as it was received; a signature in it does not count. */
export function signatureOf(message: Dict, secret: string): string {
  const { message_signature: _, ...signed } = message;
  return createSigner(secret).sign((pairs) => writePairs(pairs, signed));
}

/** What of a dict goes into the signature: names and values, without anything between them. */
export function writePairs(pairs: ByteBuffer, dict: Dict): void {
  for (const name of sortedKeys(dict)) writePair(pairs, name, dict[name] ?? null);
}

/** One member's share; a dict's members stand under `name:`. */
export function writePair(pairs: ByteBuffer, name: string, value: Value): void {
  const start = pairs.length;
  pairs.text(name);
  if (isDict(value)) writeUnder(pairs, start, value);
  else writeValue(pairs, value);
}

/** What stands behind the name of a member that is no dict. */
export function writeValue(pairs: ByteBuffer, value: Exclude<Value, Dict>): void {
  if (typeof value === "string") pairs.text(value);
  else pairs.text(Array.isArray(value) ? byteRepr(value) : valueStr(value));
}

/** The members of a dict whose own name stands at the end, from `start` on: it stays with the first. */
function writeUnder(pairs: ByteBuffer, start: number, dict: Dict): void {
  pairs.byte(colon);
  const end = pairs.length;
  let isFirst = true;
  for (const name of sortedKeys(dict)) {
    const at = isFirst ? start : pairs.length;
    if (!isFirst) pairs.again(start, end);
    isFirst = false;
    pairs.text(name);
    const value = dict[name] ?? null;
    if (isDict(value)) writeUnder(pairs, at, value);
    else writeValue(pairs, value);
  }
  if (isFirst) pairs.length = start;
}

const colon = 0x3a;

/** Names that came one after the other in some dict, and the order in which they are signed. */
class NameRow {
  readonly next = new Map<string, NameRow>();
  sorted: readonly string[] | undefined;
  /** What came next the last time, which is what comes next nearly every time. */
  lastName: string | undefined;
  lastNext: NameRow | undefined;
}

/** Rows remembered; the dicts of a cloud's samples have a few hundred. */
const rowsMax = 20_000;
let firstRow = new NameRow();
let rowCount = 0;

/** Sorting is remembered by the row of names: nearly every dict has one that was there before. */
function sortedKeys(dict: Dict): readonly string[] {
  let row = firstRow;
  // Values have no members but their own.
  for (const key in dict) {
    let next = key === row.lastName ? row.lastNext : undefined;
    if (next === undefined) {
      next = row.next.get(key) ?? addRow(row, key);
      row.lastName = key;
      row.lastNext = next;
    }
    row = next;
  }
  return row.sorted ??= sortKeys(Object.keys(dict));
}

function addRow(row: NameRow, key: string): NameRow {
  if (rowCount++ >= rowsMax) {
    firstRow = new NameRow();
    rowCount = 0;
  }
  const added = new NameRow();
  row.next.set(key, added);
  return added;
}

// In the order of code units, which is Python's unless some key has a unit above the surrogates.
const HIGH = /[\ud800-\uffff]/;

function sortKeys(keys: string[]): readonly string[] {
  return keys.some((key) => HIGH.test(key)) ? keys.sort(compareText) : keys.sort();
}

/** Python's `repr()` of a value whose texts, keys included, became UTF-8 byte strings. */
function byteRepr(value: Value): string {
  if (typeof value === "string") return bytesRepr(value);
  if (Array.isArray(value)) return `[${value.map(byteRepr).join(", ")}]`;
  if (value === null || typeof value !== "object" || value instanceof PyFloat) {
    return valueStr(value);
  }
  const members = sortedKeys(value).map((key) =>
    `${bytesRepr(key)}: ${byteRepr(value[key] ?? null)}`
  );
  return `{${members.join(", ")}}`;
}

// Printable ASCII without quotes and backslashes stands for itself.
const PLAIN = /^[ !#-&(-[\]-~]*$/;

const SHORT: Readonly<Record<number, string>> = {
  0x09: "\\t",
  0x0a: "\\n",
  0x0d: "\\r",
  0x5c: "\\\\",
};

/** Python's `repr(text.encode("utf-8"))`. */
export function bytesRepr(text: string): string {
  if (PLAIN.test(text)) return `b'${text}'`;
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let repr = `b${quote}`;
  for (const byte of new TextEncoder().encode(text)) {
    const short = SHORT[byte];
    if (short !== undefined) repr += short;
    else if (byte < 0x20 || byte >= 0x7f) repr += `\\x${byte.toString(16).padStart(2, "0")}`;
    else {
      const character = String.fromCharCode(byte);
      repr += character === quote ? `\\${quote}` : character;
    }
  }
  return repr + quote;
}
