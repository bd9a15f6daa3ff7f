/**
 * Pure. The headers of what a fetch gave for one partition: record batches of format 2 and entries of
 * the old message sets (0, 1), each with its checksum verified. Control batches and batches of aborted
 * transactions are left out; what fails its checksum is kept as such. Nothing is unpacked here.
 */
import { crc32 } from "node:zlib";
import { codecNames } from "./codecs.ts";
import { crc32c } from "./crc32c.ts";

/** A batch that holds records for us; `start` and `end` bound its record bytes. */
export interface DataBatch {
  readonly kind: "records" | "messages";
  readonly start: number;
  readonly end: number;
  readonly baseOffset: number;
  readonly nextOffset: number;
  /** How many records it says it has; 0 in old message sets, which do not say. */
  readonly count: number;
  readonly codec: number;
  readonly baseTimestamp: number;
  readonly oneTimestamp: boolean;
  readonly magic: number;
}

/** Bytes that cannot be taken apart, with the reason. */
export interface CorruptBatch {
  readonly kind: "corrupt";
  readonly start: number;
  readonly end: number;
  readonly baseOffset: number;
  readonly nextOffset: number;
  readonly reason: string;
}

/** One entry of a partition's log, as scanned. */
export type ScannedBatch = DataBatch | CorruptBatch;

/** A transaction that was aborted, as the broker names it beside the batches. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

/** What is known of the partition before its bytes are looked at. */
export interface ScanContext {
  /** Where the fetch began. */
  readonly fetchOffset: number;
  /** The log's end; a corrupt batch's own word is not believed beyond it. */
  readonly highWatermark: number;
  readonly aborted: readonly AbortedTransaction[];
}

/** The outcome of a scan. */
export interface Scan {
  readonly batches: readonly ScannedBatch[];
  /** Where to fetch next: behind the last whole batch, left out or not. */
  readonly nextOffset: number;
}

const entryHeaderBytes = 12;
const magicAt = 16;
const batchHeaderBytes = 61;
const messageBytesMin = 26;
const codecMask = 7;
const logAppendTimeBit = 8;
const transactionalBit = 16;
const controlBit = 32;
const attributesAt = 21;

/** Scans `bytes` up to the first entry that is cut off by the fetch's limit. */
export function scanBatches(bytes: Uint8Array, context: ScanContext): Scan {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const aborts = new Aborts(context.aborted);
  const batches: ScannedBatch[] = [];
  let position = context.fetchOffset;
  for (let at = 0; at + magicAt < bytes.length;) {
    const size = view.getInt32(at + 8);
    const end = at + entryHeaderBytes + size;
    if (size >= 0 && end > bytes.length) break;
    const batch = size < magicAt + 1 - entryHeaderBytes
      ? corrupt(bytes, { at, end: bytes.length, reason: `an entry of ${size} bytes` })
      : readEntry(bytes, view, { at, end });
    if (batch.kind === "corrupt") {
      const next = believableNext(view, batch, { position, limit: context.highWatermark });
      batches.push({ ...batch, baseOffset: position, nextOffset: next });
      position = next;
    } else {
      const wanted = !isLeftOut(bytes, view, { at, batch, aborts });
      if (wanted && batch.nextOffset > position) batches.push(batch);
      position = Math.max(position, batch.nextOffset);
    }
    at = batch.end;
  }
  return { batches, nextOffset: position };
}

interface Entry {
  readonly at: number;
  readonly end: number;
}

function readEntry(bytes: Uint8Array, view: DataView, { at, end }: Entry): ScannedBatch {
  const magic = view.getInt8(at + magicAt);
  if (magic === 2) return readBatch(bytes, view, { at, end });
  if (magic !== 0 && magic !== 1) {
    return corrupt(bytes, { at, end, reason: `its format ${magic} is unknown` });
  }
  if (end - at < messageBytesMin) {
    return corrupt(bytes, { at, end, reason: `a message of ${end - at} bytes` });
  }
  const sum = view.getUint32(at + 12);
  const found = crc32(bytes.subarray(at + magicAt, end)) >>> 0;
  if (sum !== found) return corrupt(bytes, { at, end, reason: checksumText(sum, found) });
  const offset = readOffset(view, at);
  return {
    kind: "messages",
    start: at,
    end,
    baseOffset: offset,
    nextOffset: offset + 1,
    count: 0,
    codec: view.getInt8(at + magicAt + 1) & codecMask,
    baseTimestamp: NaN,
    oneTimestamp: false,
    magic,
  };
}

