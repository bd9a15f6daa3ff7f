/**
 * Edge (processes, files). `tpctl replay` as a process: what it sends from files to SQLite and through a
 * pipeline, how a killed run goes on, what it says of what is broken, dry runs, wrong command lines.
 */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { sampleJson, sampleLiteral } from "../core/pipeline/messages.ts";
import { eventually, type Program, startProgram } from "../testing/program.ts";
import { makeSample } from "../testing/samples.ts";
import { type TempFolder, tempFolder } from "../testing/servers/server.ts";

const testMs = 60_000;
let folder: TempFolder;

beforeAll(async () => {
  folder = await tempFolder("replay");
});
afterAll(() => folder.remove());

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function replay(...args: readonly string[]): Program {
  return startProgram(["replay", ...args], { cwd: folder.path });
}

async function ended(...args: readonly string[]): Promise<Ended> {
  await using program = replay(...args);
  const code = await program.exited;
  return { code, stdout: program.stdout(), stderr: program.stderr() };
}

function write(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder.path, name), content);
  return name;
}

/** Metric i of a series: its value is i, its time i seconds behind the first. */
function metric(i: number, name = "cpu"): string {
  return JSON.stringify({
    metric: {
      name,
      dimensions: {},
      timestamp: 1767323045000 + i * 1000,
      value: i,
      value_meta: null,
    },
    meta: { tenantId: "t1", region: "r" },
    creation_time: 1767323046,
  });
}

function metrics(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, i) => `${metric(from + i)}\n`).join("");
}

/** The values of the file's points, in the order of their times. */
function valuesIn(name: string): number[] {
  const database = new Database(join(folder.path, name), { readonly: true });
  const rows = database.query<{ value: number }, []>("SELECT value FROM points ORDER BY time")
    .all();
  database.close();
  return rows.map(({ value }) => value);
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function report(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(folder.path, name), "utf8")) as Record<string, unknown>;
}

