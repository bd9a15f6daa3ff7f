/**
 * Edge (test runner). What is gathered comes out again: every line once, in order per destination, in
 * batches within the bounds, with the record it was made of.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Batch, lineAt } from "./batch.ts";
import { createGatherer, type Gatherer } from "./gather.ts";
import { type GatheredBatch, pickGathered, sliceGathered } from "./gathered.ts";
import type { RecordBlock } from "./records.ts";
import { TrackedBlock } from "./tracked_block.ts";

const bounds = { precision: "ms", requestItemsMax: 5, requestBytesMax: 60 } as const;

function blockOf(first: number, count: number): RecordBlock {
  return {
    ...{ topic: "t", partition: 0, count, bytes: new Uint8Array(count) },
    offsets: Float64Array.from({ length: count }, (_, i) => first + i),
    timestamps: new Float64Array(count),
    valueStarts: Int32Array.from({ length: count }, (_, i) => i),
    valueEnds: Int32Array.from({ length: count }, (_, i) => i + 1),
    keyStarts: new Int32Array(count).fill(-1),
    keyEnds: new Int32Array(count).fill(-1),
    nextOffset: first + count,
  };
}

interface Line {
  readonly destination: string;
  readonly text: string;
  /** The line is begun and never ended. */
  readonly torn?: boolean;
}

function writeLine(gatherer: Gatherer, { destination, text, torn }: Line): void {
  const sink = gatherer.lines(destination);
  const bytes = new TextEncoder().encode(text);
  sink.reserve(bytes.length).set(bytes, sink.length);
  sink.length += bytes.length;
  if (!torn) sink.endLine(blockOf(0, 1), Number(text.split(" ")[0]));
}

function takeAll(gatherer: Gatherer): GatheredBatch[] {
  const batches: GatheredBatch[] = [];
  for (let batch = gatherer.take(); batch !== undefined; batch = gatherer.take()) {
    batches.push(batch);
  }
  return batches;
}

function linesOf(batch: Batch): string[] {
  if (batch.kind !== "lines") return [];
  return Array.from({ length: batch.count }, (_, i) => {
    return new TextDecoder().decode(lineAt(batch, i)).trimEnd();
  });
}

describe("gathering lines", () => {
  test("keeps each line, its order, its record and the bounds, whatever comes", () => {
    const anyLines = fc.array(
      fc.tuple(fc.nat(4), fc.constantFrom(0, 3, 100), fc.boolean(), fc.boolean()),
      { maxLength: 200 },
    );
    fc.assert(fc.property(anyLines, (plan) => {
      const gatherer = createGatherer(bounds);
      const expected = new Map<string, string[]>();
      const found = new Map<string, string[]>();
      const take = (): void => {
        for (const batch of takeAll(gatherer)) {
          expect(batch.count).toBeLessThanOrEqual(bounds.requestItemsMax);
          const lines = linesOf(batch);
          lines.forEach((line, i) => {
            const { block, index } = batch.originOf(i);
            expect(block.offsets[index]).toBe(Number(line.split(" ")[0]));
          });
          found.set(batch.destination, [...found.get(batch.destination) ?? [], ...lines]);
          gatherer.release(batch);
        }
      };
      const tracked = new TrackedBlock(blockOf(0, plan.length));
      gatherer.begin(tracked);
      plan.forEach(([to, padding, torn, closes], i) => {
        const destination = `d${to}`;
        if (torn) writeLine(gatherer, { destination, text: "never ended", torn });
        const line = `${i} ${"x".repeat(padding)}`;
        writeLine(gatherer, { destination, text: line });
        expected.set(destination, [...expected.get(destination) ?? [], line.trimEnd()]);
        if (closes) gatherer.close();
        take();
      });
      gatherer.close();
      take();
      expect(found).toEqual(expected);
      expect([gatherer.open, gatherer.bytes]).toEqual([0, 0]);
    }));
  });

  test("kept destinations stay open, full ones do not", () => {
    const gatherer = createGatherer(bounds);
    gatherer.begin(new TrackedBlock(blockOf(0, 10)));
    writeLine(gatherer, { destination: "kept", text: "1 a" });
    writeLine(gatherer, { destination: "other", text: "2 a" });
    for (let i = 0; i < 5; i++) writeLine(gatherer, { destination: "full", text: `${i} b` });
    gatherer.close((destination) => destination !== "other");
    expect(takeAll(gatherer).map(({ destination }) => destination)).toEqual(["other", "full"]);
    expect(gatherer.open).toBe(1);
  });

  test("a steady flow uses the same memory again", () => {
    const gatherer = createGatherer({ ...bounds, requestItemsMax: 100, requestBytesMax: 1e6 });
    gatherer.begin(new TrackedBlock(blockOf(0, 1)));
    const buffers = new Set<ArrayBufferLike>();
    for (let i = 0; i < 1000; i++) {
      writeLine(gatherer, { destination: "d", text: `0 ${"x".repeat(50)}` });
      for (const batch of takeAll(gatherer)) {
        if (batch.kind === "lines") buffers.add(batch.body.buffer);
        gatherer.release(batch);
      }
    }
    expect(buffers.size).toBe(1);
  });

  test("very many destinations do not stay open", () => {
    const gatherer = createGatherer(bounds);
    gatherer.begin(new TrackedBlock(blockOf(0, 1)));
    for (let i = 0; i < 5000; i++) writeLine(gatherer, { destination: `d${i}`, text: "0 a" });
    expect(gatherer.open).toBeLessThanOrEqual(1024);
    gatherer.close();
    expect(takeAll(gatherer).length).toBe(5000);
  });
});

describe("parts of a batch", () => {
  test("hold the same lines and records as the whole", () => {
    const gatherer = createGatherer({ ...bounds, requestItemsMax: 20, requestBytesMax: 1e6 });
    gatherer.begin(new TrackedBlock(blockOf(0, 20)));
    for (let i = 0; i < 20; i++) {
      writeLine(gatherer, { destination: "d", text: `${i} ${"y".repeat(i)}` });
    }
    const [whole] = takeAll(gatherer);
    if (whole === undefined) throw new Error("nothing was gathered");
    const slice = sliceGathered(sliceGathered(whole, 5, 18), 2, 6);
    const picked = pickGathered(whole, [7, 8, 9, 10]);
    expect(linesOf(slice)).toEqual(linesOf(whole).slice(7, 11));
    expect(linesOf(picked)).toEqual(linesOf(slice));
    for (const part of [slice, picked, pickGathered(sliceGathered(whole, 4, 12), [3, 4, 5, 6])]) {
      const records = Array.from({ length: part.count }, (_, i) => part.originOf(i).index);
      expect(records).toEqual([7, 8, 9, 10]);
      expect([...part.origins.indexes.subarray(0, part.count)]).toEqual(records);
    }
  });

  test("documents are picked with their records", () => {
    const gatherer = createGatherer(bounds);
    gatherer.begin(new TrackedBlock(blockOf(0, 3)));
    for (let i = 0; i < 3; i++) {
      gatherer.document(blockOf(0, 1), i, { index: "e", id: String(i), json: "{}" });
    }
    gatherer.close();
    const [batch] = takeAll(gatherer);
    if (batch === undefined) throw new Error("nothing was gathered");
    const part = pickGathered(batch, [2, 0]);
    expect(part.kind === "documents" && part.documents.map(({ id }) => id)).toEqual(["2", "0"]);
    expect(part.originOf(0).index).toBe(2);
  });
});
