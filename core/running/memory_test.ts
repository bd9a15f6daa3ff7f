/**
 * Pure. When garbage is collected, on a clock and a memory of the test's own.
 */
import { expect, test } from "bun:test";
import type { Clock } from "../clock.ts";
import { watchMemory } from "./memory.ts";

/** Looks once per step; a step is what is resident then, and what a collection would leave. */
async function collections(steps: readonly (readonly [number, number])[]): Promise<number[]> {
  const over = new AbortController();
  const collected: number[] = [];
  let step = 0;
  let resident = steps[0]?.[0] ?? 0;
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep(): Promise<void> {
      step++;
      resident = steps[step]?.[0] ?? 0;
      if (step === steps.length) over.abort();
      return Promise.resolve();
    },
  };
  const memory = {
    resident: () => resident * 1e6,
    collect(): void {
      collected.push(step);
      resident = steps[step]?.[1] ?? 0;
    },
  };
  await watchMemory({ memory, clock }, over.signal);
  return collected;
}

test("little memory is left to the runtime", async () => {
  expect(await collections([[60, 60], [119, 60], [120, 60]])).toEqual([]);
});

test("garbage is collected when it has grown, again and again", async () => {
  expect(await collections([[130, 70], [119, 70], [140, 70], [125, 70]])).toEqual([0, 2, 3]);
});

test("memory in use is not collected over and over", async () => {
  expect(await collections([[150, 149], [150, 149], [180, 149], [182, 149], [160, 149]]))
    .toEqual([0, 3]);
});
