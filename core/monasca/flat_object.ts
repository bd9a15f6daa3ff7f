/**
 * Pure. A value_meta as nearly all are: an object of ASCII strings without escapes. Reading and
 * writing it as Python's json does only puts a space behind each comma and colon.
 */

/** Where an object stands, and whether spaces follow its commas and colons. */
export interface FlatObjectPlace {
  readonly start: number;
  readonly end: number;
  readonly spaced: boolean;
}

/** More members are left to the plain encoder. */
const MEMBERS_MAX = 16;

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const CLOSE = 0x7d;
const ASCII_MAX = 0x7f;

/** Begin and end of each member's name in the object scanned last. */
const names = new Int32Array(2 * MEMBERS_MAX);

/** Behind the non-empty object that begins at `place.start`, or -1 where it is of another kind. */
export function scanFlatObject(view: DataView, place: FlatObjectPlace): number {
  const { end, spaced } = place;
  const gap = spaced ? 1 : 0;
  let at = place.start + 1;
  for (let members = 0; members < MEMBERS_MAX; members++) {
    const nameEnd = stringEnd(view, at, end);
    if (nameEnd < 0 || isRepeated(view, members, at, nameEnd)) return -1;
    at = separatorEnd(view, nameEnd, COLON, gap);
    const valueEnd = at < 0 ? -1 : stringEnd(view, at, end);
    if (valueEnd < 0 || valueEnd + 2 > end) return -1;
    if (view.getUint8(valueEnd) === CLOSE) return valueEnd + 1;
    at = separatorEnd(view, valueEnd, COMMA, gap);
    if (at < 0) return -1;
  }
  return -1;
}

/** Behind the string that begins at `at`, or -1; two bytes at least are left behind it. */
function stringEnd(view: DataView, at: number, end: number): number {
  if (at >= end || view.getUint8(at) !== QUOTE) return -1;
  for (let i = at + 1; i < end - 2; i++) {
    const byte = view.getUint8(i);
    if (byte === QUOTE) return i + 1;
    if (byte === BACKSLASH || byte < SPACE || byte > ASCII_MAX) return -1;
  }
  return -1;
}

/** Behind a comma or colon and the space that belongs to it; -1 where it is not so. */
function separatorEnd(view: DataView, at: number, separator: number, gap: number): number {
  if (view.getUint8(at) !== separator) return -1;
  if (gap === 1 && view.getUint8(at + 1) !== SPACE) return -1;
  return at + 1 + gap;
}

/** Whether a member before has this name; only its last value would count. Notes it otherwise. */
function isRepeated(view: DataView, members: number, start: number, end: number): boolean {
  for (let i = 0; i < members; i++) {
    const other = names[2 * i] ?? 0;
    if ((names[2 * i + 1] ?? 0) - other !== end - start) continue;
    let same = 0;
    while (same < end - start && view.getUint8(other + same) === view.getUint8(start + same)) {
      same++;
    }
    if (same === end - start) return true;
  }
  names[2 * members] = start;
  names[2 * members + 1] = end;
  return false;
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
