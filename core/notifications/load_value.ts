/**
 * Pure. JSON text -> `Value`, as Python's `json.loads` reads it.
 *
 * Nearly every message can go through JavaScript's own JSON.parse, which is several times faster than
 * any reader in JavaScript. It cannot tell 1 from 1.0, rounds large integers and refuses NaN; a
 * regular expression finds the texts that may hold such a number, and they take the exact reader.
 * Unlike Python's dict, an object lists keys that are small integers first.
 */
import { JsonError, loadJson } from "../python/json_load.ts";
import type { PyValue } from "../python/values.ts";
import { type Dict, PyFloat, type Value } from "./value.ts";

// A number as it follows ':', ',' or '[': whole floats, exponents, -0, 16 digits in a row; NaN and
// the infinities. A text that only looks like one inside a string costs time, nothing else.
const ODD_NUMBER =
  /[[,:][ \t\r\n]*(?:-?(?:[0-9]+(?:\.0+(?![0-9])|\.[0-9]{15}|(?:\.[0-9]+)?[eE])|[0-9]{16}|0[ \t\r\n,\]}])|-?I|N)/;

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Reads UTF-8 bytes or text; throws JsonError, whose message says where and what was expected. */
export function loadValue(source: Uint8Array | string): Value {
  const text = typeof source === "string" ? source : decodeText(source);
  // What begins with a number is one number, or nothing that Python reads.
  const first = text.charCodeAt(0);
  if ((first === 0x7b || first === 0x5b) && !ODD_NUMBER.test(text)) {
    try {
      return JSON.parse(text) as Value;
    } catch {
      // Python takes some texts that JavaScript refuses, and the exact reader says what is wrong.
    }
  }
  return toValue(loadJson(text));
}

/** UTF-8 bytes as text; throws JsonError. A byte order mark is left out. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw new JsonError("Cannot read JSON: invalid UTF-8, expected UTF-8 text", { cause: error });
  }
}

/** The same value in the shape of JavaScript's JSON.parse. */
export function toValue(value: PyValue): Value {
  if (typeof value === "number") return floatValue(value);
  if (typeof value === "bigint") return intValue(value);
  if (Array.isArray(value)) return value.map(toValue);
  if (value instanceof Map) {
    const dict: Dict = {};
    for (const [key, item] of value) setMember(dict, key, toValue(item));
    return dict;
  }
  return value;
}

/** Sets a member of an object that is being made; `__proto__` is a name like any other. */
export function setMember(dict: Dict, name: string, value: Value): void {
  if (name === "__proto__") {
    Object.defineProperty(dict, name, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  } else dict[name] = value;
}

/** A Python float as a Value. */
export function floatValue(value: number): Value {
  return Number.isInteger(value) || !Number.isFinite(value) ? new PyFloat(value) : value;
}

/** A Python int as a Value. */
export function intValue(value: bigint): Value {
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}
