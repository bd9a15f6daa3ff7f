/**
 * Pure. When gathered items become requests: as soon as one is full; at once when nothing is under
 * way and nothing more is waiting; else after a short while, so that small requests are rare. None is
 * sent early where it would only stand in line.
 */
import type { Clock } from "../clock.ts";
import type { Delivery, Outcomes } from "../delivery/deliver.ts";
import type { Gatherer } from "../delivery/gather.ts";

/** The source has nothing more at the moment when it stayed silent for so long. */
const silenceMs = 20;
/** Batches under way per request slot; with so many the next block is not pulled. */
const batchesPerSlot = 2;

/** How long to wait for more. */
export interface OutboxOptions {
  /** How long gathered items wait for more while requests are under way. */
  readonly lingerMs: number;
  /** So many are worth a request even while others are under way, if nothing more is waiting. */
  readonly batchRecordsMax: number;
}

/** Where items come from and go to. */
export interface OutboxDeps {
  readonly gatherer: Gatherer;
  readonly delivery: Delivery;
  readonly outcomes: Outcomes;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** A batch came to its end. */
  readonly onDone: () => void;
  /** A defect. */
  readonly onFailure: (error: unknown) => void;
}

/** Nothing sent yet. */
export class Outbox {
  #options: OutboxOptions;
  #deps: OutboxDeps;
  /** When to flush what is open then. */
  #dueAt = Infinity;
  /** When the timer ends that will look at it. */
  #wakesAt = Infinity;
  #timer = new AbortController();
  #urgent = false;
  /** Batches that were sent and have not come to their end. */
  underWay = 0;

  constructor(options: OutboxOptions, deps: OutboxDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Another batch may be sent without piling up. */
  get hasRoom(): boolean {
    const { delivery, outcomes } = this.#deps;
    return delivery.active(outcomes) < batchesPerSlot * delivery.writer.concurrency;
  }

  /** Gathers by other bounds from the next look on. */
  tune(options: OutboxOptions): void {
    this.#options = options;
  }

  /** From now on nothing waits for more, nor for its destination. */
  hurry(): void {
    this.#urgent = true;
    this.flush();
  }

  /** Waiting is in order again. */
  relax(): void {
    this.#urgent = false;
  }

  /** Sends full batches, and sets the time at which the others go. */
  review(): void {
    this.sendFull();
    if (this.#urgent) return this.flush();
    const { gatherer, clock } = this.#deps;
    if (gatherer.open === 0) {
      this.#dueAt = Infinity;
      return;
    }
    const now = clock.monotonic();
    const atOnce = this.underWay === 0 || gatherer.open >= this.#options.batchRecordsMax;
    const lingerAt = (gatherer.openSinceMs ?? now) + this.#options.lingerMs;
    this.#dueAt = atOnce ? Math.min(now + silenceMs, lingerAt) : lingerAt;
    this.#wakeBy(this.#dueAt, now);
  }

  /** Sends all that is gathered, save for destinations that would only have it wait. */
  flush(): void {
    const { gatherer, delivery } = this.#deps;
    gatherer.close(this.#urgent ? undefined : (destination) => delivery.isHeld(destination));
    this.#dueAt = Infinity;
    this.sendFull();
  }

  /** One timer stands for many moves of the time: it looks again when it ends too early. */
  #wakeBy(at: number, now: number): void {
    if (this.#wakesAt <= at) return;
    this.#timer.abort();
    const timer = this.#timer = new AbortController();
    this.#wakesAt = at;
    void this.#deps.clock.sleep(Math.max(0, at - now), timer.signal).then(() => {
      if (!timer.signal.aborted && !this.#deps.signal.aborted) this.#wake();
    });
  }

  /** A request more would only stand in line; whoever makes room has it reviewed. */
  #wake(): void {
    this.#wakesAt = Infinity;
    if (!this.hasRoom) return;
    const now = this.#deps.clock.monotonic();
    if (this.#dueAt <= now) this.flush();
    else if (this.#dueAt < Infinity) this.#wakeBy(this.#dueAt, now);
  }

  /** Sends full batches. */
  sendFull(): void {
    const { gatherer } = this.#deps;
    for (let batch = gatherer.take(); batch !== undefined; batch = gatherer.take()) {
      void this.#send(batch);
    }
  }

  async #send(batch: NonNullable<ReturnType<Gatherer["take"]>>): Promise<void> {
    const { gatherer, delivery, outcomes, signal, onDone, onFailure } = this.#deps;
    this.underWay++;
    try {
      await delivery.deliver(batch, outcomes, signal);
      // Of an aborted one the writer may still read the bytes.
      if (!signal.aborted) gatherer.release(batch);
    } catch (error) {
      onFailure(error);
    } finally {
      this.underWay--;
      onDone();
    }
  }
}
