/**
 * Edge (files). The JSON Schemas of the YAML files against the readers: what the reference was run with
 * passes, mistakes are refused, and what a schema refuses a reader refuses too.
 *
 * The one exception: a schema is stricter about the kinds of values. The readers take some by accident,
 * as the reference does: text where a list belongs (character by character), an empty list for an empty
 * map, nothing at all for a member that may be left out.
 */
import Ajv, { type ErrorObject, type ValidateFunction } from "ajv";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readEventDefinitions } from "../core/events/event_definitions.ts";
import { readResourceDefinitions } from "../core/gnocchi/resource_definitions.ts";
import { readMeterFiles } from "../core/meters/meter_files.ts";
import { readFieldMapping } from "../core/monasca_api/field_mapping.ts";
import { defaultMapping } from "../core/monasca_api/default_mapping.ts";
import { PyFloat, type Value } from "../core/notifications/value.ts";
import { checkPublishers } from "../core/pipeline/check_publishers.ts";
import { readPipelineFile } from "../core/pipeline/pipeline_file.ts";
import { readTestCases } from "../core/pipeline_tests/test_cases.ts";
import { type SchemaKind, schemaKinds, shapeOf } from "../core/schema/config_shapes.ts";
import { schemaText } from "../core/schema/json_schema.ts";
import { loadYaml } from "../core/yaml/load.ts";
import { type YamlNode, yamlValue } from "../core/yaml/node.ts";
import { loadPublisherKinds } from "../publishers/mod.ts";

const kinds = await loadPublisherKinds();
const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
const validators = new Map<SchemaKind, ValidateFunction>(
  schemaKinds.map((
    kind,
  ) => [kind, ajv.compile(JSON.parse(schemaText(shapeOf(kind, kinds), kind)))]),
);

interface Document {
  readonly kind: SchemaKind;
  readonly name: string;
  readonly text: string;
}

