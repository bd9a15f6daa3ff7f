/**
 * Pure. The columns of a RecordBlock while they grow, and the records of a batch of format 2 read into
 * them. Batches' headers are batch_scan.ts's business, unpacking is block_reader.ts's.
 */
import type { RecordBlock } from "../delivery/records.ts";

/** Length, attributes, two deltas, key length, value length and header count take a byte each. */
export const recordBytesMin = 7;

/** Columns of a fixed capacity; the first `count` entries count. */
export class RecordColumns {
  count = 0;
  readonly offsets: Float64Array;
  readonly timestamps: Float64Array;
  readonly valueStarts: Int32Array;
  readonly valueEnds: Int32Array;
  readonly keyStarts: Int32Array;
  readonly keyEnds: Int32Array;

  constructor(capacity: number) {
    this.offsets = new Float64Array(capacity);
    this.timestamps = new Float64Array(capacity);
    this.valueStarts = new Int32Array(capacity);
    this.valueEnds = new Int32Array(capacity);
    this.keyStarts = new Int32Array(capacity);
    this.keyEnds = new Int32Array(capacity);
  }

  /** The block that these columns make over `bytes`; `release` takes the bytes back. */
  block(bytes: Uint8Array, place: BlockPlace, release?: () => void): RecordBlock {
    const { count } = this;
    return {
      topic: place.topic,
      partition: place.partition,
      nextOffset: place.nextOffset,
      bytes,
      count,
      offsets: this.offsets.subarray(0, count),
      timestamps: this.timestamps.subarray(0, count),
      valueStarts: this.valueStarts.subarray(0, count),
      valueEnds: this.valueEnds.subarray(0, count),
      keyStarts: this.keyStarts.subarray(0, count),
      keyEnds: this.keyEnds.subarray(0, count),
      release,
    };
  }
}

interface BlockPlace {
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: number;
}

/** Where the unpacked records of a batch stand and what their deltas are counted from. */
export interface RecordRun {
  readonly start: number;
  readonly end: number;
  readonly count: number;
  readonly baseOffset: number;
  /** NaN where the batch has no timestamps. */
  readonly baseTimestamp: number;
  /** All records carry the base timestamp (the broker's time of appending). */
  readonly oneTimestamp: boolean;
  /** Records before it are left out (the fetch began within the batch), as are those from `endOffset` on. */
  readonly fromOffset: number;
  readonly endOffset: number;
}

/** Where the last long varint ended. */
let cursor = 0;

/** A zigzag varint of any length, as far as a number holds it exactly; sets `cursor` behind it. */
function longVarint(bytes: Uint8Array, at: number): number {
  let byte = bytes[at++] as number;
  let low = byte & 127;
  for (let shift = 7; shift < 28 && byte > 127; shift += 7) {
    byte = bytes[at++] as number;
    low |= (byte & 127) << shift;
  }
  if (byte <= 127) {
    cursor = at;
    return (low >>> 1) ^ -(low & 1);
  }
  let wide = low;
  for (let scale = 2 ** 28; byte > 127 && scale < 2 ** 70; scale *= 128) {
    byte = bytes[at++] as number;
    wide += (byte & 127) * scale;
  }
  cursor = at;
  return wide % 2 === 1 ? -(wide + 1) / 2 : wide / 2;
}

/**
 * Reads the records of `run` into `columns`, which must have room for `run.count` more. Throws an Error
 * that says what is wrong; `columns.count` is then as it was.
 */
export function readRecords(columns: RecordColumns, bytes: Uint8Array, run: RecordRun): void {
  const { end, baseOffset, baseTimestamp, oneTimestamp, fromOffset, endOffset } = run;
  const { offsets, timestamps, valueStarts, valueEnds, keyStarts, keyEnds } = columns;
  let n = columns.count;
  let at = run.start;
  for (let i = 0; i < run.count; i++) {
    let size = bytes[at++] as number;
    if (size < 128) size = (size >> 1) ^ -(size & 1);
    else {
      size = longVarint(bytes, at - 1);
      at = cursor;
    }
    const recordEnd = at + size;
    if (!(size >= recordBytesMin - 1 && recordEnd <= end)) {
      throw new Error(`record ${i} of ${run.count} does not end within its batch`);
    }
    at++;
    let time = bytes[at++] as number;
    if (time < 128) time = (time >> 1) ^ -(time & 1);
    else {
      time = longVarint(bytes, at - 1);
      at = cursor;
    }
    let offset = bytes[at++] as number;
    if (offset < 128) offset = (offset >> 1) ^ -(offset & 1);
    else {
      offset = longVarint(bytes, at - 1);
      at = cursor;
    }
    let keySize = bytes[at++] as number;
    if (keySize < 128) keySize = (keySize >> 1) ^ -(keySize & 1);
    else {
      keySize = longVarint(bytes, at - 1);
      at = cursor;
    }
    const keyStart = at;
    if (keySize > 0) at += keySize;
    const keyEnd = at;
    let valueSize = bytes[at++] as number;
    if (valueSize < 128) valueSize = (valueSize >> 1) ^ -(valueSize & 1);
    else {
      valueSize = longVarint(bytes, at - 1);
      at = cursor;
    }
    const valueEnd = valueSize > 0 ? at + valueSize : at;
    if (!(valueEnd < recordEnd)) {
      throw new Error(`record ${i} of ${run.count} is longer than it says`);
    }
    offset += baseOffset;
    if (offset >= fromOffset && offset < endOffset) {
      offsets[n] = offset;
      timestamps[n] = oneTimestamp ? baseTimestamp : baseTimestamp + time;
      keyStarts[n] = keySize < 0 ? -1 : keyStart;
      keyEnds[n] = keySize < 0 ? -1 : keyEnd;
      valueStarts[n] = valueSize < 0 ? -1 : at;
      valueEnds[n] = valueSize < 0 ? -1 : valueEnd;
      n++;
    }
    at = recordEnd;
  }
  if (at !== end) throw new Error(`${end - at} bytes stand behind the last record`);
  columns.count = n;
}
