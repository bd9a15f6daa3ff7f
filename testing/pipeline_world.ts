/**
 * Pure. A world around the pipeline for its tests, on a virtual clock: far ends that answer by a
 * script and keep a ledger, spools in memory, and a broker whose connection can go.
 */
import type { DeadLetter } from "../core/delivery/dead_letter.ts";
import { PartialWriteError, type Reaction, StoreError } from "../core/delivery/writer.ts";
import type { Event } from "../core/pipeline/event.ts";
import type { Incoming, Inflow, InflowEvents } from "../core/pipeline/inflow.ts";
import type { Item, Parcel } from "../core/pipeline/parcel.ts";
import type { Publisher } from "../core/pipeline/publisher.ts";
import type { Sample } from "../core/pipeline/sample.ts";
import type { Spool, SpooledParcel } from "../core/pipeline/spool_contract.ts";
import { VirtualClock } from "./virtual_clock.ts";

/** One answer of a far end: a reaction, refused items, or acceptance. */
export type Answer = "ok" | "partial" | Reaction;

/** What is at the far ends, over all lives of the process. */
export class World {
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

/** The id that a test gave it. */
export function idOf(item: Item): string {
  return "message_id" in item ? String(item.message_id) : (item as Sample).id;
}

/** A publisher that answers by the world's script, each call after 5 ms. */
export function scripted(name: string, world: World): Publisher {
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

/** Keeps what it is given in the list, over all lives. */
export function memorySpool(kept: SpooledParcel[], clock: VirtualClock): Spool {
  return {
    get records(): number {
      return kept.length;
    },
    append: (parcels: readonly Parcel[]) => {
      const timeMs = clock.now();
      kept.push(...parcels.map(({ items, origin }) => ({ items, origin, timeMs })));
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
export class Broker {
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

  /** Gives nothing for a while. */
  async pause(ms: number): Promise<void> {
    const held = this.#ready.splice(0);
    await this.#clock.sleep(ms);
    this.#ready.unshift(...held);
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

/** Number n with the samples `n.0` and `n.1`. */
export function polling(n: number): Uint8Array {
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
  return notification(n, "telemetry.polling", { samples: [sample(0), sample(1)] });
}

/** Number n as it is in a queue. */
export function notification(
  n: number,
  type: string,
  payload: object,
): Uint8Array {
  const priority = type === "telemetry.polling" ? "sample" : "info";
  return new TextEncoder().encode(JSON.stringify({
    message_id: `m${n}`,
    publisher_id: "h",
    event_type: type,
    priority,
    payload,
    timestamp: "2026-01-01 00:00:00",
  }));
}