describe("into SQLite", () => {
  test("a rotated set of plain, gzip and zstd files, in its order, twice the same", async () => {
    write("set.log.2.gz", gzipSync(metrics(0, 1000)));
    write("set.log.1.zst", zstdCompressSync(metrics(1000, 2000)));
    write("set.log", metrics(2000, 3000));
    const args = ["set.log*", "--to", "sqlite:set.db", "--report", "set.json"];
    const { code, stdout, stderr } = await ended(...args);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toContain("3000 received = 3000 written");
    expect(valuesIn("set.db")).toEqual(upTo(3000));
    expect(report("set.json")).toMatchObject({
      ...{ complete: true, received: 3000, written: 3000, lines: 3000, idempotent: true },
    });
    expect((await ended(...args)).code).toBe(0);
    expect(valuesIn("set.db").length).toBe(3000);
  }, testMs);

  test("killed with SIGKILL, it goes on behind what the store has, without a gap", async () => {
    const count = 20_000;
    write("killed.ndjson.gz", gzipSync(metrics(0, count)));
    const args = ["killed.ndjson.gz", "--to", "sqlite:killed.db", "--checkpoint", "killed.json"];
    const nextLine = (): number => {
      const path = join(folder.path, "killed.json");
      if (!existsSync(path)) return 0;
      const { files } = report("killed.json") as { files: { next_line: number }[] };
      return files[0]?.next_line ?? 0;
    };
    for (const lines of [2000, 6000]) {
      await using first = replay(...args, "--resume", "--rate", "8000/s");
      await eventually(() => nextLine() > lines ? true : undefined);
      first.kill("SIGKILL");
      await first.exited;
    }
    const done = nextLine() - 1;
    expect(valuesIn("killed.db").slice(0, done)).toEqual(upTo(done));
    expect(done).toBeLessThan(count);
    const { code } = await ended(...args, "--resume", "--report", "killed-report.json");
    expect(code).toBe(0);
    expect(report("killed-report.json")).toMatchObject({ received: count - done, resumed: true });
    expect(valuesIn("killed.db")).toEqual(upTo(count));
    const again = await ended(...args, "--resume", "--report", "killed-report.json");
    expect([again.code, report("killed-report.json").received]).toEqual([0, 0]);
  }, testMs);

  test("SIGINT ends it with the checkpoint saved and the account printed", async () => {
    write("int.ndjson", metrics(0, 20_000));
    const args = ["int.ndjson", "--to", "sqlite:int.db", "--checkpoint", "int.json"];
    await using program = replay(...args, "--rate", "4000/s");
    await eventually(() => existsSync(join(folder.path, "int.json")) ? true : undefined);
    program.kill("SIGINT");
    expect(await program.exited).toBe(3);
    expect(program.stderr()).toContain("--resume goes on from the checkpoint int.json");
    const written = Number(/= (\d+) written/.exec(program.stderr())?.[1]);
    expect(valuesIn("int.db")).toEqual(upTo(written));
    expect((await ended(...args, "--resume")).code).toBe(0);
    expect(valuesIn("int.db")).toEqual(upTo(20_000));
  }, testMs);

  test("what is broken is said by file and line, kept, and the rest is sent", async () => {
    const lines = [
      `\u{feff}${metric(0)}\r`,
      "hello",
      sampleLiteral(makeSample()),
      metric(1).slice(0, 40),
    ];
    write(
      "bad.log",
      Buffer.concat([
        Buffer.from(`${lines.slice(0, 3).join("\n")}\n`),
        Uint8Array.of(0xff, 0xfe, 10),
        Buffer.from(lines[3] ?? ""),
      ]),
    );
    const { code, stderr } = await ended("bad.log", "--to", "sqlite:bad.db");
    expect(code).toBe(0);
    expect(stderr).toContain("'bad.log' begins with a byte order mark");
    expect(stderr).toContain("CRLF");
    expect(stderr).toContain("bad.log:2: Cannot read line 'hello'");
    expect(stderr).toContain("bad.log:4: Cannot read line: it is not UTF-8");
    expect(stderr).toContain("bad.log:5: the file ends in the middle of this line");
    expect(stderr).toContain("5 received = 2 written + 0 expired + 3 dead-lettered");
    const letters = join(folder.path, "tpctl-state/dead-letters");
    const kept = readdirSync(letters).flatMap((name) =>
      readFileSync(join(letters, name), "utf8").trim().split("\n")
    ).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(kept.map(({ source, payload, payload_base64 }) => ({ source, payload, payload_base64 })))
      .toEqual([
        { source: { file: "bad.log", line: 2 }, payload: "hello" },
        { source: { file: "bad.log", line: 4 }, payload_base64: "//4=" },
        { source: { file: "bad.log", line: 5 }, payload: lines[3] },
      ] as never);
    // Taken back in they are refused again, and kept as they were, not as letters of letters.
    const back = await ended(letters, "--to", "sqlite:bad.db", "--report", "back.json");
    expect(report("back.json")).toMatchObject({ received: 3, dead_lettered: 3 });
    expect(back.stderr).toContain("ndjson:1: Cannot read line 'hello'");
    const other = await ended(letters, "--to", "sqlite:other.db", "--report", "other.json");
    expect(other.code).toBe(0);
    expect(report("other.json")).toMatchObject({
      received: 0,
      letters_of_others: { "sqlite:bad.db": 6 },
    });
  }, testMs);

  test("a file that was cut off in its compression: what is there is sent, exit 3", async () => {
    const whole = gzipSync(metrics(0, 20_000), { level: 1 });
    write("cut.gz", whole.subarray(0, whole.length - 1000));
    write("whole.log", metrics(20_000, 20_100));
    const { code, stderr } = await ended("cut.gz", "whole.log", "--to", "sqlite:cut.db");
    expect(code).toBe(3);
    expect(stderr).toContain("Cannot read 'cut.gz' to its end: unexpected end of file");
    const values = valuesIn("cut.db");
    expect(values.slice(-100)).toEqual(upTo(20_100).slice(-100));
    expect(values.length).toBeGreaterThan(10_000);
  }, testMs);

  test("from stdin, filtered, limited and moved", async () => {
    await using program = startProgram(
      [
        ...["replay", "-", "--to", "sqlite:in.db", "--meter", "c*", "--limit", "3"],
        ...["--since", "2026-01-02T03:04:07Z", "--shift", "1h"],
      ],
      { cwd: folder.path, input: true },
    );
    program.write(metrics(0, 5) + `${metric(5, "mem")}\n` + metrics(6, 10));
    program.endInput();
    expect(await program.exited).toBe(0);
    expect(valuesIn("in.db")).toEqual([2, 3, 4]);
    const database = new Database(join(folder.path, "in.db"), { readonly: true });
    const [first] = database.query<{ time: number }, []>("SELECT min(time) AS time FROM points")
      .all();
    expect(Math.round((first?.time ?? 0) / 1e9)).toBe(1767323047 + 3600);
    database.close();
  }, testMs);

  test("--now moves the newest to the present", async () => {
    write("now.log", metrics(0, 3));
    expect((await ended("now.log", "--to", "line:now.out", "--now")).code).toBe(0);
    const times = readFileSync(join(folder.path, "now.out"), "utf8").trim().split("\n")
      .map((line) => Number(line.split(" ").at(-1)) / 1e6);
    expect((times[2] ?? 0) - (times[0] ?? 0)).toBe(2000);
    expect(Math.abs(Date.now() - (times[2] ?? 0))).toBeLessThan(testMs);
  }, testMs);
});

