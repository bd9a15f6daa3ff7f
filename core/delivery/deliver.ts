/**
 * Pure. Drives batches to their end against one writer, by the reaction table of the delivery
 * promise: halve, create, hold, wait, try again, until every item is written, expired or refused.
 *
 * One delivery per writer: all loops that write to it share its slots and its back-off. Offsets and
 * dead letters are the loops' business; they hear what became of which items through `Outcomes`.
 */
import type { Clock } from "../clock.ts";
import type { Log } from "../log/log.ts";
import type { Registry } from "../observe/registry.ts";
import type { DeadLetterClass } from "./dead_letter.ts";
import { Gates, type Passage } from "./gates.ts";
import { type GatheredBatch, pickGathered, sliceGathered } from "./gathered.ts";
import { oldestFirst } from "./line_time.ts";
import { createNotices, type Notices } from "./notices.ts";
import { Slots } from "./slots.ts";
import { PartialWriteError, type Reaction, StoreError, type Writer } from "./writer.ts";

/** A refused batch is cut into so many parts: few levels, so that good items are rarely repeated. */
const bisectParts = 8;

/** What a loop hears of its batches. Every item is told once, unless its batch is aborted. */
export interface Outcomes {
  written(items: GatheredBatch): void;
  expired(items: GatheredBatch): void;
  /** Always a single item. */
  refused(item: GatheredBatch, why: { class: DeadLetterClass; reason: string }): void;
  /** A write attempt or a back-off step of this writer ended, of whosever batch. */
  onTurn(): void;
}

/** Whether the store takes data, or why not. */
export interface DeliveryState {
  readonly ready: boolean;
  readonly reason?: string;
}

/** What a delivery works with and tells. */
export interface DeliveryDeps {
  readonly writer: Writer;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  /** A number in [0, 1), for the jitter of back-offs. */
  readonly random: () => number;
  /** Whether the destination answers, at every change. */
  readonly onState: (state: DeliveryState) => void;
}

/** The one way to a writer, for all its loops. */
export interface Delivery {
  readonly writer: Writer;
  /**
   * Resolves when every item has been told to `outcomes`, or soon after the signal aborted; then the
   * rest is not. Rejects only for a defect.
   */
  deliver(batch: GatheredBatch, outcomes: Outcomes, signal: AbortSignal): Promise<void>;
  /** Asks the store until the signal aborts, whenever no write has told for a while how it is. */
  watch(signal: AbortSignal): Promise<void>;
  /** Whether batches for this destination have to wait, for whatever reason. */
  isHeld(destination: string): boolean;
  /** Batches under way for these outcomes that do not wait for a destination of their own. */
  active(outcomes: Outcomes): number;
  /** Destinations that are waited for on their own. */
  readonly held: number;
  state(): DeliveryState;
}

/** A delivery to `deps.writer`, which stays its maker's to close. */
export function createDelivery(deps: DeliveryDeps): Delivery {
  return new WriterDelivery(deps);
}

/** One batch on its way, with all its parts. */
interface Trip {
  readonly outcomes: Outcomes;
  readonly signal: AbortSignal;
  /** Parts that wait for a destination of their own. */
  held: number;
}

class WriterDelivery implements Delivery {
  readonly writer: Writer;
  #deps: DeliveryDeps;
  #slots: Slots;
  #gates: Gates;
  #notices: Notices;
  #trips = new Set<Trip>();
  #creating = new Map<string, Promise<unknown>>();
  #writeSeconds: ReturnType<Registry["histogram"]>;

