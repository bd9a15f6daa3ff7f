/**
 * Edge (test runner). The notifier publisher against a real RabbitMQ, read back by another consumer,
 * and against what Ceilometer 19's agent sent of the same samples. Later Ceilometers, and so ours,
 * name users and projects besides, which are signed too.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { PublisherSettings } from "../core/config/pipeline_config.ts";
import { loadValue } from "../core/notifications/load_value.ts";
import type { Dict, Value } from "../core/notifications/value.ts";
import { signatureOf } from "../core/pipeline/signature.ts";
import { describePublisher } from "../testing/publisher_conformance.ts";
import { keepingLog, makePublisher } from "../testing/publishers.ts";
import { type RabbitAdmin, rabbitAdmin, rabbitOptions } from "../testing/rabbit_admin.ts";
import { rabbitTransport } from "../testing/rabbit_admin.ts";
import { dictOf, makeEvent, makeSample, sampleOfLine } from "../testing/samples.ts";
import { type Rabbitmq, rabbitmqMissing, startRabbitmq } from "../testing/servers/rabbitmq.ts";
import { notifierKind } from "./notifier.ts";

const missing = rabbitmqMissing();
if (missing !== undefined) console.error(`skipped: the notifier publisher: ${missing}`);

const captures = join(import.meta.dir, "../testdata/captures/ceilometer-publishers-fixed");
const never = new AbortController().signal;

function settings(
  changed: Partial<PublisherSettings["notifier"]> = {},
): Partial<PublisherSettings> {
  return {
    notifier: {
      meteringTopic: "metering",
      eventTopic: "event",
      driver: "messagingv2",
      exchange: "ceilometer",
      transport: undefined,
      rabbit: rabbitOptions({ durableQueues: true }),
      ...changed,
    },
  };
}

/** The message inside an envelope. */
function opened(body: Uint8Array | string): Dict {
  const envelope = dictOf(loadValue(String(body)));
  expect(Object.keys(envelope)).toEqual(["oslo.version", "oslo.message"]);
  expect(envelope["oslo.version"]).toBe("2.0");
  return dictOf(loadValue(String(envelope["oslo.message"])));
}

function payloadOf(message: Dict): readonly Dict[] {
  const { payload } = message;
  return (Array.isArray(payload) ? payload : []).map(dictOf);
}

function without(dict: Dict, ...names: readonly string[]): [string, Value][] {
  return Object.entries(dict).filter(([name]) => !names.includes(name));
}

