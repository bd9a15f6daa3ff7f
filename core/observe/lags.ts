/**
 * Pure. How far each partition's committed position is behind the end of its log. What was only read
 * is behind too: a store that is away shows as a lag that grows.
 */
import { partitionKey } from "../delivery/offsets.ts";
import type { Position, TopicPartition } from "../delivery/records.ts";
import type { Gauge, Registry } from "./registry.ts";

interface Ends {
  end: number;
  committed: number;
}

/** The gauge `tpctl_kafka_lag` of the partitions that one loop has. */
export class Lags {
  #registry: Registry;
  #partitions = new Map<string, Ends>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** The log ends `lag` records behind `at`. What is told first is where the partition begins. */
  told(at: Position, lag: number): void {
    const key = partitionKey(at);
    const end = at.nextOffset + lag;
    const ends = this.#partitions.get(key) ?? { end, committed: at.nextOffset };
    ends.end = end;
    this.#partitions.set(key, ends);
    this.#set(at, ends);
  }

  /** These positions are kept by the bus. */
  committed(positions: readonly Position[]): void {
    for (const position of positions) {
      const ends = this.#partitions.get(partitionKey(position));
      if (ends === undefined) continue;
      ends.committed = position.nextOffset;
      this.#set(position, ends);
    }
  }

  /** They are not ours any more. */
  forget(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      this.#partitions.delete(partitionKey(partition));
      this.#gauge(partition).set(NaN);
    }
  }

  #set(partition: TopicPartition, { end, committed }: Ends): void {
    this.#gauge(partition).set(Math.max(0, end - committed));
  }

  #gauge({ topic, partition }: TopicPartition): Gauge {
    const labels = { topic, partition: String(partition) };
    const help = "Records between the committed position and the end of the partition.";
    return this.#registry.gauge("tpctl_kafka_lag", help, labels);
  }
}
