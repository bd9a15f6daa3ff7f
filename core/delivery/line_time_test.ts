/**
 * Pure. Lines by their own timestamps, and what that saves when a store refuses the oldest of a batch.
 */
import { expect, test } from "bun:test";
import { lineBatch } from "../../testing/batches.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { silentLog } from "../log/log.ts";
import { createMetrics } from "../observe/metrics.ts";
import { type Batch, lineAt } from "./batch.ts";
import { createDelivery } from "./deliver.ts";
import type { GatheredBatch } from "./gathered.ts";
import { oldestFirst } from "./line_time.ts";
import { StoreError } from "./writer.ts";

function gathered(lines: readonly string[]): GatheredBatch {
  const none = { blocks: [], ordinals: new Int32Array(0), indexes: new Int32Array(0) };
  const destination = "mon";
  return { ...lineBatch(lines, { destination }), origins: { ...none, count: lines.length } };
}

function linesOf(batch: Batch): string[] {
  if (batch.kind === "documents") return [];
  const text = new TextDecoder();
  return Array.from({ length: batch.count }, (_, i) => text.decode(lineAt(batch, i)).trimEnd());
}

test("oldest first; one timestamp's lines keep their order; those without one come last", () => {
  const lines = ["a v=1 20", "b v=1", "c v=1 3", "a v=2 20", 'd v=" 1"', "e v=1 -5", "a v=3 20"];
  expect(linesOf(oldestFirst(gathered(lines)))).toEqual([
    "c v=1 3",
    "a v=1 20",
    "a v=2 20",
    "a v=3 20",
    "b v=1",
    'd v=" 1"',
    "e v=1 -5",
  ]);
});

test("a batch that is in order already is not copied", () => {
  const batch = gathered(["a v=1 1", "b v=1 1", "c v=1 2", "d v=1"]);
  expect(oldestFirst(batch)).toBe(batch);
});

test("a few lines that are too old cost few requests, and all others are written", async () => {
  const isOld = (line: string): boolean => Number(line.split(" ").at(-1)) < 1000;
  const lines = Array.from({ length: 5000 }, (_, i) => {
    return `m,i=${i} v=1 ${i % 400 === 7 ? i % 10 : 1000 + (i * 7919) % 500}`;
  });
  const clock = new VirtualClock();
  const told = { written: [] as string[], expired: [] as string[] };
  let requests = 0;
  const delivery = createDelivery({
    writer: {
      ...{ name: "test://store", takes: ["lines"], concurrency: 2 },
      write(batch): Promise<void> {
        requests++;
        if (!linesOf(batch).some(isOld)) return Promise.resolve();
        return Promise.reject(new StoreError("beyond retention", "expired"));
      },
      createDestination: () => Promise.resolve(),
      ping: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
    ...{ clock, log: silentLog, registry: createMetrics(), random: () => 0 },
    onState: () => undefined,
  });
  const outcomes = {
    written: (items: Batch) => void told.written.push(...linesOf(items)),
    expired: (items: Batch) => void told.expired.push(...linesOf(items)),
    refused: () => undefined,
    onTurn: () => undefined,
  };
  const over = new AbortController();
  await clock.run(delivery.deliver(gathered(lines), outcomes, over.signal));
  expect(told.expired.sort()).toEqual(lines.filter(isOld).sort());
  expect(told.written.sort()).toEqual(lines.filter((line) => !isOld(line)).sort());
  expect(requests).toBeLessThan(60);
});
