/**
 * Edge (processes, files). Bad command lines, configurations, messages and disks, through the process:
 * each gets one clear message and the right exit code or dead letter. What brokers add to it is
 * bad_bus_test.ts.
 */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { envelope } from "../bench/envelopes.ts";
import { type TempFolder, tempFolder } from "../servers/server.ts";
import { mountSmallDisk, type SmallDisk, smallDiskMissing } from "../servers/small_disk.ts";
import {
  badMessages,
  expectDecent,
  linesAt,
  metricText,
  readLetters,
  runBad,
  secret,
  startBad,
} from "./bad_run.ts";

const testMs = 60_000;
const quiet = ["--config-file", "quiet.conf"];
const metrics = ["--from", "in.ndjson", "--kind", "metrics"];

let folder: TempFolder;
beforeEach(async () => {
  folder = await tempFolder("bad");
  await write("quiet.conf", "[tpctl]\nlisten =\n");
  await write("in.ndjson", `${metricText()}\n`);
});
afterEach(() => folder.remove());

function write(name: string, data: string | Uint8Array): Promise<number> {
  return Bun.write(join(folder.path, name), data);
}

/** What must be the whole of stderr beside information when nothing was started. */
async function expectRefused(args: readonly string[], ...said: readonly RegExp[]): Promise<void> {
  const { code, stdout, stderr } = await runBad(folder.path, args);
  const lines = stderr.trimEnd().split("\n").filter((line) => !line.includes(" INFO "));
  expect({ code, stdout, lines: lines.length }).toEqual({
    code: 2,
    stdout: "",
    lines: said.length,
  });
  for (const [i, pattern] of said.entries()) expect(lines[i]).toMatch(pattern);
  expect(await readdir(folder.path)).not.toContain("tpctl-state");
}

describe("the command line", () => {
  test("an unknown option, with what may have been meant", async () => {
    await expectRefused(
      [...quiet, "--form", "in.ndjson"],
      /unknown option '--form'/,
      /Did you mean --from\?/,
    );
  }, testMs);

  test("a kind that the store does not take", async () => {
    await expectRefused(
      [...quiet, "--from", "in.ndjson", "--kind", "metrics", "--to", "documents:-"],
      /Cannot use the store 'documents:-': it cannot take metrics, expected one of .*line/,
    );
  }, testMs);

  test("a file to read that is not there", async () => {
    await expectRefused(
      [...quiet, "--from", "none.ndjson", "--kind", "metrics", "--to", "null:", "--once"],
      /Cannot read 'none\.ndjson': it does not exist, expected/,
    );
  }, testMs);
});

describe("the configuration", () => {
  test("several wrong values are all said at once, each with its place", async () => {
    await write(
      "wrong.conf",
      `[kafka_metrics]
num_processors = many
uri = broker:port
[influxdb]
port = 99999
password = ${secret}1
ssl = perhaps
[repositories]
metrics_driver = cassandra
[kafka_security]
security_protocol = SASL_PLAIN
sasl_password = ${secret}2
[tpctl]
drain_seconds = -1
dead_letter_max_bytes = 1 GB
`,
    );
    const { code, stderr } = await runBad(folder.path, ["--config-file", "wrong.conf"]);
    expect(code).toBe(2);
    for (
      const said of [
        /wrong\.conf:2:\d+: Cannot read \[kafka_metrics\] num_processors 'many': .*expected/,
        /wrong\.conf:3:\d+: Cannot read \[kafka_metrics\] uri 'broker:port': .*expected/,
        /wrong\.conf:5:\d+: Cannot read \[influxdb\] port '99999': .*expected/,
        /wrong\.conf:7:\d+: Cannot read \[influxdb\] ssl 'perhaps': .*expected/,
        /wrong\.conf:9:\d+: Cannot use \[repositories\] metrics_driver 'cassandra'.*: /,
        /wrong\.conf:11:\d+: Cannot read \[kafka_security\] security_protocol 'SASL_PLAIN': .*expected/,
        /wrong\.conf:14:\d+: Cannot read \[tpctl\] drain_seconds '-1': .*expected/,
        /wrong\.conf:15:\d+: Cannot read \[tpctl\] dead_letter_max_bytes '1 GB': .*expected/,
      ]
    ) expect(stderr).toMatch(said);
  }, testMs);

  test("a state_dir that cannot be written", async () => {
    await write("taken", "a file");
    await write("state.conf", "[tpctl]\nlisten =\nstate_dir = taken/state\n");
    await expectRefused(
      ["--config-file", "state.conf", ...metrics, "--to", "null:", "--once"],
      /Cannot use folder 'taken\/state\/dead-letters' for dead letters: .*\[tpctl\] state_dir\)$/,
    );
  }, testMs);

  test("a configured port that is taken", async () => {
    const taken = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("") });
    try {
      await write("port.conf", `[tpctl]\nlisten = 127.0.0.1:${taken.port}\n`);
      const args = ["--config-file", "port.conf", ...metrics, "--to", "null:", "--once"];
      const { code, stderr } = await runBad(folder.path, args);
      expect(code).toBe(3);
      expect(stderr).toContain(
        `Cannot listen on '127.0.0.1:${taken.port}': the port is taken, expected`,
      );
    } finally {
      await taken.stop(true);
    }
  }, testMs);
});

