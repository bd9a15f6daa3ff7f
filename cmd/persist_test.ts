/**
 * Edge (processes, files, net). `tpctl persist` as a process: what it stores from files, how it ends
 * and with which exit code, what it says of wrong configurations, signals.
 */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { sampleValue } from "../testing/exposition.ts";
import { envelope } from "../testing/bench/envelopes.ts";
import { eventually, type Program, startProgram } from "../testing/program.ts";
import { freePort, type TempFolder, tempFolder } from "../testing/servers/server.ts";

const testMs = 60_000;
const count = 2_000;
let folder: TempFolder;
let closedPort: number;

beforeAll(async () => {
  folder = await tempFolder("persist");
  closedPort = await freePort();
  const lines = Array.from({ length: count }, (_, i) => `${envelope(i)}\n`);
  await Bun.write(join(folder.path, "metrics.ndjson"), `${lines.join("")}not a message\n`);
  await Bun.write(join(folder.path, "quiet.conf"), "[tpctl]\nlisten =\n");
});
afterAll(() => folder.remove());

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function persist(...args: readonly string[]): Program {
  return startProgram(["persist", ...args], { cwd: folder.path });
}

async function ended(...args: readonly string[]): Promise<Ended> {
  await using program = persist(...args);
  const code = await program.exited;
  return { code, stdout: program.stdout(), stderr: program.stderr() };
}

async function configFile(name: string, text: string): Promise<string> {
  await Bun.write(join(folder.path, name), text);
  return name;
}

/** The closing account: the last line on stderr. */
function accountIn(stderr: string): Record<string, unknown> {
  return JSON.parse(stderr.trimEnd().split("\n").at(-1) ?? "");
}

const once = ["--config-file", "quiet.conf", "--from", "metrics.ndjson", "--kind", "metrics"];

describe("--once", () => {
  test("from a file into SQLite: all of it, the bad line in the dead letters, exit 0", async () => {
    const { code, stdout, stderr } = await ended(...once, "--to", "sqlite:metrics.db", "--once");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(accountIn(stderr)).toMatchObject({
      command: "persist",
      complete: true,
      received: count + 1,
      written: count,
      dead_lettered: 1,
      dead_lettered_by_class: { decode: 1 },
      dead_letters: "tpctl-state/dead-letters",
      in_flight: 0,
      topics: { file: { received: count + 1, written: count } },
    });
    using database = new Database(join(folder.path, "metrics.db"), { readonly: true });
    expect(database.query("SELECT count(*) AS n FROM points").get()).toEqual({ n: count });
    const letters = join(folder.path, "tpctl-state/dead-letters");
    const [file = ""] = readdirSync(letters);
    const letter = JSON.parse(await Bun.file(join(letters, file)).text());
    expect(letter).toMatchObject({
      source: { file: "metrics.ndjson", line: count + 1 },
      class: "decode",
      payload: "not a message",
    });
  }, testMs);

  test("nothing to write and a store that is away: exit 0, and it never was ready", async () => {
    await Bun.write(join(folder.path, "bad.ndjson"), "not a message\n");
    const { code, stderr } = await ended(
      ...["--config-file", "quiet.conf", "--from", "bad.ndjson", "--kind", "metrics"],
      ...["--to", `influxdb://127.0.0.1:${closedPort}/mon`, "--once"],
    );
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/ Ready$/m);
  }, testMs);

  test("nothing but dead letters: exit 0, with a warning that says where they are", async () => {
    const from = ["--config-file", "quiet.conf", "--from", "metrics.ndjson", "--kind", "alarms"];
    const { code, stderr } = await ended(...from, "--to", "null:", "--once");
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /WARNING .*Nothing was stored: all 2001 records are dead letters in tpctl-state\/dead-letters/,
    );
    expect(stderr).toMatch(
      /Dead letters are kept in a file path=tpctl-state\/dead-letters\/persist-/,
    );
  }, testMs);

  test("from stdin to stdout: lines only there, in order", async () => {
    await using program = startProgram(
      ["persist", "--config-file", "quiet.conf", "--from", "-", "--kind", "metrics", "--to"]
        .concat("line:-", "--once"),
      { cwd: folder.path, input: true },
    );
    for (let i = 0; i < 10; i++) program.write(`${envelope(i)}\n`);
    program.endInput();
    expect(await program.exited).toBe(0);
    const lines = program.stdout().trimEnd().split("\n");
    expect(lines.map((line) => line.split(",")[0])).toEqual(
      Array.from({ length: 10 }, (_, i) => JSON.parse(envelope(i)).metric.name),
    );
  }, testMs);

  test("a reader of stdout that goes away ends it quietly, with 0", async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => i % 1000 === 9 ? "bad" : envelope(i));
    const many = lines.join("\n");
    await Bun.write(join(folder.path, "many.ndjson"), many);
    const tpctl = `${process.execPath} ${join(import.meta.dir, "tpctl.ts")} persist`;
    const options = "--config-file quiet.conf --from many.ndjson --kind metrics --to line:- --once";
    await using shell = startProgram(
      ["-c", `{ ${tpctl} ${options}; echo "exit $?" >&2; } | head -n 1`],
      { cwd: folder.path, argv: ["/bin/sh"], env: { OS_TPCTL__STATE_DIR: "gone-state" } },
    );
    expect(await shell.exited).toBe(0);
    expect(shell.stdout().split("\n")).toHaveLength(2);
    const [account = "", code] = shell.stderr().trimEnd().split("\n").slice(-2);
    expect(code).toBe("exit 0");
    expect(JSON.parse(account)).toMatchObject({ command: "persist", complete: false });
    expect(shell.stderr()).not.toMatch(/ERROR|cannot be written/);
    const letters = join(folder.path, "gone-state/dead-letters");
    for (const name of readdirSync(letters)) expect(Bun.file(join(letters, name)).size).not.toBe(0);
  }, testMs);

  test("told to stop before the end: exit 3 and complete: false", async () => {
    await using program = startProgram(
      ["persist", "--config-file", "quiet.conf", "--from", "-", "--kind", "metrics", "--to"]
        .concat("null:", "--once"),
      { cwd: folder.path, input: true },
    );
    program.write(`${envelope(0)}\n`);
    await program.said(/ Ready$/);
    program.kill("SIGTERM");
    expect(await program.exited).toBe(3);
    expect(accountIn(program.stderr())).toMatchObject({ complete: false });
  }, testMs);
});

