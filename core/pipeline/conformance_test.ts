/**
 * Edge (files). The recorded cases of filters.json and pipelines.json: which files are refused, and
 * which names reach which publishers in which order, at the level of functions.
 */
import { describe, expect, test } from "bun:test";
import { describeConfigError } from "../errors.ts";
import { isDict, type Value } from "../notifications/value.ts";
import { loadYaml } from "../yaml/load.ts";
import type { Event } from "./event.ts";
import { DateTimeValue } from "./event.ts";
import type { Cargo, PipelineFile } from "./pipeline.ts";
import { readPipelineFile } from "./pipeline_file.ts";
import { routeEvent, routeSamples } from "./routing.ts";
import type { Sample } from "./sample.ts";

interface Case {
  readonly id: string;
  readonly note?: string;
  readonly conf?: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
  readonly input: readonly Value[];
  readonly expect: {
    readonly verdict?: Readonly<Record<string, string>>;
    readonly publishers_skipped?: readonly string[];
    readonly validate?: { readonly exit: number };
    readonly files?: Readonly<Record<string, readonly Value[]>>;
    readonly all_files?: Readonly<Record<string, readonly Value[]>>;
  };
}

const parts: Readonly<Record<Cargo, { readonly file: string; readonly verdict: string }>> = {
  samples: { file: "pipeline.yaml", verdict: "pipeline" },
  events: { file: "event_pipeline.yaml", verdict: "event_pipeline" },
};

function bodyOf(line: Value): Value {
  if (!isDict(line) || typeof line["oslo.message"] !== "string") return line;
  return JSON.parse(line["oslo.message"]);
}

/** Only what routing looks at. */
function sampleOf(line: Value): Sample {
  const sample = isDict(line) ? line : {};
  const none = { type: "gauge", unit: null, user_id: null, user_name: null, project_id: null };
  return {
    ...none,
    name: String(sample["counter_name"]),
    volume: sample["counter_volume"] ?? null,
    project_name: null,
    resource_id: null,
    timestamp: null,
    resource_metadata: {},
    source: null,
    id: "1",
    monotonic_time: null,
  };
}

function eventOf(type: string): Event {
  return {
    message_id: "1",
    event_type: type,
    generated: new DateTimeValue(0n),
    traits: [],
    raw: {},
  };
}

/** Names by the last part of the file publishers' paths. */
function published(file: PipelineFile, input: readonly Value[]): Map<string, string[]> {
  const out = new Map<string, string[]>();
  const put = (url: string, names: readonly string[]) => {
    const name = /^file:\/\/\{\{OUT\}\}\/([^?]*)/.exec(url)?.[1];
    if (name !== undefined) out.set(name, [...(out.get(name) ?? []), ...names]);
  };
  for (const line of input) {
    const body = bodyOf(line);
    if (!isDict(body)) continue;
    const payload = isDict(body["payload"]) ? body["payload"] : {};
    const samples = Array.isArray(payload["samples"]) ? payload["samples"].map(sampleOf) : [];
    const routed = file.carries === "samples"
      ? routeSamples(file.pipelines, samples).routed
      : routeEvent(file.pipelines, eventOf(String(body["event_type"])));
    for (const { publishers, items } of routed) {
      const names = items.map((item) => "name" in item ? item.name : item.event_type);
      for (const publisher of publishers) put(publisher.text, names);
    }
  }
  return out;
}

function expectedNames(records: readonly Value[]): string[] {
  return records.map((record) =>
    isDict(record) ? String(record["name"] ?? record["event_type"]) : ""
  );
}

for (const name of ["filters", "pipelines"]) {
  const { cases }: { readonly cases: readonly Case[] } = await Bun.file(
    `testdata/conformance/${name}.json`,
  ).json();
  describe(`${name}.json`, () => {
    for (const one of cases) test(`${one.id} ${one.note ?? ""}`, () => check(one));
  });
}

function check(one: Case): void {
  for (const carries of ["samples", "events"] as const) {
    const { file: fileName, verdict } = parts[carries];
    const text = one.files[fileName];
    if (text === undefined) continue;
    const loaded = loadYaml(text, fileName);
    const read = loaded.root && readPipelineFile(loaded.root, { carries, file: fileName });
    const problems = [...loaded.problems, ...read?.problems ?? []].map(describeConfigError);
    const refused = one.expect.verdict?.[verdict] !== undefined;
    expect([problems.length > 0, problems]).toEqual([refused, problems]);
    for (const problem of problems) {
      expect(problem).toMatch(/^\w+\.yaml:\d+:\d+: Cannot .*expected/s);
    }
    if (read?.file === undefined) continue;
    const out = published(read.file, one.input);
    const files = one.expect.files ?? one.expect.all_files ?? {};
    for (const [name, records] of Object.entries(files)) {
      expect([name, out.get(name) ?? []]).toEqual([name, expectedNames(records)]);
    }
    if (one.expect.all_files !== undefined) {
      expect([...out.keys()].filter((key) => !(key in files))).toEqual([]);
    }
  }
}
