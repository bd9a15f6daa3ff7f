/**
 * Edge (test runner). What is declared, against what oslo.messaging 18.3.1 declared on the same
 * broker with the same options (recorded), and what is said of queues that are there already.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import recorded from "../../testdata/amqp/declared_by_oslo_messaging_18.3.1.json";
import { Taker } from "../../testing/amqp_taker.ts";
import {
  declaredOn,
  type RabbitAdmin,
  rabbitAdmin,
  rabbitOptions,
  rabbitTransport,
} from "../../testing/rabbit_admin.ts";
import { type Rabbitmq, rabbitmqMissing, startRabbitmq } from "../../testing/servers/rabbitmq.ts";
import type { RabbitOptions } from "../config/pipeline_config.ts";

const missing = rabbitmqMissing();
if (missing !== undefined) console.error(`skipped: declarations on RabbitMQ: ${missing}`);

const cases: Readonly<Record<keyof typeof recorded, Partial<RabbitOptions>>> = {
  plain: {},
  durable: { durableQueues: true },
  auto_delete: { autoDelete: true },
  quorum: {
    quorumQueue: true,
    quorumDeliveryLimit: 5,
    quorumMemoryLengthMax: 1000,
    quorumMemoryBytesMax: 1_000_000,
  },
  mirrored: { haQueues: true },
};
const names = Object.keys(cases) as (keyof typeof recorded)[];

describe.skipIf(missing !== undefined)("declarations", () => {
  let rabbit: Rabbitmq;
  let admin: RabbitAdmin;
  beforeAll(async () => {
    rabbit = await startRabbitmq({ vhosts: names });
    admin = await rabbitAdmin(rabbit);
  });
  afterAll(async () => {
    await admin?.close();
    await rabbit?.remove();
  });

  test.each(names)("%s: exchanges, queues and bindings are oslo.messaging's", async (name) => {
    const transports = [rabbitTransport([rabbit], { vhost: name })];
    const taker = new Taker({ transports, rabbit: rabbitOptions(cases[name]) });
    await taker.ready();
    expect<unknown>(await declaredOn(rabbit, name)).toEqual(recorded[name]);
    await taker.close();
  });

  test.each([
    {
      there: { durable: true },
      ours: {},
      said:
        "Cannot declare queue 'there-0.audit': it exists with durable = true, expected durable " +
        "= false (set [oslo_messaging_rabbit] amqp_durable_queues (rabbit_quorum_queue implies it) " +
        "to match, or delete the queue)",
    },
    {
      there: { durable: true },
      ours: { quorumQueue: true },
      said: "Cannot declare queue 'there-1.audit': it exists with x-queue-type = none, expected " +
        "x-queue-type = quorum (set [oslo_messaging_rabbit] rabbit_quorum_queue to match, or " +
        "delete the queue)",
    },
    {
      there: { durable: false, arguments: { "x-message-ttl": 5000 } },
      ours: {},
      said: "Cannot declare queue 'there-2.audit': it exists with x-message-ttl = 5000, expected " +
        "x-message-ttl = none (delete the queue)",
    },
  ].map((each, i) => ({ ...each, i })))(
    "a queue with other arguments is named with the option, and what it lacks is mended: $there",
    async ({ there, ours, said, i }) => {
      await admin.channel.assertQueue(`there-${i}.audit`, there);
      const taker = new Taker({
        transports: [rabbitTransport([rabbit])],
        exchanges: [`other-${i}`],
        topics: [`there-${i}`],
        rabbit: rabbitOptions(ours),
      });
      expect(await taker.notReady()).toBe(said);
      await admin.channel.deleteQueue(`there-${i}.audit`);
      await taker.ready();
      await taker.close();
    },
  );

  test("an exchange of another type or durability is named too", async () => {
    await admin.channel.assertExchange("fan", "fanout", { durable: false });
    await admin.channel.assertExchange("lasting", "topic", { durable: true });
    const transports = [rabbitTransport([rabbit])];
    const fan = new Taker({ transports, exchanges: ["fan"] });
    expect(await fan.notReady()).toBe(
      "Cannot declare exchange 'fan': it exists with type = fanout, expected type = topic " +
        "(delete the exchange)",
    );
    await fan.close();
    const lasting = new Taker({ transports, exchanges: ["lasting"] });
    expect(await lasting.notReady()).toContain(
      "exchange 'lasting': it exists with durable = true, expected durable = false (set " +
        "[oslo_messaging_rabbit] amqp_durable_queues",
    );
    await lasting.close();
  });
});
