/**
 * Pure. What the members of a consumer group tell each other through the coordinator: subscriptions,
 * and the shares that the leader deals out by the `range` or `roundrobin` rule, under the names and in
 * the form that Java, librdkafka and kafka-python use, so that members of theirs can be in the group.
 */
import type { TopicPartition } from "../delivery/records.ts";

/** The rules that we offer, the preferred one first, as librdkafka does. */
export const assignors = ["range", "roundrobin"] as const;

/** A member with what it subscribed to. */
export interface Subscriber {
  readonly memberId: string;
  readonly topics: readonly string[];
}

/** Subscription as the `consumer` protocol (version 0) spells it. */
export function encodeSubscription(topics: readonly string[]): Buffer {
  const writer = new Writer();
  writer.int16(0);
  writer.int32(topics.length);
  for (const topic of topics) writer.string(topic);
  writer.int32(-1);
  return writer.take();
}

/** Topics of a subscription of any version; what stands behind them is not looked at. */
export function decodeSubscription(bytes: Buffer): string[] {
  let at = 2;
  const topics: string[] = [];
  const count = bytes.readInt32BE(at);
  at += 4;
  for (let i = 0; i < count; i++) {
    const size = bytes.readInt16BE(at);
    topics.push(bytes.toString("utf8", at + 2, at + 2 + size));
    at += 2 + size;
  }
  return topics;
}

/** A member's share (version 0). */
export function encodeShare(share: readonly TopicPartition[]): Buffer {
  const byTopic = Map.groupBy(share, ({ topic }) => topic);
  const writer = new Writer();
  writer.int16(0);
  writer.int32(byTopic.size);
  for (const [topic, partitions] of byTopic) {
    writer.string(topic);
    writer.int32(partitions.length);
    for (const { partition } of partitions) writer.int32(partition);
  }
  writer.int32(-1);
  return writer.take();
}

/** The share that a leader, of whatever client, gave us; empty bytes are an empty share. */
export function decodeShare(bytes: Buffer): TopicPartition[] {
  const share: TopicPartition[] = [];
  if (bytes.length === 0) return share;
  let at = 2;
  const topics = bytes.readInt32BE(at);
  at += 4;
  for (let i = 0; i < topics; i++) {
    const size = bytes.readInt16BE(at);
    const topic = bytes.toString("utf8", at + 2, at + 2 + size);
    at += 2 + size;
    const count = bytes.readInt32BE(at);
    at += 4;
    for (let k = 0; k < count; k++, at += 4) {
      share.push({ topic, partition: bytes.readInt32BE(at) });
    }
  }
  return share;
}

/** Deals the topics' partitions out to the members that subscribed to them. */
export function assign(
  rule: string,
  members: readonly Subscriber[],
  partitionsOf: (topic: string) => readonly number[],
): ReadonlyMap<string, readonly TopicPartition[]> {
  const sorted = members.toSorted((a, b) => compare(a.memberId, b.memberId));
  const shares = new Map(sorted.map(({ memberId }): [string, TopicPartition[]] => [memberId, []]));
  const topics = [...new Set(sorted.flatMap((member) => member.topics))].sort(compare);
  if (rule === "range") dealRanges(shares, sorted, { topics, partitionsOf });
  else dealRound(shares, sorted, { topics, partitionsOf });
  return shares;
}

interface Deal {
  readonly topics: readonly string[];
  partitionsOf(topic: string): readonly number[];
}

/** Each topic for itself: runs of neighbouring partitions, the first members get one more. */
function dealRanges(
  shares: Map<string, TopicPartition[]>,
  members: readonly Subscriber[],
  { topics, partitionsOf }: Deal,
): void {
  for (const topic of topics) {
    const takers = members.filter((member) => member.topics.includes(topic));
    const partitions = partitionsOf(topic);
    const each = Math.floor(partitions.length / takers.length);
    const extra = partitions.length % takers.length;
    let from = 0;
    takers.forEach(({ memberId }, i) => {
      const to = from + each + (i < extra ? 1 : 0);
      const run = partitions.slice(from, to).map((partition) => ({ topic, partition }));
      shares.get(memberId)?.push(...run);
      from = to;
    });
  }
}

/** All topics in one row, one partition to each member that wants it in turn. */
function dealRound(
  shares: Map<string, TopicPartition[]>,
  members: readonly Subscriber[],
  { topics, partitionsOf }: Deal,
): void {
  let turn = 0;
  for (const topic of topics) {
    for (const partition of partitionsOf(topic)) {
      while (members[turn % members.length]?.topics.includes(topic) === false) turn++;
      const taker = members[turn++ % members.length];
      if (taker !== undefined) shares.get(taker.memberId)?.push({ topic, partition });
    }
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Big-endian fields one after the other. */
class Writer {
  #parts: Buffer[] = [];

  int16(value: number): void {
    const part = Buffer.alloc(2);
    part.writeInt16BE(value);
    this.#parts.push(part);
  }

  int32(value: number): void {
    const part = Buffer.alloc(4);
    part.writeInt32BE(value);
    this.#parts.push(part);
  }

  string(value: string): void {
    const bytes = Buffer.from(value);
    this.int16(bytes.length);
    this.#parts.push(bytes);
  }

  take(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
