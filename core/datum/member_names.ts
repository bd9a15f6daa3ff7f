/**
 * Pure. The names of an object's members, read off its bytes without reading what they hold: JSON's and
 * Python's literal form alike. The text may be broken further on; then they are those before.
 */

const SPACE = 0x20;
const DOUBLE = 0x22;
const SINGLE = 0x27;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_TUPLE = 0x28;
const CLOSE_TUPLE = 0x29;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Nobody has more; a text of rubbish is not read to its end. */
const namesMax = 64;
const nameBytesMax = 200;

/**
 * The names in their order, until `isEnough` says so. `at` is where the object's brace stands, `isPython`
 * whether strings may also stand in single quotes.
 */
export function memberNames(
  bytes: Uint8Array,
  { at, end, isPython }: { readonly at: number; readonly end: number; readonly isPython: boolean },
  isEnough: (name: string) => boolean,
): string[] {
  const names: string[] = [];
  let depth = 0;
  for (let i = at; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === DOUBLE || (isPython && byte === SINGLE)) {
      const close = stringEnd(bytes, i, end);
      if (
        depth === 1 && close - i <= nameBytesMax && bytes[skipBlanks(bytes, close, end)] === COLON
      ) {
        const name = String.fromCharCode(...bytes.subarray(i + 1, close - 1));
        names.push(name);
        if (isEnough(name) || names.length >= namesMax) return names;
      }
      i = close - 1;
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST || byte === OPEN_TUPLE) {
      depth++;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST || byte === CLOSE_TUPLE) {
      if (--depth <= 0) return names;
    }
  }
  return names;
}

/** Where the first byte stands that is no blank. */
export function skipBlanks(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && isBlank(bytes[at] ?? 0)) at++;
  return at;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === 9 || byte === 10 || byte === 13;
}

/** Behind the string that begins at `start`; `end` where it never closes. */
function stringEnd(bytes: Uint8Array, start: number, end: number): number {
  const quote = bytes[start];
  for (let i = start + 1; i < end; i++) {
    const byte = bytes[i];
    if (byte === BACKSLASH) i++;
    else if (byte === quote) return i + 1;
  }
  return end;
}