/** What a JSON Schema sees of a value. */
function plain(value: Value): unknown {
  if (value instanceof PyFloat) return value.value;
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

function schemaErrors(kind: SchemaKind, root: YamlNode): readonly ErrorObject[] {
  const validate = validators.get(kind);
  if (validate === undefined) throw new Error(kind);
  return validate(plain(yamlValue(root))) ? [] : validate.errors ?? [];
}

/** What the code that the daemons start with has against it. */
function readerProblems(kind: SchemaKind, root: YamlNode, text: string): readonly unknown[] {
  switch (kind) {
    case "pipeline.yaml":
    case "event_pipeline.yaml": {
      const carries = kind === "pipeline.yaml" ? "samples" : "events";
      const { file, problems, publisherProblems } = readPipelineFile(root, { carries, file: "f" });
      const bad = file === undefined ? [] : [...checkPublishers(file, kinds).bad.values()];
      return [...problems, ...publisherProblems, ...bad];
    }
    case "event_definitions.yaml":
      return readEventDefinitions(root).problems;
    case "meters.d":
      return readMeterFiles([{ name: "f", text }]).problems;
    case "gnocchi_resources.yaml":
      return readResourceDefinitions({ file: "f", text, archivePolicy: undefined }).problems;
    case "monasca_field_definitions.yaml":
      return readFieldMapping(text, "f").problems;
    case "tests":
      return readTestCases(text, "f").problems;
  }
}

function kindOf(name: string): SchemaKind | undefined {
  if (/^meters(\.d\/|\.yaml$)/.test(name)) return "meters.d";
  if (name === "tests.yaml") return "tests";
  if (name === "map.yaml") return "monasca_field_definitions.yaml";
  return schemaKinds.find((kind) => kind === name);
}

interface Recorded {
  readonly cases: readonly { readonly id: string; readonly files?: Record<string, string> }[];
}

async function recorded(): Promise<Document[]> {
  const names = ["pipelines", "filters", "events", "meters", "ceilosca", "publishers", "quirks"];
  const files = await Promise.all(
    names.map((name) => Bun.file(`testdata/conformance/${name}.json`).json() as Promise<Recorded>),
  );
  return files.flatMap(({ cases }) => cases).flatMap(({ id, files }) =>
    Object.entries(files ?? {}).flatMap(([name, raw]) => {
      const kind = kindOf(name);
      const text = raw.replaceAll("{{HTTP}}", "127.0.0.1:80").replace(/\{\{\w+\}\}/g, "/x");
      return kind === undefined ? [] : [{ kind, name: `${id} ${name}`, text }];
    })
  );
}

async function shipped(): Promise<Document[]> {
  const globs: readonly (readonly [SchemaKind, string])[] = [
    ["meters.d", "core/meters/defaults/*.yaml"],
    ["event_definitions.yaml", "core/events/defaults/*.yaml"],
    ["pipeline.yaml", "core/pipeline/defaults/pipeline.yaml"],
    ["event_pipeline.yaml", "core/pipeline/defaults/event_pipeline.yaml"],
    ["gnocchi_resources.yaml", "core/gnocchi/defaults/*.yaml"],
  ];
  const paths = globs.flatMap(([kind, glob]) =>
    [...new Bun.Glob(glob).scanSync()].map((path) => ({ kind, name: path }))
  );
  const files = paths.map(async (one) => ({ ...one, text: await Bun.file(one.name).text() }));
  const mapping = { kind: "monasca_field_definitions.yaml", name: "built-in" } as const;
  return [
    ...await Promise.all(files),
    { ...mapping, text: defaultMapping },
    ...await named("testdata/samples/**/*.yaml"),
    ...await named("testdata/validate/installations/**/*.yaml"),
    ...await named("testdata/validate/rules/*/right/**/*.yaml"),
  ];
}

/** Files whose names say what they are. */
async function named(glob: string): Promise<Document[]> {
  const files = [...new Bun.Glob(glob).scanSync()].map(async (name): Promise<Document[]> => {
    const parts = name.split("/");
    const kind = kindOf(parts.slice(parts.at(-2) === "meters.d" ? -2 : -1).join("/"));
    return kind === undefined ? [] : [{ kind, name, text: await Bun.file(name).text() }];
  });
  return (await Promise.all(files)).flat();
}

/** A document that the schema refuses and the reader takes, for no kind of value; else undefined. */
function disagreement({ kind, name, text }: Document): string | undefined {
  const { root } = loadYaml(text, name);
  if (root === undefined) return undefined;
  const errors = schemaErrors(kind, root);
  if (errors.length === 0 || errors.some(({ keyword }) => keyword === "type")) return undefined;
  if (readerProblems(kind, root, text).length > 0) return undefined;
  return `${name}: ${errors.map(({ instancePath, message }) => `${instancePath} ${message}`)}`;
}

const good = await shipped();
const cases = await recorded();

describe("what the reference and tpctl run with", () => {
  test("passes where it is shipped", () => {
    expect(new Set(good.map(({ kind }) => kind)).size).toBe(schemaKinds.length);
    for (const { kind, name, text } of good) {
      const { root } = loadYaml(text, name);
      expect([name, root && schemaErrors(kind, root)]).toEqual([name, []]);
    }
  });

  test("is refused by the schema only where a reader refuses it, or for a kind of value", () => {
    expect(cases.length).toBeGreaterThan(900);
    const read = cases.flatMap((one) => {
      const { root } = loadYaml(one.text, one.name);
      return root === undefined ? [] : [{ ...one, root, errors: schemaErrors(one.kind, root) }];
    });
    const stricter = read.filter(({ kind, text, root, errors }) =>
      errors.length > 0 && readerProblems(kind, root, text).length === 0
    );
    const others = stricter.filter(({ errors }) =>
      errors.every(({ keyword }) => keyword !== "type")
    );
    expect(others.map(({ name }) => name)).toEqual([]);
    // Text for a list and an empty list for a map, which the recorded cases try on purpose.
    expect(stricter.length).toBeLessThan(read.length / 50);
  }, 60_000);
});

test("of the linter's corpus of mistakes, what the schema refuses a reader refuses", async () => {
  const wrong = await named("testdata/validate/rules/*/wrong/**/*.yaml");
  const refused = wrong.filter(({ kind, name, text }) => {
    const { root } = loadYaml(text, name);
    return root !== undefined && schemaErrors(kind, root).length > 0;
  });
  expect(wrong.flatMap((one) => disagreement(one) ?? [])).toEqual([]);
  expect(refused.length).toBeGreaterThan(10);
});

describe("mistakes are refused", () => {
  const sources = (source: string) => `{sources: [${source}], sinks: [{name: k, publishers: [u]}]}`;
  const pipeline = (publisher: string) =>
    `{sources: [{name: s, meters: [a], sinks: [k]}], sinks: [{name: k, publishers: ['${publisher}']}]}`;
  const meter = (more: string) =>
    `{metric: [{name: n, type: gauge, event_type: e, unit: u, resource_id: r, ${more}}]}`;
  const bad: readonly (readonly [SchemaKind, string])[] = [
    ["pipeline.yaml", "{sources: []}"],
    ["pipeline.yaml", sources("{name: s, meters: ['!a', b], sinks: [k]}")],
    ["pipeline.yaml", sources("{name: s, meters: ['*', b], sinks: [k]}")],
    ["pipeline.yaml", sources("{name: s, meters: [], sinks: [k]}")],
    ["pipeline.yaml", sources("{name: s, events: [a], sinks: [k]}")],
    ["pipeline.yaml", pipeline("gnochi://")],
    ["pipeline.yaml", pipeline("gnocchi://?archive_polcy=low")],
    ["pipeline.yaml", pipeline("file:///x?json&max_byte=1")],
    ["event_pipeline.yaml", sources("{name: s, meters: [a], sinks: [k]}")],
    ["event_definitions.yaml", "[{event_type: a}]"],
    ["event_definitions.yaml", "[{event_type: a, traits: {t: {type: text}}}]"],
    ["event_definitions.yaml", "[{event_type: a, traits: {t: {fields: p, type: integer}}}]"],
    ["event_definitions.yaml", "[{event_type: a, traits: {t: {fields: p, plugin: splt}}}]"],
    ["meters.d", "{metrics: []}"],
    ["meters.d", meter("")],
    ["meters.d", meter("volume: 1.5")],
    ["meters.d", meter("volume: {fields: v, plugin: {nam: split}}")],
    ["gnocchi_resources.yaml", "{resources: [{metrics: [cpu]}]}"],
    ["gnocchi_resources.yaml", "{resources: [{resource_type: a, metrics: cpu}]}"],
    ["monasca_field_definitions.yaml", "{dimensions: [a]}"],
    ["monasca_field_definitions.yaml", "{dimensions: a, metadata: {common: []}}"],
    ["tests", "{cases: [{name: a, expect: {}}]}"],
    ["tests", "{cases: [{name: a, notification: {event_type: x}, expects: {}}]}"],
  ];
  test.each(bad)("%s %s", (kind, text) => {
    const { root } = loadYaml(text, "bad");
    expect(root && schemaErrors(kind, root).length).toBeGreaterThan(0);
  });

  test("publishers pass as they are written, whatever their options", () => {
    const urls = [
      "gnocchi",
      "GNOCCHI://?archive_policy=low&filter_project=",
      "http://u:p@h:1/x?anything=1&timeout=2#f",
      "file:///x?json",
      "udp://[::1]:4952",
      "kafka://a:1,b:2/t?format=sample",
      "notifier://?%74opic=x",
    ];
    const refused = urls.filter((url) => {
      const { root } = loadYaml(pipeline(url), "good");
      return root === undefined || schemaErrors("pipeline.yaml", root).length > 0;
    });
    expect(refused).toEqual([]);
  });
});

type Path = readonly (string | number)[];

function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [at];
  const steps = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [at, ...steps.flatMap(([key, item]) => pathsOf(item, [...at, key]))];
}

