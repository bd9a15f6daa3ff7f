/**
 * Pure. `YamlNode`: a YAML document as PyYAML's safe_load understands it, each node with its place in
 * the file, so that whoever checks a file can point at what is wrong. Making one is load.ts.
 */
import type { Place } from "../errors.ts";
import { type Dict, PyFloat, type Value } from "../notifications/value.ts";

/** A date or a date with a time, which YAML 1.1 finds in unquoted text; `text` is Python's str(). */
export class YamlDate {
  constructor(readonly text: string) {}
}

/** What one scalar means: ints and floats told apart as in `Value`. */
export type YamlScalarValue = null | boolean | number | bigint | string | PyFloat | YamlDate;

/** One value that is neither list nor map. */
export interface YamlScalar {
  readonly kind: "scalar";
  readonly value: YamlScalarValue;
  /** The scalar's text, escapes and line breaks resolved. */
  readonly text: string;
  readonly place: Place;
}

/** A sequence. */
export interface YamlList {
  readonly kind: "list";
  readonly items: readonly YamlNode[];
  readonly place: Place;
}

/** A key and what stands under it. */
export interface YamlEntry {
  readonly key: YamlScalar;
  readonly value: YamlNode;
}

/** A mapping. */
export interface YamlMap {
  readonly kind: "map";
  /**
   * Merge keys followed and repeated keys settled: each key once, where it first stood, with the
   * value that came last.
   */
  readonly entries: readonly YamlEntry[];
  /** The entries whose keys are text. */
  readonly named: ReadonlyMap<string, YamlEntry>;
  readonly place: Place;
}

/** Nodes behind an alias are the anchor's own: one node may stand in several places. */
export type YamlNode = YamlScalar | YamlList | YamlMap;

/** The value under a text key; undefined where the node is no map or has no such key. */
export function yamlGet(node: YamlNode, name: string): YamlNode | undefined {
  return node.kind === "map" ? node.named.get(name)?.value : undefined;
}

/** The text, undefined where the node is anything else. */
export function yamlText(node: YamlNode | undefined): string | undefined {
  return node?.kind === "scalar" && typeof node.value === "string" ? node.value : undefined;
}

/** Whether Python holds the node for true: not null, false, 0, empty text, list or map. */
export function isTrue(node: YamlNode): boolean {
  if (node.kind === "list") return node.items.length > 0;
  if (node.kind === "map") return node.entries.length > 0;
  const { value } = node;
  if (value instanceof PyFloat) return value.value !== 0;
  return value instanceof YamlDate || Boolean(value);
}

/**
 * What makes two scalars one key of a Python dict: `1`, `1.0` and `true` are the same, `1` and `"1"`
 * are not.
 */
export function scalarIdentity(value: YamlScalarValue): string {
  if (typeof value === "string") return `s${value}`;
  if (value === null) return "null";
  if (value instanceof YamlDate) return `d${value.text}`;
  if (value instanceof PyFloat) return `n${value.value}`;
  return `n${typeof value === "boolean" ? Number(value) : value}`;
}

/** The node as a Value. Dates become their text; keys that are not text become what JSON makes. */
export function yamlValue(node: YamlNode): Value {
  if (node.kind === "list") return node.items.map(yamlValue);
  if (node.kind === "map") {
    const dict: Dict = {};
    for (const { key, value } of node.entries) {
      const own = { value: yamlValue(value), enumerable: true, configurable: true, writable: true };
      Object.defineProperty(dict, keyText(key.value), own);
    }
    return dict;
  }
  return node.value instanceof YamlDate ? node.value.text : node.value;
}

/** For error texts: what was found, in a few words. */
export function describeNode(node: YamlNode): string {
  if (node.kind !== "scalar") return `a ${node.kind}`;
  const { value } = node;
  if (value === null) return "nothing";
  if (typeof value === "string") return `the text '${shortened(value)}'`;
  if (typeof value === "boolean") return `the boolean '${shortened(node.text)}'`;
  if (value instanceof YamlDate) return `the date '${value.text}'`;
  return `the number ${shortened(node.text)}`;
}

/** At most 60 characters of a text, for error texts. */
export function shortened(text: string): string {
  const one = text.replaceAll("\n", " ");
  return one.length <= 60 ? one : `${one.slice(0, 57)}...`;
}

function keyText(value: YamlScalarValue): string {
  if (value instanceof YamlDate) return value.text;
  return value instanceof PyFloat ? `${value.value}` : `${value}`;
}
