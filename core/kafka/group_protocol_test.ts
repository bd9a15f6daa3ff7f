/**
 * Pure. That shares are dealt out whole, once and evenly, by rules that other clients' members follow.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  assign,
  assignors,
  decodeShare,
  decodeSubscription,
  encodeShare,
  encodeSubscription,
} from "./group_protocol.ts";
import { murmur2, partitionOfKey } from "./partitioner.ts";

describe.each([...assignors])("the rule %s", (rule) => {
  test("deals every partition to one subscriber of its topic, and none to others", () => {
    const topics = ["a", "b", "c"];
    const members = fc.uniqueArray(
      fc.record({ memberId: fc.string({ minLength: 1 }), topics: fc.subarray(topics) }),
      { selector: ({ memberId }) => memberId, minLength: 1, maxLength: 6 },
    );
    const sizes = fc.tuple(...topics.map(() => fc.nat({ max: 9 })));
    fc.assert(fc.property(members, sizes, (subscribers, counts) => {
      const partitionsOf = (topic: string): number[] =>
        Array.from({ length: counts[topics.indexOf(topic)] ?? 0 }, (_, i) => i);
      const shares = assign(rule, subscribers, partitionsOf);
      expect(shares.size).toBe(subscribers.length);
      const dealt = [...shares].flatMap(([memberId, share]) =>
        share.map(({ topic, partition }) => {
          const taker = subscribers.find((member) => member.memberId === memberId);
          expect(taker?.topics).toContain(topic);
          return `${topic} ${partition}`;
        })
      );
      const wanted = topics.filter((topic) => subscribers.some((of) => of.topics.includes(topic)));
      const all = wanted.flatMap((topic) => partitionsOf(topic).map((n) => `${topic} ${n}`));
      expect(dealt.toSorted()).toEqual(all.toSorted());
    }));
  });

  test("gives members of one topic shares that differ by one at most", () => {
    const subscribers = ["x", "y", "z"].map((memberId) => ({ memberId, topics: ["t"] }));
    const shares = assign(rule, subscribers, () => [0, 1, 2, 3, 4, 5, 6, 7]);
    expect([...shares.values()].map((share) => share.length)).toEqual([3, 3, 2]);
  });
});

test("subscriptions and shares survive the wire; what newer versions append is passed over", () => {
  expect(decodeSubscription(encodeSubscription(["metrics", "größe"]))).toEqual([
    "metrics",
    "größe",
  ]);
  const newer = Buffer.concat([encodeSubscription(["t"]), Buffer.from([0, 0, 0, 0])]);
  newer.writeInt16BE(3, 0);
  expect(decodeSubscription(newer)).toEqual(["t"]);
  const share = [{ topic: "a", partition: 3 }, { topic: "a", partition: 0 }, {
    topic: "b",
    partition: 1,
  }];
  expect(decodeShare(encodeShare(share))).toEqual(share);
  expect(decodeShare(Buffer.alloc(0))).toEqual([]);
});

test("keys hash as in Java's client", () => {
  const known: readonly [string, number][] = [
    ["21", -973932308],
    ["foobar", -790332482],
    ["a-little-bit-long-string", -985981536],
    ["a-little-bit-longer-string", -1486304829],
    ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
    ["abc", 479470107],
  ];
  for (const [key, hash] of known) {
    expect(murmur2(Buffer.from(key))).toBe(hash);
    expect(partitionOfKey(Buffer.from(key), 7)).toBe((hash & 0x7fffffff) % 7);
  }
});
