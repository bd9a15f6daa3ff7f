/**
 * Pure. `SpoolDrain`: what a lane does while its spool holds something: puts what comes behind it, and
 * offers the oldest to the far end until all of it is taken. A spool that is full, or a disk that
 * fails, makes the lane wait.
 */
import type { Clock } from "../clock.ts";
import type { StoreError } from "../delivery/writer.ts";
import type { Log } from "../log/log.ts";
import type { Counter, Registry } from "../observe/registry.ts";
import { createBackoff } from "./backoff.ts";
import { forEachRun, type Load, type LoadEntry } from "./load.ts";
import type { Item, Parcel, ParcelOrigin } from "./parcel.ts";
import { type Call, type ItemRefusal, sendItems } from "./send_items.ts";
import type { Spool, SpooledParcel } from "./spool_contract.ts";

/** Parcels of one append. */
const appendParcelsMax = 1000;
/** How often it is looked for what other processes have left. */
const adoptMs = 5_000;
/** How often a full spool or a failing disk is tried again. */
const fullMs = 500;

interface SpoolEntry {
  readonly item: Item;
  readonly origin: ParcelOrigin;
}

/** What a drain works with. */
export interface SpoolDrainDeps {
  readonly name: string;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly call: Call;
  readonly refused: (entry: SpoolEntry, why: ItemRefusal, kept: () => void) => void;
  /** How the far end is, by the last attempt. */
  readonly isUp: (error: StoreError | undefined) => void;
  readonly onTurn: () => void;
  readonly onFailure: (error: unknown) => void;
  /** Those of the oldest parcels that may go now. */
  readonly due: (parcels: readonly SpooledParcel[]) => readonly SpooledParcel[];
  /** Takes over what processes that died have left. */
  readonly adopt: () => Promise<void>;
  /** More is in the spool, or less is in memory or here. */
  readonly onChange: () => void;
}

/** What waits to be appended: a parcel, and whom to tell. */
interface Pending {
  readonly parcel: Parcel;
  readonly spooled: () => void;
}

/** See above. */
export class SpoolDrain {
  #deps: SpoolDrainDeps;
  /** Of one call; undefined: each parcel is one of its own. */
  #itemsMax: number | undefined;
  #concurrency: number;
  #pending: Pending[] = [];
  #appending: Promise<void> | undefined;
  #draining: Promise<void> | undefined;
  #adopting: Promise<void> | undefined;
  #published: Counter;
  #deadLettered: Counter;
  #expired: Counter;
  #saidFull = false;
  #saidFailing = "";
  /** When the oldest was put in; not known before it was looked at. */
  #sinceMs: number | undefined;
  #looked = Promise.withResolvers<void>();

  constructor(
    { gather, concurrency }: {
      readonly gather: { readonly items_max: number } | undefined;
      readonly concurrency: number;
    },
    deps: SpoolDrainDeps,
  ) {
    this.#deps = deps;
    this.#itemsMax = gather?.items_max;
    this.#concurrency = concurrency;
    deps.signal.addEventListener("abort", () => this.look());
    const labels = { publisher: deps.name };
    const { registry } = deps;
    const help = "Samples and events from the spool that the far end has accepted.";
    this.#published = registry.counter("tpctl_spool_published_total", help, labels);
    const refusedHelp = "Samples and events from the spool that the far end refused for good.";
    this.#deadLettered = registry.counter("tpctl_spool_dead_lettered_total", refusedHelp, labels);
    const expiredHelp = "Samples and events from the spool that were too old for the far end.";
    this.#expired = registry.counter("tpctl_spool_expired_total", expiredHelp, labels);
  }

  /** New data has to go behind what is here. */
  get holds(): boolean {
    return this.#deps.spool.records > 0 || this.#pending.length > 0 ||
      this.#appending !== undefined || this.#draining !== undefined;
  }

  /** Something is not in the spool yet. */
  get isAppending(): boolean {
    return this.#pending.length > 0 || this.#appending !== undefined;
  }

  /** See `OrderedLane`. */
  get sinceMs(): number {
    return this.#deps.spool.records === 0 ? Infinity : this.#sinceMs ?? -Infinity;
  }

  /** Something may be due now. */
  look(): void {
    const { resolve } = this.#looked;
    this.#looked = Promise.withResolvers<void>();
    resolve();
  }

  add(loads: readonly Load[]): void {
    for (const load of loads) this.#pending.push(pendingOf(load, load.parcel.items));
    this.#append();
  }

  /** What failed goes before whatever came after it. */
  addFirst(entries: readonly LoadEntry[]): void {
    const first: Pending[] = [];
    let at = 0;
    forEachRun(entries, (load, count) => {
      first.push(pendingOf(load, entries.slice(at, at + count).map(({ item }) => item)));
      at += count;
    });
    this.#pending.unshift(...first);
    this.#append();
  }

  /** Drains what earlier processes left, now and whenever one ends. */
  start(): void {
    this.wake();
    this.#adopting ??= this.#adopt();
  }

  /** Drains what is there, if nobody does so already. */
  wake(): void {
    const { onFailure, signal, spool } = this.#deps;
    if (this.#draining !== undefined || spool.records === 0 || signal.aborted) return;
    this.#draining = this.#run().catch((error: unknown) => {
      if (!signal.aborted) onFailure(error);
    }).finally(() => {
      this.#draining = undefined;
      if (this.#deps.spool.records > 0) this.wake();
      else this.#deps.onChange();
    });
  }

