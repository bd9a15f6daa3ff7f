/**
 * Pure. A file of pipeline tests, read: cases with what goes in and what must come out, each at its
 * place.
 */
import { ConfigError, inFileOrder, type Place } from "../errors.ts";
import { loadValue, setMember } from "../notifications/load_value.ts";
import { type Dict, isDict, type Value } from "../notifications/value.ts";
import type { Sample } from "../pipeline/sample.ts";
import { JsonError } from "../python/json_load.ts";
import { checkShape } from "../schema/check_shape.ts";
import { yamlGet, type YamlNode, yamlText, yamlValue } from "../yaml/node.ts";
import { loadYaml } from "../yaml/load.ts";
import { testsShape } from "./tests_shape.ts";

/** What goes in. */
export type TestInput =
  | { readonly kind: "notifications"; readonly messages: readonly Dict[] }
  | { readonly kind: "file"; readonly path: string; readonly place: Place }
  | { readonly kind: "samples"; readonly samples: readonly Sample[] };

/** What one sample or event must be. */
export interface ExpectedItem {
  /** Members that must be there with these values. */
  readonly members: Dict;
  /** Undefined: wherever it goes. */
  readonly sinks: readonly string[] | undefined;
  readonly publishers: readonly string[] | undefined;
  readonly place: Place;
}

/** What must come out; what is undefined may be anything. */
export interface Expectation {
  readonly samples: readonly ExpectedItem[];
  readonly events: readonly ExpectedItem[];
  readonly counts: { readonly samples: number | undefined; readonly events: number | undefined };
  readonly sinks: readonly (readonly [name: string, count: number])[];
  /** A part of the reason; undefined: nothing may be refused. */
  readonly refused: string | undefined;
}

/** See above. */
export interface TestCase {
  readonly name: string;
  readonly place: Place;
  readonly input: TestInput;
  readonly expect: Expectation;
}

/** The whole file. */
export interface TestCases {
  /** As written; relative to the file. */
  readonly files: readonly string[];
  readonly cases: readonly TestCase[];
}

/** Defaults of a notification that stands in the file. */
const notificationDefaults: Dict = {
  priority: "info",
  publisher_id: "test.localhost",
  message_id: "00000000-0000-4000-8000-000000000001",
  timestamp: "2026-01-01T00:00:00.000000",
  payload: {},
};

/** Everything that is wrong at once; undefined cases where something is. */
export function readTestCases(
  text: string,
  file: string,
): { readonly tests: TestCases | undefined; readonly problems: readonly ConfigError[] } {
  const { root, problems } = loadYaml(text, file);
  if (root === undefined) return { tests: undefined, problems };
  const misfits = [...checkShape(root, testsShape, ""), ...repeatedNames(root)];
  if (misfits.length > 0) return { tests: undefined, problems: inFileOrder(misfits) };
  return { tests: readCases(root), problems: [] };
}

function repeatedNames(root: YamlNode): ConfigError[] {
  const seen = new Map<string, Place>();
  return itemsOf(root, "cases").flatMap((node) => {
    const name = yamlText(yamlGet(node, "name"));
    if (name === undefined) return [];
    const first = seen.get(name);
    if (first === undefined) {
      seen.set(name, node.place);
      return [];
    }
    const text = `Cannot use the case '${name}': line ${first.line} has a case of this name, ` +
      "expected another name";
    return [new ConfigError(text, node.place)];
  });
}

function readCases(root: YamlNode): TestCases {
  return {
    files: textsOf(yamlGet(root, "files")) ?? [],
    cases: itemsOf(root, "cases").map((node) => ({
      name: yamlText(yamlGet(node, "name")) ?? "",
      place: node.place,
      input: readInput(node),
      expect: readExpectation(yamlGet(node, "expect") ?? node),
    })),
  };
}

function itemsOf(node: YamlNode, name: string): readonly YamlNode[] {
  const list = yamlGet(node, name);
  return list?.kind === "list" ? list.items : [];
}

function textsOf(node: YamlNode | undefined): readonly string[] | undefined {
  return node?.kind === "list" ? node.items.flatMap((item) => yamlText(item) ?? []) : undefined;
}

function dictOf(node: YamlNode): Dict {
  const value = yamlValue(node);
  return isDict(value) ? value : {};
}

function readInput(node: YamlNode): TestInput {
  const path = yamlGet(node, "notification_file");
  if (path !== undefined) {
    return { kind: "file", path: yamlText(path) ?? "", place: path.place };
  }
  const samples = itemsOf(node, "samples");
  if (samples.length > 0) {
    return { kind: "samples", samples: samples.map((item, i) => sampleOf(dictOf(item), i)) };
  }
  const one = yamlGet(node, "notification");
  const messages = one === undefined ? itemsOf(node, "notifications") : [one];
  return {
    kind: "notifications",
    messages: messages.map((item) => ({ ...notificationDefaults, ...dictOf(item) })),
  };
}

function sampleOf(given: Dict, i: number): Sample {
  const { name, type, resource_metadata: metadata, id } = given;
  const own = (member: string, otherwise: Value): Value => given[member] ?? otherwise;
  return {
    name: String(name),
    type: typeof type === "string" ? type : "gauge",
    unit: own("unit", ""),
    volume: Object.hasOwn(given, "volume") ? given["volume"] ?? null : 1,
    user_id: own("user_id", null),
    user_name: own("user_name", null),
    project_id: own("project_id", null),
    project_name: own("project_name", null),
    resource_id: own("resource_id", null),
    timestamp: own("timestamp", "2026-01-01T00:00:00.000000"),
    resource_metadata: metadata !== undefined && isDict(metadata) ? metadata : {},
    source: own("source", "openstack"),
    id: typeof id === "string" ? id : `sample-${i + 1}`,
    monotonic_time: own("monotonic_time", null),
  };
}

function readExpectation(node: YamlNode): Expectation {
  const counts = yamlGet(node, "counts");
  const count = (name: string) => counts && countOf(yamlGet(counts, name));
  const sinks = yamlGet(node, "sinks");
  return {
    samples: itemsOf(node, "samples").map(expectedItem),
    events: itemsOf(node, "events").map(expectedItem),
    counts: { samples: count("samples"), events: count("events") },
    sinks: sinks?.kind === "map"
      ? sinks.entries.map(({ key, value }) => [key.text, countOf(value) ?? 0])
      : [],
    refused: yamlText(yamlGet(node, "refused")),
  };
}

function countOf(node: YamlNode | undefined): number | undefined {
  return node?.kind === "scalar" ? Number(node.value) : undefined;
}

function expectedItem(node: YamlNode): ExpectedItem {
  const members: Dict = {};
  for (const [name, value] of Object.entries(dictOf(node))) {
    if (name !== "sinks" && name !== "publishers") setMember(members, name, value);
  }
  return {
    members,
    sinks: textsOf(yamlGet(node, "sinks")),
    publishers: textsOf(yamlGet(node, "publishers")),
    place: node.place,
  };
}

/** One notification, on as many lines as it likes, or one per line. */
export function messagesIn(bytes: Uint8Array): readonly Uint8Array[] {
  const text = new TextDecoder().decode(bytes);
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const isLines = lines.length > 1 && lines.every((line) => isJson(line));
  return isLines ? lines.map((line) => new TextEncoder().encode(line)) : [bytes];
}

function isJson(text: string): boolean {
  try {
    return isDict(loadValue(text));
  } catch (error) {
    if (error instanceof JsonError) return false;
    throw error;
  }
}
