/**
 * Pure. `SentText`: the bytes of a message out of its envelope, as oslo.messaging writes both: printable
 * ASCII, everything else in escapes.
 */

/** Larger texts are refused, so that the buffer stays small. */
const bytesMax = 1_048_576;
/**
 * Behind the end stand two quotes, so that every text ends, also one whose last byte is a backslash or
 * that begins where the message was cut off; and bytes that are nothing in JSON.
 */
const behind = 16;

const space = 0x20;
const quote = 0x22;
const backslash = 0x5c;
const tilde = 0x7e;

/** Version 2.0; what is between is the message's text as a JSON text. */
const envelopeStart = Buffer.from('{"oslo.version": "2.0", "oslo.message": "');
const envelopeEnd = Buffer.from('"}');

/** 1: stands for itself in a JSON text. */
const isPlain = Uint8Array.from(
  { length: 256 },
  (_, byte) => Number(byte >= space && byte <= tilde && byte !== quote && byte !== backslash),
);

/** Whether the bytes begin as a usual envelope does: then they are one, or nothing usual. */
export function startsEnveloped(text: Uint8Array): boolean {
  for (let i = 0; i < envelopeStart.length; i++) if (text[i] !== envelopeStart[i]) return false;
  return true;
}

/** Holds one text at a time, in a buffer of its own. */
export class SentText {
  #bytes = Buffer.alloc(16_384);
  #length = 0;

  get bytes(): Buffer {
    return this.#bytes;
  }

  get length(): number {
    return this.#length;
  }

  /** Takes the text as it is; false where there is something else in it. */
  copy(text: Uint8Array): boolean {
    if (!this.#makeRoom(text.length)) return false;
    const to = this.#bytes;
    for (let i = 0; i < text.length; i++) {
      const byte = text[i] ?? 0;
      if (byte < space || byte > tilde) return false;
      to[i] = byte;
    }
    this.#end(text.length);
    return true;
  }

  /** Takes the text out of its envelope; false where one of the two is written otherwise. */
  unwrap(text: Uint8Array): boolean {
    const end = text.length - envelopeEnd.length;
    if (end < envelopeStart.length || !this.#makeRoom(text.length)) return false;
    if (!startsEnveloped(text)) return false;
    if (text[end] !== quote || text[end + 1] !== envelopeEnd[1]) return false;
    const to = this.#bytes;
    let length = 0;
    let at = envelopeStart.length;
    for (;;) {
      let byte = text[at] ?? 0;
      while (isPlain[byte] === 1) {
        to[length++] = byte;
        byte = text[++at] ?? 0;
      }
      if (byte !== backslash) break;
      const escaped = text[++at] ?? 0;
      if (escaped !== quote && escaped !== backslash) return false;
      to[length++] = escaped;
      at++;
    }
    this.#end(length);
    return at === end;
  }

  #makeRoom(length: number): boolean {
    if (length > bytesMax) return false;
    if (this.#bytes.length < length + behind) this.#bytes = Buffer.alloc(2 * length + behind);
    return true;
  }

  #end(length: number): void {
    this.#length = length;
    this.#bytes.fill(quote, length, length + 2);
    this.#bytes.fill(0, length + 2, length + behind);
  }
}
