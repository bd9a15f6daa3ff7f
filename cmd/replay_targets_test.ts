/**
 * Edge (processes, files). `tpctl replay` as a process: through a pipeline, out of a spool, and what it
 * says of wrong command lines.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../core/clock.ts";
import { openFileLocks } from "../core/files/file_lock.ts";
import { silentLog } from "../core/log/log.ts";
import { createMetrics } from "../core/observe/metrics.ts";
import { createPipelineAccount } from "../core/pipeline/pipeline_account.ts";
import { sampleJson } from "../core/pipeline/messages.ts";
import { openSpool } from "../core/pipeline/spool.ts";
import type { Spool } from "../core/pipeline/spool_contract.ts";
import { eventually } from "../testing/program.ts";
import { numberedMetrics, ReplayWorld, upTo } from "../testing/replay_world.ts";
import { makeSample } from "../testing/samples.ts";

const testMs = 60_000;
let world: ReplayWorld;

beforeAll(async () => {
  world = await ReplayWorld.make();
});
afterAll(() => world.remove());

test("with --limit too, what was taken and not sent is an exit code of 3", async () => {
  world.write("few.log", numberedMetrics(0, 10));
  using store = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => new Response("busy", { status: 503 }),
  });
  await using program = world.start([
    ...["few.log", "--to", `influxdb://127.0.0.1:${store.port}/mon`, "--limit", "3"],
    ...["--report", "few.json"],
  ]);
  await eventually(() => program.stderr().includes("503") ? true : undefined);
  program.kill("SIGINT");
  await eventually(() => program.stderr().includes("Ending: SIGINT") ? true : undefined);
  program.kill("SIGINT");
  expect(await program.exited).toBe(3);
  expect(world.json("few.json")).toMatchObject({ complete: false, written: 0 });
}, testMs);

describe("through a pipeline", () => {
  test(
    "notifications are made into samples, samples and events go straight to the sinks",
    async () => {
      world.write(
        "pipeline.yaml",
        `
sources: [{name: s, meters: ["*"], sinks: [f]}]
sinks: [{name: f, publishers: ["file://${world.at("out.log")}?json"]}]
`,
      );
      const captures = join(import.meta.dir, "../testdata/captures");
      const args = [
        join(captures, "ceilometer-publishers-fixed/file-repr.log"),
        join(captures, "ceilometer-agent/create-end/amqp-01.body"),
        ...["--pipeline", "pipeline.yaml"],
      ];
      const dry = await world.run(...args, "--dry-run");
      expect(dry.stdout).toMatch(/out\.log +10/);
      const { code, stderr } = await world.run(...args);
      expect(code).toBe(0);
      expect(stderr).toContain("6 received = 6 acknowledged");
      const out = readFileSync(world.at("out.log"), "utf8").trim().split("\n");
      expect(out.length).toBe(10);
      const json = readFileSync(
        join(captures, "ceilometer-publishers-fixed/file-json.log"),
        "utf8",
      );
      const without = (line: string): object => ({
        ...JSON.parse(line) as object,
        ...{ user_name: undefined, project_name: undefined },
      });
      expect(out.slice(0, 5).map(without)).toEqual(json.trim().split("\n").map(without));
    },
    testMs,
  );
});

describe("a publisher's dead letters", () => {
  test("go back to it alone, those of others stay, those of nobody go to all", async () => {
    const [one, two] = [world.at("one.log"), world.at("two.log")];
    world.write(
      "letters.yaml",
      `
sources: [{name: s, meters: ["*"], sinks: [f]}]
sinks: [{name: f, publishers: ["file://${one}?json", "file://${two}?json"]}]
`,
    );
    const letter = (destination: string, volume: number): string => {
      const sample = sampleJson(makeSample({ volume }));
      return JSON.stringify({
        ...{ time: "x", command: "pipeline", source: { file: "x", line: 1 }, class: "rejected" },
        ...{ reason: "no", destination, item: JSON.parse(sample) as object, payload: "{}" },
      });
    };
    const letters = [letter(`file://${one}`, 1), letter("http://gone:9000/", 2), letter("", 3)];
    world.write("letters.ndjson", letters.join("\n"));
    const args = ["letters.ndjson", "--pipeline", "letters.yaml", "--report", "letters.json"];
    expect((await world.run(...args)).code).toBe(0);
    const volumes = (path: string): number[] =>
      readFileSync(path, "utf8").trim().split("\n")
        .map((line) => (JSON.parse(line) as { volume: number }).volume);
    expect([volumes(one), volumes(two)]).toEqual([[1, 3], [3]]);
    expect(world.json("letters.json")).toMatchObject({
      letters_of_others: { "http://gone:9000/": 1 },
    });
  }, testMs);

  test("a run through a pipeline that was killed goes on", async () => {
    const samples = upTo(6000).map((volume) => `${sampleJson(makeSample({ volume }))}\n`);
    world.write("many.log", samples.join(""));
    world.write(
      "many.yaml",
      `
sources: [{name: s, meters: ["*"], sinks: [f]}]
sinks: [{name: f, publishers: ["file://${world.at("many.out")}?json"]}]
`,
    );
    const args = [
      ...["many.log", "--pipeline", "many.yaml", "--checkpoint", "many.json", "--resume"],
    ];
    await using program = world.start([...args, "--rate", "2000/s"]);
    await eventually(() => world.nextLine("many.json") > 500 ? true : undefined);
    program.kill("SIGKILL");
    await program.exited;
    expect((await world.run(...args, "--report", "many-report.json")).code).toBe(0);
    expect(world.json("many-report.json")).toMatchObject({ resumed: true, dead_lettered: 0 });
    expect(Number(world.json("many-report.json").received)).toBeLessThan(5500);
    const volumes = readFileSync(world.at("many.out"), "utf8").trim().split("\n")
      .map((line) => (JSON.parse(line) as { volume: number }).volume);
    expect([...new Set(volumes)].toSorted((a, b) => a - b)).toEqual(upTo(6000));
  }, testMs);
});

describe("--spool", () => {
  test("lists what a publisher left, drains it into a store, and leaves nothing", async () => {
    const path = world.at("tpctl-state/spool/http_gone-samples-1");
    const spool = await spoolWith(path, 2500);
    const busy = await world.run("--spool", path, "--to", "sqlite:spool.db");
    expect([busy.code, busy.stderr]).toEqual([
      2,
      expect.stringContaining("a running process owns it"),
    ]);
    await spool.close();
    const listed = await world.run("--spool", "tpctl-state/spool", "--dry-run");
    expect(listed.code).toBe(0);
    expect(listed.stdout).toContain("2500 samples or events of 2500 notifications");
    expect(listed.stdout).toContain("nobody drains it");
    const dry = await world.run(
      "--spool",
      "tpctl-state/spool",
      "--dry-run",
      "--to",
      "sqlite:spool.db",
    );
    expect(dry.stdout).toMatch(/vcpus +2,500/);
    const { code, stderr } = await world.run("--spool", path, "--to", "sqlite:spool.db");
    expect(stderr).toContain("2500 received = 2500 written");
    expect(code).toBe(0);
    expect(world.valuesIn("spool.db")).toEqual(upTo(2500));
    expect(existsSync(path)).toBe(false);
  }, testMs);

  test("killed while it drains, nothing of it is lost", async () => {
    const path = world.at("spool-killed");
    await (await spoolWith(path, 2000)).close();
    await using first = world.start([
      "--spool",
      path,
      "--to",
      "sqlite:spool-killed.db",
      "--rate",
      "1000/s",
    ]);
    await eventually(() => existsSync(world.at("spool-killed.db")) ? true : undefined);
    first.kill("SIGKILL");
    await first.exited;
    expect((await world.run("--spool", path, "--to", "sqlite:spool-killed.db")).code).toBe(0);
    expect(world.valuesIn("spool-killed.db")).toEqual(upTo(2000));
  }, testMs);

  test("what is no spool, or not to be picked from, is refused", async () => {
    const none = await world.run("--spool", "none", "--to", "null:");
    expect([none.code, none.stderr]).toEqual([
      2,
      expect.stringContaining("'none': it does not exist"),
    ]);
    const filtered = await world.run("--spool", ".", "--to", "null:", "--meter", "x");
    expect(filtered.stderr).toContain("Cannot use --spool with filters");
  }, testMs);
});

/** A spool of so many samples, sample i with volume i at second i. */
async function spoolWith(path: string, count: number): Promise<Spool> {
  const deps = {
    clock: systemClock,
    log: silentLog,
    registry: createMetrics(),
    locks: openFileLocks(),
  };
  const spool = await openSpool({ folder: path, bytesMax: 1e9, name: "gone" }, deps);
  const account = createPipelineAccount(createMetrics());
  const counts = account.items({ source: "s", sink: "k", publisher: "p" });
  await spool.append(
    upTo(count).map((i) => ({
      carries: "samples" as const,
      items: [
        makeSample({ volume: i, timestamp: new Date(1767323045000 + i * 1000).toISOString() }),
      ],
      origin: { source: { file: "x", line: i }, payload: Buffer.from("{}") },
      ...{ way: { source: "s", sink: "k" }, counts, onSettled: () => undefined },
    })),
  );
  return spool;
}

