/**
 * Pure. A `Field` of a meter or event definition: where in a notification its value stands (one
 * JSONPath, several, or with a plugin), compiled once. What the value becomes is not its business.
 *
 * Facts: ceilometer/declarative.py.
 */
import { compileJsonPath, type JsonPath, type Looked } from "../jsonpath/jsonpath.ts";
import { matchPath } from "../jsonpath/match.ts";
import { JsonPathError } from "../jsonpath/syntax.ts";
import type { Value } from "../notifications/value.ts";
import { PythonError } from "../notifications/value_rules.ts";
import { valueRepr } from "../notifications/value_text.ts";
import { describeNode, yamlGet, type YamlNode, yamlText, yamlValue } from "../yaml/node.ts";
import { DefinitionError } from "./definition_error.ts";
import { openPlugin, type Plugin } from "./plugins.ts";

/** Both throw PythonError where the reference raises. `message` is a notification's. */
export interface Field {
  /** Whether it is a number or truth value of the definition itself, not looked up. */
  readonly constant: boolean;
  /** The value: the first that is not null, else null. */
  first(message: Looked): Value;
  /** All values, nulls among them; with a plugin, those it makes of them. */
  all(message: Looked): Value[];
}

/** Throws DefinitionError. `name` is only for its text. */
export function compileField(name: string, node: YamlNode): Field {
  const { plugin, fields } = partsOf(name, node);
  const single = fields.kind === "list" && fields.items.length === 1 ? fields.items[0] : undefined;
  const source = single ?? fields;
  if (source.kind === "scalar") {
    const { value } = source;
    const whole = typeof value === "number" && Number.isInteger(value);
    if (whole || typeof value === "boolean" || typeof value === "bigint") {
      return { constant: true, first: () => value, all: () => [value] };
    }
  }
  const path = readPath(name, source);
  if (plugin === undefined) return { constant: false, first: path.first, all: path.values };
  return pluginField(path, plugin);
}

function partsOf(
  name: string,
  node: YamlNode,
): { readonly plugin: Plugin | undefined; readonly fields: YamlNode } {
  if (node.kind !== "map") return { plugin: undefined, fields: node };
  const fields = yamlGet(node, "fields");
  if (fields === undefined) {
    throw new DefinitionError(
      `Cannot use '${name}': it has no 'fields', expected 'fields' and 'plugin'`,
      node.place,
      { rule: "definitions/bad-plugin" },
    );
  }
  const named = yamlGet(node, "plugin");
  return { plugin: named === undefined ? undefined : openPlugin(name, named), fields };
}

/** Several paths are one: `(a)|(b)`, as the reference joins them. */
function readPath(name: string, node: YamlNode): JsonPath {
  const text = node.kind === "list"
    ? node.items.map((item) => `(${textOf(item)})`).join("|")
    : yamlText(node);
  if (text === undefined) {
    throw new DefinitionError(
      `Cannot use '${name}': ${describeNode(node)} is no JSONPath, expected a text such as ` +
        "'$.payload.id'",
      node.place,
      { rule: "definitions/bad-jsonpath" },
    );
  }
  try {
    return compileJsonPath(text);
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    const rule = "definitions/bad-jsonpath";
    throw new DefinitionError(`Cannot use '${name}': ${error.message}`, node.place, { rule });
  }
}

function textOf(node: YamlNode): string {
  return yamlText(node) ?? valueRepr(yamlValue(node));
}

function pluginField(path: JsonPath, plugin: Plugin): Field {
  const run = (message: Looked, keepsNull: boolean): Value[] => {
    const matches = path.matches(message).filter(({ value }) => keepsNull || value !== null);
    const found = matches.map((match) => ({ path: matchPath(match), value: match.value }));
    return plugin.values(found).filter((value) => value !== null);
  };
  return {
    constant: false,
    first: (message) => run(message, false)[0] ?? null,
    all: (message) => {
      if (plugin.returnsAll) return run(message, true);
      throw new PythonError(
        "ValueError",
        `the plugin ${plugin.name} cannot give several values, and 'lookup' asks for them`,
      );
    },
  };
}
