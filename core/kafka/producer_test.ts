/**
 * Edge (net, processes). That a record counts as sent when, and only when, it is in the log: under
 * kill -9 of each of three brokers, too large, to a missing topic, and after giving up.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { brokersOf, collectingLog, startReading } from "../../testing/kafka_reading.ts";
import { type Kafka, kafkaMissing, sharedKafka, startKafka } from "../../testing/servers/kafka.ts";
import { systemClock } from "../clock.ts";
import type { OutgoingRecord, Producer } from "../delivery/producer.ts";
import type { LogLevel } from "../log/log.ts";
import { createKafkaProducer } from "./producer.ts";

setDefaultTimeout(120_000);
const missing = kafkaMissing();
if (missing !== undefined) console.error(`skipped: ${missing}`);
const never = new AbortController().signal;

function record(topic: string, value: string, extra: Partial<OutgoingRecord> = {}): OutgoingRecord {
  return { topic, key: null, value: Buffer.from(value), ...extra };
}

async function valuesIn(kafka: Kafka, topic: string): Promise<(string | null)[]> {
  const reading = startReading({ brokers: kafka.brokers, topics: [topic], once: true });
  await reading.ended;
  await reading.consumer.close();
  return reading.records.map(({ value }) => value);
}

function startProducer(kafka: Kafka): { producer: Producer; logged: [LogLevel, string][] } {
  const logged: [LogLevel, string][] = [];
  const options = { brokers: brokersOf(kafka.brokers), clientId: "tpctl-tests" };
  const deps = { clock: systemClock, log: collectingLog(logged) };
  return { producer: createKafkaProducer(options, deps), logged };
}

describe.skipIf(missing !== undefined)("a producer", () => {
  let kafka: Kafka;
  beforeAll(async () => {
    kafka = await sharedKafka();
  });

  test("keeps keys, timestamps, null values, and the order within a partition", async () => {
    await kafka.admin.createTopic("produced", { partitions: 3 });
    const { producer } = startProducer(kafka);
    const sent = Array.from(
      { length: 3_000 },
      (_, i) => record("produced", `${i}`, { partition: 1 }),
    );
    await producer.send(sent, never);
    await producer.send([
      record("produced", "", {
        partition: 2,
        key: Buffer.from("k"),
        value: null,
        timestamp: 1_234,
      }),
    ], never);
    await producer.close();
    const reading = startReading({ brokers: kafka.brokers, topics: ["produced"], once: true });
    await reading.ended;
    await reading.consumer.close();
    const ordered = reading.records.filter(({ partition }) => partition === 1);
    expect(ordered.map(({ value }) => value)).toEqual(sent.map((_, i) => `${i}`));
    const last = reading.records.find(({ partition }) => partition === 2);
    expect(last).toEqual({ partition: 2, offset: 0, key: "k", value: null, timestamp: 1_234 });
  });

  test("puts a key where librdkafka's murmur2 puts it", async () => {
    await kafka.admin.createTopic("keyed", { partitions: 7 });
    const { producer } = startProducer(kafka);
    const keys = Array.from({ length: 50 }, (_, i) => `key-${i * 31}`.slice(0, 5 + i % 5));
    await producer.send(keys.map((key) => record("keyed", key, { key: Buffer.from(key) })), never);
    await producer.close();
    const argv = ["kcat", "-P", "-b", kafka.brokers[0] ?? "", "-t", "keyed", "-K", ":"];
    const child = Bun.spawn([...argv, "-X", "topic.partitioner=murmur2"], { stdin: "pipe" });
    child.stdin.write(keys.map((key) => `${key}:${key}\n`).join(""));
    await child.stdin.end();
    expect(await child.exited).toBe(0);
    const reading = startReading({ brokers: kafka.brokers, topics: ["keyed"], once: true });
    await reading.ended;
    await reading.consumer.close();
    const places = Map.groupBy(reading.records, ({ key }) => key);
    for (const [, records] of places) {
      expect(new Set(records.map(({ partition }) => partition)).size).toBe(1);
    }
    expect(reading.records.length).toBe(100);
  });

  test("rejects with the record that is too large; the others are stored", async () => {
    await kafka.admin.createTopic("large");
    const { producer } = startProducer(kafka);
    const before = producer.send([record("large", "before")], never);
    const large = producer.send([record("large", "x".repeat(2_000_000))], never);
    const after = producer.send([record("large", "after")], never);
    const said = await large.then(() => "", (error: Error) => `${error.name}: ${error.message}`);
    expect(said).toMatch(
      /^RunError: Cannot write a record of 20000\d\d bytes to topic 'large', partition 0: .*LARGE/,
    );
    await Promise.all([before, after]);
    await producer.close();
    expect(await valuesIn(kafka, "large")).toEqual(["before", "after"]);
  });

  test("rejects where the topic or the partition does not exist", async () => {
    const { producer } = startProducer(kafka);
    const said = (records: OutgoingRecord[]): Promise<string> =>
      producer.send(records, never).then(() => "", (error: Error) => error.message);
    expect(await said([record("nowhere", "x")])).toBe(
      "Cannot write to topic 'nowhere': it does not exist, expected one that was created",
    );
    await kafka.admin.createTopic("somewhere");
    expect(await said([record("somewhere", "x", { partition: 4 })])).toBe(
      "Cannot write to topic 'somewhere', partition 4: there are 1 partitions",
    );
    await producer.close();
  });

  test("gives up when told to, and goes on afterwards without repeating or losing", async () => {
    await kafka.admin.createTopic("aborted");
    const { producer } = startProducer(kafka);
    await producer.send([record("aborted", "first")], never);
    const signal = AbortSignal.abort(new Error("enough"));
    expect(producer.send([record("aborted", "given up")], signal)).rejects.toThrow("enough");
    await producer.send([record("aborted", "last")], never);
    await producer.close();
    expect(await valuesIn(kafka, "aborted")).toEqual(["first", "last"]);
  });

  test("rejects what is under way when it is closed", async () => {
    const { producer } = startProducer(kafka);
    await kafka.admin.createTopic("closed");
    const sending = producer.send([record("closed", "x")], never);
    const outcome = sending.then(() => "stored", (error: Error) => error.message);
    await producer.close();
    expect(await outcome).toContain("closed");
    expect(producer.send([record("closed", "y")], never)).rejects.toThrow("closed");
  });
});

describe.skipIf(missing !== undefined)("a producer to three brokers", () => {
  let kafka: Kafka;
  beforeAll(async () => {
    kafka = await startKafka({ nodes: 3 });
  });
  afterAll(() => kafka?.stop());

  test("has every acknowledged record in the log once, with each broker killed in turn", async () => {
    await kafka.admin.createTopic("counted", { partitions: 6 });
    const { producer, logged } = startProducer(kafka);
    const acknowledged: string[] = [];
    let stopped = false;
    const senders = Array.from({ length: 4 }, async (_, sender) => {
      for (let n = 0; !stopped; n++) {
        const values = Array.from({ length: 10 }, (_, i) => `${sender} ${n} ${i}`);
        await producer.send(values.map((value) => record("counted", value)), never);
        acknowledged.push(...values);
        await Bun.sleep(2);
      }
    });
    for (const node of kafka.nodes) {
      const before = acknowledged.length;
      await node.kill();
      await Bun.sleep(1_000);
      await node.start();
      for (const deadline = performance.now() + 20_000; acknowledged.length < before + 1_000;) {
        expect(performance.now()).toBeLessThan(deadline);
        await Bun.sleep(50);
      }
    }
    stopped = true;
    await Promise.all(senders);
    await producer.close();
    const stored = await valuesIn(kafka, "counted");
    expect(stored.toSorted()).toEqual(acknowledged.toSorted());
    expect(logged.some(([level]) => level === "warning")).toBe(true);
  });
});
