/**
 * Edge (test runner). Consuming from a real RabbitMQ that stays up: settling, prefetch, several
 * consumers, `once`, compressed bodies, closing.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { deflateSync } from "node:zlib";
import { Taker } from "../../testing/amqp_taker.ts";
import {
  type RabbitAdmin,
  rabbitAdmin,
  rabbitOptions,
  rabbitTransport,
} from "../../testing/rabbit_admin.ts";
import { type Rabbitmq, rabbitmqMissing, startRabbitmq } from "../../testing/servers/rabbitmq.ts";
import { systemClock } from "../clock.ts";
import type { RabbitTransport } from "../config/pipeline_config.ts";
import { silentLog } from "../log/log.ts";
import { NotificationSource } from "./source.ts";

const missing = rabbitmqMissing();
if (missing !== undefined) console.error(`skipped: consuming from RabbitMQ: ${missing}`);

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `{"n": ${n}}`);
}

describe.skipIf(missing !== undefined)("consuming", () => {
  let rabbit: Rabbitmq;
  let admin: RabbitAdmin;
  let transports: readonly RabbitTransport[];
  beforeAll(async () => {
    rabbit = await startRabbitmq();
    admin = await rabbitAdmin(rabbit);
    transports = [rabbitTransport([rabbit])];
  });
  afterAll(async () => {
    await admin?.close();
    await rabbit?.remove();
  });

  test("every exchange and priority comes with where it came from, in its queue's order", async () => {
    const taker = new Taker({ transports, exchanges: ["nova", "glance"], topics: ["a1"] });
    await taker.ready();
    expect(taker.source.names).toEqual([`rabbit://127.0.0.1:${rabbit.port}/`]);
    await admin.fill("nova", "a1.info", ["1", "2"]);
    await admin.fill("glance", "a1.error", ["3"]);
    await admin.fill("glance", "a1.sample", ["4"]);
    await taker.came(4);
    const [first] = taker.deliveries;
    expect(first).toMatchObject({
      exchange: "nova",
      routingKey: "a1.info",
      messageId: "",
      redelivered: false,
      contentType: "application/json",
      undecodable: undefined,
    });
    expect(taker.texts.filter((text) => Number(text) < 3)).toEqual(["1", "2"]);
    expect(taker.deliveries.map(({ routingKey }) => routingKey).sort())
      .toEqual(["a1.error", "a1.info", "a1.info", "a1.sample"]);
    await taker.close();
    expect(await admin.count("a1.info")).toBe(0);
  });

  test("prefetch bounds what is here unsettled, and acknowledging makes room", async () => {
    const rabbitOpts = rabbitOptions({ prefetchCount: 7 });
    const taker = new Taker({ transports, topics: ["b1"], rabbit: rabbitOpts, settle: () => {} });
    await taker.ready();
    await admin.fill("nova", "b1.info", numbered(50));
    await taker.came(7);
    await Bun.sleep(200);
    expect(taker.deliveries.length).toBe(7);
    // Out of order, with a gap, so that single and cumulative acknowledgements both happen.
    for (const i of [5, 0, 1, 3]) expect(taker.deliveries[i]?.ack()).toBe(true);
    await taker.came(11);
    await Bun.sleep(200);
    expect(taker.deliveries.length).toBe(11);
    expect(taker.deliveries[5]?.ack()).toBe(false);
    for (const delivery of taker.deliveries.slice()) delivery.ack();
    await taker.came(18);
    for (const delivery of taker.deliveries) delivery.ack();
    await taker.close();
    expect(await admin.count("b1.info")).toBe(50 - taker.deliveries.filter((d) => !d.open).length);
  });

  test("what is given back comes again, marked", async () => {
    const taker = new Taker({
      transports,
      topics: ["c1"],
      settle: (delivery) => void (delivery.redelivered ? delivery.ack() : delivery.requeue()),
    });
    await taker.ready();
    await admin.fill("nova", "c1.info", ["x"]);
    await taker.came(2);
    expect(taker.deliveries.map(({ redelivered }) => redelivered)).toEqual([false, true]);
    await taker.close();
    expect(await admin.count("c1.info")).toBe(0);
  });

  test("competing consumers share a queue, each message once", async () => {
    const rabbitOpts = rabbitOptions({ prefetchCount: 10 });
    const settle = async (delivery: { ack(): boolean }): Promise<void> => {
      await Bun.sleep(1);
      delivery.ack();
    };
    const takers = [1, 2].map(() =>
      new Taker({ transports, topics: ["d1"], rabbit: rabbitOpts, settle })
    );
    await Promise.all(takers.map((taker) => taker.ready()));
    const bodies = numbered(400);
    await admin.fill("nova", "d1.info", bodies);
    const [one, two] = takers;
    await one?.until(() => takers.reduce((sum, t) => sum + t.texts.length, 0) >= 400, "400");
    await Promise.all(takers.map((taker) => taker.close()));
    expect(takers.flatMap((taker) => taker.texts).sort()).toEqual([...bodies].sort());
    expect(Math.min(one?.texts.length ?? 0, two?.texts.length ?? 0)).toBeGreaterThan(50);
  });

  test("once ends when the queues are empty and idle, with nothing left unacknowledged", async () => {
    const declaring = new Taker({ transports, topics: ["e1"] });
    await declaring.ready();
    await declaring.close();
    const bodies = numbered(500);
    await admin.fill("nova", "e1.info", bodies);
    const settle = async (delivery: { ack(): boolean }): Promise<void> => {
      if (Math.random() < 0.02) await Bun.sleep(100);
      delivery.ack();
    };
    const taker = new Taker({ transports, topics: ["e1"], once: { idleMs: 400 }, settle });
    await taker.ended;
    expect(taker.texts).toEqual(bodies);
    await taker.close();
    expect(await admin.count("e1.info")).toBe(0);
  });

  test("compressed bodies come decompressed; what cannot be is said and still delivered", async () => {
    const taker = new Taker({ transports, topics: ["f1"] });
    await taker.ready();
    const send = (body: Uint8Array, compression: string): boolean =>
      admin.channel.publish("nova", "f1.info", Buffer.from(body), { headers: { compression } });
    send(deflateSync('{"a": 1}'), "application/x-gzip");
    send(Buffer.from("no zlib"), "application/x-gzip");
    send(Buffer.from("odd"), "application/x-lzma");
    await taker.came(3);
    expect(taker.texts).toEqual(['{"a": 1}', "no zlib", "odd"]);
    const [good, broken, odd] = taker.deliveries.map(({ undecodable }) => undecodable);
    expect(good).toBeUndefined();
    expect(broken).toContain("expected application/x-gzip");
    expect(odd).toContain("'application/x-lzma' is unknown");
    await taker.close();
  });

  test("closing gives back what nobody pulled and waits for what was", async () => {
    const ready = Promise.withResolvers<void>();
    const source = new NotificationSource(
      {
        transports,
        exchanges: ["nova"],
        topics: ["g1"],
        rabbit: rabbitOptions(),
      },
      { onState: () => ready.resolve(), onTurn: () => {} },
      {
        clock: systemClock,
        log: silentLog,
        random: () => 0,
      },
    );
    const stream = source.deliveries();
    const first = stream.next();
    await ready.promise;
    await admin.fill("nova", "g1.info", ["1"]);
    const pulled = (await first).value ?? [];
    expect(pulled.length).toBe(1);
    await admin.fill("nova", "g1.info", numbered(20));
    let closed = false;
    const closing = source.close().then(() => closed = true);
    await Bun.sleep(150);
    expect(closed).toBe(false);
    expect(pulled[0]?.ack()).toBe(true);
    await closing;
    expect((await stream.next()).done).toBe(true);
    expect(await admin.count("g1.info")).toBe(20);
    await source.close();
  });

  test("closing does not wait for ever for what is not settled: it goes back", async () => {
    const taker = new Taker({ transports, topics: ["h1"], settle: () => {}, settleMsMax: 100 });
    await taker.ready();
    await admin.fill("nova", "h1.info", ["1"]);
    await taker.came(1);
    await taker.close();
    expect(taker.deliveries[0]?.ack()).toBe(false);
    await until(async () => await admin.count("h1.info") === 1);
  });

  test("the watchdog hears of an idle source", async () => {
    const taker = new Taker({ transports, topics: ["i1"] });
    await taker.ready();
    const before = taker.turns;
    await taker.until(() => taker.turns > before + 1, "two turns");
    await taker.close();
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + 20_000;
  while (!await condition()) {
    if (performance.now() > untilMs) throw new Error("not in time");
    await Bun.sleep(20);
  }
}
