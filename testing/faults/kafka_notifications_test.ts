/**
 * Edge (processes, net, files). Notifications that come by `kafka://`: what oslo.messaging itself wrote
 * to a real Kafka, topics that do not exist yet, and a group of agents that are killed, come and go
 * while the broker is killed too. Counted one by one; `TPCTL_FAULTS_LONG=1` takes 100,000 of each kind.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { builtExecutable } from "../executable.ts";
import { type Program, startProgram } from "../program.ts";
import { type Kafka, kafkaMissing, startKafka } from "../servers/kafka.ts";
import { type TempFolder, tempFolder } from "../servers/server.ts";
import { root } from "../sources.ts";
import { readLetters } from "./bad_run.ts";
import { memberOf, startHttpFarEnd } from "./http_far_end.ts";
import { until } from "./life.ts";
import { Arrivals, bodiesOf, eventBody, samplingBody } from "./notifications.ts";

const missing = kafkaMissing();
if (missing !== undefined) console.error(`skipped: ${missing}`);

const long = process.env.TPCTL_FAULTS_LONG === "1";
const count = long ? 100_000 : 3_000;
const testMs = long ? 600_000 : 120_000;
const waitMs = long ? 300_000 : 60_000;

describe.skipIf(missing !== undefined)("notifications by kafka://", () => {
  let kafka: Kafka;
  let folder: TempFolder;
  let compiled = "";
  const running: Program[] = [];
  beforeAll(async () => {
    compiled = await builtExecutable();
    folder = await tempFolder("kafka-notifications");
    await mkdir(join(folder.path, "meters.d"));
    kafka = await startKafka();
  }, testMs);
  afterAll(async () => {
    for (const program of running) await program[Symbol.asyncDispose]();
    await kafka?.stop();
    await folder?.remove();
  });

  /** A configuration that reads `<topic>.<priority>` as the group of that name. */
  async function configure(topic: string, publishers: readonly [string, string]): Promise<void> {
    const path = (name: string): string => join(folder.path, `${topic}-${name}`);
    const pipeline = (kind: string, publisher: string): string =>
      `sources: [{name: s, ${kind}: ["*"], sinks: [k]}]\n` +
      `sinks: [{name: k, publishers: ["${publisher}"]}]\n`;
    await writeFile(path("pipeline.yaml"), pipeline("meters", publishers[0]));
    await writeFile(path("events.yaml"), pipeline("events", publishers[1]));
    await writeFile(
      path("ceilometer.conf"),
      `[DEFAULT]
transport_url = kafka://${kafka.brokers.join(",")}/
pipeline_cfg_file = ${path("pipeline.yaml")}
event_pipeline_cfg_file = ${path("events.yaml")}
[oslo_messaging_notifications]
topics = ${topic}
[oslo_messaging_kafka]
consumer_group = ${topic}
[event]
store_raw = info
[meter]
meter_definitions_dirs = ${join(folder.path, "meters.d")}
[tpctl]
listen =
state_dir = ${path("state")}
`,
    );
  }

  function start(topic: string, ...more: readonly string[]): Program {
    const args = ["pipeline", "--config-file", `${topic}-ceilometer.conf`, ...more];
    const program = startProgram(args, { cwd: folder.path, argv: [compiled] });
    running.push(program);
    return program;
  }

  function recordsIn(name: string): Record<string, unknown>[] {
    return readFileSync(join(folder.path, name), "utf8").trimEnd().split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** What oslo.messaging wrote to Kafka: each value with its topic. */
  const written = readFileSync(
    join(root, "testdata/kafka/notifications_by_oslo_messaging_18.3.1.ndjson"),
    "utf8",
  ).trimEnd().split("\n").map((line) => JSON.parse(line) as { topic: string; value: string });

  test("are read as oslo.messaging wrote them, with their context", async () => {
    for (const topic of new Set(written.map(({ topic }) => topic))) {
      await kafka.admin.createTopic(topic);
    }
    for (const { topic, value } of written) await kafka.admin.produce(topic, [{ value }]);
    const [samples, events] = ["samples.json", "events.json"].map((name) =>
      `file://${join(folder.path, name)}?json`
    );
    await configure("notifications", [samples ?? "", events ?? ""]);
    const program = start("notifications", "--once");
    expect(await program.exited).toBe(0);
    const sent = written.map(({ value }) => {
      const envelope = JSON.parse(value) as Record<string, string>;
      return JSON.parse(envelope["oslo.message"] ?? "") as Record<string, unknown>;
    });
    const made = recordsIn("events.json");
    const wanted = sent.filter(({ priority }) => priority === "INFO" || priority === "ERROR");
    expect(new Set(made.map((event) => event.message_id))).toEqual(
      new Set(wanted.map((message) => message.message_id)),
    );
    expect(made.length).toBe(wanted.length);
    const raws = made.map((event) => event.raw).filter((raw) =>
      memberOf(raw, "ctxt") !== undefined
    );
    expect(raws.map((raw) => memberOf(raw, "ctxt"))).toEqual(
      sent.filter(({ priority }) => priority === "INFO").map((message) => message._context),
    );
    expect(recordsIn("samples.json").map(({ name, volume }) => [name, volume])).toEqual([
      ["cpu", 6],
    ]);
    const from = `kafka://${kafka.brokers[0]}/notifications.error?group=another`;
    expect(await start("notifications", "--once", "--from", from).exited).toBe(0);
    const errors = sent.filter(({ priority }) => priority === "ERROR");
    expect(recordsIn("events.json").slice(made.length).map((event) => event.message_id)).toEqual(
      errors.map((message) => message.message_id),
    );
  }, testMs);

  test("none of a topic's priorities exists: said once, waited for", async () => {
    await configure("late", ["test://", "test://"]);
    await using program = start("late");
    await program.said(/Cannot read topic 'late\.info': it does not exist/);
    await kafka.admin.createTopic("late.error");
    await program.said(/Topics that do not exist yet are read once they do: .*late\.info/);
    await program.said(/reading from Kafka/);
    program.kill("SIGTERM");
    expect(await program.exited).toBe(0);
    expect(program.stderr().match(/Cannot read topic/g)?.length).toBe(1);
  }, testMs);

  test("agents killed, coming and going, a broker killed: every one arrives", async () => {
    const topic = "group";
    const [samples, events] = [new Arrivals(count), new Arrivals(count)];
    const sink = await startHttpFarEnd({
      delayMs: 5,
      take: (item, { url }) => {
        if (url.endsWith("/events")) events.add(memberOf(item, "message_id"));
        else samples.add(memberOf(item, "resource_id"), memberOf(item, "volume"));
      },
    });
    const at = (path: string): string => `http://127.0.0.1:${sink.port}/${path}`;
    await configure(topic, [at("samples"), at("events")]);
    const produce = (priority: string, bodies: Iterable<string>): Promise<void> =>
      kafka.admin.produceLines(`${topic}.${priority}`, bodies);
    const third = Math.floor(count / 3);
    const some = (arrivals: Arrivals, least: number): Promise<true> =>
      until("some have come", waitMs, () => arrivals.distinct >= least ? true : undefined);

    for (const priority of ["info", "error"]) {
      await kafka.admin.createTopic(`${topic}.${priority}`, { partitions: 3 });
    }
    const [first, second] = [start(topic), start(topic)];
    await Promise.all([first, second].map((program) => program.said(/reading from Kafka/)));
    await produce("info", bodiesOf((n) => eventBody(n, "INFO"), 0, third));
    await some(events, third / 4);
    first.kill("SIGKILL");

    await kafka.admin.createTopic(`${topic}.sample`, { partitions: 3 });
    const newcomer = start(topic);
    await produce("error", bodiesOf((n) => eventBody(n, "ERROR"), third, 2 * third));
    await produce("sample", bodiesOf((n) => samplingBody(n), 0, count));
    await some(samples, count / 8);
    second.kill("SIGTERM");
    expect(await second.exited).toBe(0);

    const fourth = start(topic);
    await kafka.nodes[0]?.kill();
    await kafka.nodes[0]?.start();
    await produce("info", bodiesOf((n) => eventBody(n, "INFO"), 2 * third, count));
    await until("all are there", waitMs, () => samples.whole() && events.whole());
    await until("all is committed", waitMs, async () => {
      for (const priority of ["info", "error", "sample"]) {
        const name = `${topic}.${priority}`;
        const ends = await kafka.admin.endOffsets(name);
        const committed = await kafka.admin.committedOffsets(topic, name);
        for (const [partition, end] of ends) {
          if (end > 0 && committed.get(partition) !== end) return undefined;
        }
      }
      return true;
    });
    for (const agent of [newcomer, fourth]) {
      agent.kill("SIGTERM");
      expect(await agent.exited).toBe(0);
    }
    await sink.down();
    console.error(`kafka://: samples ${samples}; events ${events}`);
    expect([samples.strange, events.strange]).toEqual([[], []]);
    expect(await readLetters(join(folder.path, `${topic}-state`))).toEqual([]);
  }, testMs);
});
