/**
 * Pure. The pipeline under random answers, lost connections and crashes, on a virtual clock, with a
 * ledger: every sample and event is at each of its publishers, in a spool or in the dead letters
 * before its notification is acknowledged, and nobody is given again what he accepted.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type Answer,
  Broker,
  memorySpool,
  notification,
  polling,
  scripted,
  World,
} from "../../testing/pipeline_world.ts";
import type { PipelineConfig, PublisherPolicy } from "../config/pipeline_config.ts";
import type { DeadLetter } from "../delivery/dead_letter.ts";
import { StoreError } from "../delivery/writer.ts";
import { silentLog } from "../log/log.ts";
import { sampleDefaults } from "../meters/make_sample.ts";
import { createSampleMaker } from "../meters/sample_maker.ts";
import { pipelineAccount } from "../observe/pipeline_closing.ts";
import { createMetrics } from "../observe/metrics.ts";
import type { DaemonWork } from "../running/daemon.ts";
import { Lane } from "./lane.ts";
import { loadPipelines } from "./load_pipelines.ts";
import { type PipelineSetup, startPipelineWork } from "./pipeline_work.ts";

const names = { samples: ["a://x", "b://x"], events: ["c://x"] };

const files = {
  pipeline: {
    name: "pipeline.yaml",
    text: "sources: [{name: s, meters: ['*'], sinks: [k, l]}]\n" +
      "sinks: [{name: k, publishers: ['a://x']}, {name: l, publishers: ['b://x']}]\n",
  },
  eventPipeline: {
    name: "event_pipeline.yaml",
    text: "sources: [{name: s, events: ['*'], sinks: [k]}]\n" +
      "sinks: [{name: k, publishers: ['c://x']}]\n",
  },
  eventDefinitions: {
    name: "event_definitions.yaml",
    text: "- event_type: bad\n  traits: {n: {type: int, fields: payload.text}}\n",
  },
  meters: [],
  builtInMeters: false,
  problems: [],
  notices: [],
};

const kinds = [{
  schemes: ["a", "b", "c"],
  takes: ["samples", "events"],
  options: [],
  unknownOptions: "error",
}] as const;

function setupOf(ackOnEventError: boolean, given = files): PipelineSetup {
  const definitions = {
    ignoreBadPublishers: false,
    dropUnmatchedNotifications: false,
    storeRaw: [],
  };
  const pipelines = loadPipelines(given, {
    pipelines: ["meter", "event"],
    config: definitions,
    kinds,
  });
  expect(pipelines.problems).toEqual([]);
  const { samples, events } = pipelines;
  // What the work reads of a configuration; the rest is for its makers.
  const config = { definitions, drainMs: 20_000, input: { ackOnEventError } } as unknown;
  const newId = (): string => "none";
  const make = createSampleMaker({ definitions: [], options: sampleDefaults, newId });
  return {
    config: config as PipelineConfig,
    pipelines,
    samples: samples && { make, pipelines: samples.file.pipelines },
    events: events && { converter: events.converter, pipelines: events.file.pipelines },
  };
}

interface Life {
  readonly work: DaemonWork;
  readonly metrics: ReturnType<typeof createMetrics>;
}

function startLife(
  world: World,
  broker: Broker,
  more: {
    readonly policy: PublisherPolicy;
    readonly ackOnEventError?: boolean;
    readonly reread?: PipelineSetup;
    readonly leftSpoolsMs?: number;
  },
): Promise<Life> {
  const { clock } = world;
  const metrics = createMetrics();
  const events = {
    started: () => undefined,
    turned: () => undefined,
    state: () => undefined,
    gone: () => undefined,
  };
  const setup = setupOf(more.ackOnEventError ?? true);
  const letters = (batch: readonly DeadLetter[]): Promise<void> => {
    world.letters.push(...batch);
    return Promise.resolve();
  };
  return startPipelineWork(setup, events, {
    ...{ clock, log: silentLog, registry: metrics, random: () => 0.5, isOnce: true },
    lookUp: () => Promise.resolve(),
    reread: () => Promise.resolve(more.reread ?? setup),
    sayLeftSpools: async () => {
      if (more.leftSpoolsMs !== undefined) await clock.sleep(more.leftSpoolsMs);
    },
    openDeadLetters: () =>
      Promise.resolve({ append: letters, bytes: () => 0, close: () => Promise.resolve() }),
    openInflow: (eventsOf) => Promise.resolve(broker.inflow(eventsOf("broker"), 7)),
    openLane: ({ carries }, _, deps) => {
      const kept = world.spools.get(deps.name) ?? [];
      world.spools.set(deps.name, kept);
      const gather = deps.name.startsWith("a") ? { items_max: 5, wait_ms: 10 } : undefined;
      const concurrency = deps.name.startsWith("b") ? 3 : 1;
      const { policy } = more;
      return Promise.resolve(
        new Lane({ carries, policy, concurrency, gather, queueParcelsMax: 100 }, {
          ...deps,
          publisher: scripted(deps.name, world),
          spool: policy === "spool" ? memorySpool(kept, clock) : undefined,
        }),
      );
    },
  }).then((work) => ({ work, metrics }));
}

/** Every acknowledged notification stands wherever it is to stand. */
function checkLedger(world: World, broker: Broker): void {
  for (const n of broker.acknowledged) {
    const missing = n % 2 === 0
      ? names.samples.flatMap((publisher) =>
        [`${n}.0`, `${n}.1`].filter((id) => !world.has(publisher, id)).map((id) => publisher + id)
      )
      : names.events.filter((publisher) => !world.has(publisher, `m${n}`));
    expect(missing).toEqual([]);
  }
}

