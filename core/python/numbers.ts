/**
 * Pure. Python's `float()`, `int()` and `repr(float)`, for values that come out of JSON.
 */
import { INT_DIGITS_MAX } from "./json_load.ts";
import { kindOf, type PyValue } from "./values.ts";

/** A value that Python's float() or int() would not take; the message says why. */
export class NumberError extends Error {
  override readonly name = "NumberError";
}

// What Python takes for blank around a number; JavaScript's \s differs in two characters.
const BLANK = "[\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const BLANK_ENDS = new RegExp(`^${BLANK}+|${BLANK}+$`, "g");
const DIGITS = "[0-9](?:_?[0-9])*";
const FLOAT = new RegExp(
  `^[+-]?(?:${DIGITS}\\.?(?:${DIGITS})?|\\.${DIGITS})(?:[eE][+-]?${DIGITS})?$`,
);
const NAMED_FLOAT = /^([+-]?)(inf(?:inity)?|nan)$/i;
const INT = new RegExp(`^[+-]?${DIGITS}$`);

/** Python's `float(value)`; may be NaN or infinite. Throws NumberError. */
export function toFloat(value: PyValue): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "bigint") return floatOfInt(value);
  if (typeof value !== "string") throw new NumberError(`${kindOf(value)} is not a number`);
  const text = plainNumber(value);
  const named = NAMED_FLOAT.exec(text);
  if (named !== null) {
    if (named[2]?.toLowerCase() === "nan") return NaN;
    return named[1] === "-" ? -Infinity : Infinity;
  }
  if (!FLOAT.test(text)) throw new NumberError("not a number");
  return Number(text.replaceAll("_", ""));
}

function floatOfInt(value: bigint): number {
  const float = Number(value);
  if (!Number.isFinite(float)) throw new NumberError("too large for a float");
  return float;
}

/** Python's `int(value)`: floats are cut towards zero. Throws NumberError. */
export function toInt(value: PyValue): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "boolean") return BigInt(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new NumberError("not finite");
    return BigInt(Math.trunc(value));
  }
  if (typeof value !== "string") throw new NumberError(`${kindOf(value)} is not an integer`);
  const text = plainNumber(value);
  if (!INT.test(text)) throw new NumberError("not an integer");
  const digits = text.replace(/^\+|_/g, "");
  if (digits.replace("-", "").length > INT_DIGITS_MAX) {
    throw new NumberError(`more than ${INT_DIGITS_MAX} digits`);
  }
  return digits.startsWith("-") ? -BigInt(digits.slice(1)) : BigInt(digits);
}

/** Python's `repr(float)`: `621491321.0`, `1e+22`, `1e-07`, `nan`, `-inf`. */
export function floatRepr(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    return value.toExponential().replace(/e([+-])([0-9])$/, "e$10$2");
  }
  if (Object.is(value, -0)) return "-0.0";
  const text = String(value);
  return text.includes(".") ? text : `${text}.0`;
}

/** Without blanks around it, and with the decimal digits of all scripts as ASCII ones. */
function plainNumber(text: string): string {
  return text.replace(BLANK_ENDS, "").replace(/(?![0-9])\p{Nd}/gu, asciiDigit);
}

/** Unicode keeps each script's ten digits together, from zero to nine. */
function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  let first = code;
  while (/^\p{Nd}$/u.test(String.fromCodePoint(first - 1))) first--;
  return String((code - first) % 10);
}
