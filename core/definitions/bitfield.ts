/**
 * Pure. The plugin `bitfield`: one number whose bits say which values were found.
 */
import { intValue } from "../notifications/load_value.ts";
import { equalValues, intOf, isInt, PythonError } from "../notifications/value_rules.ts";
import { isDict, type Value } from "../notifications/value.ts";
import { yamlGet, type YamlMap, yamlValue } from "../yaml/node.ts";
import type { Found, Plugin } from "./plugins.ts";

/**
 * Parameters: `initial_bitfield` (0), `flags`: a list of `path`, `bit` and, if it is not enough that
 * the path was found, `value`.
 */
export function bitfield(parameters: YamlMap | undefined): Plugin {
  const initialNode = parameters === undefined
    ? undefined
    : yamlGet(parameters, "initial_bitfield");
  const flagsNode = parameters === undefined ? undefined : yamlGet(parameters, "flags");
  const initial = initialNode === undefined ? 0 : yamlValue(initialNode);
  const flags = flagsNode === undefined ? null : yamlValue(flagsNode);
  return {
    name: "bitfield",
    returnsAll: false,
    values: (found) => [flags === null ? initial : bitsOf(initial, flags, found)],
  };
}

function bitsOf(initial: Value, flags: Value, found: readonly Found[]): Value {
  if (!Array.isArray(flags)) throw new PythonError("TypeError", "'flags' of a bitfield is no list");
  const values = new Map(found.map(({ path, value }) => [path, value]));
  let bits = initial;
  for (const flag of flags) {
    if (!isDict(flag)) throw new PythonError("TypeError", "a flag of a bitfield is no map");
    const path = member(flag, "path");
    const bit = intOf(member(flag, "bit"));
    const value = typeof path === "string" ? values.get(path) : undefined;
    if (value === undefined) continue;
    const wanted = Object.hasOwn(flag, "value") ? flag["value"] ?? null : value;
    if (equalValues(value, wanted)) bits = withBit(bits, bit);
  }
  return bits;
}

function member(flag: Record<string, Value>, name: string): Value {
  const value = flag[name];
  if (value === undefined || !Object.hasOwn(flag, name)) {
    throw new PythonError("KeyError", `a flag of a bitfield has no '${name}'`);
  }
  return value;
}

/** Bits above this are refused: nothing counts that far, and Python would. */
const BIT_MAX = 65_536;

function withBit(bits: Value, bit: Value): Value {
  const place = Number(bit);
  if (!(isInt(bits) || typeof bits === "boolean") || place < 0) {
    throw new PythonError("TypeError", "a bitfield takes whole numbers and bits from 0 on");
  }
  if (place > BIT_MAX) throw new PythonError("MemoryError", `bit ${place} of a bitfield`);
  return intValue(BigInt(bits) | (1n << BigInt(place)));
}
