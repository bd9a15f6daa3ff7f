/**
 * Edge (clock). That a sleep of any length is one, and that its signal ends it.
 */
import { expect, test } from "bun:test";
import { systemClock } from "./clock.ts";

test("a sleep that is longer than a timer can be does not end at once", async () => {
  const stop = new AbortController();
  let isOver = false;
  const sleep = systemClock.sleep(1e12, stop.signal).then(() => {
    isOver = true;
  });
  await systemClock.sleep(20);
  expect(isOver).toBe(false);
  stop.abort();
  await sleep;
});
