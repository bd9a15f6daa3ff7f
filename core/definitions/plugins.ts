/**
 * Pure. The plugins of meter and event definitions, by name: split, bitfield, timedelta, map. What
 * they do is Ceilometer's (ceilometer/event/trait_plugins.py); each stands in a file of its own.
 */
import type { Value } from "../notifications/value.ts";
import { didYouMean } from "../config/suggest.ts";
import { describeNode, yamlGet, type YamlMap, type YamlNode, yamlText } from "../yaml/node.ts";
import { bitfield } from "./bitfield.ts";
import { DefinitionError } from "./definition_error.ts";
import { mapping } from "./mapping.ts";
import { split } from "./split.ts";
import { timedelta } from "./timedelta.ts";

/** A value that JSONPath found, and the dotted way to it. */
export interface Found {
  readonly path: string;
  readonly value: Value;
}

/** A plugin with its parameters. */
export interface Plugin {
  readonly name: string;
  /** Whether it makes one value of each that was found, so that a list may be asked of it. */
  readonly returnsAll: boolean;
  /** Nulls among them count as nothing. Throws PythonError where the reference raises. */
  values(found: readonly Found[]): Value[];
}

/** Where a plugin stands, for errors about its parameters. */
export interface PluginContext {
  readonly field: string;
  readonly node: YamlNode;
}

type OpenPlugin = (parameters: YamlMap | undefined, context: PluginContext) => Plugin;

const PLUGINS: ReadonlyMap<string, OpenPlugin> = new Map([
  ["split", split],
  ["bitfield", bitfield],
  ["timedelta", timedelta],
  ["map", mapping],
]);

/** The names of all plugins. */
export const pluginNames: readonly string[] = [...PLUGINS.keys()];

const rule = "definitions/bad-plugin";

/** `node` is the plugin's name, or a map of `name` and `parameters`. Throws DefinitionError. */
export function openPlugin(field: string, node: YamlNode): Plugin {
  const named = node.kind === "map" ? yamlGet(node, "name") : node;
  if (named === undefined) {
    const why = `its plugin has no 'name', expected ${pluginNames.join(", ")}`;
    throw new DefinitionError(`Cannot use '${field}': ${why}`, node.place, { rule });
  }
  const name = yamlText(named);
  const open = PLUGINS.get(name ?? "");
  if (open === undefined) {
    // A text or, in a map, another scalar is only unknown; anything else stops the reference.
    const unknown = name !== undefined || (node.kind === "map" && named.kind === "scalar");
    const why = name === undefined ? `${describeNode(named)} is no plugin` : `no plugin '${name}'`;
    const hint = name === undefined ? "" : didYouMean(name, pluginNames);
    throw new DefinitionError(
      `Cannot use '${field}': ${why}, expected ${pluginNames.join(", ")}${hint}`,
      named.place,
      { reach: unknown ? "entry" : "all", rule },
    );
  }
  return open(parametersOf(field, node), { field, node });
}

function parametersOf(field: string, node: YamlNode): YamlMap | undefined {
  const parameters = yamlGet(node, "parameters");
  if (parameters === undefined) return undefined;
  if (parameters.kind === "scalar" && parameters.value === null) return undefined;
  if (parameters.kind === "map" && parameters.entries.length === parameters.named.size) {
    return parameters;
  }
  throw new DefinitionError(
    `Cannot use '${field}': ${
      describeNode(parameters)
    } cannot be parameters, expected a map with ` +
      "names as keys",
    parameters.place,
    { reach: "all", rule },
  );
}