describe("a wrong command line", () => {
  const wrong: readonly (readonly [args: string, expected: string])[] = [
    ["", "Cannot replay nothing"],
    ["some.log", "Cannot replay without a target"],
    ["none.log --to null:", "Cannot read 'none.log': it does not exist"],
    ["some.log --to sqlite:", "it names no path"],
    ["some.log --to nul:", "expected 'null'"],
    ["some.log --to null: --pipeline p.yaml", "Cannot use --to with --pipeline"],
    ["some.log --pipeline none.yaml", "none.yaml"],
    ["some.log --to null: --since soon", "Cannot use --since 'soon'"],
    ["some.log --to null: --since now --until 1h\\ ago", "nothing is between them"],
    ["some.log --to null: --shift fast", "Cannot use --shift 'fast'"],
    ["some.log --to null: --shift 1h --now", "Cannot use --now with --shift"],
    ["some.log --to null: --rate 0", "Cannot use --rate '0'"],
    ["some.log --to null: --limit 0", "Cannot use --limit '0'"],
    ["some.log --to null: --parallel 100", "up to 64"],
    ["some.log --to null: --format xml", "Allowed choices are metric"],
    ["some.log --to null: --meters x", "Did you mean --meter?"],
    ["- --to null: --resume", "Cannot use --resume with stdin alone"],
    ["- --to null: --now", "Cannot use --now with stdin"],
    ["some.log/x --to null:", "Cannot read 'some.log/x': a part of its path is no folder"],
    [`${"long".repeat(99)} --to null:`, "its name is too long"],
    ["file://host/x --to null:", "it names a host"],
    ["file:///x%zz --to null:", "it is not percent-encoded"],
    ["file:///x%00 --to null:", "its name has a NUL character"],
    ["- --to sqlite:a.db --verify", "Cannot use --verify with stdin"],
    ["some.log --pipeline p.yaml --metadata", "Cannot use --metadata with --pipeline"],
    ["some.log --to null: --dry-run --resume", "Cannot use --dry-run with --resume"],
    ["--spool x --to null: --all-destinations", "Cannot use --spool with --all-destinations"],
    ["some.log --to sqlite:a.db --verify --limit 1 --resume", "Cannot use --verify and --limit"],
    [
      "some.log --to sqlite:a.db --verify --limit 1 --parallel 2",
      "Cannot use --verify and --limit",
    ],
    ["some.log --to null: --checkpoint .", "it is a folder"],
    ["some.log --to kafka://h/t?format=monasca", "Cannot use format 'monasca'"],
  ];
  for (const [args, expected] of wrong) {
    test(args || "(nothing)", async () => {
      world.write("some.log", numberedMetrics(0, 1));
      const { code, stderr } = await world.run(
        ...args.split(/(?<!\\) /).filter(Boolean).map((arg) => arg.replace("\\", "")),
      );
      expect(stderr).toContain(expected);
      expect(stderr).not.toContain("    at ");
      expect(code).toBe(2);
    }, testMs);
  }
});
