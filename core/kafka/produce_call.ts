/**
 * Pure. The Produce request with batches that are already encoded, acks=all; its answer is read by
 * kafkajs.
 */
import type { WireCall, WireRequest } from "./kafkajs_inner.ts";

/** How long the leader may wait for its copies. */
export const copiesMsMax = 10_000;

/** A batch and where it goes. */
export interface AddressedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: Buffer;
}

/** Error codes per partition. */
export interface ProduceAnswer {
  readonly topics: readonly {
    readonly topicName: string;
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number }[];
  }[];
}

/** What kafkajs wants to see for a call whose encoding we replace. */
export const emptyProduce = { acks: -1, timeout: copiesMsMax, topicData: [] } as const;

const allCopies = -1;

/** Replaces kafkajs's encoding by ours: versions 3 to 7 look alike. */
export function withBatches(
  usual: WireCall<ProduceAnswer>,
  batches: readonly AddressedBatch[],
): WireCall<ProduceAnswer> {
  const { apiKey, apiName, apiVersion } = usual.request;
  const encode: WireRequest["encode"] = () => {
    const buffer = encodeProduce(batches);
    return Promise.resolve({ buf: buffer, buffer });
  };
  return { request: { apiKey, apiName, apiVersion, encode }, response: usual.response };
}

function encodeProduce(batches: readonly AddressedBatch[]): Buffer {
  const byTopic = Map.groupBy(batches, ({ topic }) => topic);
  const parts: Buffer[] = [int16(-1), int16(allCopies), int32(copiesMsMax), int32(byTopic.size)];
  for (const [topic, of] of byTopic) {
    const name = Buffer.from(topic);
    parts.push(int16(name.length), name, int32(of.length));
    for (const { partition, bytes } of of) parts.push(int32(partition), int32(bytes.length), bytes);
  }
  return Buffer.concat(parts);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
