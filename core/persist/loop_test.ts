/**
 * Edge (test runner). The persist loop against a scripted source and store: whatever the store
 * answers and whatever happens to the partitions, no commit passes a record that is not settled.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { makeRig } from "../../testing/persist_lives.ts";
import { rigEncoder, type RigLog, rigTopic, type Truth } from "../../testing/persist_rig.ts";
import { createAccount, type TopicAccount } from "../delivery/account.ts";
import type { RecordBlock } from "../delivery/records.ts";
import { silentLog } from "../log/log.ts";
import { createMetrics } from "../observe/metrics.ts";
import { createPersistLoop } from "./loop.ts";

function expectAllSettled(log: RigLog, truth: Truth): void {
  for (const [partition, records] of log.partitions.entries()) {
    for (const record of records) {
      if (!truth.settled(record)) throw new Error(`unsettled: ${JSON.stringify(record)}`);
    }
    expect(log.committed[partition]).toBe(2 * records.length);
  }
}

const letterClasses: Readonly<Record<string, string>> = {
  bad: "rejected",
  big: "too_large",
  garbled: "decode",
  throws: "decode",
  null: "decode",
};

function expectRightLetters(log: RigLog, truth: Truth): void {
  const expected = new Map<string, string>();
  for (const { fate, id } of log.partitions.flat()) {
    const letterClass = letterClasses[fate];
    if (letterClass !== undefined) expected.set(id, letterClass);
  }
  const found: [string, string][] = [...truth.letters].map(([id, letter]) => [id, letter.class]);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
}

function expectBalanced(account: TopicAccount): void {
  const { written, expired, dead_lettered, abandoned, in_flight } = account;
  expect(account.received).toBe(written + expired + dead_lettered + abandoned + in_flight);
}

const anyRig = fc.record({
  seed: fc.integer(),
  partitions: fc.integer({ min: 1, max: 5 }),
  recordsEach: fc.integer({ min: 0, max: 120 }),
  destinations: fc.integer({ min: 1, max: 5 }),
  odd: fc.constantFrom(0, 0.02, 0.3, 1),
  faults: fc.constantFrom(0, 0.1, 0.5),
  names: fc.boolean(),
  batchRecordsMax: fc.constantFrom(1, 20, 500),
  requestItemsMax: fc.constantFrom(1, 7, 50),
});

/** Random runs on a busy machine take longer than the runner's 5 s. */
const busyMs = 60_000;

describe("whatever the store answers", () => {
  test("every record is written, expired or dead-lettered, and the account says so", async () => {
    await fc.assert(
      fc.asyncProperty(anyRig, async (options) => {
        const rig = makeRig(options);
        const { loop, account } = rig.start();
        expect(await rig.clock.run(loop.run())).toEqual({ abandoned: 0, complete: true });
        expectAllSettled(rig.log, rig.truth);
        expectRightLetters(rig.log, rig.truth);
        expect(rig.writer.inFlightMax).toBeLessThanOrEqual(2);
        if (options.recordsEach === 0) return;
        expectBalanced(account());
        const fatesOf = rig.log.partitions.flat().map(({ fate }) => fate);
        expect(account().expired).toBe(fatesOf.filter((fate) => fate === "old").length);
        expect(account().dead_lettered).toBe(rig.truth.letters.size);
      }),
      { numRuns: 25 },
    );
  }, busyMs);

  test("partitions come and go, with and without warning", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyRig,
        fc.array(fc.tuple(fc.nat(3000), fc.boolean()), { maxLength: 4 }),
        async (options, moves) => {
          const rig = makeRig({ ...options, drainMs: 500 });
          const { loop, consumer, account } = rig.start();
          const run = loop.run();
          const moving = (async () => {
            await Promise.resolve();
            for (const [afterMs, lost] of moves) {
              await rig.clock.sleep(afterMs);
              const all = [...rig.log.partitions.keys()];
              await consumer().rebalance(all.filter((p) => (p + afterMs) % 2 === 0), lost);
            }
          })();
          await rig.clock.run(Promise.all([run, moving]));
          for (let again = 0; again < 3; again++) await rig.clock.run(rig.start().loop.run());
          expectAllSettled(rig.log, rig.truth);
          if (options.recordsEach > 0) expectBalanced(account());
        },
      ),
      { numRuns: 25 },
    );
  }, busyMs);

  test("a crash at any moment loses nothing", async () => {
    await fc.assert(
      fc.asyncProperty(anyRig, fc.nat(2000), async (options, crashMs) => {
        const rig = makeRig(options);
        const crashed = rig.start();
        void crashed.loop.run().catch(() => undefined);
        await rig.clock.run(rig.clock.sleep(crashMs));
        crashed.consumer().crash();
        await rig.clock.run(rig.start().loop.run());
        expectAllSettled(rig.log, rig.truth);
      }),
      { numRuns: 25 },
    );
  }, busyMs);
});

