/**
 * Pure. monasca_field_definitions.yaml, compiled once: which members of a sample become dimensions of
 * a Monasca metric and which of its metadata become value_meta. Reading the file and making metrics
 * are not done here.
 *
 * Facts: ceilometer/publisher/monasca_data_filter.py (ceilosca), which finds mistakes at each sample.
 */
import { ConfigError, type Place, withRule } from "../errors.ts";
import { compileJsonPath, type JsonPath } from "../jsonpath/jsonpath.ts";
import { JsonPathError } from "../jsonpath/syntax.ts";
import { type Dict, isDict, type Value } from "../notifications/value.ts";
import { isInt } from "../notifications/value_rules.ts";
import { valueRepr } from "../notifications/value_text.ts";
import { loadYaml } from "../yaml/load.ts";
import { describeNode, yamlGet, type YamlNode, yamlValue } from "../yaml/node.ts";

/** A member of value_meta; `of` throws a MappingError where the reference raises one. */
export interface MetadataField {
  readonly name: string;
  of(metadata: Dict): Value;
}

/** What the file says; each name once, in the order in which it first stood. */
export interface FieldMapping {
  readonly dimensions: readonly string[];
  readonly common: readonly MetadataField[];
  /** The common ones among them. */
  readonly byMeter: ReadonlyMap<string, readonly MetadataField[]>;
}

/** A sample's metadata hold what cannot be said in value_meta. */
export class MappingError extends Error {
  override readonly name = "MappingError";
}

/** What stands for a missing value. */
export const noValue = "None";

/** Reads the whole file, so that every mistake is said at once; undefined where there is one. */
export function readFieldMapping(
  text: string,
  file: string,
): { readonly mapping: FieldMapping | undefined; readonly problems: readonly ConfigError[] } {
  const { root, problems } = loadYaml(text, file);
  if (root === undefined) return { mapping: undefined, problems };
  const reading = new Reading(file);
  const mapping = reading.mapping(root);
  const found = [...problems, ...reading.problems].map((problem) =>
    withRule(problem, "monasca/field-definition")
  );
  return { mapping: found.length === 0 ? mapping : undefined, problems: found };
}

class Reading {
  readonly problems: ConfigError[] = [];
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  mapping(root: YamlNode): FieldMapping {
    const metadata = this.#member(root, "metadata");
    const dimensions = this.#list(this.#member(root, "dimensions"), "dimensions")
      .map((item) => this.#name(item, "a dimension"));
    const common = new Map<string, MetadataField>();
    const byMeter = new Map<string, readonly MetadataField[]>();
    if (metadata !== undefined) {
      this.#add(common, this.#member(metadata, "common"), "common");
      for (const [meter, { value }] of metadata.kind === "map" ? metadata.named : []) {
        if (meter === "common") continue;
        const fields = new Map(common);
        this.#add(fields, value, meter);
        byMeter.set(meter, [...fields.values()]);
      }
    }
    return { dimensions: [...new Set(dimensions)], common: [...common.values()], byMeter };
  }

  #problem(what: string, why: string, { place, expected }: Wrong): void {
    const text = `Cannot read ${what} of the field definitions: ${why}, expected ${expected}`;
    this.problems.push(new ConfigError(text, place));
  }

  #member(node: YamlNode, name: string): YamlNode | undefined {
    const found = yamlGet(node, name);
    if (found !== undefined) return found;
    const why = node.kind === "map" ? "it is missing" : `there is ${describeNode(node)}`;
    const place = node.place ?? { file: this.#file };
    this.#problem(`'${name}'`, why, { place, expected: "dimensions, and metadata with common" });
    return undefined;
  }

  #list(node: YamlNode | undefined, name: string): readonly YamlNode[] {
    if (node === undefined) return [];
    if (node.kind === "list") return node.items;
    const { place } = node;
    this.#problem(`'${name}'`, `it is ${describeNode(node)}`, { place, expected: "a list" });
    return [];
  }

  #name(node: YamlNode, what: string): string {
    const value = node.kind === "scalar" ? yamlValue(node) : undefined;
    if (typeof value === "string") return value;
    const expected = "the name of a member";
    this.#problem(what, `it is ${describeNode(node)}`, { place: node.place, expected });
    return "";
  }

  #add(fields: Map<string, MetadataField>, node: YamlNode | undefined, list: string): void {
    for (const item of this.#list(node, list)) {
      const field = item.kind === "map" ? this.#path(item, list) : this.#plain(item, list);
      if (field !== undefined) fields.set(field.name, field);
    }
  }

  #plain(node: YamlNode, list: string): MetadataField {
    const name = this.#name(node, `an entry of '${list}'`);
    return { name, of: plainGetter(name) };
  }

  #path(node: YamlNode, list: string): MetadataField | undefined {
    const entries = node.kind === "map" ? node.entries : [];
    const [entry] = entries;
    const { place } = node;
    const what = `an entry of '${list}'`;
    if (entry === undefined || entries.length > 1) {
      const why = `it has ${entries.length} members`;
      this.#problem(what, why, { place, expected: "one: a name and its JSONPath" });
      return undefined;
    }
    const text = yamlValue(entry.value);
    if (typeof text !== "string") {
      const why = `the path is ${describeNode(entry.value)}`;
      this.#problem(what, why, { place: entry.value.place, expected: "a JSONPath" });
      return undefined;
    }
    try {
      const name = entry.key.text;
      return { name, of: pathGetter(name, compileJsonPath(text)) };
    } catch (error) {
      if (!(error instanceof JsonPathError)) throw error;
      this.#problem(what, error.message, { place: entry.value.place, expected: "a JSONPath" });
      return undefined;
    }
  }
}

interface Wrong {
  readonly place: Place;
  readonly expected: string;
}

/** A member's name; where there is none of that name, the way through nested objects by dots. */
function plainGetter(name: string): (metadata: Dict) => Value {
  const steps = name.split(".");
  return (metadata) => {
    const value = memberOf(metadata, name);
    if (value !== null) return value;
    if (steps.length === 1) return noValue;
    return steps.reduce<Value>((at, step) => isDict(at) ? memberOf(at, step) : null, metadata) ??
      noValue;
  };
}

function memberOf(dict: Dict, name: string): Value {
  return Object.hasOwn(dict, name) ? dict[name] ?? null : null;
}

/** The first match, which must be a text, an integer or a truth value. */
function pathGetter(name: string, path: JsonPath): (metadata: Dict) => Value {
  return (metadata) => {
    const [first] = path.matches(metadata);
    if (first === undefined) return noValue;
    const { value } = first;
    if (typeof value === "string" || typeof value === "boolean" || isInt(value)) return value;
    throw new MappingError(
      `the metadata at '${path.text}' (for '${name}') is ${valueRepr(value)}, expected a text or ` +
        "an integer",
    );
  };
}
