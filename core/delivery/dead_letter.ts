/**
 * Pure. `DeadLetter`: a datum that no destination will take, with its original bytes and the reason.
 */

/**
 * - `decode`: the bytes are not what the source carries (JSON, UTF-8, envelope).
 * - `invalid`: decoded, but incomplete or not acceptable (a missing member, a line break in a tag).
 * - `rejected`: the destination refused this item for good, in its own words.
 * - `too_large`: alone too large for the destination.
 * - `unroutable`: nothing is configured to take it.
 */
export type DeadLetterClass = "decode" | "invalid" | "rejected" | "too_large" | "unroutable";

/** Where a letter comes from: a Kafka record, an AMQP message or a line of a file. */
export type DeadLetterSource =
  | {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
    /** The record's key as text, null where it has none. */
    readonly key: string | null;
    /** ms since the epoch, null where the record has none. */
    readonly timestamp: number | null;
  }
  | { readonly exchange: string; readonly routing_key: string; readonly message_id: string }
  | { readonly file: string; readonly line: number };

/** What a box keeps; letter_text.ts writes it down. */
export interface DeadLetter {
  readonly source: DeadLetterSource;
  readonly class: DeadLetterClass;
  readonly reason: string;
  /** Where it was bound for: a store's or publisher's name without secrets; "" if nowhere yet. */
  readonly destination: string;
  /** The one sample or event of the message that was refused, where the message holds several. */
  readonly item?: unknown;
  /** The original message's bytes. */
  readonly payload: Uint8Array;
}

/**
 * Takes dead letters for good. `append` resolves when they are on disk (fsynced) or acknowledged by
 * the dead-letter topic, and only then may an offset behind them be committed. A full or failing
 * disk is waited for inside `append`, said in the log and in readiness; it rejects only on abort.
 */
export interface DeadLetterBox {
  append(letters: readonly DeadLetter[], signal: AbortSignal): Promise<void>;
  /** Bytes on disk over the whole folder, for `tpctl_dead_letter_bytes`. */
  bytes(): number;
  close(): Promise<void>;
}