test("a block that came just as its partition went does not count for the next owner's", async () => {
  const rig = makeRig({ seed: 1, partitions: 1, recordsEach: 20, destinations: 1 });
  const partition = { topic: rigTopic, partition: 0 };
  const committed: number[] = [];
  const loop = createPersistLoop(
    { requestItemsMax: 50, batchRecordsMax: 50, waitMsMax: 100, precision: "ms" },
    {
      ...{ clock: rig.clock, log: silentLog, registry: createMetrics() },
      ...{ delivery: rig.delivery, deadLetters: rig.letters, encoder: rigEncoder },
      account: createAccount(createMetrics()),
      onTurn: () => undefined,
      onState: () => undefined,
      consumer: (events) => ({
        blocks: () => {
          const stale = rig.log.block(0, 10, 20);
          const again = [rig.log.block(0, 0, 5), rig.log.block(0, 5, 10)];
          const next = (): Promise<IteratorResult<RecordBlock>> => {
            const block = again.shift();
            if (block === undefined) return Promise.resolve({ done: true, value: undefined });
            return rig.clock.sleep(500).then(() => ({ done: false, value: block }));
          };
          let first = true;
          return {
            [Symbol.asyncIterator]: () => ({
              next(): Promise<IteratorResult<RecordBlock>> {
                if (!first) return next();
                first = false;
                events.onLost([partition]);
                queueMicrotask(() => queueMicrotask(() => events.onAssigned([partition])));
                return Promise.resolve({ done: false, value: stale });
              },
            }),
          };
        },
        commit(positions): Promise<void> {
          committed.push(...positions.map(({ nextOffset }) => nextOffset));
          return Promise.resolve();
        },
        close: () => Promise.resolve(),
      }),
    },
  );
  await rig.clock.run(loop.run());
  expect(committed).toEqual([10, 20]);
});

test("what a share that went late left behind does not count for the next one", async () => {
  let full = new Set(["t0"]);
  const rig = makeRig({
    ...{ seed: 5, partitions: 2, recordsEach: 3000, destinations: 2, blockRecordsMax: 20 },
    ...{ full: () => full, drainMs: 60_000 },
  });
  const { loop, consumer, account } = rig.start();
  const run = loop.run();
  await rig.clock.run(rig.clock.sleep(100));
  const moving = consumer().rebalance([0, 1], false, { waitMsMax: 59_500 });
  await rig.clock.run(rig.clock.sleep(90_000));
  full = new Set();
  await rig.clock.run(Promise.all([run, moving]));
  expectAllSettled(rig.log, rig.truth);
  expectBalanced(account());
});

describe("a held destination", () => {
  const options = { seed: 7, partitions: 4, recordsEach: 500, destinations: 5 };

  test("holds its own records only, and goes on when it is let", async () => {
    let full = new Set(["t0"]);
    const rig = makeRig({ ...options, full: () => full });
    const { loop, consumer, account } = rig.start();
    const run = loop.run();
    await rig.clock.run(rig.clock.sleep(120_000));
    const records = rig.log.partitions.flat();
    const others = records.filter(({ destination }) => destination !== "t0");
    expect(others.every((record) => rig.truth.settled(record))).toBe(true);
    expect(account().in_flight).toBe(records.length - others.length);
    expect(rig.delivery.state().ready).toBe(true);
    // What is committed ends before the first record of the held destination.
    for (const [partition, inOrder] of rig.log.partitions.entries()) {
      const first = inOrder.findIndex(({ destination }) => destination === "t0");
      expect(rig.log.committed[partition]).toBe(2 * first);
    }
    full = new Set();
    expect(await rig.clock.run(run)).toEqual({ abandoned: 0, complete: true });
    expectAllSettled(rig.log, rig.truth);
    expect(consumer().commits.length).toBeGreaterThan(0);
  });

  test("is asked again at long intervals, by one request at a time", async () => {
    const rig = makeRig({ ...options, full: () => new Set(["t0"]) });
    const { loop } = rig.start();
    const run = loop.run();
    await rig.clock.run(rig.clock.sleep(60_000));
    const { requests } = rig.writer;
    await rig.clock.run(rig.clock.sleep(600_000));
    expect(rig.writer.requests - requests).toBeLessThan(120);
    loop.stop();
    const { abandoned, complete } = await rig.clock.run(run);
    expect(complete).toBe(false);
    expect(abandoned).toBeGreaterThan(0);
  });

  test("stops intake only when its own records fill the bound", async () => {
    // A record costs 64 bytes beside its own: all 2000 are far beyond it, the held 400 a little.
    const unsettledBytesMax = 20_000;
    const rig = makeRig({ ...options, full: () => new Set(["t0"]), unsettledBytesMax });
    const { loop, account } = rig.start();
    const run = loop.run();
    await rig.clock.run(rig.clock.sleep(300_000));
    const { received, in_flight } = account();
    await rig.clock.run(rig.clock.sleep(300_000));
    expect(account().received).toBe(received);
    expect(received).toBeLessThan(2000);
    // Of five destinations one is held: with the others' bytes let go, far more than the bound is read.
    expect(received).toBeGreaterThan((3 * unsettledBytesMax) / 76);
    expect(in_flight).toBeLessThan(received / 3);
    loop.stop();
    await rig.clock.run(run);
  });
});

