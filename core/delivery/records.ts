/**
 * Pure. `RecordBlock`: a run of records of one source partition, as columns over one buffer.
 *
 * A whole cloud's metrics on one core do not fit into an object per record: the Kafka decoder and the
 * file reader hand on where each record's bytes stand, and the encoders read them in place.
 */

/** One partition of one topic; a file is partition 0 of topic "file". */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** Where to go on reading: the offset of the next record that is not yet settled. */
export interface Position extends TopicPartition {
  readonly nextOffset: number;
}

/** Columns over one buffer, one entry per record. */
export interface RecordBlock extends TopicPartition {
  /** Holds every key and value of the block; nobody writes into it. */
  readonly bytes: Uint8Array;
  readonly count: number;
  /** Kafka offsets, rising, with gaps; for a file the line numbers, counted from 1. */
  readonly offsets: Float64Array;
  /** Record timestamps in ms since the epoch; NaN where there is none. */
  readonly timestamps: Float64Array;
  /** Value i is `bytes.subarray(valueStarts[i], valueEnds[i])`; a start of -1 is a null value. */
  readonly valueStarts: Int32Array;
  readonly valueEnds: Int32Array;
  /** The same for keys. */
  readonly keyStarts: Int32Array;
  readonly keyEnds: Int32Array;
  /** What to commit once every record of the block is settled; it also covers the gaps behind it. */
  readonly nextOffset: number;
  /** The file's path where the source is a file; `topic` is then "file". */
  readonly file?: string;
  /**
   * Why the source could not take these bytes apart (a record batch whose checksum fails, a line past
   * all bounds). Each value is then such a run of bytes as it stood there, to be dead-lettered.
   */
  readonly corrupt?: string;
  /**
   * Of dead letters that are taken back in: the one destination that each record is for; undefined for
   * a record that is for all.
   */
  readonly only?: readonly (string | undefined)[];
  /**
   * Nobody reads `bytes` any more: the source may use their memory again. A block that is simply
   * forgotten needs no call.
   */
  readonly release?: (() => void) | undefined;
}

/** Value i of the block as a view on its bytes, or null for a null value (a tombstone). */
export function valueOf(block: RecordBlock, i: number): Uint8Array | null {
  const start = block.valueStarts[i] ?? -1;
  return start < 0 ? null : block.bytes.subarray(start, block.valueEnds[i]);
}

/** Key i of the block as a view on its bytes, or null where the record has none. */
export function keyOf(block: RecordBlock, i: number): Uint8Array | null {
  const start = block.keyStarts[i] ?? -1;
  return start < 0 ? null : block.bytes.subarray(start, block.keyEnds[i]);
}
