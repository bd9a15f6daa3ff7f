/**
 * Pure. `Lane`: the way to one publisher, independent of all others. It gathers parcels into calls,
 * keeps to the publisher's concurrency, and answers a far end that is down by the policy.
 *
 * Parcels wait in memory until they are settled; what is in flight at the source bounds them.
 */
import type { Clock } from "../clock.ts";
import type { PublisherPolicy } from "../config/pipeline_config.ts";
import type { DeadLetter } from "../delivery/dead_letter.ts";
import { StoreError } from "../delivery/writer.ts";
import type { Log } from "../log/log.ts";
import type { PartState } from "../observe/readiness.ts";
import type { Gauge, Registry } from "../observe/registry.ts";
import { createBackoff } from "./backoff.ts";
import { itemForLetter } from "./letter_item.ts";
import type { Ahead, LaneOrder, OrderedLane } from "./lane_order.ts";
import { forEachRun, Load, type LoadEntry, settleEntries } from "./load.ts";
import type { Event } from "./event.ts";
import type { Item, Parcel, ParcelOrigin } from "./parcel.ts";
import type { Cargo } from "./pipeline.ts";
import type { Publisher } from "./publisher.ts";
import type { Sample } from "./sample.ts";
import { type Entry, type ItemRefusal, type Outage, sendItems } from "./send_items.ts";
import type { Spool } from "./spool_contract.ts";
import { SpoolDrain } from "./spool_drain.ts";

/** How a lane works. */
export interface LaneOptions {
  readonly carries: Cargo;
  readonly policy: PublisherPolicy;
  /** Calls in flight at once. */
  readonly concurrency: number;
  /** Items of one call, over several notifications; undefined: each parcel is a call of its own. */
  readonly gather: { readonly items_max: number; readonly wait_ms: number } | undefined;
  /** Policy `queue`: parcels kept in memory; beyond it the oldest are dropped. */
  readonly queueParcelsMax: number;
}

/** What a lane works with. */
export interface LaneDeps {
  /** The publisher's name, unique among the lanes. */
  readonly name: string;
  readonly publisher: Publisher;
  /** Policy `spool` only. */
  readonly spool: Spool | undefined;
  /** Where the far end minds in which order samples and events come. */
  readonly order?: LaneOrder | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly random: () => number;
  /** Calls are given up when it aborts; what they carried stays unsettled. */
  readonly signal: AbortSignal;
  readonly sendLetter: (letter: DeadLetter, kept: () => void) => void;
  readonly onState: (state: PartState) => void;
  /** An attempt or a back-off step ended. */
  readonly onTurn: () => void;
  /** A defect; the process cannot go on. */
  readonly onFailure: (error: unknown) => void;
}

/** See above. */
export class Lane implements OrderedLane {
  readonly name: string;
  readonly carries: Cargo;
  #options: LaneOptions;
  #deps: LaneDeps;
  #drain: SpoolDrain | undefined;
  /** In order; those that wait for a call. */
  #waiting: Load[] = [];
  #waitingSince = 0;
  #active = 0;
  #scheduled = false;
  #timer = false;
  #hurried = false;
  #closing = new AbortController();
  #down = false;
  #up: Gauge;

  constructor(options: LaneOptions, deps: LaneDeps) {
    this.name = deps.name;
    this.carries = options.carries;
    this.#options = options;
    const signal = AbortSignal.any([deps.signal, this.#closing.signal]);
    this.#deps = { ...deps, signal };
    const labels = { publisher: deps.name };
    const help = "Whether the far end took what it was last offered.";
    this.#up = deps.registry.gauge("tpctl_publisher_up", help, labels);
    this.#up.set(1);
    this.#drain = deps.spool && new SpoolDrain(options, {
      ...this.#deps,
      spool: deps.spool,
      call: (items) => this.#call(items),
      refused: (entry, why, kept) => this.#sendLetter(entry.item, { ...entry, ...why }, kept),
      isUp: (error) => error === undefined ? this.#isUp() : this.#isDown(error),
      due: (parcels) => deps.order?.due(this, parcels) ?? parcels,
      adopt: () => deps.order?.adopt() ?? this.adopt(),
      onChange: () => this.#changed(),
    });
    deps.order?.add(this);
    deps.onState({ ready: true });
  }

