/**
 * Pure. The Fetch request in the encoding of kafkajs, and its answer read by ourselves: each
 * partition's batches stay one run of bytes, where kafkajs makes an object of every record.
 */
import { apis } from "./apis.ts";
import { type AbortedTransaction, readOffset } from "./batch_scan.ts";
import type { WireCall } from "./kafkajs_inner.ts";

/** Bytes of one partition in an answer; a batch that is larger comes alone. */
const ownPartitionBytesMax = 512 * 1024;
/** Bytes of all partitions in an answer. */
export const fetchBytesMax = 1024 * 1024;
const readCommitted = 1;

/** Where to read on in a partition. */
export interface FetchTarget {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** What the broker gave for a partition. */
export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  /** The log's end as far as it is replicated. */
  readonly highWatermark: number;
  /** The log's first offset; -1 where the broker does not say. */
  readonly logStart: number;
  readonly aborted: readonly AbortedTransaction[];
  readonly bytes: Uint8Array;
}

/** How much is asked for, and how long for. */
export interface FetchBounds {
  readonly waitMs: number;
  /** Of one partition, where it is less than our own bound. */
  readonly partitionBytesMax: number;
}

/** The request's fields for kafkajs; targets are asked for in the order given. */
export function fetchRequest(targets: readonly FetchTarget[], bounds: FetchBounds): object {
  const { waitMs, partitionBytesMax } = bounds;
  const byTopic = Map.groupBy(targets, ({ topic }) => topic);
  return {
    maxWaitTime: waitMs,
    minBytes: 1,
    maxBytes: fetchBytesMax,
    isolationLevel: readCommitted,
    rackId: "",
    topics: [...byTopic].map(([topic, partitions]) => ({
      topic,
      partitions: partitions.map(({ partition, offset }) => ({
        partition,
        fetchOffset: String(offset),
        maxBytes: Math.min(partitionBytesMax, ownPartitionBytesMax),
      })),
    })),
  };
}

/** Gives kafkajs's call our way of reading the answer. */
export function withFetchedPartitions(
  usual: WireCall<FetchAnswer>,
): WireCall<FetchAnswer> {
  const { apiVersion } = usual.request;
  const decode = (bytes: Buffer): Promise<FetchAnswer> =>
    Promise.resolve(readFetchAnswer(bytes, apiVersion));
  return { request: usual.request, response: { decode, parse: itself } };
}

/** The answer as a whole. */
export interface FetchAnswer {
  readonly errorCode: number;
  readonly partitions: readonly FetchedPartition[];
  /** What all the partitions' bytes stand in. */
  readonly memory: ArrayBufferLike;
}

/** The lowest version whose answer is read here: the first with transactions. */
export const fetchVersionMin = 4;

/** Reads an answer of versions 4 to 11. Bytes are shared, not copied. */
function readFetchAnswer(bytes: Buffer, version: number): FetchAnswer {
  if (version < fetchVersionMin) throw new Error(`${apis.fetch.name} ${version} is too old`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const partitions: FetchedPartition[] = [];
  let at = 4;
  const int32 = (): number => view.getInt32((at += 4) - 4);
  const int16 = (): number => view.getInt16((at += 2) - 2);
  const offset = (): number => readOffset(view, (at += 8) - 8);
  const errorCode = version >= 7 ? int16() : 0;
  if (version >= 7) at += 4;
  for (let topics = int32(); topics > 0; topics--) {
    const size = int16();
    const topic = bytes.toString("utf8", at, at += size);
    for (let count = int32(); count > 0; count--) {
      const partition = int32();
      const partitionError = int16();
      const highWatermark = offset();
      at += 8;
      const logStart = version >= 5 ? offset() : -1;
      const aborted: AbortedTransaction[] = [];
      for (let left = int32(); left > 0; left--) {
        aborted.push({ producerId: offset(), firstOffset: offset() });
      }
      if (version >= 11) at += 4;
      const length = Math.max(0, int32());
      partitions.push({
        topic,
        partition,
        errorCode: partitionError,
        highWatermark,
        logStart,
        aborted,
        bytes: new Uint8Array(bytes.buffer, bytes.byteOffset + at, length),
      });
      at += length;
    }
  }
  return { errorCode, partitions, memory: bytes.buffer };
}

function itself<T>(answer: T): T {
  return answer;
}
