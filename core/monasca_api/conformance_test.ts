/**
 * Edge (files). The recorded cases of ceilosca.json at the level of functions: notifications by way of
 * samples to the metrics that reached the Monasca API; and mistakes in the field definitions.
 */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { differenceOf, sameJson } from "../../testing/conformance/compare.ts";
import { makeSample } from "../../testing/samples.ts";
import { sampleDefaults } from "../meters/make_sample.ts";
import { createSampleMaker } from "../meters/sample_maker.ts";
import { loadValue } from "../notifications/load_value.ts";
import { decodeNotification } from "../notifications/oslo.ts";
import { isDict, PyFloat, type Value } from "../notifications/value.ts";
import { dumpValue } from "../notifications/value_text.ts";
import { defaultMapping } from "./default_mapping.ts";
import { type FieldMapping, readFieldMapping } from "./field_mapping.ts";
import { type MadeMetric, metricMaker } from "./metric.ts";

interface Case {
  readonly id: string;
  readonly conf: Readonly<Record<string, string>>;
  readonly files: { readonly "map.yaml": string };
  readonly expect: { readonly metrics: readonly unknown[] };
}

const text = readFileSync("testdata/conformance/ceilosca.json", "utf8");
const cases = (JSON.parse(text) as { readonly cases: readonly Case[] }).cases;
const exact = loadValue(text);

/** The messages as they were recorded, 6.0 a float. */
function linesOf(n: number): readonly string[] {
  const list = isDict(exact) ? exact.cases : undefined;
  const one = Array.isArray(list) ? list[n] : undefined;
  const input = isDict(one) ? one.input : undefined;
  return Array.isArray(input) ? input.map((item) => dumpValue(item)) : [];
}

function mappingOf(yaml: string): FieldMapping {
  const { mapping, problems } = readFieldMapping(yaml, "map.yaml");
  expect(problems).toEqual([]);
  if (mapping === undefined) throw new Error("no mapping");
  return mapping;
}

function metricsOf({ conf, files }: Case, lines: readonly string[]): unknown[] {
  const place = (name: string): string => conf[`monasca.${name}`] ?? "None";
  const make = metricMaker(mappingOf(files["map.yaml"]), {
    controlPlane: place("control_plane"),
    cluster: place("cluster"),
    cloudName: place("cloud_name"),
  });
  const samples = createSampleMaker({ definitions: [], options: sampleDefaults, newId: () => "" });
  return lines.flatMap((line) => {
    const decoded = decodeNotification(line);
    if (decoded.kind !== "notification") return [];
    return samples(decoded.notification).samples.map((sample) => {
      const made = make(sample);
      return "json" in made ? JSON.parse(made.json) as unknown : made.why;
    });
  });
}

describe("ceilosca.json", () => {
  cases.forEach((one, n) => {
    test(one.id, () => {
      const ours = metricsOf(one, linesOf(n));
      expect(differenceOf(one.expect.metrics, ours, sameJson)).toBeUndefined();
    });
  });
});

describe("a metric", () => {
  const place = { controlPlane: "", cluster: "c", cloudName: "None" };
  const make = (yaml: string, metadata: Record<string, Value>): MadeMetric =>
    metricMaker(mappingOf(yaml), place)(makeSample({ resource_metadata: metadata }));
  const common = (entry: string): string => `dimensions: []\nmetadata: {common: [${entry}]}`;

  test.each([
    ["{x: a}", { a: [1] }],
    ["{x: a}", { a: null }],
    ["{x: a}", { a: 1.5 }],
    ["{x: a}", { a: new PyFloat(2) }],
    ["{x: a}", { a: { b: 1 } }],
  ])("cannot be made of %s where a path finds %j", (entry, metadata) => {
    expect(make(common(entry), metadata)).toEqual({
      why: expect.stringContaining("the metadata at 'a' (for 'x') is "),
    });
  });

  test("says all that a plain name finds, whatever it is", () => {
    const made = make(common("a, b.c, b.d, '__proto__'"), { a: [1], b: { c: { d: 1.5 } } });
    const json = "json" in made ? made.json : made.why;
    expect(json).toEndWith(
      '"dimensions": {"datasource": "ceilometer", "control_plane": "None", "cluster": "c", ' +
        '"cloud_name": "None"}, "value_meta": {"a": [1], "b.c": {"d": 1.5}, "b.d": "None", ' +
        '"__proto__": "None"}}',
    );
  });

  test.each([null, "not a time", 12, "2024-02-30T00:00:00"])(
    "cannot be made with the time %j",
    (timestamp) => {
      const made = metricMaker(mappingOf(defaultMapping), place)(makeSample({ timestamp }));
      expect(made).toEqual({ why: expect.stringContaining("its timestamp is") });
    },
  );

  test("of a volume that Python holds for false is 0; text stays text", () => {
    const maker = metricMaker(mappingOf(defaultMapping), place);
    const values = [0, false, "", null, new PyFloat(-0), "5", 2].map((volume) => {
      const made = maker(makeSample({ volume }));
      return "json" in made ? /"value": (.*?), "dim/.exec(made.json)?.[1] : made.why;
    });
    expect(values).toEqual(["0", "0", "0", "0", "0", '"5"', "2"]);
  });
});

describe("field definitions", () => {
  test.each([
    ["", 1, "'metadata'"],
    ["metadata: {common: []}", 1, "'dimensions'"],
    ["dimensions: [a]\nmetadata: {cpu: []}", 2, "'common'"],
    ["dimensions: x\nmetadata: {common: []}", 1, "expected a list"],
    ["dimensions: [a, 5]\nmetadata: {common: []}", 1, "a dimension"],
    ["dimensions: []\nmetadata:\n  common:\n  - {a: b, c: d}", 4, "it has 2 members"],
    ["dimensions: []\nmetadata:\n  common:\n  - a: 'b['", 4, "expected a JSONPath"],
    ["dimensions: []\nmetadata:\n  common: []\n  cpu: 7", 4, "'cpu'"],
    ["dimensions: [\n", 2, ""],
  ])("%j: a mistake in line %i", (yaml, line, words) => {
    const { mapping, problems } = readFieldMapping(yaml, "map.yaml");
    expect(mapping).toBeUndefined();
    expect(problems[0]?.place).toMatchObject({ file: "map.yaml", line });
    expect(problems[0]?.message).toContain(words);
  });
});
