/**
 * Pure. YAML nodes where Python's own behaviour shows in a configuration: what a `for` goes over, and
 * what `str()` makes of a name.
 */
import { PyFloat } from "../notifications/value.ts";
import { floatRepr } from "../python/numbers.ts";
import { YamlDate, type YamlNode, type YamlScalar } from "./node.ts";

/**
 * What a Python `for` would go over: a list's items, a text's characters, a map's keys. Undefined for
 * what cannot be gone over.
 */
export function pythonItems(node: YamlNode): readonly YamlNode[] | undefined {
  if (node.kind === "list") return node.items;
  if (node.kind === "map") return node.entries.map((entry) => entry.key);
  if (typeof node.value !== "string") return undefined;
  return Array.from(node.value, (character): YamlScalar => (
    { kind: "scalar", value: character, text: character, place: node.place }
  ));
}

/** Python's `str()` of a scalar: `None`, `True`, `1.0`. */
export function pythonStr({ value }: YamlScalar): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value instanceof PyFloat) return floatRepr(value.value);
  if (value instanceof YamlDate) return value.text;
  return typeof value === "number" && !Number.isInteger(value) ? floatRepr(value) : `${value}`;
}
