/**
 * Pure. The pipeline under random answers, lost connections and crashes, on a virtual clock, with a
 * ledger: every sample and event is at each of its publishers, in a spool or in the dead letters
 * before its notification is acknowledged, and nobody is given again what he accepted.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import type { PipelineConfig, PublisherPolicy } from "../config/pipeline_config.ts";
import type { DeadLetter } from "../delivery/dead_letter.ts";
import { PartialWriteError, type Reaction, StoreError } from "../delivery/writer.ts";
import { silentLog } from "../log/log.ts";
import { sampleDefaults } from "../meters/make_sample.ts";
import { createSampleMaker } from "../meters/sample_maker.ts";
import { pipelineAccount } from "../observe/pipeline_closing.ts";
import { createMetrics } from "../observe/metrics.ts";
import type { DaemonWork } from "../running/daemon.ts";
import type { Event } from "./event.ts";
import type { Incoming, Inflow, InflowEvents } from "./inflow.ts";
import { Lane } from "./lane.ts";
import { loadPipelines } from "./load_pipelines.ts";
import type { Item, Parcel } from "./parcel.ts";
import { type PipelineSetup, startPipelineWork } from "./pipeline_work.ts";
import type { Publisher } from "./publisher.ts";
import type { Sample } from "./sample.ts";
import type { Spool, SpooledParcel } from "./spool_contract.ts";

/** One answer of a far end: a reaction, refused items, or acceptance. */
type Answer = "ok" | "partial" | Reaction;

/** What is at the far ends, over all lives of the process. */
class World {
  readonly clock = new VirtualClock();
  /** By publisher, the ids it accepted, with how often. */
  readonly accepted = new Map<string, Map<string, number>>();
  readonly letters: DeadLetter[] = [];
  readonly spools = new Map<string, SpooledParcel[]>();
  #answers: readonly Answer[];
  #next = 0;

  constructor(answers: readonly Answer[]) {
    this.#answers = answers;
  }

  /** After the script, all is well. */
  answer(): Answer {
    return this.#answers[this.#next++] ?? "ok";
  }

  accept(publisher: string, ids: readonly string[]): void {
    const counts = this.accepted.get(publisher) ?? new Map<string, number>();
    this.accepted.set(publisher, counts);
    for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  }

  /** Accepted, spooled or dead-lettered for this publisher. */
  has(publisher: string, id: string): boolean {
    const isIn = (items: readonly Item[]): boolean => items.some((item) => idOf(item) === id);
    return this.accepted.get(publisher)?.has(id) === true ||
      (this.spools.get(publisher) ?? []).some(({ items }) => isIn(items)) ||
      this.letters.some(({ destination, item }) =>
        destination === publisher && idOf(item as Item) === id
      );
  }
}

function idOf(item: Item): string {
  return "message_id" in item ? String(item.message_id) : (item as Sample).id;
}

function scripted(name: string, world: World): Publisher {
  const publish = async (items: readonly Item[], signal: AbortSignal): Promise<void> => {
    await world.clock.sleep(5);
    if (signal.aborted) throw new StoreError("given up", "retry");
    const answer = world.answer();
    if (answer === "ok") return world.accept(name, items.map(idOf));
    if (answer === "partial") {
      world.accept(name, items.slice(1).map(idOf));
      throw new PartialWriteError("one refused", [
        { item: 0, reaction: "bisect", reason: "it is no good" },
      ]);
    }
    throw new StoreError(`answered ${answer}`, answer);
  };
  return {
    name,
    publishSamples: publish as (items: readonly Sample[], signal: AbortSignal) => Promise<void>,
    publishEvents: publish as (items: readonly Event[], signal: AbortSignal) => Promise<void>,
    close: () => Promise.resolve(),
  };
}

