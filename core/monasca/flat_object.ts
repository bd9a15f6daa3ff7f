/**
 * Pure. A value_meta as nearly all are: an object of ASCII strings without escapes. Reading and
 * writing it as Python's json does only puts a space behind each comma and colon.
 */

/** More members are left to the plain encoder. */
const MEMBERS_MAX = 16;

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const CLOSE = 0x7d;
const ASCII_MAX = 0x7f;

/** Reads one object after the other. */
export class FlatObjectScanner {
  #view: DataView = new DataView(new ArrayBuffer(0));
  #end = 0;
  /** How many spaces follow a comma or colon. */
  #gap = 0;
  /** Begin and end of each member's name. */
  readonly #names = new Int32Array(2 * MEMBERS_MAX);

  /** What is scanned from now on: up to `end`, with or without spaces behind commas and colons. */
  enter(view: DataView, end: number, spaced: boolean): void {
    this.#view = view;
    this.#end = end;
    this.#gap = spaced ? 1 : 0;
  }

  /** Behind the non-empty object that begins at `start`, or -1 where it is of another kind. */
  scan(start: number): number {
    let at = start + 1;
    for (let members = 0; members < MEMBERS_MAX; members++) {
      const nameEnd = this.#stringEnd(at);
      if (nameEnd < 0 || this.#isRepeated(members, at, nameEnd)) return -1;
      at = this.#separatorEnd(nameEnd, COLON);
      const valueEnd = at < 0 ? -1 : this.#stringEnd(at);
      if (valueEnd < 0) return -1;
      if (this.#view.getUint8(valueEnd) === CLOSE) return valueEnd + 1;
      at = this.#separatorEnd(valueEnd, COMMA);
      if (at < 0) return -1;
    }
    return -1;
  }

  /** Behind the string that begins at `at`, or -1; two bytes at least are left behind it. */
  #stringEnd(at: number): number {
    const view = this.#view;
    const last = this.#end - 2;
    if (at >= last || view.getUint8(at) !== QUOTE) return -1;
    for (let i = at + 1; i < last; i++) {
      const byte = view.getUint8(i);
      if (byte === QUOTE) return i + 1;
      if (byte === BACKSLASH || byte < SPACE || byte > ASCII_MAX) return -1;
    }
    return -1;
  }

  /** Behind a comma or colon and the space that belongs to it; -1 where it is not so. */
  #separatorEnd(at: number, separator: number): number {
    if (this.#view.getUint8(at) !== separator) return -1;
    if (this.#gap === 1 && this.#view.getUint8(at + 1) !== SPACE) return -1;
    return at + 1 + this.#gap;
  }

  /** Whether a member before has this name; only its last value would count. Notes it otherwise. */
  #isRepeated(members: number, start: number, end: number): boolean {
    const view = this.#view;
    const length = end - start;
    for (let i = 0; i < members; i++) {
      const other = this.#names[2 * i] ?? 0;
      if ((this.#names[2 * i + 1] ?? 0) - other !== length) continue;
      let same = 0;
      while (same < length && view.getUint8(other + same) === view.getUint8(start + same)) same++;
      if (same === length) return true;
    }
    this.#names[2 * members] = start;
    this.#names[2 * members + 1] = end;
    return false;
  }
}

/** Where to write. */
export interface Target {
  readonly out: Uint8Array;
  readonly at: number;
}

/**
 * Writes a scanned object as the inside of a string field: Python's separators, a backslash before
 * each quote. At most two bytes come of one. Returns where it ends.
 */
export function copyFlatObject(
  view: DataView,
  place: { readonly start: number; readonly end: number },
  target: Target,
): number {
  const { out } = target;
  let at = target.at;
  let inString = false;
  for (let i = place.start; i < place.end; i++) {
    const byte = view.getUint8(i);
    if (byte === QUOTE) {
      out[at++] = BACKSLASH;
      inString = !inString;
    } else if (!inString && byte === SPACE) {
      continue;
    }
    out[at++] = byte;
    if (!inString && (byte === COMMA || byte === COLON)) out[at++] = SPACE;
  }
  return at;
}