  /** Takes charge of a parcel, never refuses. */
  offer(parcel: Parcel): void {
    const { publisher } = this.#deps;
    parcel.counts.match(parcel.items.length);
    if (parcel.items.every((item) => publisher.ignores?.(item) ?? false)) {
      parcel.counts.settle("published", parcel.items.length);
      return parcel.onSettled();
    }
    const load = new Load(parcel);
    if (this.#waiting.length === 0) this.#waitingSince = this.#deps.clock.monotonic();
    this.#waiting.push(load);
    if (this.#down && this.#options.policy === "queue") this.#queueWaiting();
    this.#schedule();
  }

  /** Nothing waits and no call is in flight; the spool may hold something. */
  get idle(): boolean {
    const isAppending = this.#drain?.isAppending ?? false;
    return this.#waiting.length === 0 && this.#active === 0 && !isAppending;
  }

  /** Parcels in the spool. */
  get spooled(): number {
    return this.#deps.spool?.records ?? 0;
  }

  get queues(): boolean {
    return this.#down && this.#options.policy === "queue";
  }

  get spooledSinceMs(): number {
    return this.#drain?.sinceMs ?? Infinity;
  }

  look(): void {
    this.#drain?.look();
    this.#schedule();
  }

  async adopt(): Promise<void> {
    await this.#deps.spool?.adopt();
  }

  /** Starts with what an earlier process left in the spool. */
  start(): void {
    this.#drain?.start();
  }

  /** Waits for nothing to gather any more, or does so again. */
  hurry(hurried: boolean): void {
    this.#hurried = hurried;
    this.#schedule();
  }

  /** After the signal aborted, or when idle: lets go of everything. */
  async close(): Promise<void> {
    this.#closing.abort();
    const lost = this.#waiting.filter(({ queued }) => queued);
    for (const load of lost) load.settle("dropped", load.parcel.items.length);
    if (lost.length > 0) {
      const fields = { publisher: this.name, parcels: lost.length };
      this.#deps.log.error("Given up what waited in memory for a far end that is down", fields);
    }
    await this.#drain?.ended();
    await this.#deps.spool?.close();
    this.#deps.order?.remove(this);
    await this.#deps.publisher.close();
    this.#up.set(NaN);
  }

  #changed(): void {
    this.#schedule();
    this.#deps.order?.changed();
  }

  /** What has to go before those that wait. */
  #ahead(): Ahead {
    const ahead = this.#deps.order?.aheadOf(this) ?? "nothing";
    if (ahead === "nothing") return this.#drain?.holds === true ? "in a spool" : "nothing";
    return ahead === "in a spool" && this.#drain === undefined ? "in memory" : ahead;
  }

  /** What comes in the same turn of the event loop may go in one call. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    const { concurrency } = this.#options;
    while (this.#waiting.length > 0 && this.#active < concurrency && !this.#deps.signal.aborted) {
      const ahead = this.#ahead();
      if (ahead === "in a spool") return this.#drain?.add(this.#waiting.splice(0));
      if (ahead === "in a queue") return this.#queueWaiting();
      if (ahead === "in memory") return;
      if (this.#gathers()) return;
      this.#active++;
      this.#send(this.#take()).catch((error: unknown) => {
        if (!this.#deps.signal.aborted) this.#deps.onFailure(error);
      }).finally(() => {
        this.#active--;
        this.#deps.onTurn();
        this.#changed();
      });
    }
  }

  /** Whether it is worth waiting for more. */
  #gathers(): boolean {
    const { gather } = this.#options;
    const { clock, signal } = this.#deps;
    if (gather === undefined || gather.wait_ms === 0 || this.#hurried) return false;
    const waitMs = this.#waitingSince + gather.wait_ms - clock.monotonic();
    if (waitMs <= 0) return false;
    let items = 0;
    for (const { parcel } of this.#waiting) {
      items += parcel.items.length;
      if (items >= gather.items_max) return false;
    }
    if (!this.#timer) {
      this.#timer = true;
      void clock.sleep(waitMs, signal).then(() => {
        this.#timer = false;
        this.#schedule();
      });
    }
    return true;
  }

