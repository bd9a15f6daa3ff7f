/**
 * Pure. Fixed pieces of ASCII text, looked for eight bytes at a time.
 */

/** A piece of 8 to 16 bytes, as its first and its last eight bytes. */
export interface Literal {
  readonly length: number;
  readonly first: number;
  readonly last: number;
}

const WORD_BYTES = 8;

/** ASCII text as bytes. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** `text` (8 to 16 ASCII characters) to look for. */
export function literalOf(text: string): Literal {
  const bytes = bytesOf(text);
  if (bytes.length < WORD_BYTES || bytes.length > 2 * WORD_BYTES) {
    throw new RangeError(`Cannot look for '${text}': ${bytes.length} bytes, expected 8 to 16`);
  }
  const view = new DataView(bytes.buffer);
  return {
    length: bytes.length,
    first: view.getFloat64(0, true),
    last: view.getFloat64(bytes.length - WORD_BYTES, true),
  };
}

/** Whether the literal stands at `at`, where at least its length must be left. */
export function startsWith(view: DataView, at: number, literal: Literal): boolean {
  return view.getFloat64(at, true) === literal.first &&
    view.getFloat64(at + literal.length - WORD_BYTES, true) === literal.last;
}
