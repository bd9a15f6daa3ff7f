/**
 * Edge (processes, files). `tpctl replay` as a process: what it sends from files to SQLite, how a killed
 * run goes on, what it says of what is broken, dry runs, what --verify finds.
 */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { sampleJson, sampleLiteral } from "../core/pipeline/messages.ts";
import { eventually, startProgram } from "../testing/program.ts";
import { numberedMetric, numberedMetrics, ReplayWorld, upTo } from "../testing/replay_world.ts";
import { makeSample } from "../testing/samples.ts";

const testMs = 60_000;
let world: ReplayWorld;

beforeAll(async () => {
  world = await ReplayWorld.make();
});
afterAll(() => world.remove());

describe("into SQLite", () => {
  test("a rotated set of plain, gzip and zstd files, in its order, twice the same", async () => {
    world.write("set.log.2.gz", gzipSync(numberedMetrics(0, 1000)));
    world.write("set.log.1.zst", zstdCompressSync(numberedMetrics(1000, 2000)));
    world.write("set.log", numberedMetrics(2000, 3000));
    const args = ["set.log*", "--to", "sqlite:set.db", "--report", "set.json"];
    const { code, stdout, stderr } = await world.run(...args);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toContain("3000 received = 3000 written");
    expect(world.valuesIn("set.db")).toEqual(upTo(3000));
    expect(world.json("set.json")).toMatchObject({
      ...{ complete: true, received: 3000, written: 3000, lines: 3000, idempotent: true },
    });
    expect((await world.run(...args)).code).toBe(0);
    expect(world.valuesIn("set.db").length).toBe(3000);
  }, testMs);

  test("killed with SIGKILL, it goes on behind what the store has, without a gap", async () => {
    const count = 20_000;
    world.write("killed.ndjson.gz", gzipSync(numberedMetrics(0, count)));
    const args = ["killed.ndjson.gz", "--to", "sqlite:killed.db", "--checkpoint", "killed.json"];
    for (const lines of [2000, 6000]) {
      await using first = world.start([...args, "--resume", "--rate", "8000/s"]);
      await eventually(() => world.nextLine("killed.json") > lines ? true : undefined);
      first.kill("SIGKILL");
      await first.exited;
    }
    const done = world.nextLine("killed.json") - 1;
    expect(world.valuesIn("killed.db").slice(0, done)).toEqual(upTo(done));
    expect(done).toBeLessThan(count);
    const { code } = await world.run(...args, "--resume", "--report", "killed-report.json");
    expect(code).toBe(0);
    expect(world.json("killed-report.json")).toMatchObject({
      received: count - done,
      resumed: true,
    });
    expect(world.valuesIn("killed.db")).toEqual(upTo(count));
    const again = await world.run(...args, "--resume", "--report", "killed-report.json");
    expect([again.code, world.json("killed-report.json").received]).toEqual([0, 0]);
  }, testMs);

  test("SIGINT ends it with the checkpoint saved and the account printed", async () => {
    world.write("int.ndjson", numberedMetrics(0, 20_000));
    const args = ["int.ndjson", "--to", "sqlite:int.db", "--checkpoint", "int.json"];
    await using program = world.start([...args, "--rate", "4000/s"]);
    await eventually(() => existsSync(world.at("int.json")) ? true : undefined);
    program.kill("SIGINT");
    expect(await program.exited).toBe(3);
    expect(program.stderr()).toContain("--resume goes on from the checkpoint int.json");
    const written = Number(/= (\d+) written/.exec(program.stderr())?.[1]);
    expect(world.valuesIn("int.db")).toEqual(upTo(written));
    expect((await world.run(...args, "--resume")).code).toBe(0);
    expect(world.valuesIn("int.db")).toEqual(upTo(20_000));
  }, testMs);

  test("what is broken is said by file and line, kept, and the rest is sent", async () => {
    const lines = [
      `\u{feff}${numberedMetric(0)}\r`,
      "hello",
      sampleLiteral(makeSample()),
      numberedMetric(1).slice(0, 40),
    ];
    world.write(
      "bad.log",
      Buffer.concat([
        Buffer.from(`${lines.slice(0, 3).join("\n")}\n`),
        Uint8Array.of(0xff, 0xfe, 10),
        Buffer.from(lines[3] ?? ""),
      ]),
    );
    const { code, stderr } = await world.run("bad.log", "--to", "sqlite:bad.db");
    expect(code).toBe(0);
    expect(stderr).toContain("'bad.log' begins with a byte order mark");
    expect(stderr).toContain("CRLF");
    expect(stderr).toContain("bad.log:2: Cannot read line 'hello'");
    expect(stderr).toContain("bad.log:4: Cannot read line: it is not UTF-8");
    expect(stderr).toContain("bad.log:5: the file ends in the middle of this line");
    expect(stderr).toContain("5 received = 2 written + 0 expired + 3 dead-lettered");
    const letters = world.at("tpctl-state/dead-letters");
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
    const back = await world.run(letters, "--to", "sqlite:bad.db", "--report", "back.json");
    expect(world.json("back.json")).toMatchObject({ received: 3, dead_lettered: 3 });
    expect(back.stderr).toContain("ndjson:1: Cannot read line 'hello'");
    const other = await world.run(letters, "--to", "sqlite:other.db", "--report", "other.json");
    expect(other.code).toBe(0);
    expect(world.json("other.json")).toMatchObject({
      received: 0,
      letters_of_others: { "sqlite:bad.db": 6 },
    });
  }, testMs);

  test("a file that was cut off in its compression: what is there is sent, exit 3", async () => {
    const whole = gzipSync(numberedMetrics(0, 20_000), { level: 1 });
    world.write("cut.gz", whole.subarray(0, whole.length - 1000));
    world.write("whole.log", numberedMetrics(20_000, 20_100));
    const { code, stderr } = await world.run("cut.gz", "whole.log", "--to", "sqlite:cut.db");
    expect(code).toBe(3);
    expect(stderr).toContain("Cannot read 'cut.gz' to its end: unexpected end of file");
    const values = world.valuesIn("cut.db");
    expect(values.slice(-100)).toEqual(upTo(20_100).slice(-100));
    expect(values.length).toBeGreaterThan(10_000);
  }, testMs);

  test("a reader of stdout that goes away ends it quietly, with 0", async () => {
    world.write("read.ndjson", numberedMetrics(0, 20_000));
    const tpctl = `${process.execPath} ${join(import.meta.dir, "tpctl.ts")}`;
    const command = `{ ${tpctl} replay read.ndjson --to line:-; echo "exit $?" >&2; } | head -n 1`;
    await using shell = startProgram(["-c", command], { cwd: world.at(""), argv: ["/bin/sh"] });
    expect(await shell.exited).toBe(0);
    expect(shell.stdout().split("\n")).toHaveLength(2);
    const lines = shell.stderr().trimEnd().split("\n");
    // Nothing was given up after the bound of an ordered end, and nothing is said.
    expect(lines).toEqual([expect.stringContaining("Sending 1 input to line:-"), "exit 0"]);
  }, testMs);

  test("from stdin, filtered, limited and moved", async () => {
    await using program = world.start(
      [
        ...["-", "--to", "sqlite:in.db", "--meter", "c*", "--limit", "3"],
        ...["--since", "2026-01-02T03:04:07Z", "--shift", "1h"],
      ],
      true,
    );
    program.write(numberedMetrics(0, 5) + `${numberedMetric(5, "mem")}\n` + numberedMetrics(6, 10));
    program.endInput();
    expect(await program.exited).toBe(0);
    expect(world.valuesIn("in.db")).toEqual([2, 3, 4]);
    const database = new Database(world.at("in.db"), { readonly: true });
    const [first] = database.query<{ time: number }, []>("SELECT min(time) AS time FROM points")
      .all();
    expect(Math.round((first?.time ?? 0) / 1e9)).toBe(1767323047 + 3600);
    database.close();
  }, testMs);

  test("what is wanted by number is enough, also while stdin goes on", async () => {
    await using program = world.start(["-", "--to", "sqlite:live.db", "--limit", "3"], true);
    program.write(numberedMetrics(0, 5));
    expect(await program.exited).toBe(0);
    expect(world.valuesIn("live.db")).toEqual([0, 1, 2]);
  }, testMs);

  test("--now moves the newest to the present", async () => {
    world.write("now.log", numberedMetrics(0, 3));
    expect((await world.run("now.log", "--to", "line:now.out", "--now")).code).toBe(0);
    const times = readFileSync(world.at("now.out"), "utf8").trim().split("\n")
      .map((line) => Number(line.split(" ").at(-1)) / 1e6);
    expect((times[2] ?? 0) - (times[0] ?? 0)).toBe(2000);
    expect(Math.abs(Date.now() - (times[2] ?? 0))).toBeLessThan(testMs);
  }, testMs);
});

