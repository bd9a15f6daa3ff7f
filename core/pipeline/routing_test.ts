/**
 * Pure. What goes through which pipeline: order, repetition, and samples without a usable volume.
 */
import { expect, test } from "bun:test";
import { PyFloat, type Value } from "../notifications/value.ts";
import { loadYaml } from "../yaml/load.ts";
import type { Pipeline } from "./pipeline.ts";
import { readPipelineFile } from "./pipeline_file.ts";
import { routeSamples, volumeFault } from "./routing.ts";
import type { Sample } from "./sample.ts";

function pipelinesOf(text: string): readonly Pipeline[] {
  const { root } = loadYaml(text, "p.yaml");
  const read = root && readPipelineFile(root, { carries: "samples", file: "p.yaml" });
  return read?.file?.pipelines ?? [];
}

function sample(name: string, volume: Value): Sample {
  return {
    name,
    type: "gauge",
    unit: null,
    volume,
    user_id: null,
    user_name: null,
    project_id: null,
    project_name: null,
    resource_id: null,
    timestamp: null,
    resource_metadata: {},
    source: null,
    id: name,
    monotonic_time: null,
  };
}

const pipelines = pipelinesOf(`
sources:
- {name: all, meters: ['*'], sinks: [k, twice]}
- {name: cpu, meters: [cpu*], sinks: [k]}
sinks:
- {name: twice, publishers: ['udp://a', 'udp://a']}
- {name: k, publishers: [gnocchi]}
`);

test("each pipeline is given what it takes, in the file's order and the samples'", () => {
  const { routed, leftOut } = routeSamples(pipelines, [sample("cpu", 1), sample("disk", 2)]);
  expect(leftOut).toEqual([]);
  expect(
    routed.map(({ pipeline, publishers, items }) => [
      pipeline.name,
      publishers.map((publisher) => publisher.text),
      items.map((item) => item.name),
    ]),
  ).toEqual([
    ["all:k", ["gnocchi://"], ["cpu", "disk"]],
    ["all:twice", ["udp://a", "udp://a"], ["cpu", "disk"]],
    ["cpu:k", ["gnocchi://"], ["cpu"]],
  ]);
});

test("what has no number is left out, once per pipeline that takes it", () => {
  const { routed, leftOut } = routeSamples(pipelines, [sample("cpu", null), sample("disk", "x")]);
  expect(routed).toEqual([]);
  expect(leftOut.map(({ pipeline, sample, why }) => [pipeline.name, sample.name, why])).toEqual([
    ["all:k", "cpu", "no volume"],
    ["all:k", "disk", "volume is not a number"],
    ["all:twice", "cpu", "no volume"],
    ["all:twice", "disk", "volume is not a number"],
    ["cpu:k", "cpu", "no volume"],
  ]);
});

test("a volume is what Python's float() takes", () => {
  for (const good of [0, 1.5, -1, true, 10n ** 30n, new PyFloat(NaN), "1.5", " 7 ", "1_0", "nan"]) {
    expect(volumeFault(good)).toBeUndefined();
  }
  for (const bad of ["", "0x10", "1,5", [], {}, [1]]) {
    expect(volumeFault(bad)).toBe("volume is not a number");
  }
});
