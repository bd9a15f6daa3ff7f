/**
 * Edge (net). Notifications out of RabbitMQ as the pipeline loop takes them.
 */
import type { AmqpDelivery } from "../amqp/delivery.ts";
import {
  NotificationSource,
  type NotificationSourceDeps,
  type NotificationSourceOptions,
} from "../amqp/source.ts";
import type { Incoming, Inflow, InflowEvents } from "./inflow.ts";

/** Throws a ConfigError for what can never work. */
export function openAmqpInflow(
  options: NotificationSourceOptions,
  events: InflowEvents,
  deps: NotificationSourceDeps,
): Inflow {
  const source = new NotificationSource(options, events, deps);
  return {
    name: source.names.join(", "),
    async *deliveries(): AsyncGenerator<readonly Incoming[], void, void> {
      for await (const batch of source.deliveries()) yield batch.map(incomingOf);
    },
    flush: () => Promise.resolve(),
    close: () => source.close(),
  };
}

function incomingOf(delivery: AmqpDelivery): Incoming {
  const { bytes, exchange, routingKey } = delivery;
  const identity = (): string =>
    `${exchange}/${routingKey}/${bytes.length}/${Bun.hash(bytes).toString(16)}`;
  return {
    bytes,
    topic: `${exchange}/${routingKey}`,
    source: { exchange, routing_key: routingKey, message_id: delivery.messageId },
    corrupt: delivery.undecodable,
    again: delivery.redelivered ? identity : undefined,
    identity,
    isOpen: () => delivery.open,
    ack: () => delivery.ack(),
    requeue: () => delivery.requeue(),
  };
}
