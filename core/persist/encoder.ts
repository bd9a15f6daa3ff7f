/**
 * Pure. `MessageEncoder`: turns one record's bytes into items of batches, in place.
 */
import type { DeadLetterClass } from "../delivery/dead_letter.ts";
import type { RecordBlock } from "../delivery/records.ts";
import type { Document } from "../delivery/batch.ts";

/** Why a record cannot be stored; it becomes a dead letter with this class and reason. */
export interface Refusal {
  readonly class: Extract<DeadLetterClass, "decode" | "invalid" | "unroutable">;
  readonly reason: string;
}

/**
 * A growing run of lines for one destination. The encoder writes bytes, then ends the line. It is good
 * until `encode` returns: the next record asks for its sink again.
 */
export interface LineSink {
  /** The buffer to write into, with room for at least `bytes` more behind `length`. It may move. */
  reserve(bytes: number): Uint8Array;
  /** Bytes written so far; the encoder sets it after writing. */
  length: number;
  /** The bytes since the last ended line are one line of record `index`; it adds the newline. */
  endLine(block: RecordBlock, index: number): void;
}

/** Where the items of the batches being gathered go. */
export interface ItemSinks {
  lines(destination: string): LineSink;
  document(block: RecordBlock, index: number, document: Document): void;
}

/** One per kind of message (metrics, alarms, events). */
export interface MessageEncoder {
  /**
   * Adds the items of record `index` to `sinks`, or returns why it cannot be; then nothing was added
   * (bytes behind the last ended line do not count).
   */
  encode(block: RecordBlock, index: number, sinks: ItemSinks): Refusal | undefined;
}
