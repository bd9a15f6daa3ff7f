/**
 * Pure. Writes `PyValue`s as Python's `json.dumps` does: `", "` and `": "` between, keys in their
 * order, 1.0 with its fraction, NaN and Infinity by name.
 */
import { JsonError } from "./json_load.ts";
import { floatRepr } from "./numbers.ts";
import type { PyValue } from "./values.ts";

/** How JSON text is to look. */
export interface DumpOptions {
  /** Python's `ensure_ascii`: whether all beyond ASCII is written as \uXXXX. Its default is true. */
  readonly ensureAscii: boolean;
  /** Python's `allow_nan`: false throws JsonError for NaN and the infinities. Its default is true. */
  readonly allowNan?: boolean;
}

/** The JSON text of a value; lone surrogates stay as they are when `ensureAscii` is false. */
export function dumpJson(value: PyValue, options: DumpOptions): string {
  if (typeof value === "string") return dumpString(value, options);
  if (typeof value === "number") return dumpFloat(value, options);
  if (Array.isArray(value)) {
    return `[${value.map((item) => dumpJson(item, options)).join(", ")}]`;
  }
  if (value instanceof Map) {
    const members = Array.from(
      value,
      ([key, item]) => `${dumpString(key, options)}: ${dumpJson(item, options)}`,
    );
    return `{${members.join(", ")}}`;
  }
  return String(value);
}

/** A float as JSON text; throws JsonError for NaN and the infinities without `allowNan`. */
export function dumpFloat(value: number, options: DumpOptions): string {
  if (Number.isFinite(value)) return floatRepr(value);
  if (options.allowNan === false) {
    throw new JsonError(
      `Cannot write number '${value}': JSON has no name for it, expected a finite one`,
    );
  }
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "Infinity" : "-Infinity";
}

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** Stands as it is in quotes, which nearly all strings do. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** A string as JSON text, in quotes. */
export function dumpString(text: string, options: DumpOptions): string {
  if (PLAIN.test(text)) return `"${text}"`;
  // deno-lint-ignore no-control-regex
  const special = options.ensureAscii ? /["\\]|[^ -~]/g : /["\\\x00-\x1f]/g;
  const escaped = text.replace(special, (unit) => SHORT[unit] ?? hexEscape(unit));
  return `"${escaped}"`;
}

function hexEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
