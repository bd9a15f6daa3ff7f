/**
 * Pure. A message of the client library as an AmqpDelivery: properties that may be anything become
 * text or nothing, and a compressed body is decompressed.
 */
import type { ConsumeMessage } from "amqplib";
import { decompress } from "./compression.ts";
import { AmqpDelivery } from "./delivery.ts";
import type { Settlements } from "./settlements.ts";

/** The delivery, whose settlement goes through `settlements`. */
export function deliveryOf(message: ConsumeMessage, settlements: Settlements): AmqpDelivery {
  const { content, fields, properties } = message;
  const { bytes, undecodable } = bodyOf(content, properties.headers);
  return new AmqpDelivery(bytes, {
    exchange: fields.exchange,
    routingKey: fields.routingKey,
    messageId: textOf(properties.messageId) ?? "",
    redelivered: fields.redelivered,
    contentType: textOf(properties.contentType),
    contentEncoding: textOf(properties.contentEncoding),
    undecodable,
  }, { settlements, tag: fields.deliveryTag });
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The body, decompressed as its headers ask for; as it came, with the reason, where it cannot be. */
export function bodyOf(
  content: Uint8Array,
  headers: Readonly<Record<string, unknown>> | undefined,
): { readonly bytes: Uint8Array; readonly undecodable: string | undefined } {
  const compression = textOf(headers?.compression);
  if (compression === undefined) return { bytes: content, undecodable: undefined };
  try {
    return { bytes: decompress(content, compression), undecodable: undefined };
  } catch (error) {
    const undecodable = error instanceof Error ? error.message : String(error);
    return { bytes: content, undecodable };
  }
}
