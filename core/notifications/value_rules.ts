/**
 * Pure. What Python makes of `Value`s in conditions, comparisons and arithmetic, and of texts and
 * numbers in `float()`, `int()` and `len()`; with Python's errors where it raises some.
 */
import { NumberError, toFloat, toInt } from "../python/numbers.ts";
import { compareText } from "../python/values.ts";
import { floatValue, intValue } from "./load_value.ts";
import { isDict, PyFloat, type Value } from "./value.ts";

/** The Python error that the reference would have met; `kind` is its class. */
export class PythonError extends Error {
  override readonly name = "PythonError";

  constructor(readonly kind: PythonErrorKind, text: string) {
    super(text);
  }
}

/** The classes of Python's errors that somebody catches or shows. */
export type PythonErrorKind =
  | "TypeError"
  | "ValueError"
  | "KeyError"
  | "IndexError"
  | "AttributeError"
  | "OverflowError"
  | "NotImplementedError"
  | "MemoryError"
  | "re.error";

/** Whether `if value:` takes the branch. */
export function isTrue(value: Value): boolean {
  if (value instanceof PyFloat) return value.value !== 0;
  if (Array.isArray(value)) return value.length > 0;
  if (isDict(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** Python's name of the value's type. */
export function typeName(value: Value): string {
  if (value === null) return "NoneType";
  if (typeof value === "string") return "str";
  if (typeof value === "boolean") return "bool";
  if (value instanceof PyFloat) return "float";
  if (Array.isArray(value)) return "list";
  if (typeof value === "object") return "dict";
  return isInt(value) ? "int" : "float";
}

/** Whether it is a Python int that is no bool. */
export function isInt(value: Value): value is number | bigint {
  return typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value));
}

/** Whether it is a Python int, float or bool. */
export function isNumber(value: Value): value is number | bigint | boolean | PyFloat {
  return typeof value === "number" || typeof value === "boolean" || typeof value === "bigint" ||
    value instanceof PyFloat;
}

/** A number for JavaScript's `<` and `==`, which compare bigint and number exactly. */
function comparable(value: number | bigint | boolean | PyFloat): number | bigint {
  if (value instanceof PyFloat) return value.value;
  return typeof value === "boolean" ? Number(value) : value;
}

/** Python's `a == b`: 1 equals 1.0 and True; lists and dicts by their items. */
export function equalValues(a: Value, b: Value): boolean {
  if (a === b) return !(typeof a === "number" && Number.isNaN(a));
  if (isNumber(a)) {
    if (!isNumber(b)) return false;
    const [x, y] = [comparable(a), comparable(b)];
    return x <= y && x >= y;
  }
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length &&
      a.every((item, i) => equalValues(item, b[i] ?? null));
  }
  if (!isDict(a) || !isDict(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equalValues(a[key] ?? null, b[key] ?? null));
}

/** Python's `a < b`; throws a TypeError for what has no order. */
export function lessThan(a: Value, b: Value): boolean {
  if (isNumber(a) && isNumber(b)) return comparable(a) < comparable(b);
  if (typeof a === "string" && typeof b === "string") return compareText(a, b) < 0;
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < a.length && i < b.length; i++) {
      const [x, y] = [a[i] ?? null, b[i] ?? null];
      if (!equalValues(x, y)) return lessThan(x, y);
    }
    return a.length < b.length;
  }
  throw new PythonError(
    "TypeError",
    `'<' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`,
  );
}

/** Python's `float(value)`; throws a ValueError for text that is no number, else a TypeError. */
export function floatOf(value: Value): number {
  if (value instanceof PyFloat) return value.value;
  if (typeof value === "string") return textNumber(value, toFloat);
  if (typeof value === "bigint") {
    const float = Number(value);
    if (Number.isFinite(float)) return float;
    throw new PythonError("OverflowError", "int too large to convert to float");
  }
  if (typeof value === "number" || typeof value === "boolean") return Number(value);
  throw new PythonError(
    "TypeError",
    `float() argument must be a string or a real number, not '${typeName(value)}'`,
  );
}