describe("--verify", () => {
  test("finds what is missing and what is another, and exits with 1", async () => {
    world.write("verify.log", `${numberedMetrics(0, 3000)}${sampleJson(makeSample())}\n`);
    const args = ["verify.log", "--to", "sqlite:verify.db", "--verify"];
    const good = await world.run(...args);
    expect(good.stderr).toContain("Verified: 6,001 values of 2 series are in the store");
    expect(good.code).toBe(0);
    const database = new Database(world.at("verify.db"));
    database.run("UPDATE points SET value = 7777 WHERE value = 5");
    database.run("DELETE FROM points WHERE value = 6");
    database.run("UPDATE points SET time = time + 1 WHERE value = 7");
    database.close();
    const { code, stdout } = await world.run(...args, "--dry-run", "--report", "verify.json");
    expect(code).toBe(1);
    expect(stdout).toContain("4 are missing and 1 are others, in 1 series");
    expect(stdout).toContain(
      "cpu,_region=r,_tenant_id=t1 value at 2026-01-02T03:04:10.000Z: expected 5, found 7777",
    );
    expect(stdout).toContain("the store has 1 points more in between");
    expect(world.json("verify.json")).toMatchObject({
      verify: { missing: 4, different: 1, equal: false },
    });
    expect((await world.run(...args)).code).toBe(0);
  }, testMs);

  test("of a store that is not read back is refused before anything is sent", async () => {
    world.write("verify.log", numberedMetrics(0, 1));
    const { code, stderr } = await world.run("verify.log", "--to", "null:", "--verify");
    expect(stderr).toContain("Cannot use --verify with 'null:'");
    expect(code).toBe(2);
  }, testMs);
});

describe("--dry-run", () => {
  test(
    "counts per meter, tenant and day, says what would be rejected, and sends nothing",
    async () => {
      world.write("dry.log", `${numberedMetrics(0, 90_000)}hello\n${sampleJson(makeSample())}\n`);
      const args = ["dry.log", "--dry-run", "--report", "dry.json"];
      const { code, stdout } = await world.run(...args, "--to", "influxdb://127.0.0.1:1/mon");
      expect(code).toBe(0);
      expect(stdout).toContain("Would be sent to influxdb://127.0.0.1:1/mon; sending twice leaves");
      expect(stdout).toMatch(/lines +90,002/);
      expect(stdout).toMatch(/cpu +90,000/);
      expect(stdout).toMatch(/2026-01-03 +\d/);
      expect(stdout).toContain("dry.log:90001: Cannot read line 'hello'");
      expect(world.json("dry.json")).toMatchObject({
        ...{ dry_run: true, data: 90_001, rejected: 1, meters: { cpu: 90_000, vcpus: 1 } },
      });
      const line = await world.run(...args, "--to", "line:-");
      expect(line.stdout).toContain("this target repeats what it is sent twice");
    },
    testMs,
  );
});
