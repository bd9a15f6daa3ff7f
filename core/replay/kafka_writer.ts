/**
 * Pure. A Kafka topic as a Writer: each document is one record, with the key and the timestamp of the
 * record that it was made of. It is durable when all in-sync copies have it.
 */
import { endpointName, type KafkaEndpoint } from "../config/endpoint.ts";
import type { Batch, Document, DocumentBatch } from "../delivery/batch.ts";
import type { OutgoingRecord, Producer } from "../delivery/producer.ts";
import { keyOf } from "../delivery/records.ts";
import { type Reaction, StoreError, type Writer } from "../delivery/writer.ts";
import { RunError } from "../errors.ts";
import { codes } from "../kafka/apis.ts";
import { KafkaFailure } from "../kafka/failure.ts";

const encoder = new TextEncoder();

/** Closing closes the producer. */
export function createKafkaWriter(endpoint: KafkaEndpoint, producer: Producer): Writer {
  const name = endpointName(endpoint);
  return {
    name,
    takes: ["documents"],
    // Records of one key stay in order.
    concurrency: 1,
    async write(batch: Batch, signal: AbortSignal): Promise<void> {
      if (batch.kind !== "documents") throw new Error(`'${name}' takes messages only`);
      try {
        const records = batch.documents.map((document, i) => recordOf(batch, document, i));
        await producer.send(records, signal);
      } catch (error) {
        if (!(error instanceof RunError)) throw error;
        throw new StoreError(error.message, reactionTo(error), { cause: error });
      }
    },
    createDestination: () => Promise.resolve(),
    // The producer asks for the topic with the first record.
    ping: () => Promise.resolve(),
    close: () => producer.close(),
  };
}

function recordOf(batch: DocumentBatch, { index, json }: Document, i: number): OutgoingRecord {
  const { block, index: at } = batch.originOf(i);
  const timestamp = block.timestamps[at] ?? NaN;
  const key = keyOf(block, at);
  return {
    topic: index,
    key: key === null ? null : Uint8Array.from(key),
    value: encoder.encode(json),
    ...(Number.isNaN(timestamp) ? {} : { timestamp }),
  };
}

/** A record that is refused for what it is; else the topic is wrong, and an operator mends it. */
function reactionTo({ cause }: RunError): Reaction {
  const code = cause instanceof KafkaFailure ? cause.code : 0;
  if (code === codes.messageTooLarge || code === codes.recordListTooLarge) return "split";
  return code === codes.invalidRecord ? "bisect" : "hold";
}
