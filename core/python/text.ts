/**
 * Pure. Python's `str()` and `repr()` of values that come out of JSON: `None`, `True`, `['a', 1.0]`.
 */
import { floatRepr } from "./numbers.ts";
import type { PyValue } from "./values.ts";

/** Python's `str(value)`. */
export function toText(value: PyValue): string {
  return typeof value === "string" ? value : toRepr(value);
}

/** Python's `repr(value)`. */
export function toRepr(value: PyValue): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return floatRepr(value);
  if (typeof value === "string") return stringRepr(value);
  if (Array.isArray(value)) return `[${value.map(toRepr).join(", ")}]`;
  if (value instanceof Map) {
    const members = Array.from(value, ([key, item]) => `${stringRepr(key)}: ${toRepr(item)}`);
    return `{${members.join(", ")}}`;
  }
  return String(value);
}

const SHORT: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

// Python calls these not printable: other (C) and separators (Z), but the space.
const SPECIAL = /[\\'"]|(?! )[\p{C}\p{Z}]/gu;

/** Python's `repr(str)`: in single quotes unless it holds some and no double ones. */
export function stringRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(SPECIAL, (character) => {
    if (character === "'" || character === '"') {
      return character === quote ? `\\${character}` : character;
    }
    return SHORT[character] ?? codeEscape(character.codePointAt(0) ?? 0);
  });
  return quote + escaped + quote;
}

function codeEscape(code: number): string {
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
