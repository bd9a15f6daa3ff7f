/**
 * Pure. `Producer`: the one way by which tpctl writes to Kafka (dead letters, `kafka://`, replay).
 */

/** One record to write. */
export interface OutgoingRecord {
  readonly topic: string;
  /** Chosen by the key's hash (murmur2, as Java's default partitioner does) where not given. */
  readonly partition?: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** ms since the epoch; the time of sending where not given. */
  readonly timestamp?: number;
}

/**
 * `send` resolves only when the broker has acknowledged every record with acks=all; until then it
 * retries by itself, without giving up, until the signal aborts. Order within a partition is kept for
 * records of one call and of calls that were awaited one after the other. A record that the broker
 * refuses for good (too large, unknown topic) rejects with a RunError that names it, whose cause has
 * the broker's error code where it gave one.
 */
export interface Producer {
  send(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
