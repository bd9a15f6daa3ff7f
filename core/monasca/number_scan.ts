/**
 * Pure. Reads a JSON number in place and says how Python's repr(float) of it comes about.
 */

/**
 * - `none`: no JSON number, or one that only the plain encoder may judge ("-0" is an integer zero).
 * - `same`: repr(float) is the text itself.
 * - `integer`: it is the text with ".0" behind it.
 * - `other`: it must be computed.
 */
export type NumberKind = "none" | "same" | "integer" | "other";

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

/** Reads one number after the other; `kind` and `end` tell of the last one. */
export class NumberScanner {
  kind: NumberKind = "none";
  /** Behind the number. */
  end = 0;

  /** Reads the number that begins at `start`; something must follow it before `end`. */
  scan(view: DataView, start: number, end: number): void {
    const limit = Math.min(end, start + NUMBER_BYTES_MAX);
    this.kind = "none";
    const negative = start < limit && view.getUint8(start) === MINUS;
    const whole = negative ? start + 1 : start;
    let at = skipDigits(view, whole, limit);
    const wholeDigits = at - whole;
    if (wholeDigits === 0 || at >= limit) return;
    const zero = view.getUint8(whole) === ZERO;
    if (zero && wholeDigits > 1) return;
    const next = view.getUint8(at);
    if (next !== DOT && next !== LOWER_E && next !== UPPER_E) {
      this.end = at;
      if (zero && negative) return;
      this.kind = wholeDigits <= EXACT_DIGITS_MAX ? "integer" : "other";
      return;
    }
    let kind: NumberKind = "other";
    if (next === DOT) {
      const fraction = at + 1;
      at = skipDigits(view, fraction, limit);
      const digits = at - fraction;
      if (digits === 0 || at >= limit) return;
      const exact = endsShort(view, fraction, at) && (wholeDigits + digits <= EXACT_DIGITS_MAX ||
        (wholeDigits + digits === EXACT_DIGITS_MAX + 1 && isShortest(view, whole, at)));
      if (exact && (!zero || isLarge(view, fraction, at))) kind = "same";
    }
    const exponent = view.getUint8(at);
    if (exponent === LOWER_E || exponent === UPPER_E) {
      kind = "other";
      at = exponentEnd(view, at + 1, limit);
      if (at < 0 || at >= limit) return;
    }
    this.end = at;
    this.kind = kind;
  }
}

/** Behind an exponent's sign and digits, or -1 where there are no digits. */
function exponentEnd(view: DataView, start: number, limit: number): number {
  const sign = start < limit ? view.getUint8(start) : 0;
  const digits = sign === PLUS || sign === MINUS ? start + 1 : start;
  const end = skipDigits(view, digits, limit);
  return end === digits ? -1 : end;
}

/** Whether a fraction has no zero too many at its end. */
function endsShort(view: DataView, start: number, end: number): boolean {
  return view.getUint8(end - 1) !== ZERO || end - start === 1;
}

/**
 * Whether a decimal of one digit more is the shortest of its float: neither of the decimals around it
 * with a digit less, nor the next ones of its own length, are that float too. Such a decimal is an
 * integer that a float holds over a power of ten that a float holds, so a division gives its float.
 */
function isShortest(view: DataView, start: number, end: number): boolean {
  let scaled = 0;
  let fraction = 0;
  let isFraction = false;
  for (let i = start; i < end; i++) {
    const byte = view.getUint8(i);
    if (byte === DOT) isFraction = true;
    else {
      scaled = scaled * 10 + byte - ZERO;
      if (isFraction) fraction++;
    }
  }
  if (scaled >= Number.MAX_SAFE_INTEGER) return false;
  const power = POWERS[fraction] ?? 0;
  const shorterPower = POWERS[fraction - 1] ?? 0;
  const value = scaled / power;
  const shorter = Math.floor(scaled / 10);
  return shorter / shorterPower !== value && (shorter + 1) / shorterPower !== value &&
    (scaled - 1) / power !== value && (scaled + 1) / power !== value;
}

/** Powers of ten that floats hold exactly, as many as fractions here have digits. */
const POWERS = Array.from({ length: EXACT_DIGITS_MAX + 2 }, (_, i) => 10 ** i);

/** Whether a number below one, with this fraction, is zero or large enough to need no exponent. */
function isLarge(view: DataView, start: number, end: number): boolean {
  for (let i = start; i < end && i < start + 4; i++) {
    if (view.getUint8(i) !== ZERO) return true;
  }
  return end - start === 1;
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