function readBatch(bytes: Uint8Array, view: DataView, { at, end }: Entry): ScannedBatch {
  if (end - at < batchHeaderBytes) {
    return corrupt(bytes, { at, end, reason: `a batch of ${end - at} bytes` });
  }
  const sum = view.getUint32(at + 17);
  const found = crc32c(bytes, at + attributesAt, end);
  if (sum !== found) return corrupt(bytes, { at, end, reason: checksumText(sum, found) });
  const attributes = view.getInt16(at + attributesAt);
  const codec = attributes & codecMask;
  if (codec >= codecNames.length) {
    return corrupt(bytes, { at, end, reason: `its codec ${codec} is unknown` });
  }
  const appendTime = (attributes & logAppendTimeBit) !== 0;
  const time = readOffset(view, at + (appendTime ? 35 : 27));
  const baseOffset = readOffset(view, at);
  return {
    kind: "records",
    start: at + batchHeaderBytes,
    end,
    baseOffset,
    nextOffset: baseOffset + view.getInt32(at + 23) + 1,
    count: view.getInt32(at + 57),
    codec,
    baseTimestamp: time < 0 ? NaN : time,
    oneTimestamp: appendTime,
    magic: 2,
  };
}

interface BatchPlace {
  readonly at: number;
  readonly batch: DataBatch;
  readonly aborts: Aborts;
}

/** Whether the batch is a transaction's marker or belongs to one that was aborted. */
function isLeftOut(bytes: Uint8Array, view: DataView, { at, batch, aborts }: BatchPlace): boolean {
  if (batch.magic < 2) return false;
  const attributes = view.getInt16(at + attributesAt);
  if ((attributes & (transactionalBit | controlBit)) === 0) return false;
  const producerId = readOffset(view, at + 43);
  aborts.passUpTo(batch.nextOffset);
  if ((attributes & controlBit) !== 0) {
    // Length, attributes, timestamp delta, offset delta, key length: then version and type, int16 each.
    if (bytes[batch.start + 8] === abortMarker) aborts.ended(producerId);
    return true;
  }
  return aborts.has(producerId);
}

const abortMarker = 0;

/** Which producers' batches are part of an aborted transaction at the point reached. */
class Aborts {
  #waiting: AbortedTransaction[];
  #open = new Set<number>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#waiting = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  }

  passUpTo(offset: number): void {
    for (let next = this.#waiting[0]; next !== undefined && next.firstOffset < offset;) {
      this.#open.add(next.producerId);
      this.#waiting.shift();
      next = this.#waiting[0];
    }
  }

  ended(producerId: number): void {
    this.#open.delete(producerId);
  }

  has(producerId: number): boolean {
    return this.#open.has(producerId);
  }
}

function corrupt(bytes: Uint8Array, place: Entry & { readonly reason: string }): CorruptBatch {
  const end = Math.min(place.end, bytes.length);
  return {
    kind: "corrupt",
    start: place.at,
    end,
    baseOffset: 0,
    nextOffset: 0,
    reason: place.reason,
  };
}

/**
 * Where reading goes on behind a corrupt entry: the next entry's offset where that makes sense, else
 * the entry's own count where that does, else one further.
 */
function believableNext(
  view: DataView,
  batch: CorruptBatch,
  bounds: { readonly position: number; readonly limit: number },
): number {
  const believable = (offset: number): boolean =>
    offset > bounds.position && offset <= bounds.limit;
  if (batch.end + magicAt < view.byteLength) {
    const following = readOffset(view, batch.end);
    if (believable(following)) return following;
  }
  if (batch.end - batch.start >= batchHeaderBytes) {
    const own = readOffset(view, batch.start) + view.getInt32(batch.start + 23) + 1;
    if (believable(own)) return own;
  }
  return bounds.position + 1;
}

function checksumText(said: number, found: number): string {
  const hex = (sum: number): string => sum.toString(16).padStart(8, "0");
  return `its checksum is ${hex(found)}, expected ${hex(said)}`;
}

/** An int64 as a number: exact up to 2^53. */
export function readOffset(view: DataView, at: number): number {
  return view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4);
}
