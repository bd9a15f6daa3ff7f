/**
 * Edge (processes, net, files). `tpctl replay` against real servers: InfluxDB, killed and resumed and
 * counted one by one; InfluxDB 2's paths; Kafka, with keys and timestamps kept; stores by kind.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { letterLine } from "../core/delivery/letter_text.ts";
import { eventJson, sampleJson, sampleLiteral } from "../core/pipeline/messages.ts";
import { type ReadRecord, startReading } from "../testing/kafka_reading.ts";
import { eventually } from "../testing/program.ts";
import { numberedMetric, numberedMetrics, ReplayWorld, upTo } from "../testing/replay_world.ts";
import { makeEvent, makeSample } from "../testing/samples.ts";
import { type Influxdb, influxdbMissing, startInfluxdb } from "../testing/servers/influxdb.ts";
import { type Kafka, kafkaMissing, sharedKafka } from "../testing/servers/kafka.ts";

const testMs = 120_000;
const noInfluxdb = influxdbMissing();
if (noInfluxdb !== undefined) console.error(`skipped: ${noInfluxdb}`);
const noKafka = kafkaMissing();
if (noKafka !== undefined) console.error(`skipped: ${noKafka}`);

let world: ReplayWorld;
beforeAll(async () => {
  world = await ReplayWorld.make({ TPCTL_INFLUX_TOKEN: "t" });
});
afterAll(() => world.remove());

describe.skipIf(noInfluxdb !== undefined)("InfluxDB", () => {
  let influxdb: Influxdb;
  beforeAll(async () => {
    influxdb = await startInfluxdb({ maxBodySize: 25_000_000 });
  }, testMs);
  afterAll(() => influxdb?.remove());

  /** The values of series cpu, in the order of their times. */
  async function valuesOf(database: string): Promise<unknown[]> {
    const rows = await influxdb.query(`SELECT value FROM cpu`, database);
    return rows.map(({ value }) => value);
  }

  test(
    "a rotated set, killed twice with SIGKILL and resumed: every value once, verified",
    async () => {
      const count = 30_000;
      world.write("set.log.2.gz", gzipSync(numberedMetrics(0, 10_000)));
      world.write("set.log.1.gz", gzipSync(numberedMetrics(10_000, 20_000)));
      world.write("set.log", numberedMetrics(20_000, count));
      const args = [
        ...["set.log*", "--to", `influxdb://127.0.0.1:${influxdb.port}/killed`],
        ...["--checkpoint", "set.json", "--resume"],
      ];
      const done = (): number => {
        const { files = [] } = world.nextLine("set.json") === 0
          ? {}
          : world.json("set.json") as { files?: { next_line: number }[] };
        return files.reduce((sum, { next_line }) => sum + next_line - 1, 0);
      };
      for (const lines of [3000, 14_000]) {
        await using program = world.start([...args, "--rate", "12000/s"]);
        await eventually(() => done() > lines ? true : undefined);
        program.kill("SIGKILL");
        await program.exited;
      }
      const before = done();
      expect(before).toBeGreaterThan(14_000);
      expect(before).toBeLessThan(count);
      expect((await valuesOf("killed")).slice(0, before)).toEqual(upTo(before));
      const { code, stderr } = await world.run(...args, "--verify", "--report", "set-report.json");
      expect(stderr).toContain("Verified: 60,000 values of 1 series are in the store");
      expect(code).toBe(0);
      expect(world.json("set-report.json")).toMatchObject({
        ...{ received: count - before, resumed: true, verify: { equal: true, extra: 0 } },
      });
      expect(await valuesOf("killed")).toEqual(upTo(count));
    },
    testMs,
  );

  test("--verify finds what is missing and what is another", async () => {
    world.write("some.log", `${numberedMetrics(0, 500)}${sampleJson(makeSample())}\n`);
    const args = ["some.log", "--to", `influxdb://127.0.0.1:${influxdb.port}/verify`, "--verify"];
    expect((await world.run(...args)).code).toBe(0);
    await influxdb.query("DELETE FROM cpu WHERE time = 1767323051000000000", "verify");
    const other =
      "cpu,_region=r,_tenant_id=t1 value=777 1767323050000000000\ncpu,x=y value=1 1767323049000000000";
    await fetch(`${influxdb.origin}/write?db=verify`, { method: "POST", body: other });
    const { code, stdout } = await world.run(...args, "--dry-run");
    expect(code).toBe(1);
    expect(stdout).toContain(
      "of 1,001 values of 2 series 2 are missing and 1 are others, in 1 series",
    );
    expect(stdout).toContain("value at 2026-01-02T03:04:10.000Z: expected 5, found 777");
    expect(stdout).toContain("value at 2026-01-02T03:04:11.000Z: expected 6, found nothing");
    expect(stdout).toContain("1 points more in between");
  }, testMs);

  test("InfluxDB 2's paths: written and read back with the token", async () => {
    const asked: string[] = [];
    using proxy = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      async fetch(request): Promise<Response> {
        const url = new URL(request.url);
        asked.push(`${url.pathname} ${request.headers.get("authorization")}`);
        const path = url.pathname === "/api/v2/write"
          ? `/write?db=${url.searchParams.get("bucket")}&precision=n`
          : `/query${url.search}`;
        const answer = await fetch(`${influxdb.origin}${path}`, {
          method: request.method,
          ...(request.method === "POST" ? { body: await request.arrayBuffer() } : {}),
        });
        const body = answer.status === 204 ? null : await answer.arrayBuffer();
        return new Response(body, { status: answer.status });
      },
    });
    await influxdb.query("CREATE DATABASE two", "");
    world.write("two.log", numberedMetrics(0, 300));
    const args = ["two.log", "--to", `influxdb2://127.0.0.1:${proxy.port}/two?org=o`, "--verify"];
    const { code, stderr } = await world.run(...args);
    expect(stderr).toContain("Verified: 600 values of 1 series");
    expect(code).toBe(0);
    expect(new Set(asked)).toEqual(new Set(["/api/v2/write Token t", "/query Token t"]));
  }, testMs);

  test(
    "by the stores of a persister's file: each kind to its own, dead letters back to theirs",
    async () => {
      const event = JSON.stringify({
        event: {
          event_type: "login",
          timestamp: "2026-01-02T03:04:05Z",
          payload: 1,
          dimensions: {},
        },
        meta: { project_id: "p1" },
      });
      const letter = (destination: string, i: number): string =>
        new TextDecoder().decode(letterLine({
          source: { file: "x", line: 1 },
          class: "rejected",
          reason: "no",
          destination,
          payload: Buffer.from(numberedMetric(i)),
        }, { command: "persist", nowMs: 0 })).trim();
      const name = `influxdb://127.0.0.1:${influxdb.port}/kinds`;
      world.write(
        "kinds.log",
        [
          ...[numberedMetric(0), event, letter(name, 1), letter("influxdb://other:8086/mon", 2)],
        ].join("\n"),
      );
      world.write(
        "persister.conf",
        `
[kafka_events]
enabled = true
[influxdb]
ip_address = 127.0.0.1
port = ${influxdb.port}
database_name = kinds
[repositories]
metrics_driver = influxdb
alarm_state_history_driver = influxdb
events_driver = sqlite
[sqlite]
path = ${world.at("events.db")}
`,
      );
      const args = ["kinds.log", "--config-file", "persister.conf", "--report", "kinds.json"];
      const { code } = await world.run(...args, "--verify");
      expect(code).toBe(0);
      expect(await valuesOf("kinds")).toEqual([0, 1]);
      expect(world.json("kinds.json")).toMatchObject({
        ...{ written: 3, target: `${name}, sqlite:${world.at("events.db")}` },
        letters_of_others: { "influxdb://other:8086/mon": 1 },
        verify: { values: 4, documents: 1, documents_missing: 0, equal: true },
      });
      expect((await world.run(...args, "--all-destinations")).code).toBe(0);
      expect(await valuesOf("kinds")).toEqual([0, 1, 2]);
    },
    testMs,
  );
});

