/**
 * Pure. What of a store that is asked again and again is news.
 */
import { expect, test } from "bun:test";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import type { Datum } from "../datum/datum.ts";
import { pointDatum } from "../datum/line_datum.ts";
import { Intake } from "./intake.ts";
import { openStoreTail, type PointStore } from "./store_source.ts";

test("a point of the future does not hide what comes until then, nor show the same twice", async () => {
  const clock = new VirtualClock();
  const startMs = clock.now();
  const points: Datum[] = [];
  const write = (value: number, atMs: number): void => {
    const point = { measurement: "m", tags: [], fields: [["value", value]] as const };
    points.push(pointDatum(point, BigInt(Math.round(atMs)) * 1_000_000n));
  };
  const inOrder = (): Datum[] => points.toSorted((a, b) => a.timeMs - b.timeMs);
  const store: PointStore = {
    latest: (count) => Promise.resolve(inOrder().slice(-count)),
    async *since(fromMs): AsyncGenerator<readonly Datum[]> {
      yield await Promise.resolve(inOrder().filter(({ timeMs }) => timeMs >= fromMs));
    },
    close: () => undefined,
  };
  write(1, startMs - 1000);
  write(2, startMs + 1e12);
  const source = openStoreTail(store, { last: 1, sinceMs: undefined, follow: true }, {
    intake: new Intake({ filter: {}, where: undefined, share: 1 }, Math.random),
    clock,
    isOutage: () => false,
    onNote: () => undefined,
    onTrouble: () => undefined,
  });
  const batches = source.batches()[Symbol.asyncIterator]();
  const values = async (): Promise<number[]> => {
    const { done, value } = await clock.run(batches.next());
    return done === true ? [] : value.data.map((datum) => datum.value);
  };
  expect(await values()).toEqual([2]);
  write(3, clock.now());
  expect(await values()).toEqual([3]);
  expect(await values()).toEqual([]);
  await source.close();
});
