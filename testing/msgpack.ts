/**
 * Pure. Reads msgpack back into `Value`s, so that tests can compare datagrams and frames by meaning.
 * Only the types that msgpack has for JSON; anything else is an error, as is a byte too many.
 */
import { floatValue, intValue, setMember } from "../core/notifications/load_value.ts";
import type { Dict, Value } from "../core/notifications/value.ts";
import { ByteBuffer } from "../core/pipeline/byte_buffer.ts";
import { packValue } from "../core/pipeline/msgpack.ts";

/** The value's bytes; throws UnpackableError. */
export function packMessage(value: Value): Uint8Array {
  const out = new ByteBuffer();
  packValue(out, value);
  return out.since(0);
}

/** The one value that the bytes hold. */
export function unpackMessage(bytes: Uint8Array): Value {
  const reader = new Reader(bytes);
  const value = reader.value();
  if (reader.at !== bytes.length) throw new Error(`${bytes.length - reader.at} bytes too many`);
  return value;
}

class Reader {
  at = 0;
  readonly #view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  value(): Value {
    const code = this.#uint(1);
    if (code < 0x80) return code;
    if (code < 0x90) return this.#map(code & 0x0f);
    if (code < 0xa0) return this.#list(code & 0x0f);
    if (code < 0xc0) return this.#text(code & 0x1f);
    if (code >= 0xe0) return code - 0x100;
    if (code === 0xc0) return null;
    if (code === 0xc2 || code === 0xc3) return code === 0xc3;
    if (code === 0xcb) return floatValue(this.#view.getFloat64(this.#move(8)));
    if (code >= 0xcc && code <= 0xce) return this.#uint(1 << (code - 0xcc));
    if (code === 0xcf) return intValue(this.#view.getBigUint64(this.#move(8)));
    if (code === 0xd0) return this.#view.getInt8(this.#move(1));
    if (code === 0xd1) return this.#view.getInt16(this.#move(2));
    if (code === 0xd2) return this.#view.getInt32(this.#move(4));
    if (code === 0xd3) return intValue(this.#view.getBigInt64(this.#move(8)));
    if (code >= 0xd9 && code <= 0xdb) return this.#text(this.#uint(1 << (code - 0xd9)));
    if (code === 0xdc || code === 0xdd) return this.#list(this.#uint(code === 0xdc ? 2 : 4));
    if (code === 0xde || code === 0xdf) return this.#map(this.#uint(code === 0xde ? 2 : 4));
    throw new Error(`msgpack code 0x${code.toString(16)} at ${this.at - 1} is none of JSON's`);
  }

  #move(count: number): number {
    this.at += count;
    return this.at - count;
  }

  #uint(count: number): number {
    if (count === 1) return this.#view.getUint8(this.#move(1));
    return count === 2 ? this.#view.getUint16(this.#move(2)) : this.#view.getUint32(this.#move(4));
  }

  #text(length: number): string {
    const start = this.#move(length);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(this.bytes.subarray(start, this.at));
  }

  #list(length: number): Value[] {
    return Array.from({ length }, () => this.value());
  }

  #map(length: number): Dict {
    const dict: Dict = {};
    for (let i = 0; i < length; i++) {
      const name = this.value();
      if (typeof name !== "string") throw new Error("a member's name is no text");
      setMember(dict, name, this.value());
    }
    return dict;
  }
}
