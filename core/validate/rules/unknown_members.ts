/**
 * Pure. Members of maps that nobody reads, by the shapes that the JSON Schemas are made of. Where a shape
 * lets every name stand, as among traits, nothing is unknown.
 */
import { closest, didYouMean } from "../../config/suggest.ts";
import type { MapShape, Shape } from "../../schema/shape.ts";
import type { YamlMap, YamlNode, YamlScalar } from "../../yaml/node.ts";
import type { Hit } from "../finding.ts";

/** What pipelines once had, and what does it now. */
const former: Readonly<Record<string, string>> = {
  transformers:
    "Ceilometer has none any more, expected rates and sums of the store, such as the rate: " +
    "aggregation methods of Gnocchi",
  interval: "polling is the business of polling.yaml, expected it there",
  discovery: "polling is the business of polling.yaml, expected it there",
  resources: "polling is the business of polling.yaml, expected it there",
  counters: "it is called meters, expected meters",
};

/** Names at the root that hold what anchors are for. */
const holder = /^(?:x-|\.|_)/;

/** All of a document. */
export function unknownMembers(root: YamlNode, shape: Shape): Hit[] {
  return new Looking().at(root, shape);
}

class Looking {
  /** Nodes behind aliases are looked at once. */
  readonly #seen = new Set<YamlNode>();

  at(node: YamlNode, shape: Shape): Hit[] {
    if (node.kind === "scalar" || this.#seen.has(node)) return [];
    if (shape.kind === "either") {
      const fitting = shape.of.find(({ kind }) => kind === node.kind);
      return fitting === undefined ? [] : this.at(node, fitting);
    }
    if (shape.kind !== node.kind) return [];
    this.#seen.add(node);
    if (shape.kind === "list") {
      return node.kind === "list" ? node.items.flatMap((item) => this.at(item, shape.of)) : [];
    }
    return node.kind === "map" && shape.kind === "map" ? this.#map(node, shape) : [];
  }

  #map(node: YamlMap, shape: MapShape): Hit[] {
    const known = Object.keys(shape.members);
    const isOpen = known.length === 0 ||
      (shape.others !== undefined && shape.others.kind !== "any");
    return node.entries.flatMap(({ key, value }) => {
      const member = Object.hasOwn(shape.members, key.text) ? shape.members[key.text] : undefined;
      if (member !== undefined) return this.at(value, member.shape);
      if (isOpen) return shape.others === undefined ? [] : this.at(value, shape.others);
      return holder.test(key.text) ? [] : [unknown(key, known)];
    });
  }
}

function unknown({ text: name, place }: YamlScalar, known: readonly string[]): Hit {
  const isPipeline = known.includes("publishers") || known.includes("sinks");
  const why = isPipeline && Object.hasOwn(former, name) ? former[name] : undefined;
  if (why !== undefined) {
    const text = `The member '${name}' is not read: ${why}`;
    return { rule: "pipeline/former-member", place, text };
  }
  const suggestion = closest(name, known);
  const expected = `one of ${known.join(", ")}`;
  const text =
    `The member '${name}' is not read: there is none of this name, expected ${expected}` +
    didYouMean(name, known);
  return { rule: "yaml/unknown-member", place, text, expected, suggestion };
}
