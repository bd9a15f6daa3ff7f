/**
 * Edge (test runner). Sending to a real RabbitMQ: only what it has confirmed counts, whatever it does
 * meanwhile: full queues, missing queues, alarms, kills, refusals.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type RabbitAdmin, rabbitAdmin, rabbitOptions } from "../../testing/rabbit_admin.ts";
import { rabbitTransport } from "../../testing/rabbit_admin.ts";
import { type Rabbitmq, rabbitmqMissing, startRabbitmq } from "../../testing/servers/rabbitmq.ts";
import { storeErrorOf } from "../../testing/writer_conformance.ts";
import { systemClock } from "../clock.ts";
import type { RabbitOptions, RabbitTransport } from "../config/pipeline_config.ts";
import { silentLog } from "../log/log.ts";
import { AmqpProducer, type OutgoingMessage } from "./producer.ts";

const missing = rabbitmqMissing();
if (missing !== undefined) console.error(`skipped: sending to RabbitMQ: ${missing}`);

const never = new AbortController().signal;

function messages(queue: string, count: number, size = 10): OutgoingMessage[] {
  return Array.from({ length: count }, (_, n) => ({
    exchange: "ceilometer",
    routingKey: queue,
    body: Buffer.from(JSON.stringify(String(n).padStart(size, "0"))),
  }));
}

describe.skipIf(missing !== undefined)("sending", () => {
  let rabbit: Rabbitmq;
  let admin: RabbitAdmin;
  beforeAll(async () => {
    rabbit = await startRabbitmq({ config: ["max_message_size = 100000"] });
    admin = await rabbitAdmin(rabbit);
  });
  afterAll(async () => {
    await admin?.close();
    await rabbit?.remove();
  });

  interface ProducerChanges {
    readonly transport?: Partial<RabbitTransport>;
    readonly options?: Partial<RabbitOptions>;
    readonly confirmMsMax?: number;
  }

  function producer(
    { transport, options, confirmMsMax = 20_000 }: ProducerChanges = {},
  ): AmqpProducer {
    return new AmqpProducer({
      transport: rabbitTransport([rabbit], transport),
      options: rabbitOptions({ durableQueues: true, ...options }),
    }, { clock: systemClock, log: silentLog, random: () => 0, confirmMsMax });
  }

  test("confirmed messages are there in order, with oslo.messaging's properties", async () => {
    const ours = producer();
    await ours.send(messages("order", 300), never);
    const got = await admin.drain("order");
    expect(got.map(({ content }) => Number(JSON.parse(content.toString()))))
      .toEqual(Array.from({ length: 300 }, (_, n) => n));
    expect(got[0]?.properties).toMatchObject({
      contentType: "application/json",
      contentEncoding: "utf-8",
      headers: {},
      deliveryMode: 2,
      priority: 0,
    });
    await ours.send([], never);
    await ours.close();
    await ours.close();
  });

  test("a queue that takes no more is an overload; with room again it takes them", async () => {
    const ours = producer();
    await ours.send(messages("full", 1), never);
    const policy = '{"max-length": 3, "overflow": "reject-publish"}';
    await rabbit.ctl("set_policy", "small", "^full$", policy);
    const failure = await storeErrorOf(ours.send(messages("full", 5), never));
    expect(failure.reaction).toBe("retry");
    expect(failure.message).toContain("queue 'full' takes no more");
    await admin.channel.purgeQueue("full");
    await ours.send(messages("full", 2), never);
    expect(await admin.count("full")).toBe(2);
    await ours.close();
  });

  test("a queue that went meanwhile: the message came back, and the next call declares it", async () => {
    const ours = producer();
    await ours.send(messages("gone", 1), never);
    await admin.channel.deleteQueue("gone");
    const failure = await storeErrorOf(ours.send(messages("gone", 1), never));
    expect(failure.reaction).toBe("retry");
    expect(failure.message).toContain("no queue for 'gone'");
    await ours.send(messages("gone", 1), never);
    expect(await admin.count("gone")).toBe(1);
    await ours.close();
  });

  test("a message that is too large splits; the connection serves on", async () => {
    const ours = producer();
    const failure = await storeErrorOf(ours.send(messages("large", 1, 100_001), never));
    expect(failure.reaction).toBe("split");
    expect(failure.message).toContain("larger than");
    await ours.send(messages("large", 1), never);
    await ours.close();
  });

  test("calls side by side are sent in their order, and the first declares for all", async () => {
    const ours = producer();
    const each = messages("beside", 200).map((message) => [message]);
    await Promise.all(each.map((one) => ours.send(one, never)));
    const got = await admin.drain("beside");
    expect(got.map(({ content }) => Number(JSON.parse(content.toString()))))
      .toEqual(Array.from({ length: 200 }, (_, n) => n));
    await admin.channel.deleteQueue("beside");
    const failed = await Promise.allSettled(each.slice(0, 3).map((one) => ours.send(one, never)));
    expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    await ours.send(messages("beside", 1), never);
    expect(await admin.count("beside")).toBe(1);
    await ours.close();
  });

  test("one of many that is too large is found, and nobody else is blamed", async () => {
    const ours = producer();
    await ours.send(messages("many", 1), never);
    await admin.channel.purgeQueue("many");
    const bodies = Array.from(
      { length: 20 },
      (_, n) => messages("many", 1, n === 7 ? 100_001 : n + 1),
    );
    const reactions = new Map<number, string>();
    const sendOne = async (n: number): Promise<void> => {
      for (;;) {
        try {
          return await ours.send(bodies[n] ?? [], never);
        } catch (error) {
          const { reaction } = error as { readonly reaction: string };
          if (reaction === "retry") continue;
          return void reactions.set(n, reaction);
        }
      }
    };
    await Promise.all(bodies.map((_, n) => sendOne(n)));
    expect([...reactions]).toEqual([[7, "split"]]);
    const sizes = new Set((await admin.drain("many")).map(({ content }) => content.length - 2));
    expect([...sizes].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, n) => n + 1).filter((size) => size !== 8),
    );
    await ours.close();
  });

  test("a broker short of memory confirms nothing, says so, and takes messages again after", async () => {
    const ours = producer({ confirmMsMax: 1500 });
    await ours.send(messages("alarm", 1), never);
    await rabbit.ctl("set_vm_memory_high_watermark", "absolute", "1");
    try {
      const failure = await storeErrorOf(ours.send(messages("alarm", 1), never));
      expect(failure.reaction).toBe("retry");
      expect(failure.message).toContain("it takes no messages (low on memory)");
    } finally {
      await rabbit.ctl("set_vm_memory_high_watermark", "absolute", "512MB");
    }
    await ours.send(messages("alarm", 1), never);
    expect(await admin.count("alarm")).toBeGreaterThanOrEqual(2);
    await ours.close();
  });

  test("what the operator has to mend holds", async () => {
    const credentials = { user: "guest", password: "wr0ng-secret" };
    const host = { host: rabbit.host, port: rabbit.port, credentials };
    await admin.channel.assertQueue("transient", { durable: false });
    const cases = [
      { changes: { transport: { hosts: [host] } }, said: "refused the login" },
      { changes: { transport: { vhost: "nowhere" } }, said: "virtual host 'nowhere'" },
      { changes: {}, said: "queue 'transient': it exists with durable = false" },
    ];
    for (const { changes, said } of cases) {
      const ours = producer(changes);
      const failure = await storeErrorOf(ours.send(messages("transient", 1), never));
      expect(failure.reaction).toBe("hold");
      expect(failure.message).toContain(said);
      expect(failure.message).not.toContain("wr0ng");
      await ours.close();
    }
  });

  test("compressed bodies say so in kombu's header", async () => {
    const ours = producer({ options: { compression: "gzip" } });
    await ours.send(messages("packed", 1, 5000), never);
    const [got] = await admin.drain("packed");
    expect(got?.properties.headers?.compression).toBe("application/x-gzip");
    expect(got?.content.length).toBeLessThan(200);
    await ours.close();
  });

  test("killed in mid stream: every call that resolved is still there", async () => {
    const ours = producer();
    const confirmed: string[] = [];
    let failures = 0;
    const killing = Bun.sleep(300).then(() => rabbit.kill()).then(() => rabbit.start());
    for (let n = 0; failures === 0 || confirmed.length < 40; n++) {
      const body = Buffer.from(`"${n}"`);
      try {
        await ours.send([{ exchange: "ceilometer", routingKey: "kept", body }], never);
        confirmed.push(`"${n}"`);
      } catch (error) {
        failures++;
        expect(error).toMatchObject({ name: "StoreError", reaction: "retry" });
        await Bun.sleep(100);
      }
    }
    await killing;
    await ours.send(messages("kept", 1), never);
    await ours.close();
    await admin.close();
    admin = await rabbitAdmin(rabbit);
    const stored = new Set((await admin.drain("kept")).map(({ content }) => content.toString()));
    expect(confirmed.filter((body) => !stored.has(body))).toEqual([]);
  });
});