describe("messages that cannot be stored", () => {
  test("each is a dead letter with its reason; good ones beside them are stored", async () => {
    const newline = Buffer.from("\n");
    const good = Buffer.from(metricText());
    const lines = [good, ...badMessages.map(({ bytes }) => bytes), good];
    await write("in.ndjson", Buffer.concat(lines.flatMap((line) => [line, newline])));
    const args = [...quiet, ...metrics, "--to", "line:-", "--once"];
    const { code, stdout, stderr } = await runBad(folder.path, args);
    expect({ code, stored: stdout.trimEnd().split("\n").length }).toEqual({ code: 0, stored: 2 });
    const letters = await readLetters(join(folder.path, "tpctl-state"));
    expect(letters.length).toBe(badMessages.length);
    for (const [i, { bytes, reason, class: letterClass }] of badMessages.entries()) {
      const letter = letters[i];
      expect(letter).toMatchObject({ class: letterClass, source: { line: i + 2 } });
      expect(letter?.reason).toMatch(reason);
      const { payload, payload_base64 } = letter ?? {};
      const kept = Buffer.from(payload ?? payload_base64 ?? "", payload ? "utf8" : "base64");
      expect(kept.equals(bytes)).toBe(true);
    }
    // One warning per class, whatever their number.
    expect(linesAt(stderr, "WARNING").map((line) => line.replace(/reason=.*/, ""))).toEqual([
      "Messages that cannot be stored, kept as dead letters topic=file class=decode count=1 ",
      "Messages that cannot be stored, kept as dead letters topic=file class=invalid count=1 ",
    ]);
  }, testMs);

  test("10 MB that are as they should be are stored", async () => {
    await write("in.ndjson", metricText({ meta: `{"m": "${"x".repeat(10_000_000)}"}` }));
    const args = [...quiet, ...metrics, "--to", "sqlite:big.db", "--once"];
    expect((await runBad(folder.path, args)).code).toBe(0);
    using database = new Database(join(folder.path, "big.db"), { readonly: true });
    expect(database.query("SELECT count(*) AS n FROM points").get()).toEqual({ n: 1 });
  }, testMs);
});

const noMount = smallDiskMissing();
if (noMount !== undefined) console.error(`skipped: ${noMount}`);

describe.skipIf(noMount !== undefined)("a full disk", () => {
  let disk: SmallDisk;
  beforeEach(async () => {
    disk = mountSmallDisk(join(folder.path, "disk"), "1m");
    await Bun.write(join(disk.path, "ballast"), new Uint8Array(400_000));
  });
  afterEach(() => disk.remove());

  test("for SQLite: waits, says so once, goes on when there is room", async () => {
    const count = 5_000;
    const lines = Array.from({ length: count }, (_, i) => envelope(i));
    await write("in.ndjson", lines.join("\n"));
    await using program = await startBad(
      folder.path,
      [...quiet, ...metrics, "--to", "sqlite:disk/metrics.db", "--once"],
    );
    await program.said(/The store cannot be written to, trying again/);
    await Bun.sleep(2000);
    await rm(join(disk.path, "ballast"));
    disk.remount("size=64m");
    expect(await program.exited).toBe(0);
    expectDecent(program);
    const warnings = linesAt(program.stderr(), "WARNING");
    expect(warnings.length).toBe(1);
    expect(warnings[0]).toMatch(/'?sqlite:disk\/metrics\.db'?.*(full|space)/);
    expect(program.stderr()).toContain("The store answers again");
    using database = new Database(join(disk.path, "metrics.db"), { readonly: true });
    expect(database.query("SELECT count(*) AS n FROM points").get()).toEqual({ n: count });
  }, testMs);

  test("for the dead letters: waits, says so once, loses none", async () => {
    const count = 2_000;
    await write(
      "in.ndjson",
      Array.from({ length: count }, (_, i) => `${"bad ".repeat(100)}${i}`).join("\n"),
    );
    await write("state.conf", "[tpctl]\nlisten =\nstate_dir = disk/state\n");
    await using program = await startBad(
      folder.path,
      ["--config-file", "state.conf", ...metrics, "--to", "null:", "--once"],
    );
    await program.said(/Dead letters cannot be written/);
    await Bun.sleep(1000);
    disk.remount("size=64m");
    expect(await program.exited).toBe(0);
    expectDecent(program);
    const errors = linesAt(program.stderr(), "ERROR");
    expect(errors.length).toBe(1);
    expect(errors[0]).toMatch(
      /nothing is skipped reason=.*ENOSPC.*expected a disk that takes them/,
    );
    expect((await readLetters(join(disk.path, "state"))).length).toBe(count);
  }, testMs);
});
