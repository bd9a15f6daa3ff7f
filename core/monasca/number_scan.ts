/**
 * Pure. Reads a JSON number in place and says how Python's repr(float) of it comes about.
 */

/**
 * - `none`: no JSON number, or one that only the plain encoder may judge ("-0" is an integer zero).
 * - `same`: repr(float) is the text itself.
 * - `integer`: it is the text with ".0" behind it.
 * - `other`: it must be computed.
 */
export interface NumberSpan {
  end: number;
  kind: "none" | "same" | "integer" | "other";
}

const ZERO = 0x30;
const NINE = 0x39;
const DOT = 0x2e;
const MINUS = 0x2d;
const PLUS = 0x2b;
const LOWER_E = 0x65;
const UPPER_E = 0x45;

/** A decimal of so many digits is the shortest one of its float, but for zeros at its end. */
const EXACT_DIGITS_MAX = 15;
/** Longer numbers are left to the plain encoder. */
const NUMBER_BYTES_MAX = 64;

/** Reads the number that begins at `start`; `span` receives the outcome. */
export function scanNumber(view: DataView, start: number, end: number, span: NumberSpan): void {
  const limit = Math.min(end, start + NUMBER_BYTES_MAX);
  let at = start;
  span.kind = "none";
  if (at < limit && view.getUint8(at) === MINUS) at++;
  const negative = at > start;
  const whole = at;
  at = skipDigits(view, at, limit);
  const wholeDigits = at - whole;
  if (wholeDigits === 0 || at >= limit) return;
  const zero = view.getUint8(whole) === ZERO;
  if (zero && wholeDigits > 1) return;
  const next = view.getUint8(at);
  if (next !== DOT && next !== LOWER_E && next !== UPPER_E) {
    span.end = at;
    if (zero && negative) return;
    span.kind = wholeDigits <= EXACT_DIGITS_MAX ? "integer" : "other";
    return;
  }
  let kind: NumberSpan["kind"] = "other";
  if (next === DOT) {
    const fraction = at + 1;
    at = skipDigits(view, fraction, limit);
    const digits = at - fraction;
    if (digits === 0 || at >= limit) return;
    if (wholeDigits + digits <= EXACT_DIGITS_MAX && isShortest(view, fraction, at, zero)) {
      kind = "same";
    }
  }
  const exponent = view.getUint8(at);
  if (exponent === LOWER_E || exponent === UPPER_E) {
    kind = "other";
    at++;
    const sign = at < limit ? view.getUint8(at) : 0;
    if (sign === PLUS || sign === MINUS) at++;
    const digits = at;
    at = skipDigits(view, at, limit);
    if (at === digits || at >= limit) return;
  }
  span.end = at;
  span.kind = kind;
}

/** Whether a fraction has no zero too many, and the number, `0.` before it, needs no exponent. */
function isShortest(view: DataView, start: number, end: number, zeroBefore: boolean): boolean {
  const digits = end - start;
  if (view.getUint8(end - 1) === ZERO) return digits === 1;
  if (!zeroBefore) return true;
  for (let i = start; i < end && i < start + 4; i++) {
    if (view.getUint8(i) !== ZERO) return true;
  }
  return false;
}

function skipDigits(view: DataView, start: number, limit: number): number {
  let at = start;
  while (at < limit) {
    const byte = view.getUint8(at);
    if (byte < ZERO || byte > NINE) break;
    at++;
  }
  return at;
}