describe.skipIf(missing !== undefined)("notifier", () => {
  let rabbit: Rabbitmq;
  let admin: RabbitAdmin;
  beforeAll(async () => {
    rabbit = await startRabbitmq({ users: [{ name: "tele", password: "s/3cret" }] });
    admin = await rabbitAdmin(rabbit);
  });
  afterAll(async () => {
    await admin?.close();
    await rabbit?.remove();
  });

  const own = (query = ""): string => `notifier://tele:s%2F3cret@127.0.0.1:${rabbit.port}/${query}`;
  const marks: string[] = [];
  const collect = async (queue: string): Promise<void> => {
    for (const { content } of await admin.drain(queue).catch(() => [])) {
      for (const item of payloadOf(opened(content.toString()))) {
        marks.push(String(queue === "event.sample" ? item.message_id : item.resource_id));
      }
    }
  };
  const connected = async (): Promise<void> => {
    await admin?.close();
    admin = await rabbitAdmin(rabbit);
    await admin.channel.assertQueue("metering.sample", { durable: true });
    await admin.channel.assertQueue("event.sample", { durable: true });
  };

  describePublisher({
    title: "notifier",
    takes: ["samples", "events"],
    create: (carries) => makePublisher(notifierKind, own(), { settings: settings(), carries }),
    reset: async () => {
      await connected();
      await admin.channel.purgeQueue("metering.sample");
      await admin.channel.purgeQueue("event.sample");
      marks.length = 0;
    },
    received: async (carries, count) => {
      for (let waits = 0; waits < 50; waits++) {
        await collect(carries === "samples" ? "metering.sample" : "event.sample");
        if (marks.length >= count) break;
        await Bun.sleep(20);
      }
      return marks;
    },
    order: "kept",
    refusal: "a broker looks into no item",
    outage: {
      begin: async () => void await rabbit.ctl("stop_app"),
      end: async () => {
        await rabbit.ctl("start_app");
        await connected();
      },
    },
    silence: { begin: () => rabbit.freeze(), end: () => rabbit.thaw() },
    secrets: ["s/3cret", "s%2F3cret", "tele:"],
  });

  test("samples are what the agent sent, whole and per meter, with its properties", async () => {
    const lines = readFileSync(join(captures, "file-json.log"), "utf8").trimEnd().split("\n");
    const publisher = makePublisher(notifierKind, own("?per_meter_topic=1&topic=captured"), {
      settings: settings(),
    });
    await publisher.publishSamples(lines.map(sampleOfLine), never);
    await publisher.close();
    const sent = await admin.drain("captured.sample");
    expect(sent.length).toBe(5);
    sent.forEach((each, i) => {
      const file = join(captures, `amqp-0${i}`);
      const theirs = opened(readFileSync(`${file}.body`, "utf8"));
      const ours = opened(each.content.toString());
      expect(Object.keys(ours)).toEqual(Object.keys(theirs));
      const fresh = ["message_id", "timestamp", "_unique_id", "payload"];
      expect(without(ours, ...fresh)).toEqual(without(theirs, ...fresh));
      expect(String(ours.message_id)).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(String(ours._unique_id)).toMatch(/^[0-9a-f]{32}$/);
      expect(String(ours.timestamp)).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?$/);
      const later = ["user_name", "project_name", "message_signature"];
      expect(payloadOf(ours).map((item) => without(item, ...later)))
        .toEqual(payloadOf(theirs).map((item) => without(item, ...later)));
      for (const item of payloadOf(ours)) {
        expect(item.message_signature).toBe(signatureOf(item, "secret"));
      }
      const meta = JSON.parse(readFileSync(`${file}.meta.json`, "utf8"));
      expect(each.fields.exchange).toBe(meta.exchange);
      expect(each.properties).toMatchObject({
        contentType: meta.properties.content_type,
        contentEncoding: meta.properties.content_encoding,
        headers: meta.properties.application_headers,
        deliveryMode: meta.properties.delivery_mode,
        priority: meta.properties.priority,
      });
    });
  });

  test("events go to each topic of the URL, their type stays the configured one", async () => {
    const publisher = makePublisher(notifierKind, "notifier://?topic=one&topic=two", {
      settings: settings({ transport: rabbitTransport([rabbit]), eventTopic: "happening" }),
      carries: "events",
    });
    expect(publisher.name).toBe(`notifier://127.0.0.1:${rabbit.port}/`);
    await publisher.publishEvents([makeEvent(), makeEvent()], never);
    await publisher.close();
    for (const queue of ["one.sample", "two.sample"]) {
      const [message, ...more] = await admin.drain(queue);
      expect(more).toEqual([]);
      const { event_type, payload } = opened(message?.content.toString() ?? "");
      expect(event_type).toBe("happening");
      expect(payload).toHaveLength(2);
    }
  });

  test("telemetry_driver messaging sends without an envelope", async () => {
    const publisher = makePublisher(notifierKind, own("?topic=bare"), {
      settings: settings({ driver: "messaging" }),
    });
    await publisher.publishSamples([makeSample()], never);
    await publisher.close();
    const [message] = await admin.drain("bare.sample");
    expect(dictOf(loadValue(message?.content.toString() ?? ""))).toMatchObject({
      event_type: "metering",
      priority: "SAMPLE",
      publisher_id: "telemetry.publisher.tphost",
    });
  });
});

describe("notifier without a broker", () => {
  test("telemetry_driver log writes what would be sent, noop nothing", async () => {
    for (const [driver, count] of [["log", 1], ["noop", 0]] as const) {
      const lines: string[] = [];
      const log = keepingLog(lines);
      const publisher = makePublisher(notifierKind, "notifier://", {
        settings: settings({ driver }),
        log,
      });
      await publisher.publishSamples([makeSample()], never);
      await publisher.close();
      expect(lines.filter((line) => line.startsWith("info: ") && line.includes("vcpus")).length)
        .toBe(count);
    }
  });

  test.each([
    ["notifier://", "no transport_url is configured"],
    ["notifier://h/?policy=spool", "expected default or drop or queue"],
    ["notifier://h/?max_queue_length=0", "max_queue_length"],
    ["notifier://h/?per_meter=1", "per_meter_topic"],
    ["notifier://h/?driver=carrier", "driver"],
  ])("%s is a configuration error", (url, said) => {
    let text = "";
    try {
      makePublisher(notifierKind, url, { settings: settings() });
    } catch (error) {
      text = `${error}`;
    }
    expect(text).toStartWith("ConfigError: Cannot use");
    expect(text).toContain(said);
  });
});
