/**
 * Pure. Bytes written one behind the other into memory that grows and is used again: of a message
 * nothing is allocated but what is sent.
 */

/** See above. A `length` that was before may be set again: what was written since is forgotten. */
export class ByteBuffer {
  /** Those before `length`. */
  bytes: Buffer = Buffer.allocUnsafeSlow(4096);
  length = 0;
  #view = viewOf(this.bytes);

  byte(byte: number): void {
    this.reserve(1);
    this.bytes[this.length++] = byte;
  }

  /** The integer, big-endian, modulo what so many bytes hold. */
  int(value: number, bytes: 1 | 2 | 4): void {
    this.reserve(4);
    if (bytes === 1) this.#view.setUint8(this.length, value);
    else if (bytes === 2) this.#view.setUint16(this.length, value);
    else this.#view.setUint32(this.length, value);
    this.length += bytes;
  }

  /** The integer's lowest 64 bits, big-endian. */
  int64(value: bigint): void {
    this.reserve(8);
    this.#view.setBigUint64(this.length, BigInt.asUintN(64, value));
    this.length += 8;
  }

  float64(value: number): void {
    this.reserve(8);
    this.#view.setFloat64(this.length, value);
    this.length += 8;
  }

  /** The text in UTF-8; half a surrogate pair becomes U+FFFD. */
  text(text: string): void {
    const { length } = text;
    const bytes = this.reserve(length * 3);
    const at = this.length;
    let i = 0;
    // The runtime does it as fast from here on.
    if (length <= shortMax) {
      for (; i < length; i++) {
        const unit = text.charCodeAt(i);
        if (unit >= 0x80) break;
        bytes[at + i] = unit;
      }
    }
    this.length = at + (i === length ? length : bytes.write(text, at));
  }

  /** What stands in the same memory between `start` and `end`, once more. */
  again(start: number, end: number): void {
    const bytes = this.reserve(end - start);
    let at = this.length;
    for (let i = start; i < end; i++) bytes[at++] = bytes[i] ?? 0;
    this.length = at;
  }

  /** All of another one. */
  append({ bytes: from, length }: ByteBuffer): void {
    const bytes = this.reserve(length);
    const at = this.length;
    if (length > shortMax) from.copy(bytes, at, 0, length);
    else for (let i = 0; i < length; i++) bytes[at + i] = from[i] ?? 0;
    this.length = at + length;
  }

  /** What was written from `start` on: the memory itself, until it is written again. */
  since(start: number): Uint8Array {
    return this.bytes.subarray(start, this.length);
  }

  /** The memory, with room for so many bytes more at `length`. */
  reserve(count: number): Buffer {
    const wanted = this.length + count;
    if (wanted > this.bytes.length) this.#grow(wanted);
    return this.bytes;
  }

  #grow(wanted: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(wanted, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
    this.#view = viewOf(grown);
  }
}

/** Texts up to this length are looked at unit by unit. */
const shortMax = 16;

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
