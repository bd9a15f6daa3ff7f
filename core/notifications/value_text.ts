/**
 * Pure. `Value`s as Python writes them: `str()`, `repr()`, `json.dumps()`. The rules for single
 * characters and floats are those of core/python.
 */
import { dumpFloat, type DumpOptions, dumpString } from "../python/json_dump.ts";
import { floatRepr } from "../python/numbers.ts";
import { stringRepr } from "../python/text.ts";
import { dumpNatively } from "./native_dump.ts";
import { PyFloat, type Value } from "./value.ts";

/** Python's `str(value)`. */
export function valueStr(value: Value): string {
  return typeof value === "string" ? value : valueRepr(value);
}

/** Python's `repr(value)`. */
export function valueRepr(value: Value): string {
  if (typeof value === "string") return stringRepr(value);
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return numberText(value);
  if (typeof value === "bigint") return String(value);
  if (value instanceof PyFloat) return floatRepr(value.value);
  if (Array.isArray(value)) return `[${value.map(valueRepr).join(", ")}]`;
  const members = Object.entries(value).map(([key, item]) =>
    `${stringRepr(key)}: ${valueRepr(item)}`
  );
  return `{${members.join(", ")}}`;
}

/** What `dumpValue` does beyond Python's defaults. */
export interface DumpValueOptions extends DumpOptions {
  /** Python's `separators` as `(",", ":")` instead of `(", ", ": ")`. */
  readonly compact?: boolean;
}

const ASCII: DumpValueOptions = { ensureAscii: true };

/** Python's `json.dumps(value)`, ASCII only unless told otherwise. Throws JsonError as dumpJson. */
export function dumpValue(value: Value, options: DumpValueOptions = ASCII): string {
  const isUsual = options === ASCII && typeof value === "object" && value !== null &&
    !(value instanceof PyFloat);
  return (isUsual ? dumpNatively(value) : undefined) ?? dumpExactly(value, options);
}

/** The same member by member. */
function dumpExactly(value: Value, options: DumpValueOptions): string {
  if (typeof value === "string") return dumpString(value, options);
  if (value === null) return "null";
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "number") return numberText(value);
  if (typeof value === "bigint") return String(value);
  if (value instanceof PyFloat) return dumpFloat(value.value, options);
  const comma = options.compact === true ? "," : ", ";
  let text = "";
  if (Array.isArray(value)) {
    for (const item of value) text += (text === "" ? "[" : comma) + dumpExactly(item, options);
    return text === "" ? "[]" : `${text}]`;
  }
  const colon = options.compact === true ? ":" : ": ";
  // Values have no members but their own; this loop takes a third of the time of Object.entries.
  for (const key in value) {
    const start = text === "" ? "{" : comma;
    text += start + dumpString(key, options) + colon + dumpExactly(value[key] ?? null, options);
  }
  return text === "" ? "{}" : `${text}}`;
}

/** A number that is no PyFloat: whole ones are ints (JSON.parse's -0 is Python's int 0). */
function numberText(value: number): string {
  if (Number.isSafeInteger(value)) return String(value === 0 ? 0 : value);
  return Number.isInteger(value) ? String(BigInt(value)) : floatRepr(value);
}
