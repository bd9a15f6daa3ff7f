/**
 * Edge (net, processes). Exchanges of a real RabbitMQ looked at: other queues get every message as if nobody
 * looked, nothing stays behind, a broker that goes away is waited for.
 */
import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from "bun:test";
import { eventually } from "../../testing/program.ts";
import { declaredOn, type RabbitAdmin, rabbitAdmin } from "../../testing/rabbit_admin.ts";
import { type Rabbitmq, rabbitmqMissing, startRabbitmq } from "../../testing/servers/rabbitmq.ts";
import { closeTailings, sampleLine, startTailing, type Tailing } from "../../testing/tailing.ts";

setDefaultTimeout(90_000);
const missing = rabbitmqMissing();
if (missing !== undefined) console.error(`skipped: looking at exchanges: ${missing}`);

function notification(n: number): string {
  return JSON.stringify({
    "oslo.version": "2.0",
    "oslo.message": JSON.stringify({
      ...{ message_id: `id-${n}`, publisher_id: "compute.node-1", priority: "INFO" },
      ...{ event_type: `compute.instance.${n}`, timestamp: "2026-01-01 00:00:00.000000" },
      payload: { tenant_id: "p-1", instance_id: "vm-1" },
    }),
  });
}

describe.skipIf(missing !== undefined)("an exchange", () => {
  let rabbit: Rabbitmq;
  let admin: RabbitAdmin;
  let base: string;
  beforeAll(async () => {
    rabbit = await startRabbitmq();
    admin = await rabbitAdmin(rabbit);
    base = `amqp://127.0.0.1:${rabbit.port}/`;
    await admin.channel.assertExchange("nova", "topic", { durable: false });
    await admin.channel.assertExchange("ceilometer", "topic", { durable: false });
    await admin.channel.assertQueue("notifications.info", { durable: false });
    await admin.channel.bindQueue("notifications.info", "nova", "notifications.info");
  });
  afterEach(closeTailings);
  afterAll(async () => {
    await closeTailings();
    await admin?.close();
    await rabbit?.remove();
  });

  /** Bound and consuming: a message that says nothing has got through. */
  async function ready(
    url: string,
    { exchange = "nova", ...typed }: Parameters<typeof startTailing>[1] & { exchange?: string } =
      {},
  ): Promise<Tailing> {
    const tailing = await startTailing(url, typed);
    await eventually(async () => {
      await admin.fill(exchange, "notifications.probe", ["probe"]);
      return tailing.intake.unreadable.count > 0 ? true : undefined;
    });
    return tailing;
  }

  test("shows copies, and the queue beside it keeps every message", async () => {
    const before = await declaredOn(rabbit, "/");
    const tailing = await ready(`${base}?exchange=nova&topic=notifications`);
    await admin.fill("nova", "notifications.info", [notification(1), notification(2)]);
    await admin.fill("nova", "other.info", [notification(3)]);
    await admin.fill("nova", "notifications.error", [notification(4)]);
    await tailing.came(3);
    await Bun.sleep(200);
    expect(tailing.data.map(({ name }) => name)).toEqual(
      [1, 2, 4].map((n) => `compute.instance.${n}`),
    );
    expect(tailing.data[0]).toMatchObject({
      kind: "notification",
      tenant: "p-1",
      resource: "vm-1",
    });
    expect(await admin.count("notifications.info")).toBe(2);
    await tailing.close();
    await eventually(async () => {
      const now = await declaredOn(rabbit, "/");
      return now.queues.length === before.queues.length ? true : undefined;
    });
    expect(await declaredOn(rabbit, "/")).toEqual(before);
    expect((await admin.drain("notifications.info")).length).toBe(2);
  });

  test("what notifier packed into a message, from several exchanges, filtered", async () => {
    const url = `${base}?exchange=nova&exchange=ceilometer&topic=%23`;
    const tailing = await ready(url, { meters: ["cpu_util"], exchange: "ceilometer" });
    const batch = ["cpu_util", "memory.usage"].map((name) => {
      const { name: _, volume, type, unit, ...rest } = JSON.parse(sampleLine(5));
      return {
        ...rest,
        counter_name: name,
        counter_volume: volume,
        counter_type: type,
        counter_unit: unit,
      };
    });
    const message = {
      event_type: "metering",
      publisher_id: "x",
      priority: "SAMPLE",
      payload: batch,
    };
    await admin.fill("ceilometer", "metering.sample", [JSON.stringify({
      ...message,
      ...{ message_id: "1", timestamp: "2026-01-01 00:00:00.000000" },
    })]);
    await tailing.came(1);
    expect(tailing.data[0]).toMatchObject({ kind: "sample", name: "cpu_util", value: 5 });
  });

  test("refuses what is not there, and who is not known", async () => {
    const gone = await startTailing(`${base}?exchange=nvoa`);
    await expect(gone.ended).rejects.toThrow(/^Cannot look at exchange 'nvoa': it does not exist/);
    const who = `amqp://guest:wrong@127.0.0.1:${rabbit.port}/?exchange=nova`;
    const stranger = await startTailing(who);
    await expect(stranger.ended).rejects.toThrow(/^Cannot log on .* as 'guest'/);
    const vhost = await startTailing(`amqp://127.0.0.1:${rabbit.port}/no?exchange=nova`);
    await expect(vhost.ended).rejects.toThrow(/^Cannot open virtual host 'no'/);
    const nobody = await startTailing("amqp://127.0.0.1:1/?exchange=nova");
    await expect(nobody.ended).rejects.toThrow("expected a broker that answers there");
    const before = await declaredOn(rabbit, "/");
    expect(JSON.stringify(before.exchanges)).not.toContain("nvoa");
  });

  test("a broker that goes away is said and waited for", async () => {
    await admin.channel.assertExchange("kept", "topic", { durable: true });
    const tailing = await ready(`${base}?exchange=kept`, { exchange: "kept" });
    await admin.close();
    await rabbit.stop();
    await eventually(() => tailing.troubles.length > 0 ? true : undefined);
    await rabbit.start();
    await eventually(() => tailing.troubles.at(-1) === undefined ? true : undefined);
    admin = await rabbitAdmin(rabbit);
    await admin.fill("kept", "notifications.info", [notification(9)]);
    await tailing.came(1);
  });
});
