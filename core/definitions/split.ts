/**
 * Pure. The plugin `split`: one piece of each value's text.
 */
import { isInt, PythonError, typeName } from "../notifications/value_rules.ts";
import type { Value } from "../notifications/value.ts";
import { valueStr } from "../notifications/value_text.ts";
import { splitBlanks, splitText } from "../python/split.ts";
import { yamlGet, type YamlMap, yamlValue } from "../yaml/node.ts";
import type { Plugin } from "./plugins.ts";

/** Parameters: `separator` ("."), `segment` (0), `max_split` (no bound). */
export function split(parameters: YamlMap | undefined): Plugin {
  const given = (name: string, fallback: Value): Value => {
    const node = parameters === undefined ? undefined : yamlGet(parameters, name);
    return node === undefined ? fallback : yamlValue(node);
  };
  const separator = given("separator", ".");
  const segment = given("segment", 0);
  const most = given("max_split", null);
  const piece = (value: Value): Value => {
    const pieces = piecesOf(valueStr(value), separator, most === null ? -1 : wholeNumber(most));
    return pieces.at(wholeNumber(segment)) ?? null;
  };
  return {
    name: "split",
    returnsAll: true,
    values: (found) => found.map(({ value }) => piece(value)),
  };
}

function piecesOf(text: string, separator: Value, max: number): string[] {
  if (separator === null) return splitBlanks(text, max);
  if (separator === "") throw new PythonError("ValueError", "'split' has an empty separator");
  if (typeof separator === "string") return splitText(text, separator, max);
  throw new PythonError("TypeError", `'split' has a ${typeName(separator)} as separator`);
}

function wholeNumber(value: Value): number {
  if (isInt(value) || typeof value === "boolean") return Number(value);
  throw new PythonError("TypeError", `'split' has a ${typeName(value)} where it takes an int`);
}