describe("what cannot start ends with 2, says everything at once and leaves nothing", () => {
  const cases: readonly (readonly [name: string, args: string, said: readonly RegExp[]])[] = [
    ["--from without --kind", "--from a.ndjson --to null: --once", [/Cannot use --from without/]],
    ["a kind that a store cannot take", "--from a.ndjson --kind events --to line:- --once", [
      /Cannot use the store 'line:-': it cannot take events, expected one of .*documents/,
    ]],
    ["an unknown option", "--form a.ndjson", [/unknown option '--form'/]],
    ["an unknown kind", "--from a --kind traces", [/traces/]],
    ["an unknown scheme", "--from a --kind metrics --to influx://h/d", [/influxdb/]],
    ["an input that is not there", "--from none.ndjson --kind metrics --to null: --once", [
      /^tpctl: Cannot read 'none\.ndjson': it does not exist, expected a file/,
    ]],
    ["a database file that is not named as one", "--from a --kind metrics --to x.db", [
      /it has no scheme, expected sqlite:x\.db/,
    ]],
    ["a configuration file that is not there", "--config-file none.conf", [/none\.conf/]],
    ["a store's folder that is not there", "--from a --kind metrics --to sqlite:no/such/x.db", [
      /no\/such\/x\.db/,
    ]],
    ["no configuration at all", "--once", [
      /Cannot find a configuration file: there is no monasca\.conf, monasca-persister\.conf, persister\.conf in .*\/etc\/monasca, \/etc, expected one there or --config-file\n.*ip_address is not set/,
    ]],
    ["several wrong values", "--config-file wrong.conf", [
      /wrong\.conf:2:\d+: Cannot read \[kafka_metrics\] num_processors 'many'/,
      /wrong\.conf:4:\d+: Cannot read \[influxdb\] port '99999'/,
      /wrong\.conf:6:\d+: Cannot use \[repositories\] metrics_driver 'cassandra'/,
      /ip_address is not set/,
    ]],
  ];
  for (const [name, args, patterns] of cases) {
    test(name, async () => {
      await using own = await tempFolder("wrong");
      await Bun.write(join(own.path, "a"), "");
      const wrong = "[kafka_metrics]\nnum_processors = many\n[influxdb]\nport = 99999\n" +
        "[repositories]\nmetrics_driver = cassandra\n";
      await Bun.write(join(own.path, "wrong.conf"), wrong);
      await using program = startProgram(["persist", ...args.split(" ")], { cwd: own.path });
      expect(await program.exited).toBe(2);
      for (const pattern of patterns) expect(program.stderr()).toMatch(pattern);
      expect(program.stderr()).not.toMatch(/^\s+at /m);
      expect(program.stdout()).toBe("");
      expect(existsSync(join(own.path, "tpctl-state"))).toBe(false);
    }, testMs);
  }
});

