/**
 * Edge (test runner). The offsets against the plain reading of the promise: a partition may be
 * committed up to its first unsettled record.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type RecordOutcome, recordOutcomes } from "./account.ts";
import { createOffsets } from "./offsets.ts";
import { type RecordBlock, valueOf } from "./records.ts";
import type { TrackedBlock } from "./tracked_block.ts";

/**
 * Records with offsets 10, 13, 16, ... whose values are their offsets as text. Its source writes over
 * the bytes as soon as they are given back.
 */
function blockOf(partition: number, first: number, count: number): RecordBlock {
  const offsets = Float64Array.from({ length: count }, (_, i) => 10 + 3 * (first + i));
  const values = [...offsets].map((offset) => new TextEncoder().encode(String(offset)));
  const ends: number[] = [];
  for (const value of values) ends.push((ends.at(-1) ?? 0) + value.length);
  const bytes = Buffer.concat(values);
  return {
    ...{ topic: "t", partition, count, offsets, bytes, release: () => void bytes.fill("?") },
    timestamps: new Float64Array(count),
    valueStarts: Int32Array.from(ends, (_, i) => ends[i - 1] ?? 0),
    valueEnds: Int32Array.from(ends),
    keyStarts: new Int32Array(count).fill(-1),
    keyEnds: new Int32Array(count).fill(-1),
    nextOffset: 10 + 3 * (first + count),
  };
}

interface Item {
  readonly block: TrackedBlock;
  readonly index: number;
  readonly record: number;
  readonly partition: number;
}

describe("offsets", () => {
  test("positions end before the first unsettled record, whatever the order", () => {
    const anyPlan = fc.record({
      sizes: fc.array(fc.tuple(fc.nat(2), fc.nat(8), fc.integer({ min: 0, max: 3 })), {
        maxLength: 12,
      }),
      order: fc.array(fc.nat(), { maxLength: 400 }),
      outcomes: fc.array(fc.nat(recordOutcomes.length - 1), { minLength: 1, maxLength: 20 }),
    });
    fc.assert(fc.property(anyPlan, ({ sizes, order, outcomes }) => {
      const told = new Map<RecordOutcome, number>();
      const offsets = createOffsets((_, outcome, n) => {
        told.set(outcome, n + (told.get(outcome) ?? 0));
      });
      const open: Item[] = [];
      const pending = new Map<string, number>();
      const worst = new Map<string, number>();
      const read = [0, 0, 0];
      for (const [partition, count, items] of sizes) {
        const first = read[partition] ?? 0;
        const block = offsets.track(blockOf(partition, first, count));
        read[partition] = first + count;
        for (let index = 0; index < count; index++) {
          const record = first + index;
          // One for the encoding, and the items.
          for (let i = 0; i < items; i++) block.addItem(index);
          for (let i = 0; i <= items; i++) open.push({ block, index, record, partition });
          pending.set(`${partition}/${record}`, items + 1);
        }
        block.encodingEnded();
      }
      const total = pending.size;
      order.forEach((pick, turn) => {
        const [item] = open.splice(pick % Math.max(1, open.length), 1);
        if (item === undefined) return;
        const outcome = outcomes[turn % outcomes.length] ?? 0;
        const key = `${item.partition}/${item.record}`;
        offsets.settle(item.block, item.index, recordOutcomes[outcome] ?? "written");
        pending.set(key, (pending.get(key) ?? 0) - 1);
        worst.set(key, Math.max(outcome, worst.get(key) ?? 0));
        if (pick % 5 === 0) offsets.compact();
        for (const { partition, nextOffset } of offsets.takePositions()) {
          const records = read[partition] ?? 0;
          let settled = 0;
          while (settled < records && pending.get(`${partition}/${settled}`) === 0) settled++;
          expect(nextOffset).toBe(10 + 3 * settled);
        }
        for (const { block, index, record } of open) {
          const value = valueOf(block.block, block.at(index));
          expect(new TextDecoder().decode(value ?? undefined)).toBe(String(10 + 3 * record));
        }
      });
      const done = [...pending].filter(([, count]) => count === 0).map(([key]) => key);
      expect(offsets.records).toBe(total - done.length);
      for (const [number, outcome] of recordOutcomes.entries()) {
        const expected = done.filter((key) => worst.get(key) === number).length;
        expect(told.get(outcome) ?? 0).toBe(expected);
      }
      if (offsets.records === 0) expect(offsets.bytes).toBe(0);
    }));
  });

  test("a block without records moves the position over its gap", () => {
    const offsets = createOffsets(() => undefined);
    offsets.track(blockOf(0, 5, 0));
    expect(offsets.takePositions()).toEqual([{ topic: "t", partition: 0, nextOffset: 25 }]);
    expect(offsets.takePositions()).toEqual([]);
  });

  test("what is forgotten is counted once and never heard of again", () => {
    let settled = 0;
    const offsets = createOffsets((_, __, n) => settled += n);
    const block = offsets.track(blockOf(0, 0, 4));
    offsets.settle(block, 0, "written");
    expect([...offsets.forget([{ topic: "t", partition: 0 }])]).toEqual([["t", 3]]);
    offsets.settle(block, 1, "written");
    expect(offsets.takePositions()).toEqual([]);
    expect([...offsets.forgetAll()]).toEqual([]);
    expect([settled, offsets.records, offsets.bytes]).toEqual([1, 0, 0]);
  });

  test("bytes are given back when all is settled, but not where a letter may still be read", () => {
    const offsets = createOffsets(() => undefined);
    const [settled, lost] = [blockOf(0, 0, 2), blockOf(1, 0, 2)];
    const block = offsets.track(settled);
    offsets.track(lost);
    offsets.settle(block, 0, "written");
    expect(new TextDecoder().decode(settled.bytes)).toBe("1013");
    offsets.settle(block, 1, "written");
    expect(new TextDecoder().decode(settled.bytes)).toBe("????");
    offsets.forgetAll();
    expect(new TextDecoder().decode(lost.bytes)).toBe("1013");
  });

  test("compacting keeps the bytes of unsettled records only", () => {
    const offsets = createOffsets(() => undefined);
    const block = offsets.track(blockOf(0, 0, 100));
    block.encodingEnded();
    for (let i = 0; i < 100; i++) if (i !== 42) offsets.settle(block, i, "written");
    const before = offsets.bytes;
    offsets.compact();
    expect(offsets.bytes).toBeLessThan(before / 50);
    expect(block.block.bytes).toEqual(new TextEncoder().encode("136"));
    expect(offsets.takePositions()).toEqual([{ topic: "t", partition: 0, nextOffset: 136 }]);
  });
});
