/**
 * Edge (net). The broker that coordinates a consumer group: found when needed and again after it moved;
 * and the requests about committed offsets, which need no membership to be read.
 */
import type { Position, TopicPartition } from "../delivery/records.ts";
import { type Api, apis, codes, type CommitAnswer, type OffsetsAnswer } from "./apis.ts";
import { type Cluster, codeFailure } from "./cluster.ts";
import { KafkaFailure } from "./failure.ts";
import { assignors } from "./group_protocol.ts";
import type { Link } from "./link.ts";

/** Who commits: a commit of an old generation is refused by the broker. */
export interface Member {
  readonly generationId: number;
  readonly memberId: string;
}

/** A position that the broker did not take, with its error code. */
export interface RefusedPosition extends Position {
  readonly errorCode: number;
}

/** The coordinator of one group. */
export class Coordinator {
  #cluster: Cluster;
  #group: string;
  #link: Link | undefined;

  constructor(cluster: Cluster, group: string) {
    this.#cluster = cluster;
    this.#group = group;
  }

  /** Sends to the coordinator; rejects with KafkaFailure. */
  async ask<T>(api: Api, request: object, timeoutMs?: number): Promise<T> {
    if (this.#link === undefined || this.#link.closed) {
      this.#link = await this.#cluster.coordinator(this.#group);
    }
    return await this.#link.request<T>(api, request, timeoutMs === undefined ? {} : { timeoutMs });
  }

  /** Lets the connection go, with what is waiting on it. */
  disconnect(): void {
    this.#link?.close();
    this.#link = undefined;
  }

  /** An error code as a failure; the coordinator is looked for again if that is what it says. */
  refused(verb: string, errorCode: number): KafkaFailure {
    if (coordinatorMoved.has(errorCode)) this.#link = undefined;
    if (errorCode === codes.inconsistentGroupProtocol) {
      return new KafkaFailure(
        `Cannot join group '${this.#group}': its members share partitions by another rule, ` +
          `expected one of ${assignors.join(", ")}`,
        "protocol",
        { code: errorCode },
      );
    }
    return codeFailure(verb, this.#group, { errorCode });
  }

  /** Committed offsets, by `partition/topic`; those without one are left out. */
  async committed(share: readonly TopicPartition[]): Promise<ReadonlyMap<string, number>> {
    const topics = byTopic(share).map(([topic, partitions]) => ({
      topic,
      partitions: partitions.map(({ partition }) => ({ partition })),
    }));
    const request = { groupId: this.#group, topics };
    const answer = await this.ask<OffsetsAnswer>(apis.offsetFetch, request);
    const found = answer.responses.flatMap(({ topic, partitions }) =>
      partitions.map((each) => ({ ...each, key: keyOf({ topic, partition: each.partition }) }))
    );
    const refusals = [answer.errorCode ?? 0, ...found.map(({ errorCode }) => errorCode)];
    const refusal = refusals.find((code) => code !== 0);
    if (refusal !== undefined) throw this.refused("read the committed offsets of group", refusal);
    return new Map(
      found.map(({ key, offset }): [string, number] => [key, Number(offset)])
        .filter(([, offset]) => offset >= 0),
    );
  }

  /** One attempt to store positions; which the broker refused, and why. */
  async commit(member: Member, positions: readonly Position[]): Promise<RefusedPosition[]> {
    const answer = await this.ask<CommitAnswer>(apis.offsetCommit, {
      groupId: this.#group,
      groupGenerationId: member.generationId,
      memberId: member.memberId,
      topics: byTopic(positions).map(([topic, partitions]) => ({
        topic,
        partitions: partitions.map(({ partition, nextOffset }) => ({
          partition,
          offset: String(nextOffset),
        })),
      })),
    });
    const taken = new Map(
      answer.responses.flatMap(({ topic, partitions }) =>
        partitions.map((each): [string, number] => [
          keyOf({ topic, partition: each.partition }),
          each.errorCode,
        ])
      ),
    );
    return positions.map((position) => ({
      ...position,
      errorCode: taken.get(keyOf(position)) ?? 0,
    }))
      .filter(({ errorCode }) => errorCode !== 0);
  }
}

/** The coordinator is another one, or not yet ready to be asked. */
export const coordinatorMoved: ReadonlySet<number> = new Set([
  codes.coordinatorLoading,
  codes.coordinatorNotAvailable,
  codes.notCoordinator,
]);

/** The same text for the same partition, of whatever object. */
export function keyOf({ topic, partition }: TopicPartition): string {
  return `${partition}/${topic}`;
}

function byTopic<T extends TopicPartition>(of: readonly T[]): [string, T[]][] {
  return [...Map.groupBy(of, ({ topic }) => topic)];
}
