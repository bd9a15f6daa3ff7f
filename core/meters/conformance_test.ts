/**
 * Edge (files). The recorded cases of jsonpath.json, meters.json and endpoints.json, at the level of
 * functions: which definitions are refused, and which samples notifications make.
 */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { differenceOf, sameJson } from "../../testing/conformance/compare.ts";
import { loadValue } from "../notifications/load_value.ts";
import { decodeNotification } from "../notifications/oslo.ts";
import { type Dict, isDict, type Value } from "../notifications/value.ts";
import { dumpValue } from "../notifications/value_text.ts";
import type { Sample } from "../pipeline/sample.ts";
import { sampleDefaults, type SampleOptions } from "./make_sample.ts";
import { type MeterProblem, readMeterFiles } from "./meter_files.ts";
import { createSampleMaker } from "./sample_maker.ts";

interface Case {
  readonly id: string;
  readonly note?: string;
  readonly conf?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly unordered?: boolean;
  readonly subset?: boolean;
  readonly expect: {
    readonly verdict?: { readonly meters?: string };
    readonly requeued?: readonly number[];
    readonly files?: { readonly samples?: readonly Record<string, unknown>[] };
  };
}

interface ReadCase {
  readonly plain: Case;
  /** The messages as they were recorded, 6.0 a float. */
  readonly lines: readonly string[];
}

function readCases(name: string): readonly ReadCase[] {
  const text = readFileSync(`testdata/conformance/${name}.json`, "utf8");
  const plain = (JSON.parse(text) as { readonly cases: readonly Case[] }).cases;
  const exact = loadValue(text);
  const inputs = isDict(exact) && Array.isArray(exact["cases"]) ? exact["cases"] : [];
  return plain.map((one, i) => ({ plain: one, lines: linesOf(inputs[i] ?? null) }));
}

function linesOf(one: Value): readonly string[] {
  const input = isDict(one) ? one["input"] : undefined;
  if (Array.isArray(input)) return input.map((item) => dumpValue(item));
  const text = isDict(one) ? one["input_text"] : undefined;
  return typeof text === "string" ? text.split("\n").filter((line) => line !== "") : [];
}

function optionsOf(conf: Readonly<Record<string, string>>): SampleOptions {
  const list = (name: string, fallback: readonly string[]): readonly string[] => {
    const text = conf[`DEFAULT.${name}`];
    return text === undefined ? fallback : text === "" ? [] : text.split(",");
  };
  return {
    sample_source: conf["DEFAULT.sample_source"] ?? sampleDefaults.sample_source,
    reserved_metadata_namespace: list(
      "reserved_metadata_namespace",
      sampleDefaults.reserved_metadata_namespace,
    ),
    reserved_metadata_length: Number(
      conf["DEFAULT.reserved_metadata_length"] ?? sampleDefaults.reserved_metadata_length,
    ),
    reserved_metadata_keys: list("reserved_metadata_keys", sampleDefaults.reserved_metadata_keys),
  };
}

interface Outcome {
  readonly problems: readonly MeterProblem[];
  readonly samples: readonly Sample[];
  /** Numbers of the lines that can be made nothing of, or not all. */
  readonly refused: readonly number[];
}

function run({ plain, lines }: ReadCase): Outcome {
  const names = Object.keys(plain.files ?? {}).filter((name) => /^meters\.d\/.*\.yaml$/.test(name));
  const files = names.sort().map((name) => ({ name, text: plain.files?.[name] ?? "" }));
  const { definitions, problems } = readMeterFiles(files);
  let count = 0;
  const newId = (): string => `id-${++count}`;
  const make = createSampleMaker({ definitions, options: optionsOf(plain.conf ?? {}), newId });
  const samples: Sample[] = [];
  const refused: number[] = [];
  lines.forEach((line, i) => {
    const decoded = decodeNotification(line);
    if (decoded.kind === "refused") refused.push(i);
    if (decoded.kind !== "notification") return;
    const made = make(decoded.notification);
    if (made.refusal !== undefined) refused.push(i);
    samples.push(...made.samples);
  });
  return { problems, samples, refused };
}

function check(one: ReadCase): void {
  const { problems, samples, refused } = run(one);
  const { expect: expected } = one.plain;
  const verdict = expected.verdict?.meters;
  const kinds = new Set(problems.map(({ kind }) => kind));
  expect(kinds.has("disabled")).toBe(verdict?.startsWith("error") ?? false);
  expect(kinds.has("skipped") || kinds.has("disabled")).toBe(verdict !== undefined);
  for (const { error } of problems) expect(error.place?.line).toBeGreaterThan(0);
  for (const line of expected.requeued ?? []) expect(refused).toContain(line);
  const ours = samples.map(plainSample);
  const theirs = expected.files?.samples ?? [];
  const [a, b] = one.plain.unordered === true ? sameOrder(theirs, ours) : [theirs, ours];
  expect(differenceOf(a, b, (x, y) => one.plain.subset ? sameSubset(x, y) : sameJson(x, y)))
    .toBeUndefined();
}

function plainSample(sample: Sample): Record<string, unknown> {
  return JSON.parse(dumpValue({ ...sample } as unknown as Dict)) as Record<string, unknown>;
}

function sameSubset(expected: Record<string, unknown>, ours: Record<string, unknown>): boolean {
  return Object.keys(expected).every((key) => sameJson(expected[key], ours[key]));
}

/** Each expected record beside the first of ours that means the same; what is left, at the end. */
function sameOrder(
  theirs: readonly Record<string, unknown>[],
  ours: readonly Record<string, unknown>[],
): readonly [readonly Record<string, unknown>[], readonly Record<string, unknown>[]] {
  const left = [...ours];
  const beside = theirs.map((record) => {
    const at = left.findIndex((own) => sameSubset(record, own));
    return at < 0 ? {} : left.splice(at, 1)[0] ?? {};
  });
  return [theirs, [...beside, ...left]];
}

for (const name of ["jsonpath", "meters", "endpoints"]) {
  describe(`${name}.json`, () => {
    for (const one of readCases(name)) {
      test(`${one.plain.id} ${one.plain.note ?? ""}`.slice(0, 100), () => check(one));
    }
  });
}
