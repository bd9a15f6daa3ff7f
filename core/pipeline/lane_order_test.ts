/**
 * Pure. The order between an events' and a samples' lane to one far end: under random answers, with
 * every policy and over crashes, a notification's samples never come before its event.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Answer, memorySpool, scripted, World } from "../../testing/pipeline_world.ts";
import { makeEvent, makeSample } from "../../testing/samples.ts";
import type { PublisherPolicy } from "../config/pipeline_config.ts";
import { silentLog } from "../log/log.ts";
import { createMetrics } from "../observe/metrics.ts";
import { Lane } from "./lane.ts";
import { LaneOrder } from "./lane_order.ts";
import type { Item } from "./parcel.ts";
import { createPipelineAccount } from "./pipeline_account.ts";
import type { Cargo } from "./pipeline.ts";

const count = 20;

/** Both lanes, and what they have come to. */
class Life {
  readonly settled = new Set<string>();
  readonly #abort = new AbortController();
  readonly #lanes: Readonly<Record<Cargo, Lane>>;
  readonly #world: World;

  constructor(world: World, policy: PublisherPolicy) {
    this.#world = world;
    const order = new LaneOrder();
    this.#lanes = {
      samples: this.#open("samples", policy, order),
      events: this.#open("events", policy, order),
    };
    for (const lane of this.lanes) lane.start();
  }

  get lanes(): readonly Lane[] {
    return Object.values(this.#lanes);
  }

  /** Samples first: the order of the calls decides nothing. */
  offer(n: number): void {
    this.#offer("samples", [makeSample({ id: `${n}.0` }), makeSample({ id: `${n}.1` })], n);
    this.#offer("events", [makeEvent({ message_id: `${n}` })], n);
  }

  isDone(n: number): boolean {
    return this.settled.has(`events ${n}`) && this.settled.has(`samples ${n}`);
  }

  async emptied(): Promise<void> {
    while (this.lanes.some(({ idle, spooled }) => !idle || spooled > 0)) {
      await this.#world.clock.sleep(10);
    }
  }

  async end(): Promise<void> {
    this.#abort.abort();
    for (const lane of this.lanes) await lane.close();
  }

  #offer(carries: Cargo, items: readonly Item[], n: number): void {
    const labels = { source: "s", sink: "k", publisher: carries };
    this.#lanes[carries].offer({
      carries,
      items,
      origin: { source: { file: "f", line: n }, payload: new Uint8Array(0) },
      way: { source: "s", sink: "k" },
      counts: createPipelineAccount(createMetrics()).items(labels),
      onSettled: () => this.settled.add(`${carries} ${n}`),
    });
  }

  #open(carries: Cargo, policy: PublisherPolicy, order: LaneOrder): Lane {
    const world = this.#world;
    const kept = world.spools.get(carries) ?? [];
    world.spools.set(carries, kept);
    return new Lane(
      {
        ...{ carries, policy, concurrency: 1, queueParcelsMax: 1000 },
        gather: { items_max: 5, wait_ms: 0 },
      },
      {
        ...{ name: carries, clock: world.clock, log: silentLog, registry: createMetrics(), order },
        publisher: scripted(carries, world),
        spool: policy === "spool" ? memorySpool(kept, world.clock) : undefined,
        random: () => 0.5,
        signal: this.#abort.signal,
        sendLetter: (letter, done) => {
          world.letters.push(letter);
          done();
        },
        onState: () => undefined,
        onTurn: () => undefined,
        onFailure: (error) => {
          throw error;
        },
      },
    );
  }
}

/** The ids of events and samples as the far end took them. */
function recording(world: World): string[] {
  const taken: string[] = [];
  const accept = world.accept.bind(world);
  world.accept = (publisher, ids): void => {
    taken.push(...ids);
    accept(publisher, ids);
  };
  return taken;
}

const answers = fc.array(
  fc.constantFrom<Answer>("ok", "ok", "partial", "split", "retry", "hold"),
  { maxLength: 40 },
);

test.each(["spool", "block", "queue"] as const)("events go first, policy %s", async (policy) => {
  await fc.assert(
    fc.asyncProperty(
      answers,
      fc.array(fc.nat(30), { maxLength: count }),
      fc.array(fc.nat(400), { maxLength: policy === "spool" ? 3 : 0 }),
      async (script, pauses, kills) => {
        const world = new World(script);
        const taken = recording(world);
        const { clock } = world;
        const done = new Set<number>();
        const live = async (killedAfterMs: number): Promise<void> => {
          const life = new Life(world, policy);
          const work = async (): Promise<void> => {
            for (let n = 0; n < count; n++) {
              if (done.has(n)) continue;
              life.offer(n);
              await clock.sleep(pauses[n] ?? 0);
            }
            await life.emptied();
          };
          await Promise.race([work(), clock.sleep(killedAfterMs)]);
          for (let n = 0; n < count; n++) if (life.isDone(n)) done.add(n);
          await life.end();
        };
        for (const ms of kills) await clock.run(live(ms));
        await clock.run(live(Infinity));
        const letters = JSON.stringify(world.letters.map(({ item }) => item));
        for (let n = 0; n < count; n++) {
          const event = taken.indexOf(`${n}`);
          const samples = [taken.indexOf(`${n}.0`), taken.indexOf(`${n}.1`)].filter((i) => i >= 0);
          if (event === -1) expect(letters).toContain(`"message_id":"${n}"`);
          for (const sample of samples) expect(sample).toBeGreaterThan(event);
        }
        expect(done.size).toBe(count);
      },
    ),
    { numRuns: 150 },
  );
});

test("what was spooled goes in the order in which it came, events and samples alike", async () => {
  const world = new World(["retry", "retry", "retry", "retry"]);
  const taken = recording(world);
  const life = new Life(world, "spool");
  await world.clock.run((async () => {
    for (let n = 0; n < 3; n++) {
      life.offer(n);
      await world.clock.sleep(100);
    }
    expect(life.lanes.map(({ spooled }) => spooled)).toEqual([3, 3]);
    await life.emptied();
    await life.end();
  })());
  expect(taken).toEqual(["0", "0.0", "0.1", "1", "1.0", "1.1", "2", "2.0", "2.1"]);
});
