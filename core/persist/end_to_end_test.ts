/**
 * Edge (test runner). Ages come from the data's own timestamps, and every item of a batch counts.
 */
import { expect, test } from "bun:test";
import { createGatherer } from "../delivery/gather.ts";
import type { GatheredBatch } from "../delivery/gathered.ts";
import type { RecordBlock } from "../delivery/records.ts";
import { TrackedBlock } from "../delivery/tracked_block.ts";
import { observeAges } from "./end_to_end.ts";

const nowMs = 1_700_000_010_000;

function agesOf(batch: GatheredBatch): Map<number, number> {
  const ages = new Map<number, number>();
  observeAges(batch, nowMs, {
    observe: (value, count = 1) => ages.set(value, count + (ages.get(value) ?? 0)),
  });
  return ages;
}

function gather(lines: readonly string[], precision: "ms" | "ns"): GatheredBatch {
  const count = lines.length;
  const block: RecordBlock = {
    ...{ topic: "t", partition: 0, count, bytes: new Uint8Array(0), nextOffset: count },
    offsets: new Float64Array(count),
    timestamps: new Float64Array(count).fill(nowMs - 2000),
    valueStarts: new Int32Array(count),
    valueEnds: new Int32Array(count),
    keyStarts: new Int32Array(count),
    keyEnds: new Int32Array(count),
  };
  const gatherer = createGatherer({ precision, requestItemsMax: 1e6, requestBytesMax: 1e9 });
  gatherer.begin(new TrackedBlock(block));
  for (const [i, line] of lines.entries()) {
    const sink = gatherer.lines("");
    const bytes = new TextEncoder().encode(line);
    sink.reserve(bytes.length).set(bytes, sink.length);
    sink.length += bytes.length;
    sink.endLine(block, i);
  }
  gatherer.close();
  const batch = gatherer.take();
  if (batch === undefined) throw new Error("nothing was gathered");
  return batch;
}

test("a line's own timestamp counts, in either precision, else its record's", () => {
  const lines = ["cpu value=1 1700000009000", "cpu value=5", 'cpu text="1700000009000"'];
  expect([...agesOf(gather(lines, "ms"))]).toEqual([[1, 1], [2, 2]]);
  expect([...agesOf(gather(["cpu value=1 1700000009000000000"], "ns"))]).toEqual([[1, 1]]);
});

test("of a large batch some lines stand for all", () => {
  const batch = gather(Array.from({ length: 5001 }, () => "cpu value=1 1700000009000"), "ms");
  expect([...agesOf(batch)]).toEqual([[1, 5001]]);
});

test("data from the future are as old as nothing", () => {
  expect([...agesOf(gather(["cpu value=1 1700000099000"], "ms"))]).toEqual([[0, 1]]);
});
