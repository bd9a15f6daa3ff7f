/**
 * Pure. Shows that a series is found by all of its bytes and by nothing else, and that memory is bound.
 */
import { expect, test } from "bun:test";
import { type SeriesBytes, SeriesCache } from "./series_cache.ts";

const start = { destination: "mon", text: new Uint8Array(4) };

/** Puts head and tail into a buffer, which the cache looks into from now on. */
function keyIn(cache: SeriesCache, [head, tail]: readonly [string, string]): SeriesBytes {
  const bytes = new TextEncoder().encode(`..${head}|${tail}..`);
  cache.lookInto(new DataView(bytes.buffer));
  return {
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
    expect(cache.find(keyIn(cache, [head, tail]))).toBe(-1);
    return cache.add(keyIn(cache, [head, tail]), start);
  });
  expect(new Set(ids).size).toBe(keys.length);
  expect(keys.map(([head, tail]) => cache.find(keyIn(cache, [head, tail])))).toEqual(ids);
});

test("each byte of head and tail counts, also where one is expected to follow", () => {
  const cache = new SeriesCache({ seriesMax: 256, bytesMax: 1 << 20 });
  for (const [head, tail] of keys) cache.add(keyIn(cache, [head, tail]), start);
  for (const [head, tail] of keys.slice(-20)) {
    const id = cache.find(keyIn(cache, [head, tail]));
    for (let i = 0; i < head.length; i++) {
      const { headStart, headEnd } = keyIn(cache, [
        `${head.slice(0, i)}!${head.slice(i + 1)}`,
        tail,
      ]);
      expect(cache.headEnd(id, headStart, headEnd)).toBe(-1);
    }
    for (let i = 0; i < tail.length; i++) {
      const other = keyIn(cache, [head, `${tail.slice(0, i)}!${tail.slice(i + 1)}`]);
      expect(cache.tailEnd(id, other.tailStart, other.tailEnd)).toBe(-1);
      expect(cache.find(other)).toBe(-1);
    }
    const { headStart, headEnd } = keyIn(cache, [head, tail]);
    expect(cache.headEnd(id, headStart, headEnd)).toBe(headEnd);
    expect(cache.headEnd(id, headStart, headEnd - 1)).toBe(-1);
  }
});

test("it forgets everything rather than hold more than it may", () => {
  const few = new SeriesCache({ seriesMax: 3, bytesMax: 1 << 20 });
  const small = new SeriesCache({ seriesMax: 256, bytesMax: 1000 });
  for (const [head, tail] of keys) {
    few.follow(0, few.add(keyIn(few, [head, tail]), start));
    small.add(keyIn(small, [head, tail]), start);
    expect(few.size).toBeLessThanOrEqual(3);
    expect(small.size).toBeLessThanOrEqual(3);
    expect(few.find(keyIn(few, [head, tail]))).toBe(few.size - 1);
  }
  const tiny = new SeriesCache({ seriesMax: 3, bytesMax: 10 });
  expect(tiny.add(keyIn(tiny, [text, text]), start)).toBe(-1);
});
