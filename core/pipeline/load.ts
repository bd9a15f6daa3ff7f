/**
 * Pure. `Load`: a parcel on a lane, with how many of its items are not settled yet. It counts every
 * item once and tells the parcel's notification when the last one is settled.
 */
import type { Item, Parcel } from "./parcel.ts";
import type { ItemOutcome } from "./pipeline_account.ts";

/** One item of a load, as it is sent. */
export interface LoadEntry {
  readonly item: Item;
  readonly load: Load;
}

/** See above. */
export class Load {
  readonly parcel: Parcel;
  #left: number;
  #queued = false;

  /** `left`: items that are still to be settled, the last ones of the parcel's. */
  constructor(parcel: Parcel) {
    this.parcel = parcel;
    this.#left = parcel.items.length;
  }

  /** Waits in memory: its notification does not. */
  get queued(): boolean {
    return this.#queued;
  }

  entries(): LoadEntry[] {
    return this.parcel.items.map((item) => ({ item, load: this }));
  }

  settle(outcome: ItemOutcome, count: number): void {
    const { counts, onSettled } = this.parcel;
    if (this.#queued) counts.unqueue(count);
    counts.settle(outcome, count);
    this.#left -= count;
    if (this.#left === 0 && !this.#queued) onSettled();
  }

  /** Policy `queue`: what is left of it waits in memory, and is lost in a crash. */
  queue(): void {
    if (this.#queued) return;
    this.#queued = true;
    this.parcel.counts.queue(this.#left);
    this.parcel.onSettled();
  }
}

/** Settles entries that stand together by their loads. */
export function settleEntries(entries: readonly LoadEntry[], outcome: ItemOutcome): void {
  forEachRun(entries, (load, count) => load.settle(outcome, count));
}

/** Calls `act` for each run of entries of one load. */
export function forEachRun(
  entries: readonly LoadEntry[],
  act: (load: Load, count: number) => void,
): void {
  let from = 0;
  for (let i = 1; i <= entries.length; i++) {
    const load = entries[from]?.load;
    if (load === undefined || entries[i]?.load === load) continue;
    act(load, i - from);
    from = i;
  }
}
