/**
 * Edge (net). The two ends of a RabbitMQ under faults: a feeder that goes on until the broker has
 * confirmed everything, and a reader that takes what comes, each connecting again whenever it must.
 */
import { type RabbitAdmin, rabbitAdmin } from "../rabbit_admin.ts";
import type { Rabbitmq } from "../servers/rabbitmq.ts";

const chunkMax = 1000;
const againMs = 200;

/** Where messages go. */
export interface FeedPlace {
  readonly exchange: string;
  readonly routingKey: string;
}

/** Some come twice where the broker went before it had confirmed them. */
export async function feedQueue(
  rabbit: Rabbitmq,
  { exchange, routingKey }: FeedPlace,
  bodies: Iterable<string>,
): Promise<void> {
  let admin: RabbitAdmin | undefined;
  let gone: Promise<never> | undefined;
  let chunk: string[] = [];
  const send = async (): Promise<void> => {
    for (;;) {
      try {
        if (admin === undefined) {
          admin = await rabbitAdmin(rabbit);
          gone = endOf(admin);
        }
        await Promise.race([admin.fill(exchange, routingKey, chunk), gone]);
        return;
      } catch {
        await admin?.close();
        admin = undefined;
        await Bun.sleep(againMs);
      }
    }
  };
  for (const body of bodies) {
    chunk.push(body);
    if (chunk.length < chunkMax) continue;
    await send();
    chunk = [];
  }
  if (chunk.length > 0) await send();
  await admin?.close();
}

/** Rejects when the channel is closed, by whomever. */
function endOf({ channel }: RabbitAdmin): Promise<never> {
  const gone = new Promise<never>((_, reject) => {
    channel.once("close", () => reject(new Error("the channel is closed")));
  });
  gone.catch(() => undefined);
  return gone;
}

/** A reader of one durable queue. */
export interface QueueReader {
  close(): Promise<void>;
}

/** Takes each body, and acknowledges it. */
export function readQueue(
  rabbit: Rabbitmq,
  queue: string,
  take: (body: string) => void,
): QueueReader {
  let open = true;
  let admin: RabbitAdmin | undefined;
  const read = async (): Promise<void> => {
    admin = await rabbitAdmin(rabbit);
    const { channel } = admin;
    const gone = new Promise<void>((resolve) => channel.once("close", resolve));
    await channel.assertQueue(queue, { durable: true });
    await channel.prefetch(chunkMax);
    await channel.consume(queue, (message) => {
      if (message === null) return;
      take(message.content.toString());
      channel.ack(message);
    });
    await gone;
  };
  const running = (async (): Promise<void> => {
    while (open) {
      await read().catch(() => undefined);
      if (open) await Bun.sleep(againMs);
    }
  })();
  return {
    async close(): Promise<void> {
      open = false;
      await admin?.close();
      await running;
    },
  };
}
