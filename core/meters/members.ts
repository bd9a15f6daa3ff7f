/**
 * Pure. Python's `value[name]`, `value.get(name)` and `for item in value` over Values, with its errors.
 */
import { isDict, type Value } from "../notifications/value.ts";
import { PythonError, typeName } from "../notifications/value_rules.ts";

/** `value[name]`: a KeyError where an object lacks it, a TypeError for anything else. */
export function memberOf(value: Value, name: string): Value {
  if (!isDict(value)) {
    throw new PythonError("TypeError", `'${typeName(value)}' has no member '${name}'`);
  }
  const member = Object.hasOwn(value, name) ? value[name] : undefined;
  if (member === undefined) throw new PythonError("KeyError", `'${name}' is missing`);
  return member;
}

/** `value.get(name)`: null where an object lacks it, an AttributeError for anything else. */
export function optionalMember(value: Value, name: string): Value {
  if (!isDict(value)) {
    throw new PythonError("AttributeError", `'${typeName(value)}' has no member '${name}'`);
  }
  return Object.hasOwn(value, name) ? value[name] ?? null : null;
}

/** `for item in value`: a list's items, an object's names, a text's characters. */
export function itemsOf(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value;
  if (isDict(value)) return Object.keys(value);
  if (typeof value === "string") return Array.from(value);
  throw new PythonError("TypeError", `'${typeName(value)}' holds no items`);
}
