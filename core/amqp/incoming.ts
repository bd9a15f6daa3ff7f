/**
 * Pure. A message as an AmqpDelivery: a compressed body is decompressed; of the client library's
 * message, properties that may be anything become text or nothing.
 */
import type { ConsumeMessage } from "amqplib";
import { decompress } from "./compression.ts";
import { AmqpDelivery } from "./delivery.ts";
import type { Delivered } from "./delivery_reader.ts";
import type { Settlements } from "./settlements.ts";

/** The delivery, whose settlement goes through `settlements`. */
export function deliveryOf(
  { method, header, body }: Delivered,
  settlements: Settlements,
): AmqpDelivery {
  const { bytes, undecodable } = inflated(body, header.compression);
  return new AmqpDelivery(bytes, {
    exchange: method.exchange,
    routingKey: method.routingKey,
    messageId: header.messageId ?? "",
    redelivered: method.redelivered,
    contentType: header.contentType,
    contentEncoding: header.contentEncoding,
    undecodable,
  }, { settlements, tag: method.tag });
}

/** The same message as the client library has it. */
export function deliveredOf({ content, fields, properties }: ConsumeMessage): Delivered {
  const { deliveryTag: tag, redelivered, exchange, routingKey } = fields;
  return {
    method: { tag, redelivered, exchange, routingKey },
    header: {
      size: content.length,
      contentType: textOf(properties.contentType),
      contentEncoding: textOf(properties.contentEncoding),
      messageId: textOf(properties.messageId),
      compression: textOf(properties.headers?.compression),
    },
    body: content,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The body, decompressed as its headers ask for; as it came, with the reason, where it cannot be. */
export function inflated(
  body: Uint8Array,
  compression: string | undefined,
): { readonly bytes: Uint8Array; readonly undecodable: string | undefined } {
  if (compression === undefined) return { bytes: body, undecodable: undefined };
  try {
    return { bytes: decompress(body, compression), undecodable: undefined };
  } catch (error) {
    const undecodable = error instanceof Error ? error.message : String(error);
    return { bytes: body, undecodable };
  }
}
