/**
 * Pure. One value's definition, as traits and a meter's members have it: JSONPath fields, perhaps a
 * plugin, or a constant. Compiled once from YAML, then asked for every message.
 *
 * Facts: ceilometer/declarative.py.
 */
import { didYouMean } from "../config/suggest.ts";
import { ConfigError } from "../errors.ts";
import { compileJsonPath, type JsonPath } from "../jsonpath/jsonpath.ts";
import { matchPath } from "../jsonpath/match.ts";
import { JsonPathError } from "../jsonpath/syntax.ts";
import type { Value } from "../notifications/value.ts";
import { PythonError } from "../notifications/value_rules.ts";
import { describeNode, yamlGet, type YamlNode, yamlText } from "../yaml/node.ts";
import { pythonStr } from "../yaml/python.ts";
import { PluginError } from "./plugin_error.ts";
import { makePlugin, type Plugin, pluginNames } from "./plugins.ts";

/** Where a value comes from. Both throw PythonError where the reference raises. */
export interface Definition {
  /** Whether it is a number or truth value of the definition itself, not looked up. */
  readonly isConstant: boolean;
  /** The first value that is not null, else null. */
  first(root: Value): Value;
  /** All values, null among them unless a plugin stands behind the fields; a constant is itself. */
  all(root: Value): Value;
}

/** Reads a definition for what `name` names. Throws a ConfigError with its place. */
export function readDefinition(node: YamlNode, name: string): Definition {
  const fields = node.kind === "map" ? yamlGet(node, "fields") : node;
  if (fields === undefined) {
    throw problem(name, "the field 'fields' is missing", "a JSONPath or a list of them", node);
  }
  const plugin = readPlugin(node, name);
  const constant = constantOf(fields);
  if (constant !== undefined) {
    return { isConstant: true, first: () => constant, all: () => constant };
  }
  const path = readPath(fields, name);
  return plugin === undefined ? plainDefinition(path) : pluginDefinition(path, plugin);
}

function plainDefinition(path: JsonPath): Definition {
  return {
    isConstant: false,
    first: (root) => path.first(root),
    all: (root) => path.values(root),
  };
}

function pluginDefinition(path: JsonPath, plugin: Plugin): Definition {
  const run = (root: Value, keepsNull: boolean): Value[] => {
    const matches = path.matches(root).filter(({ value }) => keepsNull || value !== null);
    const found = matches.map((match) => ({ path: matchPath(match), value: match.value }));
    return plugin.values(found).filter((value) => value !== null);
  };
  return {
    isConstant: false,
    first: (root) => run(root, false)[0] ?? null,
    all: (root) => {
      if (plugin.returnsAll) return run(root, true);
      throw new PythonError("ValueError", `the plugin '${plugin.name}' gives no list of values`);
    },
  };
}

function readPlugin(node: YamlNode, name: string): Plugin | undefined {
  const given = yamlGet(node, "plugin");
  if (given === undefined) return undefined;
  const nameNode = given.kind === "map" ? yamlGet(given, "name") : given;
  const text = yamlText(nameNode);
  if (text === undefined) {
    const why = nameNode === undefined
      ? "its plugin has no name"
      : `its plugin is named by ${describeNode(nameNode)}`;
    throw problem(name, why, `one of ${pluginNames.join(", ")}`, nameNode ?? given);
  }
  const parameters = yamlGet(given, "parameters");
  const isNull = parameters?.kind === "scalar" && parameters.value === null;
  if (parameters !== undefined && !isNull && !areParameters(parameters)) {
    throw new PluginError(
      `Cannot use the definition of '${name}': its plugin's parameters are ` +
        `${describeNode(parameters)}, expected a map with names as keys`,
      parameters.place,
    );
  }
  const plugin = makePlugin(text, parameters?.kind === "map" ? parameters : undefined);
  if (plugin !== undefined) return plugin;
  const hint = didYouMean(text, pluginNames);
  const expected = `one of ${pluginNames.join(", ")}${hint}`;
  throw problem(name, `there is no plugin '${text}'`, expected, nameNode ?? given);
}

function areParameters(node: YamlNode): boolean {
  return node.kind === "map" && node.entries.length === node.named.size;
}

/** A whole number or a boolean, alone or in a list of one, is the value itself. */
function constantOf(fields: YamlNode): Value | undefined {
  const only = onlyItem(fields);
  if (only.kind !== "scalar") return undefined;
  const { value } = only;
  if (typeof value === "boolean" || typeof value === "bigint") return value;
  return typeof value === "number" && Number.isInteger(value) ? value : undefined;
}

function onlyItem(fields: YamlNode): YamlNode {
  return fields.kind === "list" && fields.items.length === 1 ? fields.items[0] ?? fields : fields;
}

function readPath(fields: YamlNode, name: string): JsonPath {
  const only = onlyItem(fields);
  const isUnion = only.kind === "list" && only === fields;
  const text = isUnion ? joined(only.items, name) : yamlText(only);
  if (text === undefined || text === "") {
    const found = text === "" ? "it is empty" : `its fields are ${describeNode(only)}`;
    throw problem(name, found, "a JSONPath or a list of them", only);
  }
  try {
    return compileJsonPath(text);
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    const message = `Cannot use the definition of '${name}': ${error.message}`;
    throw new ConfigError(message, only.place, { cause: error });
  }
}

/** Several fields are a union, in their order. */
function joined(items: readonly YamlNode[], name: string): string {
  return items.map((item) => {
    if (item.kind === "scalar") return `(${pythonStr(item)})`;
    throw problem(name, `${describeNode(item)} stands in its fields`, "a JSONPath", item);
  }).join("|");
}

function problem(name: string, why: string, expected: string, node: YamlNode): ConfigError {
  const text = `Cannot use the definition of '${name}': ${why}, expected ${expected}`;
  return new ConfigError(text, node.place);
}
