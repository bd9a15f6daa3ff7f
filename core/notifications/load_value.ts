/**
 * Pure. JSON text -> `Value`, as Python's `json.loads` reads it.
 *
 * Nearly every message can go through JavaScript's own JSON.parse, which is several times faster than
 * any reader in JavaScript. It cannot tell 1 from 1.0, rounds large integers and refuses NaN; a
 * regular expression finds the texts that may hold such a number, and they take the exact reader.
 * Unlike Python's dict, an object lists keys that are small integers first.
 */
import { JsonError, type JsonShape, loadJsonAs, NESTING_MAX } from "../python/json_load.ts";
import { type Dict, PyFloat, type Value } from "./value.ts";

// What a number may be that JavaScript would misread, as it follows ':', ',' or '[': a whole float, one
// that rounds to a whole one, an integer beyond 2^53, -0, NaN, an infinity. Digits that only look like
// one inside a string cost time, nothing else.
const ODD_NUMBER = new RegExp(
  "[[,:][ \\t\\r\\n]*(?:-?(?:" + [
    "[0-9]+\\.(?:0+(?![0-9])|0{5}|9{5})",
    "[0-9]{11,}\\.",
    "[0-9]+(?:\\.[0-9]+)?[eE](?:\\+?[0-9]|-0+(?![0-9]))",
    "(?:0|[0-9]{2,})(?:\\.[0-9]+)?[eE]-[0-9]",
    "9[0-9]{15}(?![0-9])",
    "[0-9]{17}",
    "Infinity",
  ].join("|") + ")|-0[ \\t\\r\\n,\\]}]|NaN)",
);

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Reads UTF-8 bytes or text; throws JsonError, whose message says where and what was expected. */
export function loadValue(source: Uint8Array | string): Value {
  const text = typeof source === "string" ? source : decodeText(source);
  // What begins with a number is one number, or nothing that Python reads.
  const first = text.charCodeAt(0);
  if ((first === 0x7b || first === 0x5b) && !ODD_NUMBER.test(text) && !isTooDeep(text)) {
    try {
      return JSON.parse(text) as Value;
    } catch {
      // Python takes some texts that JavaScript refuses, and the exact reader says what is wrong.
    }
  }
  return loadJsonAs(text, VALUES);
}

/** Whether lists and objects stand deeper in one another than Python reads. */
function isTooDeep(text: string): boolean {
  return mayBeTooDeep(text) && depthOf(text) > NESTING_MAX;
}

/** Cheap: most texts have too few of them in all. */
function mayBeTooDeep(text: string): boolean {
  let count = 0;
  for (const opener of ["{", "["]) {
    for (let at = text.indexOf(opener); at >= 0; at = text.indexOf(opener, at + 1)) {
      if (++count > NESTING_MAX) return true;
    }
  }
  return false;
}

/** Of a text that need not be JSON. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x5b:
      case 0x7b:
        deepest = Math.max(deepest, ++depth);
        break;
      case 0x5d:
      case 0x7d:
        depth--;
        break;
      case 0x22:
        at = endOfString(text, at);
    }
  }
  return deepest;
}

/** The quote that ends the string whose first is at `from`; the text's end where none does. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}

/** UTF-8 bytes as text; throws JsonError. A byte order mark is left out. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw new JsonError("Cannot read JSON: invalid UTF-8, expected UTF-8 text", { cause: error });
  }
}

/** Whole numbers of fewer digits, a minus among them, are exact in a double. */
const SAFE_DIGITS = 15;

const VALUES: JsonShape<Value, Dict> = {
  constant: (value) => value,
  string: (text) => text,
  // `-0` is Python's int 0.
  int: (text) => text.length <= SAFE_DIGITS ? Number(text) + 0 : intValue(BigInt(text)),
  float: floatValue,
  list: (items) => items,
  dict: () => ({}),
  set: setMember,
};

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
