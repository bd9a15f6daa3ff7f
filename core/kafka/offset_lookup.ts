/**
 * Edge (net). Where a partition's log begins and ends, or where a time begins in it, asked of the brokers
 * that lead; one attempt, no waiting.
 */
import type { TopicPartition } from "../delivery/records.ts";
import { apis, type OffsetsAnswer } from "./apis.ts";
import { type Cluster, codeFailure } from "./cluster.ts";
import { keyOf } from "./coordinator.ts";
import { KafkaFailure } from "./failure.ts";

const timestamps = { start: "-2", end: "-1" } as const;
const readCommitted = 1;

/** The log's first offset, the one behind the last record that may be read, or a time in ms. */
export type OffsetPlace = keyof typeof timestamps | number;

/**
 * The offset of a place, by `partition/topic`; of a time that of the first record not before it, -1 where
 * there is none. Rejects with KafkaFailure if any partition's is not to be had.
 */
export async function lookUpOffsets(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  which: OffsetPlace,
): Promise<ReadonlyMap<string, number>> {
  const offsets = new Map<string, number>();
  const timestamp = typeof which === "number" ? String(Math.ceil(which)) : timestamps[which];
  const byLeader = Map.groupBy(partitions, ({ topic, partition }) => {
    const leader = cluster.leader(topic, partition);
    if (leader !== undefined) return leader;
    const text = `Cannot read topic '${topic}', partition ${partition}: no broker leads it now`;
    throw new KafkaFailure(text, "protocol");
  });
  for (const [leader, led] of byLeader) {
    const link = await cluster.link(leader, "control");
    const byTopic = [...Map.groupBy(led, ({ topic }) => topic)];
    const answer = await link.request<OffsetsAnswer>(apis.listOffsets, {
      replicaId: -1,
      isolationLevel: readCommitted,
      topics: byTopic.map(([topic, of]) => ({
        topic,
        partitions: of.map(({ partition }) => ({ partition, timestamp })),
      })),
    });
    for (const { topic, partitions: found } of answer.responses) {
      for (const { partition, errorCode, offset } of found) {
        const name = `${topic}-${partition}`;
        if (errorCode !== 0) {
          throw codeFailure(`find the ${typeof which === "number" ? "time" : which} of`, name, {
            errorCode,
          });
        }
        offsets.set(keyOf({ topic, partition }), Number(offset));
      }
    }
  }
  return offsets;
}
