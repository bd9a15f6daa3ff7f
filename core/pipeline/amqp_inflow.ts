/**
 * Edge (net). Notifications out of RabbitMQ as the pipeline loop takes them.
 */
import type { AmqpDelivery } from "../amqp/delivery.ts";
import type { DeadLetterSource } from "../delivery/dead_letter.ts";
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
      for await (const batch of source.deliveries()) {
        yield batch.map((delivery) => new AmqpIncoming(delivery));
      }
    },
    flush: () => Promise.resolve(),
    close: () => source.close(),
  };
}

/** One object for each, without closures of its own. */
class AmqpIncoming implements Incoming {
  readonly topic: string;
  readonly source: DeadLetterSource;
  #delivery: AmqpDelivery;

  constructor(delivery: AmqpDelivery) {
    const { exchange, routingKey, messageId } = delivery;
    this.topic = `${exchange}/${routingKey}`;
    this.source = { exchange, routing_key: routingKey, message_id: messageId };
    this.#delivery = delivery;
  }

  get bytes(): Uint8Array {
    return this.#delivery.bytes;
  }

  get corrupt(): string | undefined {
    return this.#delivery.undecodable;
  }

  get again(): (() => string) | undefined {
    return this.#delivery.redelivered ? () => this.identity() : undefined;
  }

  identity(): string {
    const { bytes } = this;
    return `${this.topic}/${bytes.length}/${Bun.hash(bytes).toString(16)}`;
  }

  isOpen(): boolean {
    return this.#delivery.open;
  }

  ack(): boolean {
    return this.#delivery.ack();
  }

  requeue(): boolean {
    return this.#delivery.requeue();
  }
}
