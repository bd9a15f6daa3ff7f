/**
 * Pure. Records as a record batch of format 2, uncompressed, with its checksum and the producer's
 * identity and sequence, by which a broker knows a repeated batch again.
 */
import { crc32c } from "./crc32c.ts";

/** A record whose timestamp is settled. */
export interface BatchRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** ms since the epoch. */
  readonly timestamp: number;
}

/** Who sends, and the how-many-th record to the partition the first one is; -1 where nobody counts. */
export interface ProducerSequence {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly sequence: number;
}

const headerBytes = 61;

/** Bytes that a record takes at most beside its key and value. */
export const recordOverheadBytes = 40;

/** The batch's bytes; there must be a record. */
export function encodeBatch(records: readonly BatchRecord[], from: ProducerSequence): Buffer {
  const base = records[0]?.timestamp ?? 0;
  const size = records.reduce((sum, record) => sum + bytesOf(record), headerBytes);
  const bytes = Buffer.allocUnsafe(size);
  let at = headerBytes;
  let latest = base;
  records.forEach((record, i) => {
    const delta = record.timestamp - base;
    latest = Math.max(latest, record.timestamp);
    at = writeVarint(bytes, at, bodyBytes(record, delta, i));
    bytes[at++] = 0;
    at = writeVarint(bytes, at, delta);
    at = writeVarint(bytes, at, i);
    at = writeBytes(bytes, at, record.key);
    at = writeBytes(bytes, at, record.value);
    bytes[at++] = 0;
  });
  bytes.writeBigInt64BE(0n, 0);
  bytes.writeInt32BE(at - 12, 8);
  bytes.writeInt32BE(-1, 12);
  bytes.writeInt8(2, 16);
  bytes.writeInt16BE(0, 21);
  bytes.writeInt32BE(records.length - 1, 23);
  bytes.writeBigInt64BE(BigInt(base), 27);
  bytes.writeBigInt64BE(BigInt(latest), 35);
  bytes.writeBigInt64BE(from.producerId, 43);
  bytes.writeInt16BE(from.producerEpoch, 51);
  bytes.writeInt32BE(from.sequence, 53);
  bytes.writeInt32BE(records.length, 57);
  bytes.writeUInt32BE(crc32c(bytes, 21, at), 17);
  return bytes.subarray(0, at);
}

/** What a record takes at most. */
export function bytesOf({ key, value }: BatchRecord): number {
  return recordOverheadBytes + (key?.length ?? 0) + (value?.length ?? 0);
}

function bodyBytes({ key, value }: BatchRecord, delta: number, index: number): number {
  const sized = (part: Uint8Array | null): number =>
    part === null ? 1 : varintBytes(part.length) + part.length;
  return 1 + varintBytes(delta) + varintBytes(index) + sized(key) + sized(value) + 1;
}

/** Bytes of a zigzag varint of up to 53 bits. */
function varintBytes(value: number): number {
  let zigzag = value < 0 ? -2 * value - 1 : 2 * value;
  let bytes = 1;
  while (zigzag >= 128) {
    zigzag = Math.floor(zigzag / 128);
    bytes++;
  }
  return bytes;
}

function writeVarint(bytes: Buffer, at: number, value: number): number {
  let zigzag = value < 0 ? -2 * value - 1 : 2 * value;
  while (zigzag >= 128) {
    bytes[at++] = (zigzag % 128) | 128;
    zigzag = Math.floor(zigzag / 128);
  }
  bytes[at++] = zigzag;
  return at;
}

function writeBytes(bytes: Buffer, at: number, part: Uint8Array | null): number {
  if (part === null) return writeVarint(bytes, at, -1);
  const start = writeVarint(bytes, at, part.length);
  bytes.set(part, start);
  return start + part.length;
}