const bodies = (count: number): Uint8Array[] =>
  Array.from(
    { length: count },
    (_, n) => n % 2 === 0 ? polling(n) : notification(n, "compute.something", { x: 1 }),
  );

const answers = fc.array(
  fc.constantFrom<Answer>("ok", "ok", "ok", "partial", "bisect", "split", "retry", "hold"),
  { maxLength: 60 },
);

describe("pipeline", () => {
  for (const policy of ["spool", "block"] as const) {
    test(`loses nothing and repeats nothing under random answers, policy ${policy}`, async () => {
      await fc.assert(
        fc.asyncProperty(
          answers,
          fc.array(fc.integer({ min: 3, max: 40 }), { maxLength: 8 }),
          async (script, drops) => {
            const world = new World(script);
            const broker = new Broker(bodies(24), world.clock);
            const { clock } = world;
            const { work, metrics } = await startLife(world, broker, { policy });
            const dropping = (async (): Promise<void> => {
              for (const ms of drops) {
                await clock.sleep(ms);
                await broker.drop(ms % 4 * 10);
              }
            })();
            const outcome = await clock.run(work.ended);
            await clock.run(dropping);
            expect(broker.acknowledged.size).toBe(24);
            checkLedger(world, broker);
            for (const counts of world.accepted.values()) {
              expect([...counts.values()].every((count) => count === 1)).toBe(true);
            }
            const left = [...world.spools.values()].flat().length;
            expect(outcome.complete).toBe(left === 0);
            const run = { command: "pipeline", time: 0, complete: true };
            const account = pipelineAccount(metrics.snapshot(), run);
            expect(account.received).toBe(account.acknowledged + account.requeued);
            expect(account.acknowledged).toBe(24);
            for (const sums of Object.values(account.publishers)) {
              expect(sums.matched).toBe(sums.published + sums.spooled + sums.dead_lettered);
            }
          },
        ),
        { numRuns: 100 },
      );
    });
  }

  test("loses nothing when it is killed at any moment", async () => {
    await fc.assert(
      fc.asyncProperty(answers, fc.array(fc.nat(300), { maxLength: 3 }), async (script, kills) => {
        const world = new World(script);
        const broker = new Broker(bodies(24), world.clock);
        const { clock } = world;
        for (const ms of kills) {
          const { work } = await startLife(world, broker, { policy: "spool" });
          await clock.run(Promise.race([work.ended, clock.sleep(ms)]));
          // Of the killed life nothing is settled any more: its connection is gone.
          work.stop();
          await broker.drop();
          checkLedger(world, broker);
          await clock.run(work.ended);
        }
        const { work } = await startLife(world, broker, { policy: "spool" });
        await clock.run(work.ended);
        expect(broker.acknowledged.size).toBe(24);
        checkLedger(world, broker);
      }),
      { numRuns: 60 },
    );
  });

  test("asks once again for an event that cannot be made, then keeps it as a dead letter", async () => {
    const world = new World([]);
    const bad = notification(1, "bad", { text: "no number" });
    const broker = new Broker([bad], world.clock);
    const { work } = await startLife(world, broker, { policy: "block", ackOnEventError: false });
    const outcome = await world.clock.run(work.ended);
    expect(outcome.complete).toBe(true);
    expect(broker.requeues).toBe(1);
    expect(world.letters.map((letter) => letter.class)).toEqual(["invalid"]);
    expect(world.letters[0]?.payload).toEqual(bad);
    expect(world.accepted.get("c://x")).toBeUndefined();
  });

  test("one far end that is down for good holds up nobody else under policy spool", async () => {
    const world = new World([]);
    const broker = new Broker(bodies(24), world.clock);
    const down = new Set(["b://x"]);
    const accept = world.accept.bind(world);
    world.accept = (publisher, ids): void => {
      if (down.has(publisher)) throw new StoreError("down", "retry");
      accept(publisher, ids);
    };
    const { work } = await startLife(world, broker, { policy: "spool" });
    const outcome = await world.clock.run(work.ended);
    expect(outcome.complete).toBe(false);
    expect(broker.acknowledged.size).toBe(24);
    expect(world.accepted.get("a://x")?.size).toBe(24);
    expect(world.accepted.get("c://x")?.size).toBe(12);
    expect(world.spools.get("b://x")?.length).toBe(12);
  });

  test("what comes while a reload looks around still goes by the old publishers", async () => {
    const world = new World([]);
    const broker = new Broker(bodies(24), world.clock);
    const text = files.pipeline.text.replaceAll("a://x", "a://y");
    const reread = setupOf(true, { ...files, pipeline: { ...files.pipeline, text } });
    const pausing = broker.pause(150);
    const starting = startLife(world, broker, { policy: "block", reread, leftSpoolsMs: 100 });
    const { work } = await world.clock.run(starting);
    const reloading = work.reload();
    await world.clock.run(Promise.all([pausing, reloading, work.ended]));
    expect(broker.acknowledged.size).toBe(24);
    const [before, after] = ["a://x", "a://y"].map((name) => world.accepted.get(name)?.size ?? 0);
    expect(before).toBeGreaterThan(0);
    expect((before ?? 0) + (after ?? 0)).toBe(24);
  });

  test("policy queue lets notifications go while the far end is away, and sends them later", async () => {
    const world = new World(["retry", "retry", "retry", "hold", "retry"]);
    const broker = new Broker(bodies(24), world.clock);
    const { work, metrics } = await startLife(world, broker, { policy: "queue" });
    const outcome = await world.clock.run(work.ended);
    expect(outcome.complete).toBe(true);
    checkLedger(world, broker);
    const run = { command: "pipeline", time: 0, complete: true };
    const { publishers } = pipelineAccount(metrics.snapshot(), run);
    for (const sums of Object.values(publishers)) {
      expect(sums).toMatchObject({ published: sums.matched, queued: 0, in_flight: 0 });
    }
  });

  test("policy drop gives up what the far end does not take, and counts it", async () => {
    const world = new World(["retry", "retry", "hold"]);
    const broker = new Broker(bodies(6), world.clock);
    const { work, metrics } = await startLife(world, broker, { policy: "drop" });
    await world.clock.run(work.ended);
    const run = { command: "pipeline", time: 0, complete: true };
    const { publishers } = pipelineAccount(metrics.snapshot(), run);
    const dropped = Object.values(publishers).reduce((sum, one) => sum + one.dropped, 0);
    expect(dropped).toBeGreaterThan(2);
    expect(broker.acknowledged.size).toBe(6);
  });
});
