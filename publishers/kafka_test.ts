/**
 * Edge (net, processes, files). The kafka publisher against a real broker: the conformance test, what
 * messages look like, envelopes read by persist's own encoder, refusals.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { MonascaConfig } from "../core/config/monasca_options.ts";
import { ConfigError } from "../core/errors.ts";
import { createPlainMetricEncoder } from "../core/monasca/metric.ts";
import { loadValue } from "../core/notifications/load_value.ts";
import { dumpValue } from "../core/notifications/value_text.ts";
import { sampleJson, serializeEvent } from "../core/pipeline/messages.ts";
import type { Publisher } from "../core/pipeline/publisher.ts";
import { recordBlock } from "../testing/batches.ts";
import { keptItems } from "../testing/item_sinks.ts";
import { type ReadRecord, startReading } from "../testing/kafka_reading.ts";
import { type Carried, describePublisher } from "../testing/publisher_conformance.ts";
import { makePublisher } from "../testing/publishers.ts";
import { dictOf, makeEvent, makeSample } from "../testing/samples.ts";
import { type Kafka, kafkaMissing, startKafka } from "../testing/servers/kafka.ts";
import { storeErrorOf } from "../testing/writer_conformance.ts";
import { kafkaKind } from "./kafka.ts";

setDefaultTimeout(120_000);
const missing = kafkaMissing();
if (missing !== undefined) console.error(`Kafka tests skipped: ${missing}`);

const signal = new AbortController().signal;
const monasca = {
  mappingsFile: "/no/such.yaml",
  mappingsGiven: false,
  controlPlane: "cp",
  cluster: "cl",
  cloudName: "",
} as MonascaConfig;

function open(url: string, carries: Carried = "samples"): Publisher {
  const secrets = { password: undefined, influxToken: undefined };
  const kafkaSecurity = { tls: undefined, sasl: undefined };
  return makePublisher(kafkaKind, url, { carries, settings: { secrets, kafkaSecurity, monasca } });
}

describe.skipIf(missing !== undefined)("against a real broker", () => {
  let kafka: Kafka;
  let topics = 0;
  let topic = "";
  beforeAll(async () => {
    kafka = await startKafka();
  });
  afterAll(() => kafka?.stop());

  const newTopic = async (): Promise<void> => {
    topic = `published-${topics++}`;
    await kafka.admin.createTopic(topic, { partitions: 1 });
  };
  const urlOf = (query = ""): string => `kafka://${kafka.brokers.join(",")}/${topic}${query}`;
  const read = async (): Promise<readonly ReadRecord[]> => {
    const reading = startReading({ brokers: kafka.brokers, topics: [topic], once: true });
    await reading.ended;
    await reading.consumer.close();
    return reading.records;
  };
  const texts = async (): Promise<string[]> => (await read()).map(({ value }) => value ?? "");

  const backAgain = async (): Promise<void> => {
    await kafka.nodes[0]?.start();
    await read();
  };

  describePublisher({
    title: "kafka",
    takes: ["samples", "events"],
    create: (carries) => open(urlOf("?timeout=4"), carries),
    reset: newTopic,
    received: async (carries) =>
      (await texts()).map((text) => {
        const { resource_id: sample, message_id: event } = dictOf(loadValue(text));
        return String(carries === "samples" ? sample : event);
      }),
    order: "kept",
    refusal: "a message that Kafka does not take is shown below",
    outage: { begin: () => kafka.nodes[0]?.stop(), end: backAgain },
    silence: { begin: () => kafka.nodes[0]?.freeze(), end: () => kafka.nodes[0]?.thaw() },
    secrets: ["pa55"],
  });

  test("messages are JSON, a sample's with its resource as the key", async () => {
    await newTopic();
    const sample = makeSample({ resource_id: "größe" });
    const event = makeEvent();
    for (const [carries, query] of [["samples", "?format=sample"], ["events", ""]] as const) {
      const publisher = open(urlOf(query), carries);
      if (carries === "samples") await publisher.publishSamples([sample], signal);
      else await publisher.publishEvents([event], signal);
      await publisher.close();
    }
    expect((await read()).map(({ key, value }) => [key, value])).toEqual([
      ["größe", sampleJson(sample)],
      [null, dumpValue(serializeEvent(event))],
    ]);
  });

  test("envelopes are what persist reads", async () => {
    await newTopic();
    const samples = [
      makeSample({ name: "cpu", volume: 1.5, resource_metadata: {} }),
      makeSample({ timestamp: "never" }),
      makeSample({ name: "cpu", project_id: null, volume: "2" }),
    ];
    const publisher = open(urlOf("?format=monasca&region=RegionOne"));
    const error = await storeErrorOf(publisher.publishSamples(samples, signal));
    await publisher.close();
    expect(error.message).toContain("'never'");
    const messages = await texts();
    expect(messages.map((text) => JSON.parse(text).meta)).toEqual([
      { tenantId: "project-1", region: "RegionOne" },
      { tenantId: "None", region: "RegionOne" },
    ]);
    const items = keptItems();
    const encoder = createPlainMetricEncoder({ database: "mon", perTenant: false });
    const block = recordBlock(messages);
    expect(messages.map((_, n) => encoder.encode(block, n, items))).toEqual([undefined, undefined]);
    expect(items.kept[0]?.line).toMatch(
      /^cpu,.*_region=RegionOne,_tenant_id=project-1,.*control_plane=cp,.* value=1.5,.* 1767323045678$/,
    );
  });

  test("a message that is too large is split off, a topic that is not there held", async () => {
    await newTopic();
    const publisher = open(urlOf("?timeout=20"));
    const large = makeSample({ resource_metadata: { text: "x".repeat(2_000_000) } });
    expect((await storeErrorOf(publisher.publishSamples([large], signal))).reaction).toBe("split");
    await publisher.publishSamples([makeSample()], signal);
    await publisher.close();
    const other = open(`kafka://${kafka.brokers[0]}/no..such?timeout=60`);
    expect((await storeErrorOf(other.publishSamples([makeSample()], signal))).reaction)
      .toBe("hold");
    await other.close();
  });
});

describe("configuration", () => {
  test.each([
    ["kafka://h:9092", "samples", "names no topic"],
    ["kafka://h:x/t", "samples", "Cannot"],
    ["kafka://h/t?format=event", "samples", "expected sample or monasca"],
    ["kafka://h/t?format=monasca", "events", "expected event"],
    ["kafka://h/t?format=xml", "samples", "'format'"],
    ["kafka://h/t?acks=1", "samples", "'acks'"],
    ["kafkas://h/t?ca=/no/such.pem", "samples", "/no/such.pem"],
    ["kafka://user:hidden@h/t?mechanism=GSSAPI", "samples", "'mechanism'"],
  ])("%s for %s is an error", (url, carries, words) => {
    const make = (): Publisher => open(url, carries as Carried);
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(words);
    expect(make).not.toThrow("hidden");
  });

  test("several brokers, users and IPv6 are understood, and never shown", () => {
    const url =
      "kafkas://user:pa55@a:9092,user:pa55@[::1]:9093/t?mechanism=SCRAM-SHA-256&timeout=2";
    expect(open(url).name).toBe("kafkas://a:9092,user:pa55@[::1]:9093/t".replace("user:pa55@", ""));
  });
});