describe("as a daemon", () => {
  /** A daemon whose Kafka and InfluxDB are both away. */
  function awayConfig(more: string): string {
    return `[kafka_metrics]\nuri = 127.0.0.1:${closedPort}\n[kafka_alarm_history]\n` +
      `enabled = false\n[influxdb]\nip_address = 127.0.0.1\nport = ${closedPort}\n` +
      `password = TopSecret\n[repositories]\nmetrics_driver = influxdb\n${more}`;
  }

  test("what is away at start is waited for, not ready; SIGTERM ends with 0", async () => {
    const port = await freePort();
    const listen = `[tpctl]\nlisten = 127.0.0.1:${port}\n`;
    await using program = persist(
      "--config-file",
      await configFile("away.conf", awayConfig(listen)),
    );
    await program.said(/Listening on/);
    const text = await eventually(async () => {
      const response = await fetch(`http://127.0.0.1:${port}/readyz`);
      const said = await response.text();
      return said.split("ECONNREFUSED").length > 2 ? `${response.status} ${said}` : undefined;
    });
    expect(text).toStartWith("503 not ready\n");
    expect(text).toMatch(/^metrics: .*Kafka/m);
    expect(text).toMatch(/^influxdb:\/\/127\.0\.0\.1:\d+\/mon: /m);
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    const exposition = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(sampleValue(exposition, "tpctl_build_info")).toBe(1);
    expect(sampleValue(exposition, "process_resident_memory_bytes")).toBeGreaterThan(1e7);
    for (const what of ["received", "written", "expired", "abandoned"]) {
      expect(exposition).toContain(`\ntpctl_records_${what}_total{topic="metrics"} 0\n`);
    }
    program.kill("SIGTERM");
    expect(await program.exited).toBe(0);
    expect(program.stderr()).toMatch(/Draining: SIGTERM \(a second one ends it at once\)/);
    expect(program.stderr()).toMatch(/WARNING tpctl\.kafka .*Cannot connect to Kafka/);
    expect(program.stderr()).toMatch(/WARNING tpctl\.influxdb .*The store cannot be written to/);
    expect(program.stderr()).not.toContain("TopSecret");
  }, testMs);

  test("fail_fast_seconds: a bus that stays away ends it with 3", async () => {
    const config = awayConfig("[tpctl]\nlisten =\nfail_fast_seconds = 1\n");
    const { code, stderr } = await ended("--config-file", await configFile("fast.conf", config));
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /tpctl: Cannot go on without 'kafka:\/\/127.0.0.1:\d+\/metrics': away for 1 s/,
    );
  }, testMs);

  test("a configured port that is taken ends it with 3", async () => {
    const taken = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("") });
    const address = `127.0.0.1:${taken.port}`;
    const config = awayConfig(`[tpctl]\nlisten = ${address}\n`);
    const { code, stderr } = await ended("--config-file", await configFile("taken.conf", config));
    await taken.stop(true);
    expect(code).toBe(3);
    expect(stderr).toContain(`Cannot listen on '${address}': the port is taken`);
  }, testMs);

  test(
    "signals: a report, a reload that changes the log, a bad one that changes nothing",
    async () => {
      const tpctl = "[tpctl]\nlisten =\n";
      const name = await configFile("signals.conf", awayConfig(tpctl));
      await using program = persist("--config-file", name);
      await program.said(/Cannot connect to Kafka/);
      program.kill("SIGUSR1");
      await program.said(/State report: not ready: metrics: /);
      await program.said(/State report .*kind=metrics .*store=influxdb:/);
      program.kill("SIGUSR2");
      await configFile(name, awayConfig(`${tpctl}drain_seconds = soon\n`));
      program.kill("SIGHUP");
      await program.said(/ERROR .*going on with the old: .*drain_seconds 'soon'/);
      await configFile(
        name,
        awayConfig(`${tpctl}state_dir = elsewhere\n[DEFAULT]\nlog_file = own.log\n`),
      );
      program.kill("SIGHUP");
      const log = join(folder.path, "own.log");
      await eventually(async () =>
        existsSync(log) && (await Bun.file(log).text()).includes("metrics: keep") ? true : undefined
      );
      expect(await Bun.file(log).text()).toContain("next start: [tpctl] state_dir");
      program.kill("SIGINT");
      expect(await program.exited).toBe(0);
      expect(await Bun.file(log).text()).toContain("Draining: SIGINT");
    },
    testMs,
  );

  test("debug = true tells of batches, and from the start", async () => {
    const { stderr } = await ended(...once, "--to", "null:", "--once", "--debug");
    expect(stderr).toMatch(/DEBUG tpctl.* Records read .*topic=file .*count=/);
    expect(stderr).toMatch(/DEBUG tpctl.* Batch answered .*store=null: .*items=\d+ /);
    const quiet = await ended(...once, "--to", "null:", "--once");
    expect(quiet.stderr).not.toContain("DEBUG");
  }, testMs);

  test("with a JSON log every line on stderr is JSON, the account too", async () => {
    const { code, stderr } = await ended(...once, "--to", "null:", "--use-json");
    expect(code).toBe(0);
    const lines = stderr.trimEnd().split("\n").map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ command: "persist", written: count, complete: true });
  }, testMs);
});
