/**
 * Pure. Every JSONPath that stands in meter definitions, event definitions or resource definitions,
 * with its place and what it looks into.
 */
import { attributes } from "../../meters/meter_definition.ts";
import { yamlGet, type YamlNode, yamlText } from "../../yaml/node.ts";
import type { Place } from "../../errors.ts";

/** One expression. */
export interface DefinitionPath {
  readonly text: string;
  readonly place: Place;
}

/** Members that hold a text as it is unless it begins with `$` or is looked up. */
const literal: readonly string[] = ["name", "type", "unit"];

/** Of one meter definition. */
export function meterPaths(entry: YamlNode): DefinitionPath[] {
  const lookup = yamlGet(entry, "lookup");
  const isLookedUp = (name: string): boolean =>
    yamlText(lookup) === name ||
    lookup?.kind === "list" && lookup.items.some((item) => yamlText(item) === name);
  const own = attributes.flatMap((name) => {
    const node = yamlGet(entry, name);
    if (node === undefined) return [];
    const isPath = !literal.includes(name) || isLookedUp(name) ||
      yamlText(node)?.startsWith("$") === true;
    return isPath ? fieldPaths(node) : [];
  });
  const user = yamlGet(entry, "user_metadata");
  return [...own, ...memberPaths(yamlGet(entry, "metadata")), ...user ? fieldPaths(user) : []];
}

/** Of one event definition. */
export function eventPaths(entry: YamlNode): DefinitionPath[] {
  return memberPaths(yamlGet(entry, "traits"));
}

/** Of one resource definition of Gnocchi. */
export function resourcePaths(entry: YamlNode): DefinitionPath[] {
  return memberPaths(yamlGet(entry, "attributes"));
}

function memberPaths(node: YamlNode | undefined): DefinitionPath[] {
  return node?.kind === "map" ? node.entries.flatMap(({ value }) => fieldPaths(value)) : [];
}

function fieldPaths(node: YamlNode): DefinitionPath[] {
  const fields = node.kind === "map" ? yamlGet(node, "fields") : node;
  const nodes = fields?.kind === "list" ? fields.items : fields === undefined ? [] : [fields];
  return nodes.flatMap((one) => {
    const text = yamlText(one);
    return text === undefined ? [] : [{ text, place: one.place }];
  });
}
