/**
 * Edge (net, processes). That brokers may be restarted, killed, frozen and away: reading goes on by
 * itself, from another leader where there is one, and what is wrong is said once.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Reading, startReading } from "../../testing/kafka_reading.ts";
import { type Kafka, kafkaMissing, startKafka } from "../../testing/servers/kafka.ts";
import { freePort } from "../../testing/servers/server.ts";

setDefaultTimeout(90_000);
const missing = kafkaMissing();
if (missing !== undefined) console.error(`skipped: ${missing}`);

/** Lines `from` to `to` - 1. */
function linesOf(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `line ${from + i}`);
}

function valuesOf(reading: Reading): Set<string | null> {
  return new Set(reading.records.map(({ value }) => value));
}

describe.skipIf(missing !== undefined)("with one broker", () => {
  let kafka: Kafka;
  beforeAll(async () => {
    kafka = await startKafka();
  });
  afterAll(() => kafka?.stop());

  test.each(["stop", "kill"] as const)("reading goes on after a %s and a start", async (end) => {
    const topic = `one-${end}`;
    await kafka.admin.createTopic(topic, { partitions: 2 });
    await kafka.admin.produceLines(topic, linesOf(0, 500));
    const reading = startReading({ brokers: kafka.brokers, topics: [topic] });
    await reading.until("the first are read", () => reading.records.length === 500);
    await reading.commit();
    await kafka.nodes[0]?.[end]();
    await reading.until("it is not ready", () => reading.states.at(-1) !== "ready");
    expect(reading.states.at(-1)).toContain("Kafka broker");
    await kafka.nodes[0]?.start();
    await kafka.admin.produceLines(topic, linesOf(500, 1_000));
    await reading.until("all are read", () => valuesOf(reading).size === 1_000);
    expect(reading.records.length).toBe(1_000);
    await reading.until("it is ready", () => reading.states.at(-1) === "ready");
    await reading.close();
  });

  test("a freeze shorter than the session is survived", async () => {
    await kafka.admin.createTopic("frozen-broker");
    const reading = startReading({ brokers: kafka.brokers, topics: ["frozen-broker"] });
    await reading.until("it is ready", () => reading.states.at(-1) === "ready");
    kafka.nodes[0]?.freeze();
    await Bun.sleep(3_000);
    kafka.nodes[0]?.thaw();
    await kafka.admin.produceLines("frozen-broker", linesOf(0, 10));
    await reading.until("all are read", () => reading.records.length === 10);
    await reading.close();
  });
});

describe.skipIf(missing !== undefined)("with no broker", () => {
  test("a consumer says so, once, waits, and can be closed at once", async () => {
    const broker = `127.0.0.1:${await freePort()}`;
    const reading = startReading({ brokers: [broker], topics: ["t"] });
    await Bun.sleep(1_500);
    const warned = reading.logged.filter(([level]) => level !== "info").map(([, text]) => text);
    expect(warned).toEqual([
      `Cannot connect to Kafka broker '${broker}': connect ECONNREFUSED ${broker}, ` +
      "expected a listening broker",
    ]);
    const began = performance.now();
    await reading.consumer.close();
    await reading.ended;
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  test("a consumer that was never pulled can be closed", async () => {
    const reading = startReading({ brokers: ["127.0.0.1:1"], topics: ["t"] });
    await reading.consumer.close();
    await reading.consumer.close();
    await reading.ended;
  });
});

describe.skipIf(missing !== undefined)("with three brokers", () => {
  let kafka: Kafka;
  beforeAll(async () => {
    kafka = await startKafka({ nodes: 3 });
  });
  afterAll(() => kafka?.stop());

  test("each may be killed in turn: nothing is lost, whoever leads or coordinates", async () => {
    await kafka.admin.createTopic("three", { partitions: 6 });
    const nowhere = `127.0.0.1:${await freePort()}`;
    const brokers = [nowhere, ...kafka.brokers];
    const reading = startReading({ brokers, topics: ["three"] });
    let sent = 0;
    for (const node of kafka.nodes) {
      await kafka.admin.produceLines("three", linesOf(sent, sent += 600));
      await reading.until(`${sent} are read`, () => valuesOf(reading).size === sent);
      await node.kill();
      await kafka.admin.produceLines("three", linesOf(sent, sent += 600));
      await reading.until(`${sent} are read`, () => valuesOf(reading).size === sent);
      await node.start();
    }
    expect(reading.records.length).toBe(sent);
    expect(reading.gaps).toEqual([]);
    await reading.close();
  });
});