describe.skipIf(noKafka !== undefined)("Kafka", () => {
  let kafka: Kafka;
  beforeAll(async () => {
    kafka = await sharedKafka();
  }, testMs);

  /** All records of the topic, by partition and offset. */
  async function recordsOf(topic: string, count: number): Promise<readonly ReadRecord[]> {
    const reading = startReading({ brokers: kafka.brokers, topics: [topic], once: true });
    await reading.ended;
    expect(reading.records.length).toBeGreaterThanOrEqual(count);
    return reading.records;
  }

  test(
    "kcat's records and dead letters go back on the bus with their keys and timestamps",
    async () => {
      const [from, to] = ["replay-from", "replay-to"];
      await kafka.admin.createTopic(from, { partitions: 3 });
      await kafka.admin.createTopic(to, { partitions: 3 });
      const records = upTo(300).map((i) => ({
        key: i % 7 === 0 ? null : `k${i % 5}`,
        value: numberedMetric(i),
        timestamp: 1767323045000 + i,
      }));
      await kafka.admin.produce(from, records);
      const kcat = Bun.spawn(
        ["kcat", "-C", "-e", "-q", "-J", "-b", kafka.brokers[0] ?? "", "-t", from],
        { stdout: "pipe" },
      );
      world.write("kcat.ndjson", await new Response(kcat.stdout).bytes());
      const letter = letterLine({
        source: { topic: from, partition: 0, offset: 7, key: "kl", timestamp: 1767323000000 },
        class: "rejected",
        reason: "no",
        destination: `kafka://${kafka.brokers[0]}/${to}`,
        payload: Buffer.from(numberedMetric(300)),
      }, { command: "persist", nowMs: 0 });
      world.write("letter.ndjson", letter);
      const target = `kafka://${kafka.brokers[0]}/${to}`;
      const { code, stderr } = await world.run("kcat.ndjson", "letter.ndjson", "--to", target);
      expect(stderr).toContain("a repeated run sends everything again");
      expect(code).toBe(0);
      const shown = (
        all: readonly { key: unknown; value: unknown; timestamp: unknown }[],
      ): string[] =>
        all.map(({ key, value, timestamp }) => JSON.stringify([key, value, timestamp])).sort();
      const expected = [
        ...records,
        { key: "kl", value: numberedMetric(300), timestamp: 1767323000000 },
      ];
      expect(shown(await recordsOf(to, 301))).toEqual(shown(expected));
    },
    testMs,
  );

  test("killed with SIGKILL and resumed, no message is missing", async () => {
    const topic = "replay-killed";
    await kafka.admin.createTopic(topic, { partitions: 2 });
    const count = 8000;
    world.write("bus.log", numberedMetrics(0, count));
    const args = [
      ...["bus.log", "--to", `kafka://${kafka.brokers[0]}/${topic}`],
      ...["--checkpoint", "bus.json", "--resume"],
    ];
    await using program = world.start([...args, "--rate", "3000/s"]);
    await eventually(() => world.nextLine("bus.json") > 2000 ? true : undefined);
    program.kill("SIGKILL");
    await program.exited;
    expect((await world.run(...args, "--report", "bus-report.json")).code).toBe(0);
    expect(world.json("bus-report.json")).toMatchObject({ resumed: true, idempotent: false });
    expect(Number(world.json("bus-report.json").received)).toBeLessThan(count - 2000);
    const values = (await recordsOf(topic, count)).map(({ value }) =>
      (JSON.parse(value ?? "") as { metric: { value: number } }).metric.value
    );
    expect([...new Set(values)].sort((a, b) => a - b)).toEqual(upTo(count));
  }, testMs);

  test("samples in any form as format=sample, moved in time", async () => {
    const topic = "replay-samples";
    await kafka.admin.createTopic(topic, { partitions: 1 });
    const sample = makeSample();
    world.write("samples.log", `${sampleLiteral(sample)}\n${sampleJson(sample)}\n`);
    world.write("event.log", `${eventJson(makeEvent())}\n`);
    const target = `kafka://${kafka.brokers[0]}/${topic}?format=sample`;
    const { code, stderr } = await world.run(
      "samples.log",
      "event.log",
      "--to",
      target,
      "--shift",
      "1h",
    );
    expect(stderr).toContain("event.log:1:");
    expect(code).toBe(0);
    const moved = sampleJson({ ...sample, timestamp: "2026-01-02T04:04:05.678901+00:00" });
    expect((await recordsOf(topic, 2)).map(({ value }) => value)).toEqual([moved, moved]);
    expect(readFileSync(world.at("samples.log"), "utf8")).toContain("03:04:05");
  }, testMs);
});