  /** Resolves when nothing is under way, after the signal aborted or the spool is empty. */
  async ended(): Promise<void> {
    await this.#appending;
    await this.#draining;
  }

  async #adopt(): Promise<void> {
    const { adopt, clock, log, name, signal } = this.#deps;
    while (!signal.aborted) {
      await clock.sleep(adoptMs, signal);
      if (signal.aborted) return;
      await adopt().catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        log.error("Cannot look through the spool", { publisher: name, reason });
      });
      this.wake();
    }
  }

  #append(): void {
    this.#appending ??= this.#appendAll().finally(() => {
      this.#appending = undefined;
      if (this.#pending.length > 0 && !this.#deps.signal.aborted) this.#append();
      this.wake();
      this.#deps.onChange();
    });
  }

  async #appendAll(): Promise<void> {
    const { clock, onTurn, signal, spool } = this.#deps;
    while (this.#pending.length > 0 && !signal.aborted) {
      const batch = this.#pending.splice(0, appendParcelsMax);
      const taken = await spool.append(batch.map(({ parcel }) => parcel))
        .catch((error: unknown) => this.#sayFull(error));
      onTurn();
      if (taken === true) {
        this.#saidFull = false;
        for (const { spooled } of batch) spooled();
        continue;
      }
      this.#pending.unshift(...batch);
      if (taken === false) this.#sayFull("it is full");
      this.wake();
      await clock.sleep(fullMs, signal);
    }
  }

  #sayFull(why: unknown): void {
    if (this.#saidFull) return;
    this.#saidFull = true;
    const reason = why instanceof Error ? why.message : String(why);
    this.#deps.log.error("The spool takes nothing more, its publisher holds up the source", {
      publisher: this.#deps.name,
      reason,
    });
  }

  async #run(): Promise<void> {
    const { due, onChange, onTurn, signal, spool } = this.#deps;
    while (spool.records > 0 && !signal.aborted) {
      const looked = this.#looked.promise;
      const oldest = await this.#peek();
      if (oldest === undefined) continue;
      if (this.#sinceMs === undefined) {
        this.#sinceMs = oldest[0]?.timeMs;
        onChange();
      }
      const parcels = due(oldest);
      if (parcels.length < Math.min(1, oldest.length)) {
        await looked;
        onTurn();
        continue;
      }
      for (const calls of this.#roundsOf(parcels)) {
        await Promise.all(calls.map((call) => this.#sendAll(call)));
      }
      if (signal.aborted) return;
      // Where the disk does not take it they are only sent again by the next process.
      await spool.release(parcels.length).catch((error: unknown) =>
        this.#sayFailing("Cannot note what of the spool is done with", error)
      );
      this.#sinceMs = undefined;
      onChange();
    }
  }

  /** The oldest parcels; undefined where the disk fails, after a wait. */
  async #peek(): Promise<readonly SpooledParcel[] | undefined> {
    const { clock, onTurn, signal, spool } = this.#deps;
    try {
      return await spool.peek(this.#itemsMax ?? this.#concurrency);
    } catch (error) {
      this.#sayFailing("Cannot read the spool", error);
      await clock.sleep(fullMs, signal);
      onTurn();
      return undefined;
    }
  }

  /** Each text once in a row. */
  #sayFailing(text: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (this.#saidFailing === reason) return;
    this.#saidFailing = reason;
    this.#deps.log.error(text, { publisher: this.#deps.name, reason });
  }

  /** What is sent side by side, round after round, each as a list of calls. */
  #roundsOf(parcels: readonly SpooledParcel[]): (readonly (readonly SpooledParcel[])[])[] {
    if (this.#itemsMax !== undefined) return [[parcels]];
    const count = Math.ceil(parcels.length / this.#concurrency);
    return Array.from({ length: count }, (_, n) => {
      const from = n * this.#concurrency;
      return parcels.slice(from, from + this.#concurrency).map((parcel) => [parcel]);
    });
  }

  /** Resolves when the far end or the dead letters have all items, or the signal aborted. */
  async #sendAll(parcels: readonly SpooledParcel[]): Promise<void> {
    const { call, clock, isUp, onTurn, random, signal } = this.#deps;
    const backoff = createBackoff(random);
    const letters: Promise<void>[] = [];
    let entries: readonly SpoolEntry[] = parcels.flatMap(({ items, origin }) =>
      items.map((item) => ({ item, origin }))
    );
    while (entries.length > 0 && !signal.aborted) {
      const outage = await sendItems(entries, call, {
        published: (sent) => this.#published.add(sent.length),
        expired: () => this.#expired.add(),
        refused: (entry, why) => letters.push(this.#refuse(entry, why)),
        failed: () => undefined,
      });
      onTurn();
      if (!signal.aborted) isUp(outage?.error);
      entries = outage?.left ?? [];
      if (outage !== undefined) {
        await clock.sleep(backoff.nextMs(outage.error.retryAfterMs), signal);
      }
    }
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    if (letters.length > 0) await Promise.race([Promise.all(letters), aborted]);
  }

  #refuse(entry: SpoolEntry, why: ItemRefusal): Promise<void> {
    return new Promise((resolve) => {
      this.#deps.refused(entry, why, () => {
        this.#deadLettered.add();
        resolve();
      });
    });
  }
}

function pendingOf(load: Load, items: readonly Item[]): Pending {
  const { parcel } = load;
  return {
    parcel: items.length === parcel.items.length ? parcel : { ...parcel, items },
    spooled: () => load.settle("spooled", items.length),
  };
}
