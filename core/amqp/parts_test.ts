/**
 * Edge (test runner). The parts that need no broker: which acknowledgements go out, whose turn it is,
 * bzip2.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { AmqpHost } from "../config/endpoint.ts";
import { bunzip2 } from "./bzip2.ts";
import { compress, decompress } from "./compression.ts";
import { HostTurns } from "./host_turns.ts";
import { Settlements } from "./settlements.ts";

describe("settlements", () => {
  /** A broker that holds what is unsettled and refuses what it does not know. */
  class Channel {
    readonly open = new Set<number>();
    readonly acked: number[] = [];
    readonly requeued: number[] = [];

    ack(tag: number, allUpTo: boolean): void {
      expect(this.open.has(tag)).toBe(true);
      for (const each of [...this.open].filter((one) => one === tag || (allUpTo && one < tag))) {
        this.open.delete(each);
        this.acked.push(each);
      }
    }

    requeue(tag: number): void {
      expect(this.open.delete(tag)).toBe(true);
      this.requeued.push(tag);
    }

    send(): void {}
  }

  test("whatever the order, the broker hears of each settlement once and of nothing else", () => {
    const step = fc.oneof(
      fc.record({ what: fc.constant("deliver" as const), tag: fc.constant(0) }),
      fc.record({ what: fc.constantFrom("ack", "requeue", "flush"), tag: fc.nat(30) }),
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const channel = new Channel();
      const settlements = new Settlements(channel, () => {});
      const [acked, requeued]: [Set<number>, Set<number>] = [new Set(), new Set()];
      let last = 0;
      for (const { what, tag } of steps) {
        if (what === "deliver") {
          settlements.received(++last);
          channel.open.add(last);
        } else if (what === "flush") settlements.flush();
        else {
          const ours = tag >= 1 && tag <= last && !acked.has(tag) && !requeued.has(tag);
          expect(settlements[what](tag)).toBe(ours);
          if (ours) (what === "ack" ? acked : requeued).add(tag);
        }
        expect(settlements.outstanding).toBe(last - acked.size - requeued.size);
      }
      settlements.flush();
      expect(new Set(channel.acked)).toEqual(acked);
      expect(channel.acked.length).toBe(acked.size);
      expect(new Set(channel.requeued)).toEqual(requeued);
      settlements.lose();
      expect(settlements.ack(last)).toBe(false);
      expect(settlements.outstanding).toBe(0);
    }));
  });

  test("a run of acknowledgements is one frame", () => {
    const frames: [tag: number, allUpTo: boolean][] = [];
    let sent = 0;
    const channel = {
      ack: (tag: number, allUpTo: boolean) => void frames.push([tag, allUpTo]),
      requeue: () => {},
      send: () => void sent++,
    };
    const waiting: (() => void)[] = [];
    const settlements = new Settlements(channel, (flush) => void waiting.push(flush));
    for (let tag = 1; tag <= 10; tag++) settlements.received(tag);
    for (const tag of [3, 1, 2, 4, 7]) settlements.ack(tag);
    expect(waiting.length).toBe(1);
    waiting[0]?.();
    expect(frames).toEqual([[4, true], [7, false]]);
    expect(sent).toBe(1);
  });
});

describe("host turns", () => {
  const hosts = ["a", "b", "c"].map((host): AmqpHost => ({
    host,
    port: 5672,
    credentials: undefined,
  }));
  const options = { retryIntervalMs: 1000, retryBackoffMs: 2000, retryIntervalMaxMs: 6000 };

  test("each host in turn without a wait, then kombu's rising interval up to its maximum", () => {
    const turns = new HostTurns(hosts, { ...options, failoverStrategy: "round-robin" }, () => 0);
    const seen: string[] = [];
    const waits = Array.from({ length: 15 }, () => {
      seen.push(turns.current().host);
      return turns.failed();
    });
    expect(seen.join("")).toBe("abcabcabcabcabc");
    expect(waits).toEqual([0, 0, 1000, 0, 0, 3000, 0, 0, 5000, 0, 0, 6000, 0, 0, 6000]);
    turns.failed();
    turns.worked();
    expect([turns.failed(), turns.failed(), turns.failed()]).toEqual([0, 0, 1000]);
  });

  test("shuffle tries every host of a round, in an order that changes", () => {
    let seed = 7;
    const random = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647;
    const turns = new HostTurns(hosts, { ...options, failoverStrategy: "shuffle" }, random);
    const rounds = Array.from({ length: 20 }, () =>
      hosts.map(() => {
        const { host } = turns.current();
        turns.failed();
        return host;
      }).join(""));
    for (const round of rounds) expect([...round].sort().join("")).toBe("abc");
    expect(new Set(rounds).size).toBeGreaterThan(2);
  });
});

describe("bzip2", () => {
  // Made by Python's bz2 of b'{"a": 1, "b": "xxxxxxxxxxxxxxxx"}' * 3, then an empty stream.
  const recorded =
    "QlpoOTFBWSZTWQgrJZ8AAB9ZgAAEUAQgEDAAAEogADEA000DeqkYZFMtxSluRxb5ci0mHWHhdyRThQkA" +
    "grJZ8EJaaDkXckU4UJAAAAAA";
  const bytes = Buffer.from(recorded, "base64");

  test("reads what Python wrote, several streams too", () => {
    const text = new TextDecoder().decode(bunzip2(bytes, 1000));
    expect(text).toBe('{"a": 1, "b": "xxxxxxxxxxxxxxxx"}'.repeat(3));
    expect(decompress(bytes, "application/x-bz2").length).toBe(text.length);
  });

  test("damage, an end too early and a bomb are errors, never endless", () => {
    expect(() => bunzip2(bytes, 50)).toThrow("over 50 bytes");
    expect(() => bunzip2(bytes.subarray(0, 30), 1000)).toThrow("too early");
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Uint8Array.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ flip;
        try {
          bunzip2(damaged, 100_000);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          expect(error).not.toBeInstanceOf(RangeError);
        }
      }),
    );
  });

  test("what is compressed for kombu is read back", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 5000 }), (body) => {
      const packed = compress(body);
      expect(Uint8Array.from(decompress(packed.body, packed.header))).toEqual(body);
    }));
  });
});