/** Python's `int(value)`; throws as `floatOf` does. */
export function intOf(value: Value): Value {
  if (typeof value === "string") return intValue(textNumber(value, toInt));
  if (isInt(value)) return value;
  if (typeof value === "boolean") return Number(value);
  const float = typeof value === "number" ? value : value instanceof PyFloat ? value.value : null;
  if (float === null) {
    throw new PythonError(
      "TypeError",
      `int() argument must be a string or a real number, not '${typeName(value)}'`,
    );
  }
  if (Number.isNaN(float)) throw new PythonError("ValueError", "cannot convert NaN to integer");
  if (!Number.isFinite(float)) {
    throw new PythonError("OverflowError", "cannot convert infinity to integer");
  }
  return intValue(BigInt(Math.trunc(float)));
}

function textNumber<T>(text: string, read: (text: string) => T): T {
  try {
    return read(text);
  } catch (error) {
    if (!(error instanceof NumberError)) throw error;
    throw new PythonError("ValueError", `'${text}' is not a number: ${error.message}`);
  }
}

/** Python's `len(value)`: code points, items, members; throws a TypeError. */
export function lengthOf(value: Value): number {
  if (typeof value === "string") return Array.from(value).length;
  if (Array.isArray(value)) return value.length;
  if (isDict(value)) return Object.keys(value).length;
  throw new PythonError("TypeError", `object of type '${typeName(value)}' has no len()`);
}

/** The operators of JSONPath arithmetic. */
export type Operator = "+" | "-" | "*";

/** Lists and texts longer than this are not made by `*`. */
const REPEATED_MAX = 1_000_000;

/** Python's `a + b`, `a - b`, `a * b`; throws a TypeError for what does not go together. */
export function calculate(operator: Operator, a: Value, b: Value): Value {
  if (isNumber(a) && isNumber(b)) return calculateNumbers(operator, a, b);
  if (operator === "+") {
    if (typeof a === "string" && typeof b === "string") return a + b;
    if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
  }
  if (operator === "*") {
    if (isWhole(b) && (typeof a === "string" || Array.isArray(a))) return repeat(a, b);
    if (isWhole(a) && (typeof b === "string" || Array.isArray(b))) return repeat(b, a);
  }
  throw new PythonError(
    "TypeError",
    `unsupported operand type(s) for ${operator}: '${typeName(a)}' and '${typeName(b)}'`,
  );
}

function isWhole(value: Value): value is number | bigint | boolean {
  return isInt(value) || typeof value === "boolean";
}

function calculateNumbers(
  operator: Operator,
  a: number | bigint | boolean | PyFloat,
  b: number | bigint | boolean | PyFloat,
): Value {
  if (!isWhole(a) || !isWhole(b)) {
    const [x, y] = [floatOf(a), floatOf(b)];
    return floatValue(operator === "+" ? x + y : operator === "-" ? x - y : x * y);
  }
  const [x, y] = [Number(a), Number(b)];
  const quick = operator === "+" ? x + y : operator === "-" ? x - y : x * y;
  if (Number.isSafeInteger(quick) && typeof a !== "bigint" && typeof b !== "bigint") {
    return quick === 0 ? 0 : quick;
  }
  const [p, q] = [BigInt(a), BigInt(b)];
  return intValue(operator === "+" ? p + q : operator === "-" ? p - q : p * q);
}

function repeat(value: string | Value[], times: number | bigint | boolean): Value {
  const count = Math.max(0, Number(times));
  if (count * value.length > REPEATED_MAX) {
    throw new PythonError("MemoryError", `a value repeated ${count} times is too long`);
  }
  if (typeof value === "string") return value.repeat(count);
  return Array.from({ length: count }, () => value).flat(1);
}
