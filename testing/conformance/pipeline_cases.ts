/**
 * Edge (processes, files). Runs one `pipeline` case through the executable as its README says, and says
 * in what it differs from the recorded behaviour: records in files, refused lines, exit code.
 */
import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runExecutable } from "../executable.ts";
import type { TracedBroker } from "../amqp_recorder.ts";
import { tempFolder } from "../servers/server.ts";
import { type Case, prepareFolder } from "./cases.ts";
import { differenceOf, sameJson } from "./compare.ts";
import { startWire } from "./wire.ts";

/** What every case has unless its own files or options say otherwise. */
export const defaultFiles: Readonly<Record<string, string>> = {
  "event_definitions.yaml": "[]\n",
  "pipeline.yaml": pipelineText("meters", "samples"),
  "event_pipeline.yaml": pipelineText("events", "events"),
  "meters.d/.keep": "",
};
const defaultConf: Readonly<Record<string, string>> = {
  "DEFAULT.host": "testhost",
  "DEFAULT.pipeline_cfg_file": "{{DIR}}/pipeline.yaml",
  "DEFAULT.event_pipeline_cfg_file": "{{DIR}}/event_pipeline.yaml",
  "meter.meter_definitions_dirs": "{{DIR}}/meters.d",
  "event.definitions_cfg_file": "{{DIR}}/event_definitions.yaml",
  "tpctl.listen": "",
};

function pipelineText(what: "meters" | "events", out: string): string {
  return `sources:\n  - {name: all, ${what}: ["*"], sinks: [out]}\n` +
    `sinks:\n  - {name: out, publishers: ["file://{{OUT}}/${out}?json"]}\n`;
}

/** Everything that differs, one sentence each; empty where the case passes. */
export async function runPipelineCase(
  each: Case,
  broker: () => Promise<TracedBroker>,
): Promise<readonly string[]> {
  await using folder = await tempFolder("case");
  await using wire = await startWire(JSON.stringify([each.files, each.conf]), broker);
  const files = Object.fromEntries(
    Object.entries({ ...defaultFiles, ...each.files }).map((
      [name, text],
    ) => [name, wire.fill(text)]),
  );
  await prepareFolder(folder.path, { ...each, files });
  const conf = wire.fill(confText({ ...defaultConf, ...each.conf })).replaceAll(
    "{{DIR}}",
    folder.path,
  )
    .replaceAll("{{OUT}}", join(folder.path, "out"));
  await writeFile(join(folder.path, "ceilometer.conf"), conf);
  const argv = ["pipeline", "--config-file", "ceilometer.conf", "--from", "input.ndjson", "--once"];
  const run = await runExecutable(argv, { cwd: folder.path });
  const { verdict = {}, requeued = [] } = each.expect;
  const mayFail = requeued.length > 0 ||
    Object.values(verdict).some((said) => said.startsWith("error"));
  const isOrderly = run.exitCode === 0 || mayFail && [1, 2, 3].includes(run.exitCode) &&
      !run.stderr.includes("defect of tpctl");
  const found = [
    ...fileDifferences(each, join(folder.path, "out")),
    ...await wire.differences(each.expect, each.signature === "any"),
    ...requeuedDifferences(requeued, folder.path),
    ...(isOrderly ? [] : [`exit code ${run.exitCode}`]),
  ];
  return found.length === 0 ? found : [...found, run.stderr];
}

function confText(conf: Readonly<Record<string, string | readonly string[]>>): string {
  const sections = new Map<string, string[]>();
  for (const [key, value] of Object.entries(conf)) {
    const dot = key.indexOf(".");
    const section = key.slice(0, dot);
    const lines = sections.get(section) ?? [];
    sections.set(section, lines);
    const values = typeof value === "string" ? [value] : value;
    lines.push(...values.map((one) => `${key.slice(dot + 1)} = ${one}`));
  }
  return [...sections].map(([name, lines]) => `[${name}]\n${lines.join("\n")}\n`).join("\n");
}

function fileDifferences({ expect, unordered, subset }: Case, out: string): string[] {
  const expected = { ...expect.files, ...expect.all_files };
  const others = expect.all_files === undefined
    ? []
    : [...new Bun.Glob("**").scanSync({ cwd: out, dot: true })];
  const names = new Set([...Object.keys(expected), ...others]);
  return [...names].flatMap((name) => {
    const wanted = expected[name] ?? [];
    const records = readRecords(join(out, name));
    const same = (a: unknown, b: unknown): boolean =>
      sameRecord(a, subset === true ? subsetOf(b, a) : b);
    const paired = unordered === true ? inOrderOf(wanted, records, same) : records;
    const difference = differenceOf(wanted, paired, same);
    return difference === undefined ? [] : [`file ${name}: ${difference}`];
  });
}

/** The JSON of each line; else its text. */
function readRecords(path: string): unknown[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8").split("\n").filter((line) => line !== "").map((line) => {
    try {
      return JSON.parse(line) as unknown;
    } catch {
      return line;
    }
  });
}

/** An event's traits are a set. */
function sameRecord(expected: unknown, actual: unknown): boolean {
  return sameJson(withSortedTraits(expected), withSortedTraits(actual));
}

function withSortedTraits(record: unknown): unknown {
  if (typeof record !== "object" || record === null || !("traits" in record)) return record;
  const { traits } = record;
  if (!Array.isArray(traits)) return record;
  const name = (trait: unknown): string =>
    typeof trait === "object" && trait !== null && "name" in trait ? String(trait.name) : "";
  const sorted = [...traits].sort((a, b) => name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0);
  return { ...record, traits: sorted };
}

/** The members of `record` that `expected` has. */
function subsetOf(record: unknown, expected: unknown): unknown {
  if (typeof record !== "object" || record === null) return record;
  const keys = new Set(Object.keys(expected ?? {}));
  return Object.fromEntries(Object.entries(record).filter(([key]) => keys.has(key)));
}

/** The records, each at the place of one that means the same; the rest behind. */
function inOrderOf(
  expected: readonly unknown[],
  records: readonly unknown[],
  same: (a: unknown, b: unknown) => boolean,
): unknown[] {
  const left = [...records];
  const paired = expected.flatMap((wanted) => {
    const at = left.findIndex((record) => same(wanted, record));
    return at < 0 ? [] : left.splice(at, 1);
  });
  return [...paired, ...left];
}

/** What the reference asks for again for ever stands in the dead letters. */
function requeuedDifferences(requeued: readonly number[], folder: string): string[] {
  const letters = join(folder, "tpctl-state", "dead-letters");
  const names = existsSync(letters) ? [...new Bun.Glob("*.ndjson").scanSync(letters)] : [];
  const lines = names
    .flatMap((name) => readFileSync(join(letters, name), "utf8").split("\n"))
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as { source: { line: number } }).source.line - 1);
  const missing = requeued.filter((line) => !lines.includes(line));
  return missing.length === 0 ? [] : [`lines ${missing.join(", ")} are in no dead letter`];
}
