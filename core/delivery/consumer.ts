/**
 * Pure. `Consumer`: what a source of records promises to the persist and replay loops.
 */
import type { Position, RecordBlock, TopicPartition } from "./records.ts";

/**
 * Yields blocks of records; never commits by itself.
 *
 * - Blocks of one partition come in order; a record is yielded once per assignment of its partition.
 * - Pulling is the flow control: the consumer reads ahead at most a named number of bytes and stops
 *   fetching while nobody pulls. Heartbeats go on meanwhile, however long that takes.
 * - `commit` stores positions for partitions that are still assigned, in the generation they were
 *   assigned in; positions of lost partitions are left out silently. It rejects with a RunError only
 *   when the bus refuses for good; a bus that is away is retried until the consumer is closed.
 * - The bus away, at start or later, is retried for ever with back-off and said through `onState`.
 * - `blocks()` ends after `close()`, or at the end of the input when the consumer was made with
 *   `once` (Kafka: the end offsets at start; files: the end of the last one).
 */
export interface Consumer {
  blocks(): AsyncIterable<RecordBlock>;
  commit(positions: readonly Position[]): Promise<void>;
  /** Leaves the group and lets go of all connections. Safe to call twice. */
  close(): Promise<void>;
}

/** What the loop wants to hear from its consumer. */
export interface ConsumerEvents {
  /** These partitions are ours from now on. */
  onAssigned(partitions: readonly TopicPartition[]): void;
  /**
   * These partitions are about to go. The consumer waits for the promise, within a named bound,
   * before it lets the group move on; until then `commit` still works for them. Blocks of theirs that
   * were not yet pulled are thrown away by the consumer.
   */
  onRevoked(partitions: readonly TopicPartition[]): Promise<void>;
  /**
   * They went without warning (session expired, connection gone for too long): nothing of theirs can
   * be committed any more.
   */
  onLost(partitions: readonly TopicPartition[]): void;
  /** Group joined and fetching (`ready`), or why not. Said at every change. */
  onState(state: { readonly ready: boolean; readonly reason?: string }): void;
  /** A turn of the source's own loop ended (a poll returned, even empty; a back-off step). */
  onTurn(): void;
  /**
   * How many records the partition's log holds from `at` on, the first that was not pulled; after each
   * fetch that told it. The first of an assignment is told before anything is pulled.
   */
  onLag(at: Position, lag: number): void;
  /** Records that were gone before they could be read (retention, truncation): said, never silent. */
  onGap(partition: TopicPartition, fromOffset: number, toOffset: number): void;
}

/** For those that only read. */
export const unheard: ConsumerEvents = {
  onAssigned: () => undefined,
  onRevoked: () => Promise.resolve(),
  onLost: () => undefined,
  onState: () => undefined,
  onTurn: () => undefined,
  onLag: () => undefined,
  onGap: () => undefined,
};