/** The value with another at the path; undefined takes the member out. */
function changed(value: unknown, [step, ...rest]: Path, to: unknown): unknown {
  if (step === undefined) return to;
  if (Array.isArray(value)) {
    return value.flatMap((item, i) => {
      const next = i === step ? changed(item, rest, to) : item;
      return next === undefined ? [] : [next];
    });
  }
  const entries = Object.entries(value as Record<string, unknown>);
  return Object.fromEntries(
    entries.map(([key, item]) => [key, key === step ? changed(item, rest, to) : item]),
  );
}

test("what a schema refuses of a changed file, a reader refuses, but for kinds of values", () => {
  const odd = fc.oneof(
    fc.constantFrom<unknown>(undefined, null, true, 0, 1.5, "", "x", "*", "!x", "gauge", "Text"),
    fc.constantFrom<unknown>([], {}, ["x"], [1], { fields: "a" }, "GNOCCHI://x?Archive_policy=1"),
    fc.constantFrom<unknown>("file:///x?json=%zz", "udp", "http:x", " test://", "gnocchi://?&a=1"),
    fc.jsonValue(),
  );
  const files = [...good, ...cases.filter((_, i) => i % 7 === 0)].flatMap(
    ({ kind, name, text }) => {
      const { root } = loadYaml(text, name);
      return root === undefined ? [] : [{ kind, name, value: plain(yamlValue(root)) }];
    },
  );
  fc.assert(
    fc.property(fc.nat(files.length - 1), fc.nat(), odd, (i, at, to) => {
      const file = files[i];
      if (file === undefined) return;
      const paths = pathsOf(file.value);
      const text = JSON.stringify(changed(file.value, paths[at % paths.length] ?? [], to));
      expect(disagreement({ ...file, text: text ?? "" })).toBeUndefined();
    }),
    { numRuns: 1500 },
  );
}, 60_000);
