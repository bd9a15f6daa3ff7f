/**
 * Edge (net). Declares exchanges and queues on a channel as oslo.messaging does. One that exists with
 * other arguments is an AmqpFailure that names it, the argument and the option (failure.ts).
 */
import type { Channel } from "amqplib";
import { requestFailure } from "./failure.ts";
import { type DeclarationOptions, exchangeDeclaration, queueDeclaration } from "./topology.ts";

/** A topic exchange, a queue, and the binding between them by the queue's own name. */
export async function declareRoute(
  channel: Channel,
  route: { readonly exchange: string; readonly queue: string },
  options: DeclarationOptions,
): Promise<void> {
  await declareExchange(channel, route.exchange, options);
  await declareQueue(channel, route.queue, options);
  await bind(channel, route);
}

/** All exchanges, all queues, and every binding between them. */
export async function declareAll(
  channel: Channel,
  names: { readonly exchanges: readonly string[]; readonly queues: readonly string[] },
  options: DeclarationOptions,
): Promise<void> {
  for (const exchange of names.exchanges) await declareExchange(channel, exchange, options);
  for (const queue of names.queues) {
    await declareQueue(channel, queue, options);
    for (const exchange of names.exchanges) await bind(channel, { exchange, queue });
  }
}

async function declareExchange(
  channel: Channel,
  exchange: string,
  options: DeclarationOptions,
): Promise<void> {
  const { durable, autoDelete } = exchangeDeclaration(options);
  await channel.assertExchange(exchange, "topic", { durable, autoDelete }).catch((error) => {
    throw requestFailure(error, `declare exchange '${exchange}'`);
  });
}

async function declareQueue(
  channel: Channel,
  queue: string,
  options: DeclarationOptions,
): Promise<void> {
  const { durable, autoDelete, arguments: plain } = queueDeclaration(options);
  const wire = Object.fromEntries(
    Object.entries(plain).map(([name, value]) => [name, sized(value)]),
  );
  await channel.assertQueue(queue, { durable, autoDelete, arguments: wire }).catch((error) => {
    throw requestFailure(error, `declare queue '${queue}'`);
  });
}

/** Numbers with py-amqp's width: the library would take the least that holds them. */
function sized(value: string | number): unknown {
  if (typeof value === "string") return value;
  return { "!": value > 0x7fffffff ? "int64" : "int32", value };
}

async function bind(
  channel: Channel,
  { exchange, queue }: { readonly exchange: string; readonly queue: string },
): Promise<void> {
  await channel.bindQueue(queue, exchange, queue).catch((error) => {
    throw requestFailure(error, `bind queue '${queue}' to exchange '${exchange}'`);
  });
}