  constructor(deps: DeliveryDeps) {
    this.writer = deps.writer;
    this.#deps = deps;
    this.#slots = new Slots(deps.writer.concurrency);
    this.#notices = createNotices(deps);
    this.#gates = new Gates({
      ...deps,
      name: deps.writer.name,
      notices: this.#notices,
      onStep: () => this.#turn(),
      writing: () => this.#trips.size > 0,
      asStoreError: (error) => this.#asStoreError(error),
    });
    this.#writeSeconds = deps.registry.histogram(
      "tpctl_write_seconds",
      "Time that a write request took to be answered.",
    );
  }

  active(outcomes: Outcomes): number {
    let active = 0;
    for (const trip of this.#trips) if (trip.outcomes === outcomes && trip.held === 0) active++;
    return active;
  }

  get held(): number {
    return this.#gates.held;
  }

  isHeld(destination: string): boolean {
    return this.#gates.isHeld(destination);
  }

  state(): DeliveryState {
    return this.#gates.state();
  }

  async deliver(batch: GatheredBatch, outcomes: Outcomes, signal: AbortSignal): Promise<void> {
    const trip: Trip = { outcomes, signal, held: 0 };
    this.#trips.add(trip);
    try {
      if (batch.count > 0) await this.#drive(batch, trip, holdKeyOf(batch));
    } finally {
      this.#trips.delete(trip);
    }
  }

  watch(signal: AbortSignal): Promise<void> {
    return this.#gates.watch((abort) => this.writer.ping(abort), signal);
  }

  /** Attempts until every item of the part has its own answer. `key` is what it may be held by. */
  async #drive(part: GatheredBatch, trip: Trip, key: string): Promise<void> {
    let created = false;
    while (!trip.signal.aborted) {
      const error = await this.#attempt(part, trip, key);
      if (error === "aborted") return;
      if (error === undefined) return trip.outcomes.written(part);
      if (error instanceof PartialWriteError) return await this.#drivePartial(part, trip, error);
      switch (error.reaction) {
        case "retry":
        case "hold":
        case "hold_destination":
          continue;
        case "create": {
          const outcome = await this.#create(part.destination, trip, created);
          if (outcome instanceof StoreError) return this.#refuseAll(part, trip, outcome);
          created ||= outcome === "created";
          continue;
        }
        case "bisect":
        case "expired":
        case "split":
          return await this.#halve(part, trip, error);
      }
    }
  }

  /** One write, once both gates and a slot are free; tells the gates how it went. */
  async #attempt(
    part: GatheredBatch,
    trip: Trip,
    key: string,
  ): Promise<StoreError | "aborted" | undefined> {
    const { signal } = trip;
    const passage = await this.#passGates(key, trip);
    if (passage === undefined) return "aborted";
    if (!await this.#slots.take(signal)) {
      this.#gates.left(passage);
      return "aborted";
    }
    try {
      return await this.#write(part, trip, passage);
    } finally {
      this.#slots.give();
      this.#turn();
    }
  }

  #passGates(key: string, trip: Trip): Promise<Passage | undefined> {
    return this.#gates.pass(key, trip.signal, (held) => {
      trip.held += held ? 1 : -1;
      trip.outcomes.onTurn();
    });
  }

  async #write(
    part: GatheredBatch,
    trip: Trip,
    passage: Passage,
  ): Promise<StoreError | "aborted" | undefined> {
    const { clock } = this.#deps;
    const began = clock.monotonic();
    let answer = "aborted";
    try {
      await unlessAborted(this.writer.write(part, trip.signal), trip.signal);
      this.#gates.succeeded(passage);
      answer = "written";
      return undefined;
    } catch (error) {
      if (trip.signal.aborted) {
        this.#gates.left(passage);
        return "aborted";
      }
      const refusal = this.#asStoreError(error);
      answer = `${refusal.reaction}: ${refusal.message}`;
      this.#gates.answered(passage, refusal);
      return refusal;
    } finally {
      const ms = clock.monotonic() - began;
      this.#writeSeconds.observe(ms / 1000);
      const { destination, count: items } = part;
      const store = this.writer.name;
      const what = { store, destination, items, ms: Math.round(ms), answer };
      this.#deps.log.debug("Batch answered", what);
    }
  }

  /** The store named items: each goes its own way, all others are durable. */
  async #drivePartial(part: GatheredBatch, trip: Trip, error: PartialWriteError): Promise<void> {
    const refused = new Set(error.refused.map(({ item }) => item));
    const rest = indexes(part.count).filter((i) => !refused.has(i));
    if (rest.length > 0) trip.outcomes.written(pickGathered(part, rest));
    const again = new Map<string, { items: number[]; key: string; refusal: StoreError }>();
    for (const { item, reaction, reason } of error.refused) {
      const single = pickGathered(part, [item]);
      if (settlesAlone(reaction)) {
        this.#settleSingle(single, trip, new StoreError(reason, reaction));
        continue;
      }
      const key = holdKeyOf(single);
      const groupKey = `${reaction}/${key}`;
      const group = again.get(groupKey) ??
        { items: [], key, refusal: new StoreError(reason, reaction) };
      group.items.push(item);
      again.set(groupKey, group);
    }
    await Promise.all([...again.values()].map(async ({ items, key, refusal }) => {
      const group = pickGathered(part, items);
      // The next attempt finds out about a missing destination by itself.
      if (refusal.reaction !== "create") this.#gates.hold(key, refusal);
      await this.#drive(group, trip, key);
    }));
  }

  async #halve(part: GatheredBatch, trip: Trip, error: StoreError): Promise<void> {
    if (part.count === 1) return this.#settleSingle(part, trip, error);
    const parts = error.reaction === "split" ? 2 : bisectParts;
    // What is too old then stands together, and the other parts need only one attempt.
    const whole = error.reaction === "expired" ? oldestFirst(part) : part;
    const size = Math.ceil(part.count / parts);
    for (let from = 0; from < part.count; from += size) {
      const slice = sliceGathered(whole, from, Math.min(part.count, from + size));
      await this.#drive(slice, trip, holdKeyOf(slice));
    }
  }

  #settleSingle(item: GatheredBatch, trip: Trip, error: StoreError): void {
    if (error.reaction === "expired") {
      this.#notices.expired(this.writer.name, item.destination, error.message);
      return trip.outcomes.expired(item);
    }
    const letterClass = error.reaction === "split" ? "too_large" : "rejected";
    this.#notices.refused(this.writer.name, letterClass, error.message);
    trip.outcomes.refused(item, { class: letterClass, reason: error.message });
  }

  /** A destination that the store will not have: none of its items can ever be stored. */
  #refuseAll(part: GatheredBatch, trip: Trip, error: StoreError): void {
    for (const i of indexes(part.count)) this.#settleSingle(pickGathered(part, [i]), trip, error);
  }

  /**
   * Creates the destination once for all that miss it. Resolves with the refusal where the store will
   * never have it; every other failure is one of the store, to be got over by trying again. `created`:
   * it was made before, on this batch's behalf.
   */
  async #create(
    destination: string,
    trip: Trip,
    created: boolean,
  ): Promise<StoreError | "created" | undefined> {
    // A destination that is still missing after it was made is waited for, not made in a tight loop.
    if (created) {
      const text = `'${destination}' is still missing after it was created`;
      this.#gates.hold(destination, new StoreError(text, "hold_destination"));
    }
    const passage = await this.#passGates(destination, trip);
    if (passage === undefined) return undefined;
    let creating = this.#creating.get(destination);
    if (creating === undefined) {
      creating = this.writer.createDestination(destination, trip.signal)
        .finally(() => this.#creating.delete(destination));
      this.#creating.set(destination, creating);
    }
    try {
      await unlessAborted(creating, trip.signal);
      this.#gates.made(passage);
      return "created";
    } catch (error) {
      if (trip.signal.aborted) {
        this.#gates.left(passage);
        return undefined;
      }
      const refusal = this.#asStoreError(error);
      this.#gates.notMade(passage, refusal);
      if (settlesAlone(refusal.reaction)) return new StoreError(refusal.message, "bisect");
    } finally {
      this.#turn();
    }
    return undefined;
  }

  #asStoreError(error: unknown): StoreError {
    if (error instanceof StoreError) return error;
    const text = error instanceof Error ? error.message : String(error);
    this.#notices.defect(this.writer.name, text);
    return new StoreError(text, "retry", { cause: error });
  }

  #turn(): void {
    for (const outcomes of new Set([...this.#trips].map((trip) => trip.outcomes))) {
      outcomes.onTurn();
    }
  }
}

/** What a batch may be held by: its destination, or its index where all its documents share one. */
function holdKeyOf(batch: GatheredBatch): string {
  if (batch.kind === "lines") return batch.destination;
  const index = batch.documents[0]?.index ?? "";
  return batch.documents.every((document) => document.index === index) ? index : "";
}

function settlesAlone(reaction: Reaction): boolean {
  return reaction === "bisect" || reaction === "expired" || reaction === "split";
}

function indexes(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** The promise, or a rejection as soon as the signal aborts, whatever the promise does. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(signal.reason);
    if (signal.aborted) aborted();
    else signal.addEventListener("abort", aborted, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", aborted));
  });
}