describe("an outage", () => {
  test("stops intake within the bound, is probed gently, and ends without loss", async () => {
    let away = true;
    const unsettledBytesMax = 10_000;
    const options = { seed: 3, partitions: 3, recordsEach: 2000, destinations: 3 };
    const rig = makeRig({ ...options, away: () => away, unsettledBytesMax });
    const { loop, consumer } = rig.start();
    const run = loop.run();
    await rig.clock.run(rig.clock.sleep(600_000));
    expect(consumer().pulledBytes).toBeLessThan(2 * unsettledBytesMax);
    expect(rig.writer.requests).toBeLessThan(100);
    expect(rig.delivery.state()).toEqual({ ready: false, reason: "away" });
    away = false;
    expect(await rig.clock.run(run)).toEqual({ abandoned: 0, complete: true });
    expect(rig.delivery.state().ready).toBe(true);
    expectAllSettled(rig.log, rig.truth);
  });

  test("ends with what is unfinished abandoned when told to stop, within the bound", async () => {
    const options = { seed: 3, partitions: 3, recordsEach: 200, destinations: 3 };
    const rig = makeRig({ ...options, away: () => true, drainMs: 15_000 });
    const { loop, account } = rig.start();
    const run = loop.run();
    await rig.clock.run(rig.clock.sleep(60_000));
    const began = rig.clock.monotonic();
    loop.stop();
    const { abandoned, complete } = await rig.clock.run(run);
    expect(complete).toBe(false);
    expect(rig.clock.monotonic() - began).toBeLessThan(21_000);
    expect(account().abandoned).toBe(abandoned);
    expectBalanced(account());
  });

  test("a dead-letter box that is full stops intake and loses nothing", async () => {
    const options = { seed: 5, partitions: 2, recordsEach: 2000, destinations: 1, odd: 1 };
    const rig = makeRig({ ...options, unsettledBytesMax: 5000 });
    rig.letters.full = true;
    const { loop, consumer } = rig.start();
    const run = loop.run();
    await rig.clock.run(rig.clock.sleep(60_000));
    expect(consumer().pulledBytes).toBeLessThan(20_000);
    rig.letters.full = false;
    expect(await rig.clock.run(run)).toEqual({ abandoned: 0, complete: true });
    expectAllSettled(rig.log, rig.truth);
    expectRightLetters(rig.log, rig.truth);
  });
});

describe("requests", () => {
  test("a batch of one is no request per message when more are waiting", async () => {
    const options = { seed: 1, partitions: 1, recordsEach: 3000, destinations: 1 };
    const rig = makeRig({ ...options, batchRecordsMax: 1, requestItemsMax: 500 });
    await rig.clock.run(rig.start().loop.run());
    expect(rig.writer.requests).toBeLessThan(150);
  });

  test("good lines beside bad ones are sent a few times at most", async () => {
    const options = { seed: 1, partitions: 1, recordsEach: 5000, destinations: 1, odd: 0.001 };
    const bounds = { requestItemsMax: 5000, batchRecordsMax: 20_000, blockRecordsMax: 5000 };
    const rig = makeRig({ ...options, ...bounds });
    await rig.clock.run(rig.start().loop.run());
    expect(Math.max(...rig.writer.sent.values())).toBeLessThanOrEqual(7);
  });

  test("a batch of nothing but bad lines takes little more than a request each", async () => {
    const options = { seed: 1, partitions: 1, recordsEach: 2000, destinations: 1, odd: 1 };
    const bounds = { requestItemsMax: 5000, batchRecordsMax: 20_000, blockRecordsMax: 5000 };
    const rig = makeRig({ ...options, ...bounds });
    await rig.clock.run(rig.start().loop.run());
    expect(rig.writer.requests).toBeLessThan(1.3 * rig.writer.sent.size);
  });
});
