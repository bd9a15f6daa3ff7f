/**
 * Pure. `AmqpDelivery`: one message as RabbitMQ handed it over, and the two ways to settle it.
 */
import type { Settlements } from "./settlements.ts";

/** What a delivery says beside its body. */
export interface DeliveryFields {
  readonly exchange: string;
  readonly routingKey: string;
  /** AMQP's own property, which oslo.messaging leaves out: "" then. */
  readonly messageId: string;
  /** It was delivered before and not acknowledged. */
  readonly redelivered: boolean;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  /** Why the body stands here as it came, compressed; undefined where it could be read. */
  readonly undecodable: string | undefined;
}

/**
 * Each delivery is settled once, by `ack` or `requeue`; both say whether it was still ours. It is not
 * when the connection went meanwhile: the broker gives the message to somebody again.
 */
export class AmqpDelivery implements DeliveryFields {
  readonly exchange: string;
  readonly routingKey: string;
  readonly messageId: string;
  readonly redelivered: boolean;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly undecodable: string | undefined;
  #settlements: Settlements;
  #tag: number;

  constructor(
    readonly bytes: Uint8Array,
    fields: DeliveryFields,
    place: { readonly settlements: Settlements; readonly tag: number },
  ) {
    this.exchange = fields.exchange;
    this.routingKey = fields.routingKey;
    this.messageId = fields.messageId;
    this.redelivered = fields.redelivered;
    this.contentType = fields.contentType;
    this.contentEncoding = fields.contentEncoding;
    this.undecodable = fields.undecodable;
    this.#settlements = place.settlements;
    this.#tag = place.tag;
  }

  /** Not settled yet, and its channel lives. */
  get open(): boolean {
    return this.#settlements.isOpen(this.#tag);
  }

  /** The message is done with: the broker forgets it. */
  ack(): boolean {
    return this.#settlements.ack(this.#tag);
  }

  /** The message goes back to its queue, for us or another consumer. */
  requeue(): boolean {
    return this.#settlements.requeue(this.#tag);
  }
}
