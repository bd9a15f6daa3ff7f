/**
 * Pure. Shows that a series is found by all of its bytes and by nothing else, and that memory is bound.
 */
import { expect, test } from "bun:test";
import { type SeriesBytes, SeriesCache } from "./series_cache.ts";

const start = { destination: "mon", text: new Uint8Array(4) };

function keyOf(head: string, tail: string): SeriesBytes {
  const bytes = new TextEncoder().encode(`..${head}|${tail}..`);
  return {
    view: new DataView(bytes.buffer),
    headStart: 2,
    headEnd: 2 + head.length,
    tailStart: 3 + head.length,
    tailEnd: 3 + head.length + tail.length,
  };
}

const text = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const keys = Array.from({ length: 25 }, (_, i) => text.slice(0, 8 + i)).flatMap((head) =>
  Array.from({ length: 9 }, (_, i) => [head, text.slice(20, 28 + i)] as const)
);

test("heads and tails that begin alike are told apart", () => {
  const cache = new SeriesCache({ seriesMax: 256, bytesMax: 1 << 20 });
  const ids = keys.map(([head, tail]) => {
    expect(cache.find(keyOf(head, tail))).toBe(-1);
    return cache.add(keyOf(head, tail), start);
  });
  expect(new Set(ids).size).toBe(keys.length);
  expect(keys.map(([head, tail]) => cache.find(keyOf(head, tail)))).toEqual(ids);
});

test("each byte of head and tail counts, also where one is expected to follow", () => {
  const cache = new SeriesCache({ seriesMax: 256, bytesMax: 1 << 20 });
  for (const [head, tail] of keys) cache.add(keyOf(head, tail), start);
  for (const [head, tail] of keys.slice(-20)) {
    const id = cache.find(keyOf(head, tail));
    for (let i = 0; i < head.length; i++) {
      const { view, headStart, headEnd } = keyOf(`${head.slice(0, i)}!${head.slice(i + 1)}`, tail);
      expect(cache.headEnd(id, view, headStart, headEnd)).toBe(-1);
    }
    for (let i = 0; i < tail.length; i++) {
      const other = keyOf(head, `${tail.slice(0, i)}!${tail.slice(i + 1)}`);
      expect(cache.tailEnd(id, other.view, other.tailStart, other.tailEnd)).toBe(-1);
      expect(cache.find(other)).toBe(-1);
    }
    const { view, headStart, headEnd } = keyOf(head, tail);
    expect(cache.headEnd(id, view, headStart, headEnd)).toBe(headEnd);
    expect(cache.headEnd(id, view, headStart, headEnd - 1)).toBe(-1);
  }
});

test("it forgets everything rather than hold more than it may", () => {
  const few = new SeriesCache({ seriesMax: 3, bytesMax: 1 << 20 });
  const small = new SeriesCache({ seriesMax: 256, bytesMax: 1000 });
  for (const [head, tail] of keys) {
    few.follow(0, few.add(keyOf(head, tail), start));
    small.add(keyOf(head, tail), start);
    expect(few.size).toBeLessThanOrEqual(3);
    expect(small.size).toBeLessThanOrEqual(3);
    expect(few.find(keyOf(head, tail))).toBe(few.size - 1);
  }
  expect(new SeriesCache({ seriesMax: 3, bytesMax: 10 }).add(keyOf(text, text), start)).toBe(-1);
});
