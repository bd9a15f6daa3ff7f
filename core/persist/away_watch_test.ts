/**
 * Pure. When a source that is away ends the process, on a clock of the test's own.
 */
import { expect, test } from "bun:test";
import type { Clock } from "../clock.ts";
import type { RunError } from "../errors.ts";
import { type Log, silentLog } from "../log/log.ts";
import { createAwayWatch } from "./away_watch.ts";

function setup(failFastMs: number): {
  readonly failures: RunError[];
  readonly warnings: string[];
  readonly watch: ReturnType<typeof createAwayWatch>;
  pass(ms: number): Promise<void>;
} {
  let now = 0;
  const sleepers = new Set<{ at: number; wake: () => void }>();
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const sleeper = { at: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", () => {
          sleepers.delete(sleeper);
          resolve();
        });
      }),
  };
  const failures: RunError[] = [];
  const warnings: string[] = [];
  const log: Log = {
    ...silentLog,
    warning: (text, fields) => warnings.push(`${text} ${JSON.stringify(fields)}`),
  };
  const options = { failFastMs, source: "kafka://a:9092/metrics" };
  return {
    failures,
    warnings,
    watch: createAwayWatch(options, { clock, log, fail: (cause) => failures.push(cause) }),
    async pass(ms): Promise<void> {
      now += ms;
      for (const sleeper of [...sleepers]) {
        if (sleeper.at > now) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
      await Bun.sleep(0);
    },
  };
}

test("away without a break for the whole time fails once, with the last reason", async () => {
  const { failures, watch, pass } = setup(30_000);
  watch.heard({ ready: false, reason: "starting" });
  await pass(20_000);
  watch.heard({ ready: false, reason: "connection refused" });
  await pass(9_999);
  expect(failures).toEqual([]);
  await pass(1);
  await pass(60_000);
  expect(failures.map(({ message }) => message)).toEqual([
    "Cannot go on without 'kafka://a:9092/metrics': away for 30 s ([tpctl] fail_fast_seconds): " +
    "connection refused",
  ]);
});

test("coming back, stopping, or 0 seconds: no failure", async () => {
  const back = setup(30_000);
  back.watch.heard({ ready: false });
  await back.pass(29_000);
  back.watch.heard({ ready: true });
  back.watch.heard({ ready: false });
  await back.pass(29_000);
  back.watch.stop();
  await back.pass(60_000);
  const never = setup(0);
  never.watch.heard({ ready: false });
  await never.pass(1e9);
  expect([...back.failures, ...never.failures]).toEqual([]);
});

test("waited for without a bound, the log is reminded every minute, and of how to bound it", async () => {
  const { warnings, watch, pass } = setup(0);
  watch.heard({ ready: false, reason: "the topic 'metrics' does not exist" });
  await pass(59_000);
  expect(warnings).toEqual([]);
  await pass(1000);
  await pass(60_000);
  const text = "Still waiting for 'kafka://a:9092/metrics', for ever ([tpctl] fail_fast_seconds " +
    "would end it)";
  const reason = "the topic 'metrics' does not exist";
  expect(warnings).toEqual(
    [1, 2].map((minutes) => `${text} ${JSON.stringify({ minutes, reason })}`),
  );
  watch.heard({ ready: true });
  await pass(600_000);
  expect(warnings).toHaveLength(2);
});