function memorySpool(kept: SpooledParcel[]): Spool {
  return {
    get records(): number {
      return kept.length;
    },
    append: (parcels: readonly Parcel[]) => {
      kept.push(...parcels.map(({ items, origin }) => ({ items, origin })));
      return Promise.resolve(true);
    },
    peek: () => Promise.resolve(kept.slice(0, 2)),
    release: (count) => {
      kept.splice(0, count);
      return Promise.resolve();
    },
    adopt: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** A queue as RabbitMQ has it: what is not acknowledged comes again. */
class Broker {
  readonly acknowledged = new Set<number>();
  requeues = 0;
  #ready: { n: number; redelivered: boolean }[];
  #bodies: readonly Uint8Array[];
  #clock: VirtualClock;
  #open = new Map<number, { isOpen: boolean }>();
  #wake = (): void => undefined;

  constructor(bodies: readonly Uint8Array[], clock: VirtualClock) {
    this.#clock = clock;
    this.#bodies = bodies;
    this.#ready = bodies.map((_, n) => ({ n, redelivered: false }));
  }

  /** The connection goes: everything unsettled comes again, when it is back. */
  async drop(backMs = 0): Promise<void> {
    const again = [...this.#open.keys()];
    for (const delivery of this.#open.values()) delivery.isOpen = false;
    this.#open.clear();
    if (backMs > 0) await this.#clock.sleep(backMs);
    this.#ready.unshift(...again.map((n) => ({ n, redelivered: true })));
    this.#wake();
  }

  inflow(events: InflowEvents, prefetch: number): Inflow {
    let closed = false;
    events.onState({ ready: true });
    const take = (): Incoming[] => this.#take(prefetch);
    const isOver = (): boolean => closed || this.acknowledged.size === this.#bodies.length;
    const change = (): Promise<void> => new Promise((resolve) => this.#wake = resolve);
    return {
      name: "broker",
      async *deliveries(): AsyncGenerator<readonly Incoming[]> {
        while (!isOver()) {
          const batch = take();
          if (batch.length > 0) yield batch;
          else await change();
        }
      },
      flush: () => Promise.resolve(),
      close: () => {
        closed = true;
        return this.drop();
      },
    };
  }

  #take(prefetch: number): Incoming[] {
    return this.#ready.splice(0, Math.max(0, prefetch - this.#open.size)).map(
      ({ n, redelivered }) => {
        const delivery = { isOpen: true };
        this.#open.set(n, delivery);
        const settle = (act: () => void): boolean => {
          if (!delivery.isOpen) return false;
          delivery.isOpen = false;
          this.#open.delete(n);
          act();
          this.#wake();
          return true;
        };
        return {
          bytes: this.#bodies[n] ?? new Uint8Array(0),
          topic: "nova/notifications.info",
          source: { exchange: "nova", routing_key: "notifications.info", message_id: "" },
          corrupt: undefined,
          again: redelivered ? () => String(n) : undefined,
          identity: () => String(n),
          isOpen: () => delivery.isOpen,
          ack: () => settle(() => this.acknowledged.add(n)),
          requeue: () =>
            settle(() => {
              this.requeues++;
              this.#ready.push({ n, redelivered: true });
            }),
        };
      },
    );
  }
}

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

function setupOf(ackOnEventError: boolean): PipelineSetup {
  const definitions = {
    ignoreBadPublishers: false,
    dropUnmatchedNotifications: false,
    storeRaw: [],
  };
  const pipelines = loadPipelines(files, {
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

function polling(n: number): Uint8Array {
  const sample = (i: number) => ({
    counter_name: "cpu",
    counter_type: "gauge",
    counter_unit: "",
    counter_volume: 1,
    resource_id: "r",
    project_id: "p",
    user_id: "u",
    timestamp: "2026-01-01T00:00:00",
    resource_metadata: {},
    source: "openstack",
    message_id: `${n}.${i}`,
  });
  return notification(n, "sample", "telemetry.polling", { samples: [sample(0), sample(1)] });
}

function notification(n: number, priority: string, type: string, payload: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({
    message_id: `m${n}`,
    publisher_id: "h",
    event_type: type,
    priority,
    payload,
    timestamp: "2026-01-01 00:00:00",
  }));
}

interface Life {
  readonly work: DaemonWork;
  readonly metrics: ReturnType<typeof createMetrics>;
}

function startLife(
  world: World,
  broker: Broker,
  more: { readonly policy: PublisherPolicy; readonly ackOnEventError?: boolean },
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
    reread: () => Promise.resolve(setup),
    sayLeftSpools: () => Promise.resolve(),
    openDeadLetters: () =>
      Promise.resolve({ append: letters, bytes: () => 0, close: () => Promise.resolve() }),
    openInflow: (eventsOf) => Promise.resolve(broker.inflow(eventsOf("broker"), 7)),
    openLane: ({ carries }, _, deps) => {
      const kept = world.spools.get(deps.name) ?? [];
      world.spools.set(deps.name, kept);
      const gather = deps.name.startsWith("a") ? { items_max: 5, wait_ms: 10 } : undefined;
      const { policy } = more;
      return Promise.resolve(
        new Lane({ carries, policy, concurrency: 1, gather, queueParcelsMax: 100 }, {
          ...deps,
          publisher: scripted(deps.name, world),
          spool: policy === "spool" ? memorySpool(kept) : undefined,
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
    (_, n) => n % 2 === 0 ? polling(n) : notification(n, "info", "compute.something", { x: 1 }),
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
    const bad = notification(1, "info", "bad", { text: "no number" });
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