describe("--verify", () => {
  test("finds what is missing and what is another, and exits with 1", async () => {
    write("verify.log", `${metrics(0, 3000)}${sampleJson(makeSample())}\n`);
    const args = ["verify.log", "--to", "sqlite:verify.db", "--verify"];
    const good = await ended(...args);
    expect(good.stderr).toContain("Verified: 6,001 values of 2 series are in the store");
    expect(good.code).toBe(0);
    const database = new Database(join(folder.path, "verify.db"));
    database.run("UPDATE points SET value = 7777 WHERE value = 5");
    database.run("DELETE FROM points WHERE value = 6");
    database.run("UPDATE points SET time = time + 1 WHERE value = 7");
    database.close();
    const { code, stdout } = await ended(...args, "--dry-run", "--report", "verify.json");
    expect(code).toBe(1);
    expect(stdout).toContain("4 are missing and 1 are others, in 1 series");
    expect(stdout).toContain(
      "cpu,_region=r,_tenant_id=t1 value at 2026-01-02T03:04:10.000Z: expected 5, found 7777",
    );
    expect(stdout).toContain("the store has 1 points more in between");
    expect(report("verify.json")).toMatchObject({
      verify: { missing: 4, different: 1, equal: false },
    });
    expect((await ended(...args)).code).toBe(0);
  }, testMs);

  test("of a store that is not read back is refused before anything is sent", async () => {
    write("verify.log", metrics(0, 1));
    const { code, stderr } = await ended("verify.log", "--to", "null:", "--verify");
    expect(stderr).toContain("Cannot use --verify with 'null:'");
    expect(code).toBe(2);
  }, testMs);
});

describe("--dry-run", () => {
  test(
    "counts per meter, tenant and day, says what would be rejected, and sends nothing",
    async () => {
      write("dry.log", `${metrics(0, 90_000)}hello\n${sampleJson(makeSample())}\n`);
      const args = ["dry.log", "--dry-run", "--report", "dry.json"];
      const { code, stdout } = await ended(...args, "--to", "influxdb://127.0.0.1:1/mon");
      expect(code).toBe(0);
      expect(stdout).toContain("Would be sent to influxdb://127.0.0.1:1/mon; sending twice leaves");
      expect(stdout).toMatch(/lines +90,002/);
      expect(stdout).toMatch(/cpu +90,000/);
      expect(stdout).toMatch(/2026-01-03 +\d/);
      expect(stdout).toContain("dry.log:90001: Cannot read line 'hello'");
      expect(report("dry.json")).toMatchObject({
        ...{ dry_run: true, data: 90_001, rejected: 1, meters: { cpu: 90_000, vcpus: 1 } },
      });
      const line = await ended(...args, "--to", "line:-");
      expect(line.stdout).toContain("this target repeats what it is sent twice");
    },
    testMs,
  );
});

describe("through a pipeline", () => {
  test(
    "notifications are made into samples, samples and events go straight to the sinks",
    async () => {
      write(
        "pipeline.yaml",
        `
sources: [{name: s, meters: ["*"], sinks: [f]}]
sinks: [{name: f, publishers: ["file://${folder.path}/out.log?json"]}]
`,
      );
      const captures = join(import.meta.dir, "../testdata/captures");
      const args = [
        join(captures, "ceilometer-publishers-fixed/file-repr.log"),
        join(captures, "ceilometer-agent/create-end/amqp-01.body"),
        ...["--pipeline", "pipeline.yaml"],
      ];
      const dry = await ended(...args, "--dry-run");
      expect(dry.stdout).toMatch(/out\.log +10/);
      const { code, stderr } = await ended(...args);
      expect(code).toBe(0);
      expect(stderr).toContain("6 received = 6 acknowledged");
      const out = readFileSync(join(folder.path, "out.log"), "utf8").trim().split("\n");
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
    ["some.log --to null: --checkpoint .", "it is a folder"],
    ["some.log --to kafka://h/t?format=monasca", "Cannot use format 'monasca'"],
  ];
  for (const [args, expected] of wrong) {
    test(args || "(nothing)", async () => {
      write("some.log", metrics(0, 1));
      const { code, stderr } = await ended(
        ...args.split(/(?<!\\) /).filter(Boolean).map((arg) => arg.replace("\\", "")),
      );
      expect(stderr).toContain(expected);
      expect(stderr).not.toContain("    at ");
      expect(code).toBe(2);
    }, testMs);
  }
});
