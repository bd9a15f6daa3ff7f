/**
 * Edge (net, clock). How far a consumer group is behind on a topic, asked from outside: nobody joins,
 * nothing is committed.
 */
import { RunError } from "../errors.ts";
import { Cluster } from "./cluster.ts";
import type { KafkaConnectionOptions } from "./connection_options.ts";
import { Coordinator, keyOf } from "./coordinator.ts";
import { KafkaFailure } from "./failure.ts";
import { lookUpOffsets } from "./offset_lookup.ts";

/** Where a group stands in one partition. */
export interface PartitionLag {
  readonly partition: number;
  /** Undefined where the group has committed nothing. */
  readonly position: number | undefined;
  readonly start: number;
  readonly end: number;
}

/** Asks about one group and one topic, as often as is wanted. */
export class GroupLag {
  #cluster: Cluster;
  #coordinator: Coordinator;
  #topic: string;

  constructor(
    options: KafkaConnectionOptions,
    of: { readonly topic: string; readonly group: string },
  ) {
    this.#cluster = new Cluster(options);
    this.#coordinator = new Coordinator(this.#cluster, of.group);
    this.#topic = of.topic;
  }

  /** All partitions in order. Rejects with a RunError where the cluster does not answer. */
  async ask(): Promise<PartitionLag[]> {
    try {
      await this.#cluster.refresh([this.#topic]);
      const problem = this.#cluster.topicProblem(this.#topic);
      if (problem !== undefined) throw new RunError(problem);
      const partitions = this.#cluster.partitions(this.#topic)
        .map((partition) => ({ topic: this.#topic, partition }));
      // Positions first: an end that is read earlier could lie before them.
      const positions = await this.#coordinator.committed(partitions);
      const starts = await lookUpOffsets(this.#cluster, partitions, "start");
      const ends = await lookUpOffsets(this.#cluster, partitions, "end");
      return partitions.map((each) => ({
        partition: each.partition,
        position: positions.get(keyOf(each)),
        start: starts.get(keyOf(each)) ?? 0,
        end: ends.get(keyOf(each)) ?? 0,
      }));
    } catch (error) {
      if (error instanceof KafkaFailure) throw new RunError(error.message, { cause: error });
      throw error;
    }
  }

  /** Lets go of all connections. */
  close(): void {
    this.#coordinator.disconnect();
    this.#cluster.close();
  }
}
