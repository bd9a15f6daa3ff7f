/**
 * Pure. `Value` -> msgpack as Python's `msgpack.packb(value, use_bin_type=True)` packs it: the
 * shortest form of every integer, floats with 64 bits, texts as UTF-8. Only what JSON can hold.
 */
import { type Dict, PyFloat, type Value } from "../notifications/value.ts";
import type { ByteBuffer } from "./byte_buffer.ts";

/** A value that msgpack cannot hold: an integer beyond 64 bits, text that is no Unicode. */
export class UnpackableError extends Error {
  override readonly name = "UnpackableError";
}

/** Packs the value behind what `out` holds; throws UnpackableError, with a part of it written. */
export function packValue(out: ByteBuffer, value: Value): void {
  if (typeof value === "string") packText(out, value);
  else if (value === null) out.byte(0xc0);
  else if (typeof value === "boolean") out.byte(value ? 0xc3 : 0xc2);
  else if (typeof value === "number") packNumber(out, value);
  else if (typeof value === "bigint") packBigint(out, value);
  else if (value instanceof PyFloat) packFloat(out, value.value);
  else if (Array.isArray(value)) {
    packLength(out, value.length, arrayForms);
    for (const item of value) packValue(out, item);
  } else packDict(out, value);
}

/** The head of a map; its members' names and values follow. */
export function packMapHead(out: ByteBuffer, members: number): void {
  packLength(out, members, mapForms);
}

// Values have no members but their own, and these loops take a third of the time of Object.keys.
function packDict(out: ByteBuffer, dict: Dict): void {
  let members = 0;
  for (const _ in dict) members++;
  packMapHead(out, members);
  for (const key in dict) {
    packText(out, key);
    packValue(out, dict[key] ?? null);
  }
}

function packNumber(out: ByteBuffer, value: number): void {
  if (!Number.isInteger(value)) packFloat(out, value);
  else if (value >= 0) {
    if (value < 0x80) out.byte(value);
    else if (value < 0x100) packInt(out, 0xcc, value);
    else if (value < 0x10000) packInt(out, 0xcd, value);
    else if (value < 0x100000000) packInt(out, 0xce, value);
    else packInt64(out, 0xcf, BigInt(value));
  } else if (value >= -0x20) out.byte(value);
  else if (value >= -0x80) packInt(out, 0xd0, value);
  else if (value >= -0x8000) packInt(out, 0xd1, value);
  else if (value >= -0x80000000) packInt(out, 0xd2, value);
  else packInt64(out, 0xd3, BigInt(value));
}

/** The code says how many bytes follow: 0xcc 1, 0xcd 2, 0xce 4, and from 0xd0 on likewise. */
function packInt(out: ByteBuffer, code: number, value: number): void {
  out.byte(code);
  out.int(value, (code & 3) === 0 ? 1 : (code & 3) === 1 ? 2 : 4);
}

function packInt64(out: ByteBuffer, code: number, value: bigint): void {
  out.byte(code);
  out.int64(value);
}

function packBigint(out: ByteBuffer, value: bigint): void {
  if (BigInt.asIntN(64, value) !== value && BigInt.asUintN(64, value) !== value) {
    throw new UnpackableError("an integer has more than 64 bits, expected at most 64");
  }
  const small = Number(value);
  if (Number.isSafeInteger(small)) packNumber(out, small);
  else packInt64(out, value < 0n ? 0xd3 : 0xcf, value);
}

function packFloat(out: ByteBuffer, value: number): void {
  out.byte(0xcb);
  out.float64(value);
}

/** A text, which is what nearly all values and all names are. */
export function packText(out: ByteBuffer, text: string): void {
  if (text.length <= plainMax && packPlain(out, text)) return;
  if (!text.isWellFormed()) {
    throw new UnpackableError("a text has half a surrogate pair, expected Unicode text");
  }
  packLength(out, Buffer.byteLength(text), textForms);
  out.text(text);
}

/** A text of ASCII with its length in one byte or two; false, and nothing written, for others. */
function packPlain(out: ByteBuffer, text: string): boolean {
  const start = out.length;
  const { length } = text;
  if (length > textForms.fixMax) out.byte(textForms.code8);
  out.byte(length > textForms.fixMax ? length : textForms.fix | length);
  const at = out.length;
  out.text(text);
  if (out.length === at + length) return true;
  out.length = start;
  return false;
}

/** The head of a text, list or map: in one byte, else a code and 1, 2 or 4 bytes. */
function packLength(out: ByteBuffer, length: number, { fix, fixMax, code8, code16 }: Forms): void {
  if (length <= fixMax) out.byte(fix | length);
  else if (code8 !== undefined && length < 0x100) {
    out.byte(code8);
    out.byte(length);
  } else {
    out.byte(length < 0x10000 ? code16 : code16 + 1);
    out.int(length, length < 0x10000 ? 2 : 4);
  }
}

/** What is longer may need more than a byte for its length. */
const plainMax = 255;

interface Forms {
  readonly fix: number;
  readonly fixMax: number;
  readonly code8: number | undefined;
  /** The code for 4 bytes is the next. */
  readonly code16: number;
}

const textForms = { fix: 0xa0, fixMax: 31, code8: 0xd9, code16: 0xda } satisfies Forms;
const arrayForms: Forms = { fix: 0x90, fixMax: 15, code8: undefined, code16: 0xdc };
const mapForms: Forms = { fix: 0x80, fixMax: 15, code8: undefined, code16: 0xde };
