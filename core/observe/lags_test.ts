/**
 * Pure. What the lag says while records are read, stored, committed and given away.
 */
import { expect, test } from "bun:test";
import { createMetrics } from "./metrics.ts";
import { lagOf } from "./progress.ts";
import { Lags } from "./lags.ts";

test("what is read and not committed is behind; what is committed is not; given away says nothing", () => {
  const registry = createMetrics();
  const lags = new Lags(registry);
  const lag = (): number | undefined => lagOf(registry.snapshot());
  const [first, second] = [0, 1].map((partition) => ({
    topic: "metrics",
    partition,
  }));
  if (first === undefined || second === undefined) {
    throw new Error("there are two");
  }
  lags.told({ ...first, nextOffset: 100 }, 40);
  expect(lag()).toBe(40);
  lags.told({ ...first, nextOffset: 140 }, 0);
  expect(lag()).toBe(40);
  lags.told({ ...second, nextOffset: 7 }, 3);
  lags.committed([{ ...first, nextOffset: 130 }]);
  expect(lag()).toBe(13);
  lags.told({ ...first, nextOffset: 140 }, 5);
  expect(lag()).toBe(18);
  lags.committed([{ ...first, nextOffset: 145 }, {
    ...second,
    nextOffset: 10,
  }]);
  expect(lag()).toBe(0);
  lags.forget([first]);
  expect(lag()).toBe(0);
  lags.forget([second]);
  expect(lag()).toBeUndefined();
  // Read again from where another member committed.
  lags.told({ ...first, nextOffset: 150 }, 2);
  expect(lag()).toBe(2);
});
