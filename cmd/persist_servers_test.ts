/**
 * Edge (processes, net). `tpctl persist` between a real Kafka and a real InfluxDB: all of it arrives,
 * offsets stand where they should, over signals, reloads, workers that are killed and a parent that
 * is killed.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { envelope } from "../testing/bench/envelopes.ts";
import { builtExecutable } from "../testing/executable.ts";
import { sampleValue } from "../testing/exposition.ts";
import { childrenOf, eventually, isAlive, type Program, startProgram } from "../testing/program.ts";
import { type Influxdb, influxdbMissing, startInfluxdb } from "../testing/servers/influxdb.ts";
import { type Kafka, kafkaMissing, sharedKafka } from "../testing/servers/kafka.ts";
import { freePort, type TempFolder, tempFolder } from "../testing/servers/server.ts";

const missing = kafkaMissing() ?? influxdbMissing();
if (missing !== undefined) console.error(`skipped: ${missing}`);

const testMs = 120_000;
const count = 40_000;
const partitions = 6;

describe.skipIf(missing !== undefined)("Kafka to InfluxDB", () => {
  let kafka: Kafka;
  let influxdb: Influxdb;
  let folder: TempFolder;
  let compiled: string;

  beforeAll(async () => {
    // One after the other: what was started is known, and removed, when the next cannot be.
    folder = await tempFolder("persist-servers");
    influxdb = await startInfluxdb({ maxBodySize: 25_000_000 });
    kafka = await sharedKafka();
    compiled = await builtExecutable();
  }, testMs);
  afterAll(async () => {
    await influxdb?.remove();
    await folder?.remove();
  });

  interface Daemon extends AsyncDisposable {
    readonly program: Program;
    readonly name: string;
    metrics(): Promise<string>;
    ready(): Promise<unknown>;
  }

  /** Topics, group and database all carry the name. */
  function configText(name: string, more: Readonly<Record<string, string>> = {}): string {
    const uri = `uri = ${kafka.brokers.join(",")}`;
    return `[kafka_metrics]\n${uri}\ntopic = ${name}\ngroup_id = ${name}\n${more.metrics ?? ""}
[kafka_alarm_history]\n${uri}\ntopic = ${name}-alarms\ngroup_id = ${name}-alarms
[influxdb]\nip_address = 127.0.0.1\nport = ${influxdb.port}\ndatabase_name = ${name}
${more.influxdb ?? ""}
[repositories]\nmetrics_driver = influxdb\nalarm_state_history_driver = influxdb
[tpctl]\nstate_dir = ${name}-state\n${more.tpctl ?? ""}\n`;
  }

  async function load(name: string): Promise<void> {
    await kafka.admin.createTopic(name, { partitions });
    await kafka.admin.createTopic(`${name}-alarms`, { partitions: 1 });
    await produce(name, 0, count);
  }

  async function produce(name: string, from: number, to: number): Promise<void> {
    const lines = Array.from({ length: to - from }, (_, i) => envelope(from + i));
    await kafka.admin.produceLines(name, lines);
  }

  async function start(name: string, more: Readonly<Record<string, string>> = {}): Promise<Daemon> {
    const port = await freePort();
    const tpctl = `listen = 127.0.0.1:${port}\n${more.tpctl ?? ""}`;
    await Bun.write(join(folder.path, `${name}.conf`), configText(name, { ...more, tpctl }));
    const program = startProgram(["persist", "--config-file", `${name}.conf`], {
      cwd: folder.path,
      argv: [compiled],
    });
    const get = async (path: string): Promise<Response | undefined> =>
      await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
    return {
      program,
      name,
      metrics: async () => await (await get("/metrics"))?.text() ?? "",
      ready: () =>
        eventually(async () => (await get("/readyz"))?.status === 200 ? true : undefined),
      [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
    };
  }

  async function stored(database: string): Promise<number> {
    let sum = 0;
    for (const { name } of await influxdb.query("SHOW MEASUREMENTS", database)) {
      const rows = await influxdb.query(`SELECT count(value) FROM "${name}"`, database);
      sum += Number(rows[0]?.count ?? 0);
    }
    return sum;
  }

  function allStored(database: string, expected: number): Promise<unknown> {
    return eventually(async () => await stored(database) === expected ? true : undefined);
  }

  /** The committed offsets are the ends of the partitions; an empty one needs none. */
  async function expectCommitted(name: string): Promise<void> {
    const ends = [...await kafka.admin.endOffsets(name)].filter(([, end]) => end > 0);
    const committed = await kafka.admin.committedOffsets(name, name);
    expect(ends.map(([partition]) => [partition, committed.get(partition)])).toEqual(ends);
  }

  test("two topics in one process; SIGTERM ends with 0 and everything committed", async () => {
    await load("plain");
    await using daemon = await start("plain");
    await daemon.ready();
    await allStored("plain", count);
    const metrics = await eventually(async () => {
      const text = await daemon.metrics();
      const written = sampleValue(text, "tpctl_records_written_total", { topic: "plain" });
      const lag = sampleValue(text, "tpctl_kafka_lag", { topic: "plain" });
      return written === count && lag === 0 ? text : undefined;
    });
    expect(sampleValue(metrics, "tpctl_write_seconds_count")).toBeGreaterThan(0);
    expect(sampleValue(metrics, "tpctl_end_to_end_seconds_count")).toBe(count);
    daemon.program.kill("SIGTERM");
    expect(await daemon.program.exited).toBe(0);
    await expectCommitted("plain");
    expect(daemon.program.stderr()).toContain(
      `Over: ${count} received = ${count} written + 0 expired + 0 dead-lettered`,
    );
  }, testMs);

  test("SIGHUP: bounds change without leaving the group, a database by a restart", async () => {
    await load("reload");
    await using first = await start("reload");
    const { program } = first;
    await first.ready();
    await allStored("reload", count);
    const joins = (): number => program.stderr().split("joined group 'reload'").length - 1;
    expect(joins()).toBe(1);
    const config = join(folder.path, "reload.conf");
    const text = await Bun.file(config).text();
    await Bun.write(config, text.replace("[influxdb]", "batch_size = 7\n[influxdb]"));
    program.kill("SIGHUP");
    await program.said(/Configuration read again \(metrics: keep, alarms: tune\)|metrics: tune/);
    expect(joins()).toBe(1);
    await Bun.write(config, text.replace("database_name = reload", "database_name = reloaded"));
    program.kill("SIGHUP");
    await program.said(/metrics: restart/);
    await first.ready();
    expect(joins()).toBe(2);
    await produce("reload", count, count + 1000);
    await allStored("reloaded", 1000);
    expect(await stored("reload")).toBe(count);
    program.kill("SIGTERM");
    expect(await program.exited).toBe(0);
    await expectCommitted("reload");
  }, testMs);

  test(
    "workers: any of them killed, then the parent; nothing is missing, nobody stays",
    async () => {
      await load("workers");
      const more = { metrics: "num_processors = 2", tpctl: "linger_ms = 1000" };
      await using first = await start("workers", more);
      const before = await eventually(() => {
        const children = childrenOf(first.program.pid);
        return children.length === 2 ? children : undefined;
      });
      await first.program.said(/joined group 'workers'/);
      process.kill(before[0] ?? 0, "SIGKILL");
      await first.program.said(/A worker died and is started again: SIGKILL/);
      await produce("workers", count, count + 5000);
      const after = await eventually(() => {
        const children = childrenOf(first.program.pid);
        return children.length === 2 ? children : undefined;
      });
      first.program.kill("SIGKILL");
      await eventually(async () =>
        (await Promise.all(after.map(isAlive))).some((alive) => alive) ? undefined : true
      );
      await produce("workers", count + 5000, count + 6000);
      await using second = await start("workers", more);
      await allStored("workers", count + 6000);
      await second.ready();
      const workers = childrenOf(second.program.pid);
      second.program.kill("SIGTERM");
      expect(await second.program.exited).toBe(0);
      expect(await Promise.all(workers.map(isAlive))).toEqual([false, false]);
      await expectCommitted("workers");
    },
    testMs,
  );

  test(
    "SIGTERM while InfluxDB is frozen: abandons in time, ends with 0, the next start goes on",
    async () => {
      await load("frozen");
      influxdb.freeze();
      await using first = await start("frozen", { tpctl: "drain_seconds = 1" });
      await eventually(async () => {
        const text = await first.metrics();
        return sampleValue(text, "tpctl_records_in_flight", { topic: "frozen" }) > 0 || undefined;
      });
      first.program.kill("SIGTERM");
      const code = await first.program.exited;
      influxdb.thaw();
      expect(code).toBe(0);
      expect(first.program.stderr()).toMatch(/Over: (\d+) received = 0 written .* \+ \1 abandoned/);
      await using second = await start("frozen");
      await allStored("frozen", count);
      second.program.kill("SIGTERM");
      expect(await second.program.exited).toBe(0);
      await expectCommitted("frozen");
    },
    testMs,
  );

  test("dead letters go to a topic where one is configured", async () => {
    await kafka.admin.createTopic("letters", { partitions: 1 });
    await kafka.admin.createTopic("letters-dead", { partitions: 1 });
    await kafka.admin.createTopic("letters-alarms", { partitions: 1 });
    await kafka.admin.produceLines("letters", ["not a message", envelope(0)]);
    await using daemon = await start("letters", { tpctl: "dead_letter_topic = letters-dead" });
    await eventually(async () => {
      const ends = await kafka.admin.endOffsets("letters-dead");
      return ends.get(0) === 1 || undefined;
    });
    daemon.program.kill("SIGTERM");
    expect(await daemon.program.exited).toBe(0);
    expect(existsSync(join(folder.path, "letters-state"))).toBe(false);
    const source = `kafka://${kafka.brokers.join(",")}/letters-dead?group=letters-reader`;
    await using reader = startProgram(
      ["persist", "--from", source, "--kind", "metrics", "--to", "null:", "--once"],
      { cwd: folder.path, argv: [compiled], env: { OS_TPCTL__LISTEN: "" } },
    );
    expect(await reader.exited).toBe(0);
    expect(JSON.parse(reader.stderr().trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
      received: 1,
      dead_lettered: 1,
    });
  }, testMs);

  test("idle with the defaults it stays within 80 MB", async () => {
    await kafka.admin.createTopic("idle", { partitions });
    await kafka.admin.createTopic("idle-alarms", { partitions: 1 });
    await using daemon = await start("idle");
    await daemon.ready();
    await Bun.sleep(3000);
    const resident = sampleValue(await daemon.metrics(), "process_resident_memory_bytes");
    expect(resident).toBeLessThan(80e6);
    expect(resident).toBeGreaterThan(10e6);
  }, testMs);
});