  /** The loads of the next call: at least one, more as the publisher gathers. */
  #take(): Load[] {
    const itemsMax = this.#options.gather?.items_max ?? 0;
    let items = 0;
    let count = 0;
    for (const { parcel } of this.#waiting) {
      if (count > 0 && items + parcel.items.length > itemsMax) break;
      items += parcel.items.length;
      count++;
    }
    const taken = this.#waiting.splice(0, count);
    this.#waitingSince = this.#deps.clock.monotonic();
    return taken;
  }

  async #send(loads: readonly Load[]): Promise<void> {
    const { clock, random, signal } = this.#deps;
    const backoff = createBackoff(random);
    let entries: readonly LoadEntry[] = loads.flatMap((load) => load.entries());
    for (;;) {
      const outage = await sendItems(entries, (items) => this.#call(items), this.#outcomes);
      if (signal.aborted) return;
      if (outage === undefined) return this.#isUp();
      entries = this.#answer(outage);
      if (entries.length === 0) return;
      await clock.sleep(backoff.nextMs(outage.error.retryAfterMs), signal);
      this.#deps.onTurn();
      if (signal.aborted) return;
    }
  }

  /** Answers an outage by the policy; what remains is to be tried again. */
  #answer({ left, error }: Outage<LoadEntry>): readonly LoadEntry[] {
    this.#isDown(error);
    const { policy } = this.#options;
    if (policy === "drop") {
      settleEntries(left, "dropped");
      return [];
    }
    if (policy === "queue") {
      forEachRun(left, (load) => load.queue());
      this.#queueWaiting();
    }
    if (this.#drain === undefined) return left;
    this.#drain.addFirst(left);
    return [];
  }

  #queueWaiting(): void {
    for (const load of this.#waiting) load.queue();
    const tooMany = this.#waiting.length - this.#options.queueParcelsMax;
    if (tooMany <= 0) return;
    for (const load of this.#waiting.splice(0, tooMany)) {
      load.settle("dropped", load.parcel.items.length);
    }
  }

  readonly #outcomes = {
    published: (entries: readonly LoadEntry[]): void => settleEntries(entries, "published"),
    expired: ({ load }: LoadEntry): void => load.settle("dropped", 1),
    refused: ({ item, load }: LoadEntry, why: ItemRefusal): void => {
      const kept = (): void => load.settle("dead_lettered", 1);
      this.#sendLetter(item, { ...why, origin: load.parcel.origin }, kept);
    },
    failed: (entries: readonly LoadEntry[]): void =>
      forEachRun(entries, (load, count) => load.parcel.counts.fail(count)),
  };

  #sendLetter(
    item: Entry["item"],
    why: ItemRefusal & { readonly origin: ParcelOrigin },
    kept: () => void,
  ): void {
    const { sendLetter, log } = this.#deps;
    const { class: letterClass, reason, origin } = why;
    log.debug("Refused by the far end, kept as a dead letter", { publisher: this.name, reason });
    const named = { item: itemForLetter(item, this.#options.carries) };
    sendLetter({ ...origin, class: letterClass, reason, destination: this.name, ...named }, kept);
  }

  async #call(items: readonly Item[]): Promise<void> {
    const { publisher, signal } = this.#deps;
    try {
      if (this.#options.carries === "samples") {
        await publisher.publishSamples(items as readonly Sample[], signal);
      } else await publisher.publishEvents(items as readonly Event[], signal);
    } catch (error) {
      if (error instanceof StoreError || signal.aborted) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      const fields = { publisher: this.name, reason };
      this.#deps.log.error("Unexpected failure of a publisher, a defect of tpctl", fields);
      throw new StoreError(reason, "retry", { cause: error });
    }
  }

  #isUp(): void {
    if (!this.#down) return;
    this.#down = false;
    this.#up.set(1);
    this.#deps.log.info("The far end answers again", { publisher: this.name });
    this.#deps.onState({ ready: true });
  }

  #isDown({ message, reaction }: StoreError): void {
    this.#deps.onState({ ready: false, reason: message });
    if (this.#down) return;
    this.#down = true;
    this.#up.set(0);
    const { policy } = this.#options;
    this.#deps.log.warning(`The far end takes nothing, policy ${policy}`, {
      publisher: this.name,
      reaction,
      reason: message,
    });
  }
}
