/**
 * Pure. `Value` -> msgpack as Python's `msgpack.packb(value, use_bin_type=True)` packs it: the
 * shortest form of every integer, floats with 64 bits, texts as UTF-8. Only what JSON can hold.
 */
import { isDict, PyFloat, type Value } from "../notifications/value.ts";

/** A value that msgpack cannot hold: an integer beyond 64 bits, text that is no Unicode. */
export class UnpackableError extends Error {
  override readonly name = "UnpackableError";
}

/** Packs into a buffer of its own that grows. */
export class Packer {
  #bytes = Buffer.allocUnsafe(4096);
  #view = viewOf(this.#bytes);
  #at = 0;

  /**
   * The value's bytes behind `headBytes` bytes left free, as a view that the next call overwrites;
   * throws UnpackableError.
   */
  pack(value: Value, headBytes = 0): Uint8Array {
    this.#at = 0;
    this.#reserve(headBytes);
    this.#at = headBytes;
    this.#value(value);
    return this.#bytes.subarray(0, this.#at);
  }

  #reserve(count: number): void {
    const wanted = this.#at + count;
    if (wanted <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(wanted, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
    this.#view = viewOf(grown);
  }

  #value(value: Value): void {
    if (typeof value === "string") this.#text(value);
    else if (value === null) this.#byte(0xc0);
    else if (typeof value === "boolean") this.#byte(value ? 0xc3 : 0xc2);
    else if (typeof value === "number") {
      if (Number.isInteger(value)) this.#int(value);
      else this.#float(value);
    } else if (typeof value === "bigint") this.#bigint(value);
    else if (value instanceof PyFloat) this.#float(value.value);
    else if (Array.isArray(value)) {
      this.#length(value.length, arrayForms);
      for (const item of value) this.#value(item);
    } else if (isDict(value)) {
      const keys = Object.keys(value);
      this.#length(keys.length, mapForms);
      for (const key of keys) {
        this.#text(key);
        this.#value(value[key] ?? null);
      }
    }
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = byte;
  }

  #int(value: number): void {
    this.#reserve(9);
    const at = this.#at;
    const view = this.#view;
    if (value >= 0) {
      if (value < 0x80) return this.#wrote(view.setUint8(at, value), 1);
      if (value < 0x100) return this.#wrote(view.setUint16(at, 0xcc00 | value), 2);
      view.setUint8(at, value < 0x10000 ? 0xcd : value < 0x100000000 ? 0xce : 0xcf);
      if (value < 0x10000) return this.#wrote(view.setUint16(at + 1, value), 3);
      if (value < 0x100000000) return this.#wrote(view.setUint32(at + 1, value), 5);
      return this.#wrote(view.setBigUint64(at + 1, BigInt(value)), 9);
    }
    if (value >= -0x20) return this.#wrote(view.setInt8(at, value), 1);
    view.setUint8(
      at,
      value >= -0x80 ? 0xd0 : value >= -0x8000 ? 0xd1 : value >= -0x80000000 ? 0xd2 : 0xd3,
    );
    if (value >= -0x80) return this.#wrote(view.setInt8(at + 1, value), 2);
    if (value >= -0x8000) return this.#wrote(view.setInt16(at + 1, value), 3);
    if (value >= -0x80000000) return this.#wrote(view.setInt32(at + 1, value), 5);
    this.#wrote(view.setBigInt64(at + 1, BigInt(value)), 9);
  }

  #wrote(_: void, count: number): void {
    this.#at += count;
  }

  #bigint(value: bigint): void {
    if (BigInt.asIntN(64, value) !== value && BigInt.asUintN(64, value) !== value) {
      throw new UnpackableError("an integer has more than 64 bits, expected at most 64");
    }
    const small = Number(value);
    if (Number.isSafeInteger(small)) return this.#int(small);
    this.#reserve(9);
    this.#view.setUint8(this.#at, value < 0n ? 0xd3 : 0xcf);
    this.#view.setBigUint64(this.#at + 1, BigInt.asUintN(64, value));
    this.#at += 9;
  }

  #float(value: number): void {
    this.#reserve(9);
    this.#view.setUint8(this.#at, 0xcb);
    this.#view.setFloat64(this.#at + 1, value);
    this.#at += 9;
  }

  #text(text: string): void {
    if (text.length <= plainMax && this.#plain(text)) return;
    if (!text.isWellFormed()) {
      throw new UnpackableError("a text has half a surrogate pair, expected Unicode text");
    }
    const length = Buffer.byteLength(text);
    this.#length(length, textForms);
    this.#reserve(length);
    this.#bytes.write(text, this.#at, length, "utf8");
    this.#at += length;
  }

  /** A short text of ASCII, without the cost of asking the runtime; false where it is none. */
  #plain(text: string): boolean {
    const { length } = text;
    this.#reserve(length + 2);
    const bytes = this.#bytes;
    let at = this.#at;
    if (length > textForms.fixMax) {
      bytes[at++] = 0xd9;
      bytes[at++] = length;
    } else bytes[at++] = textForms.fix | length;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return false;
      bytes[at++] = unit;
    }
    this.#at = at;
    return true;
  }

  /** The head of a text, list or map: in one byte, else a code and 1, 2 or 4 bytes. */
  #length(length: number, { fix, fixMax, code8, code16 }: Forms): void {
    this.#reserve(5);
    const at = this.#at;
    const view = this.#view;
    if (length <= fixMax) return this.#wrote(view.setUint8(at, fix | length), 1);
    if (code8 !== undefined && length < 0x100) {
      view.setUint8(at, code8);
      return this.#wrote(view.setUint8(at + 1, length), 2);
    }
    view.setUint8(at, length < 0x10000 ? code16 : code16 + 1);
    if (length < 0x10000) return this.#wrote(view.setUint16(at + 1, length), 3);
    this.#wrote(view.setUint32(at + 1, length), 5);
  }
}

/** Texts up to this length are looked at unit by unit; their length takes one byte. */
const plainMax = 255;

interface Forms {
  readonly fix: number;
  readonly fixMax: number;
  readonly code8?: number;
  /** The code for 4 bytes is the next. */
  readonly code16: number;
}

const textForms: Forms = { fix: 0xa0, fixMax: 31, code8: 0xd9, code16: 0xda };
const arrayForms: Forms = { fix: 0x90, fixMax: 15, code16: 0xdc };
const mapForms: Forms = { fix: 0x80, fixMax: 15, code16: 0xde };

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The value's bytes, its own copy; throws UnpackableError. */
export function packMessage(value: Value): Uint8Array {
  return new Uint8Array(new Packer().pack(value));
}
