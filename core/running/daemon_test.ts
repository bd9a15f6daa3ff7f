/**
 * Edge (test runner). What a daemon makes of what it is told before its work stands.
 */
import { expect, test } from "bun:test";
import { systemClock } from "../clock.ts";
import { silentLog } from "../log/log.ts";
import { createReadiness } from "../observe/readiness.ts";
import {
  type DaemonControl,
  type DaemonWork,
  type Front,
  runDaemon,
  type WorkEvents,
} from "./daemon.ts";

test("the end of the last loop makes nothing ready; that of another one does", async () => {
  const said: boolean[] = [];
  const nothing = (): void => undefined;
  const front: Front = {
    feedPeriodMs: 1,
    feed: nothing,
    listen: nothing,
    started: nothing,
    reloading: nothing,
    reloaded: nothing,
    stopping: nothing,
    stateChanged: ({ ready }) => void said.push(ready),
    close: () => Promise.resolve(),
  };
  const work: DaemonWork = {
    ended: Promise.resolve({ complete: true, readerGone: false }),
    stop: nothing,
    reload: () => Promise.resolve(),
    report: () => [],
  };
  const start = (events: WorkEvents): Promise<DaemonWork> => {
    events.state("dead letters", { ready: true });
    for (const loop of ["metrics", "alarms", "events"]) events.started(loop);
    events.state("metrics", { ready: false });
    events.state("alarms", { ready: true });
    events.state("events", { ready: false });
    said.length = 0;
    events.gone("metrics");
    expect(said).toEqual([]);
    events.gone("events");
    expect(said).toEqual([true]);
    events.state("alarms", { ready: false });
    events.gone("alarms");
    return Promise.resolve(work);
  };
  const deps = { front, readiness: createReadiness(), clock: systemClock, log: silentLog };
  await runDaemon(start, { drainMs: 1000, closeMs: 1000 }, deps);
  expect(said).toEqual([true, false]);
});

test("a reload and a report that come too early are done once the work stands", async () => {
  const told: string[] = [];
  const tell = (what: string) => (): void => void told.push(what);
  let control: DaemonControl | undefined;
  const front: Front = {
    feedPeriodMs: 1,
    feed: () => undefined,
    listen: (given) => void (control = given),
    started: tell("started"),
    reloading: tell("reloading"),
    reloaded: tell("reloaded"),
    stopping: tell("stopping"),
    stateChanged: () => undefined,
    close: () => Promise.resolve(),
  };
  const ended = Promise.withResolvers<{ complete: boolean; readerGone: boolean }>();
  const work: DaemonWork = {
    ended: ended.promise,
    stop: () => ended.resolve({ complete: false, readerGone: false }),
    reload: () => Promise.resolve(tell("work reloads")()),
    report: () => {
      told.push("work reports");
      return [];
    },
  };
  const starting = Promise.withResolvers<DaemonWork>();
  const running = runDaemon(
    () => starting.promise,
    { drainMs: 1000, closeMs: 1000 },
    { front, readiness: createReadiness(), clock: systemClock, log: silentLog },
  );
  control?.reload();
  control?.report();
  expect(told).toEqual([]);
  starting.resolve(work);
  await Bun.sleep(1);
  expect(told.toSorted()).toEqual(
    ["reloaded", "reloading", "started", "work reloads", "work reports"],
  );
  control?.drain("the test says so");
  expect((await running).how).toBe("drained");
});
