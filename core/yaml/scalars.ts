/**
 * Pure. What an unquoted scalar means by YAML 1.1, as PyYAML resolves it: `yes` is a boolean, `012`
 * octal, `1:30` is 90, `1e3` is text. Not YAML 1.2, and not the whole of 1.1 (`y` stays text).
 *
 * The patterns are those of PyYAML 6.0.3 (yaml/resolver.py), checked against its answers.
 */
import { PyFloat } from "../notifications/value.ts";
import { YamlDate, type YamlScalarValue } from "./node.ts";

/** The types a scalar may have; the last part of `tag:yaml.org,2002:...`. */
export type ScalarType =
  | "null"
  | "bool"
  | "int"
  | "float"
  | "timestamp"
  | "merge"
  | "value"
  | "str";

const BOOL = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const TRUE = ["yes", "true", "on"];
const FALSE = ["no", "false", "off"];
const FLOAT = new RegExp(
  "^(?:[-+]?[0-9][0-9_]*\\.[0-9_]*(?:[eE][-+][0-9]+)?|\\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?" +
    "|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\\.[0-9_]*|[-+]?\\.(?:inf|Inf|INF)|\\.(?:nan|NaN|NAN))$",
);
const INT = new RegExp(
  "^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+" +
    "|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$",
);
const NULL = /^(?:~|null|Null|NULL|)$/;
const TIMESTAMP = new RegExp(
  "^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?:[Tt]|[ \\t]+)([0-9]{1,2}):([0-9]{2}):([0-9]{2})" +
    "(?:\\.([0-9]*))?(?:[ \\t]*(Z|([-+])([0-9]{1,2})(?::([0-9]{2}))?))?)?$",
);
const PLAIN_DATE = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;

/** Which type an unquoted text has. */
export function plainType(text: string): ScalarType {
  if (NULL.test(text)) return "null";
  if (BOOL.test(text)) return "bool";
  if (FLOAT.test(text)) return "float";
  if (INT.test(text)) return "int";
  if (text === "<<") return "merge";
  if (text === "=") return "value";
  const date = TIMESTAMP.exec(text);
  if (date !== null && (date[4] !== undefined || PLAIN_DATE.test(text))) return "timestamp";
  return "str";
}

/** The value of a text as a type; undefined where the text cannot be that. */
export function scalarValue(text: string, type: ScalarType): YamlScalarValue | undefined {
  switch (type) {
    case "null":
      return null;
    case "bool":
      return boolValue(text.toLowerCase());
    case "int":
      return intValue(text.replaceAll("_", ""));
    case "float":
      return floatValue(text.replaceAll("_", "").toLowerCase());
    case "timestamp":
      return dateValue(text);
    case "str":
      return text;
    case "merge":
    case "value":
      return undefined;
  }
}

function boolValue(word: string): boolean | undefined {
  if (TRUE.includes(word)) return true;
  return FALSE.includes(word) ? false : undefined;
}

function intValue(text: string): number | bigint | undefined {
  const negative = text.startsWith("-");
  const digits = text.replace(/^[-+]/, "");
  const size = magnitude(digits);
  if (size === undefined) return undefined;
  const value = negative ? -size : size;
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

function magnitude(digits: string): bigint | undefined {
  if (/^0b[01]+$/.test(digits) || /^0x[0-9a-f]+$/i.test(digits)) return BigInt(digits);
  if (/^0[0-7]*$/.test(digits)) return BigInt(`0o0${digits.slice(1)}`);
  if (!/^[0-9]+(?::[0-9]+)*$/.test(digits)) return undefined;
  return digits.split(":").reduce((sum, part) => sum * 60n + BigInt(part), 0n);
}

function floatValue(text: string): PyFloat | number | undefined {
  const sign = text.startsWith("-") ? -1 : 1;
  const digits = text.replace(/^[-+]/, "");
  if (digits === ".inf") return new PyFloat(sign * Infinity);
  if (digits === ".nan") return new PyFloat(NaN);
  const parts = digits.split(":");
  if (!parts.every((part) => /^(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?$/.test(part))) {
    return undefined;
  }
  const size = parts.reduce((sum, part) => sum * 60 + Number(part), 0);
  const value = sign * size;
  return Number.isInteger(value) || !Number.isFinite(value) ? new PyFloat(value) : value;
}

/** Python's str() of the date or datetime; undefined for a day or an hour that does not exist. */
function dateValue(text: string): YamlDate | undefined {
  const parts = TIMESTAMP.exec(text);
  if (parts === null) return undefined;
  const [, year = "", month = "", day = "", hour, minute = "", second = "", fraction = ""] = parts;
  const date = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  const midnight = new Date(`${date}T00:00:00Z`);
  if (Number(year) < 1 || Number.isNaN(midnight.getTime())) return undefined;
  if (!midnight.toISOString().startsWith(date)) return undefined;
  if (hour === undefined) return new YamlDate(date);
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const time = `${hour.padStart(2, "0")}:${minute}:${second}`;
  const micros = fraction.slice(0, 6).padEnd(6, "0");
  const zone = zoneText(parts);
  if (zone === undefined) return undefined;
  return new YamlDate(`${date} ${time}${Number(micros) === 0 ? "" : `.${micros}`}${zone}`);
}

function zoneText(parts: RegExpExecArray): string | undefined {
  const [zone, sign, hours = "0", minutes = "0"] = parts.slice(8, 12);
  if (zone === undefined) return "";
  if (sign === undefined) return "+00:00";
  const total = Number(hours) * 60 + Number(minutes);
  if (total >= 24 * 60) return undefined;
  const two = (count: number) => `${count}`.padStart(2, "0");
  return `${total === 0 ? "+" : sign}${two(Math.floor(total / 60))}:${two(total % 60)}`;
}
