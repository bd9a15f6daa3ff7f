/**
 * Edge (net, processes). A real RabbitMQ as a recording far end: the broker's own trace of everything
 * that is published, to whatever exchange, whether a queue takes it or not. One recording at a time.
 */
import { type RabbitAdmin, rabbitAdmin } from "./rabbit_admin.ts";
import { type Rabbitmq, startRabbitmq } from "./servers/rabbitmq.ts";

/** One published message as the conformance cases show it. */
export interface PublishedMessage {
  readonly exchange: string;
  readonly key: string;
  /** The message inside oslo.messaging's envelope, without the mark that its AMQP driver adds. */
  readonly message: unknown;
}

/** What was published from its beginning on. */
export interface AmqpRecording {
  /** `127.0.0.1:port`, for URLs. */
  readonly address: string;
  readonly records: readonly PublishedMessage[];
  /** Resolves when everything that the broker has taken so far is among the records. */
  complete(): Promise<void>;
  /** Lets the next recording begin. */
  end(): void;
}

/** A broker that is traced. */
export interface TracedBroker {
  /** Begins when those asked for before have ended. */
  record(): Promise<AmqpRecording>;
  remove(): Promise<void>;
}

/** Where RabbitMQ publishes what it is told to trace. */
const traceExchange = "amq.rabbitmq.trace";
/** The queue of the trace; a message straight into it marks a place. */
const traceQueue = "tpctl-trace";

/** Starts one (about 8 s). */
export async function startTracedBroker(): Promise<TracedBroker> {
  const rabbit = await startRabbitmq();
  try {
    await rabbit.ctl("trace_on");
    return await trace(rabbit, await rabbitAdmin(rabbit));
  } catch (error) {
    await rabbit.remove();
    throw error;
  }
}

async function trace(rabbit: Rabbitmq, admin: RabbitAdmin): Promise<TracedBroker> {
  const { channel } = admin;
  let records: PublishedMessage[] = [];
  let marked = Promise.withResolvers<void>();
  await channel.assertQueue(traceQueue, { exclusive: true });
  await channel.bindQueue(traceQueue, traceExchange, "publish.#");
  await channel.consume(traceQueue, (traced) => {
    if (traced === null) return;
    if (traced.fields.exchange !== traceExchange) return void marked.resolve();
    const { exchange_name, routing_keys } = traced.properties.headers ?? {};
    const key = String(Array.isArray(routing_keys) ? routing_keys[0] : routing_keys);
    if (key === traceQueue) return;
    const message = messageIn(traced.content.toString());
    records.push({ exchange: String(exchange_name), key, message });
  }, { noAck: true });
  let turn: Promise<void> = Promise.resolve();
  return {
    async record(): Promise<AmqpRecording> {
      const before = turn;
      const over = Promise.withResolvers<void>();
      turn = over.promise;
      await before;
      const own: PublishedMessage[] = records = [];
      return {
        address: `127.0.0.1:${rabbit.port}`,
        records: own,
        complete: async () => {
          marked = Promise.withResolvers();
          channel.sendToQueue(traceQueue, Buffer.alloc(0));
          await marked.promise;
        },
        end: () => over.resolve(),
      };
    },
    async remove(): Promise<void> {
      await admin.close();
      await rabbit.remove();
    },
  };
}

function messageIn(body: string): unknown {
  const envelope = JSON.parse(body) as Readonly<Record<string, unknown>>;
  const { _unique_id: _, ...message } = JSON.parse(String(envelope["oslo.message"]));
  return message;
}
