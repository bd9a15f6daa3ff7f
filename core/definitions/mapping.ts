/**
 * Pure. The plugin `map`: other values for those that were found, by a table.
 */
import { isDict, type Value } from "../notifications/value.ts";
import { PythonError, typeName } from "../notifications/value_rules.ts";
import { casefold } from "../python/casefold.ts";
import {
  describeNode,
  isTrue,
  scalarIdentity,
  yamlGet,
  type YamlMap,
  yamlValue,
} from "../yaml/node.ts";
import { DefinitionError } from "./definition_error.ts";
import type { Plugin, PluginContext } from "./plugins.ts";

/** Parameters: `values` (required), `default` (null), `case_sensitive` (true). */
export function mapping(parameters: YamlMap | undefined, context: PluginContext): Plugin {
  const given = (name: string) => parameters === undefined ? undefined : yamlGet(parameters, name);
  const values = given("values");
  if (values?.kind !== "map" || !isTrue(values)) {
    const found = values === undefined ? "missing" : describeNode(values);
    throw new DefinitionError(
      `Cannot use '${context.field}': the 'values' of its map are ${found}, expected a map that is not empty`,
      (values ?? context.node).place,
      { reach: "all", rule: "definitions/bad-plugin" },
    );
  }
  const sensitive = given("case_sensitive");
  const fold = sensitive !== undefined && !isTrue(sensitive);
  const table = new Map(values.entries.map(({ key, value }) => {
    const folded = fold && typeof key.value === "string" ? casefold(key.value) : key.value;
    return [scalarIdentity(folded), yamlValue(value)];
  }));
  const fallbackNode = given("default");
  const fallback = fallbackNode === undefined ? null : yamlValue(fallbackNode);
  const lookUp = (value: Value): Value => {
    const key = fold && typeof value === "string" ? casefold(value) : value;
    const mapped = table.get(identityOf(key));
    return mapped === undefined ? fallback : mapped;
  };
  return {
    name: "map",
    returnsAll: false,
    values: (found) => found.map(({ value }) => lookUp(value)),
  };
}

function identityOf(value: Value): string {
  if (Array.isArray(value) || isDict(value)) {
    throw new PythonError("TypeError", `unhashable type: '${typeName(value)}'`);
  }
  return scalarIdentity(value);
}
