/**
 * Pure. Which records of which blocks are settled, and how far each partition may be committed: the
 * end of the contiguous prefix of settled records, however the records behind it stand.
 *
 * A block costs a column of counts, a record no object. What is committed, when, is the loop's
 * business; what a record came to is told to `onSettled`, in runs.
 */
import { type RecordOutcome, recordOutcomes } from "./account.ts";
import type { Position, RecordBlock, TopicPartition } from "./records.ts";
import { TrackedBlock } from "./tracked_block.ts";

/** Items and the records they were made of, as columns. */
export interface Origins {
  readonly blocks: readonly TrackedBlock[];
  /** Index into `blocks`, per item; only the first `count` entries count. */
  readonly ordinals: Int32Array;
  /** Index of the record in its block, per item. */
  readonly indexes: Int32Array;
  readonly count: number;
}

/** Blocks on their way, by partition. */
export interface Offsets {
  /** From now on the block's records are unsettled; `encoded` must be called for each of them. */
  track(block: RecordBlock): TrackedBlock;
  /** Record `index` has been encoded: all its items are added, its settlement hangs on them alone. */
  encoded(block: TrackedBlock, index: number): void;
  /** One item, or the record itself where it never became any, has come to its end. */
  settle(block: TrackedBlock, index: number, outcome: RecordOutcome): void;
  /** The same for many items of one outcome. */
  settleAll(origins: Origins, outcome: RecordOutcome): void;
  /** Positions that moved since the last call, to be committed. */
  takePositions(): Position[];
  /** These partitions are ours no more: how many unsettled records of theirs, per topic. */
  forget(partitions: readonly TopicPartition[]): ReadonlyMap<string, number>;
  /** The same for all there are. */
  forgetAll(): ReadonlyMap<string, number>;
  /** Unsettled records per topic, of these partitions or of all. */
  unsettled(partitions?: readonly TopicPartition[]): ReadonlyMap<string, number>;
  /** Frees the bytes of records that are settled in blocks that few others keep alive. */
  compact(): void;
  /** Memory held by blocks with unsettled records, about, in bytes. */
  readonly bytes: number;
  /** Unsettled records. */
  readonly records: number;
}

interface Partition extends TopicPartition {
  /** In order of offsets; the first is not wholly settled. */
  readonly blocks: TrackedBlock[];
  /** What takePositions gave last; -1 before. */
  taken: number;
  /** Where to go on; -1 as long as nothing is settled. */
  nextOffset: number;
}

/** A tracker with no partitions. `onSettled` hears of every record once. */
export function createOffsets(
  onSettled: (topic: string, outcome: RecordOutcome, count: number) => void,
): Offsets {
  return new PartitionOffsets(onSettled);
}

class PartitionOffsets implements Offsets {
  #partitions = new Map<string, Partition>();
  #onSettled: (topic: string, outcome: RecordOutcome, count: number) => void;
  bytes = 0;
  records = 0;

  constructor(onSettled: (topic: string, outcome: RecordOutcome, count: number) => void) {
    this.#onSettled = onSettled;
  }

  track(block: RecordBlock): TrackedBlock {
    const key = partitionKey(block);
    let partition = this.#partitions.get(key);
    if (partition === undefined) {
      const { topic, partition: number } = block;
      partition = { topic, partition: number, blocks: [], taken: -1, nextOffset: -1 };
      this.#partitions.set(key, partition);
    }
    const tracked = new TrackedBlock(block);
    partition.blocks.push(tracked);
    this.records += block.count;
    if (block.count === 0) {
      tracked.release();
      this.#advance(partition);
    } else this.bytes += tracked.size;
    return tracked;
  }

  encoded(block: TrackedBlock, index: number): void {
    this.#settleItems(block, index, 0);
  }

  settle(block: TrackedBlock, index: number, outcome: RecordOutcome): void {
    this.#settleItems(block, index, recordOutcomes.indexOf(outcome));
  }

  settleAll(origins: Origins, outcome: RecordOutcome): void {
    const number = recordOutcomes.indexOf(outcome);
    const { blocks, ordinals, indexes, count } = origins;
    for (let i = 0; i < count; i++) {
      const block = blocks[ordinals[i] ?? 0];
      if (block !== undefined) this.#settleItems(block, indexes[i] ?? 0, number);
    }
    this.#tellRun();
  }

  takePositions(): Position[] {
    this.#tellRun();
    const positions: Position[] = [];
    for (const partition of this.#partitions.values()) {
      this.#advance(partition);
      const { topic, nextOffset } = partition;
      if (nextOffset < 0 || nextOffset === partition.taken) continue;
      partition.taken = nextOffset;
      positions.push({ topic, partition: partition.partition, nextOffset });
    }
    return positions;
  }

  forget(partitions: readonly TopicPartition[]): ReadonlyMap<string, number> {
    this.#tellRun();
    const counts = this.unsettled(partitions);
    for (const name of partitions) {
      const partition = this.#partitions.get(partitionKey(name));
      if (partition === undefined) continue;
      this.#partitions.delete(partitionKey(name));
      for (const block of partition.blocks) this.#drop(block);
    }
    return counts;
  }

  forgetAll(): ReadonlyMap<string, number> {
    return this.forget([...this.#partitions.values()]);
  }

  unsettled(partitions?: readonly TopicPartition[]): ReadonlyMap<string, number> {
    this.#tellRun();
    const counts = new Map<string, number>();
    const keys = partitions?.map(partitionKey) ?? [...this.#partitions.keys()];
    for (const key of keys) {
      const partition = this.#partitions.get(key);
      if (partition === undefined) continue;
      let count = counts.get(partition.topic) ?? 0;
      for (const block of partition.blocks) count += block.unsettled;
      counts.set(partition.topic, count);
    }
    return counts;
  }

  compact(): void {
    for (const partition of this.#partitions.values()) {
      for (const block of partition.blocks) this.bytes -= block.compact();
    }
  }

  /** The hot path: a record's last item settles it. */
  #settleItems(block: TrackedBlock, index: number, outcome: number): void {
    const final = block.settleItem(index, outcome);
    if (final < 0 || block.forgotten) return;
    this.records--;
    if (final !== this.#runOutcome || block.topic !== this.#runTopic) {
      this.#tellRun();
      this.#runOutcome = final;
      this.#runTopic = block.topic;
    }
    this.#runCount++;
    if (block.unsettled === 0) this.bytes -= block.release();
  }

  #runTopic = "";
  #runOutcome = 0;
  #runCount = 0;

  #tellRun(): void {
    const outcome = recordOutcomes[this.#runOutcome];
    if (this.#runCount > 0 && outcome !== undefined) {
      this.#onSettled(this.#runTopic, outcome, this.#runCount);
    }
    this.#runCount = 0;
  }

  #advance(partition: Partition): void {
    const { blocks } = partition;
    let done = 0;
    while (blocks[done]?.unsettled === 0) {
      partition.nextOffset = blocks[done]?.nextOffset ?? partition.nextOffset;
      done++;
    }
    if (done > 0) blocks.splice(0, done);
    const offset = blocks[0]?.settledOffset();
    if (offset !== undefined) partition.nextOffset = offset;
  }

  #drop(block: TrackedBlock): void {
    this.records -= block.unsettled;
    block.forgotten = true;
    if (block.unsettled > 0) this.bytes -= block.release();
  }
}

/** The same for the same topic and partition, of whatever object. */
export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${partition}/${topic}`;
}
