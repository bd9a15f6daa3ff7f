/**
 * Edge (net, processes). What tests ask of a running RabbitMQ: put messages in, take them out, see
 * what is declared. It uses the client library bare, without tpctl's own code between.
 */
import { type ChannelModel, type ConfirmChannel, connect, type GetMessage } from "amqplib";
import type { RabbitOptions, RabbitTransport } from "../core/config/pipeline_config.ts";
import type { Rabbitmq } from "./servers/rabbitmq.ts";

const closeMsMax = 1_000;

/** What `[oslo_messaging_rabbit]` is without a line, but for waits, which are short. */
export function rabbitOptions(changed: Partial<RabbitOptions> = {}): RabbitOptions {
  return {
    durableQueues: false,
    autoDelete: false,
    quorumQueue: false,
    quorumDeliveryLimit: 0,
    quorumMemoryLengthMax: 0,
    quorumMemoryBytesMax: 0,
    haQueues: false,
    loginMethod: "AMQPLAIN",
    prefetchCount: 100,
    heartbeatMs: 60_000,
    heartbeatRate: 3,
    retryIntervalMs: 200,
    retryBackoffMs: 100,
    retryIntervalMaxMs: 1000,
    reconnectDelayMs: 100,
    compression: undefined,
    failoverStrategy: "round-robin",
    ...changed,
  };
}

/** A transport to these brokers as guest, in their order. */
export function rabbitTransport(
  brokers: readonly Pick<Rabbitmq, "host" | "port">[],
  changed: Partial<RabbitTransport> = {},
): RabbitTransport {
  return {
    driver: "rabbit",
    hosts: brokers.map(({ host, port }) => ({ host, port, credentials: undefined })),
    vhost: "/",
    tls: undefined,
    ...changed,
  };
}

/** A connection of the test's own. */
export interface RabbitAdmin {
  readonly channel: ConfirmChannel;
  /** Puts texts into a queue and waits for the broker's word. */
  fill(exchange: string, routingKey: string, bodies: readonly string[]): Promise<void>;
  /** Takes everything out of a queue, acknowledged. */
  drain(queue: string): Promise<readonly GetMessage[]>;
  /** Messages that wait in a queue. */
  count(queue: string): Promise<number>;
  close(): Promise<void>;
}

/** Connects as guest on `/`. */
export async function rabbitAdmin(rabbit: Rabbitmq): Promise<RabbitAdmin> {
  const model: ChannelModel = await connect(`amqp://guest:guest@127.0.0.1:${rabbit.port}`);
  model.on("error", () => undefined);
  const channel = await model.createConfirmChannel();
  channel.on("error", () => undefined);
  return {
    channel,
    fill: async (exchange, routingKey, bodies) => {
      const properties = { contentType: "application/json", deliveryMode: 2 };
      for (const body of bodies) {
        channel.publish(exchange, routingKey, Buffer.from(body), properties);
      }
      await channel.waitForConfirms();
    },
    drain: async (queue) => {
      const messages: GetMessage[] = [];
      for (;;) {
        const message = await channel.get(queue, { noAck: true });
        if (message === false) return messages;
        messages.push(message);
      }
    },
    count: async (queue) => (await channel.checkQueue(queue)).messageCount,
    // The library waits for ever for the good-bye of a broker that has just died.
    close: () => Promise.race([model.close().catch(() => undefined), Bun.sleep(closeMsMax)]),
  };
}

/** Exchanges, queues and bindings as rabbitmqctl lists them, sorted by their text. */
export interface Declared {
  readonly exchanges: readonly unknown[];
  readonly queues: readonly unknown[];
  readonly bindings: readonly unknown[];
}

/** Everything declared on a virtual host but the broker's own exchanges and bindings. */
export async function declaredOn(rabbit: Rabbitmq, vhost: string): Promise<Declared> {
  const list = async (what: string, ...columns: readonly string[]): Promise<readonly unknown[]> => {
    const args = [`list_${what}`, "-p", vhost, "--formatter", "json", ...columns];
    const rows: unknown = JSON.parse(await rabbit.ctl(...args));
    if (!Array.isArray(rows)) throw new Error(`rabbitmqctl ${what} gave no list`);
    return rows.map((row) => JSON.stringify(row))
      .filter((row) => !/"(source_)?name":"(amq\.[a-z.]*)?"/.test(row))
      .sort().map((row): unknown => JSON.parse(row));
  };
  return {
    exchanges: await list("exchanges", "name", "type", "durable", "auto_delete", "arguments"),
    queues: await list("queues", "name", "durable", "auto_delete", "arguments"),
    bindings: await list("bindings", "source_name", "destination_name", "routing_key"),
  };
}
