/**
 * Edge (net, files, clock). A store to look at: its latest points, and with `follow` those that come, asked
 * for every so often. Points come late, by their own time: a span behind the newest is asked for again,
 * and what was shown of it is known.
 */
import type { Clock } from "../clock.ts";
import type { Datum } from "../datum/datum.ts";
import { labelsOf } from "./describe.ts";
import type { Intake } from "./intake.ts";
import { seriesKey } from "./series_board.ts";
import type { TailBatch, TailEvents, TailSource, TailSpan } from "./source.ts";

/** A store as it is looked into. */
export interface PointStore {
  /** The newest `count` over all, and more where that costs nothing; in the order of time. */
  latest(count: number): Promise<readonly Datum[]>;
  /** Points from a time on, in ms, in its order, as they are pulled. */
  since(fromMs: number): AsyncIterable<readonly Datum[]>;
  close(): void;
}

/** What the source works with. */
export interface StoreTailDeps extends TailEvents {
  readonly intake: Intake;
  readonly clock: Clock;
  /** Whether an error is an outage that may pass. */
  isOutage(error: unknown): boolean;
}

/** How often a store is asked for news. */
const pollMs = 2000;
/** How late a point may come and still be shown. */
const lateMs = 20_000;
/** So many points are looked at for the last N; whoever wants to look further back says --since. */
const latestMax = 100_000;
const latestFactor = 8;
/** How many points shown are known at most. */
const knownMax = 500_000;

/** An open store becomes a source. */
export function openStoreTail(store: PointStore, span: TailSpan, deps: StoreTailDeps): TailSource {
  const closing = new AbortController();
  return {
    batches: () => batches(store, span, { ...deps, signal: closing.signal }),
    close(): Promise<void> {
      closing.abort();
      store.close();
      return Promise.resolve();
    },
  };
}

type Deps = StoreTailDeps & { readonly signal: AbortSignal };

async function* batches(
  store: PointStore,
  { last, sinceMs, follow }: TailSpan,
  deps: Deps,
): AsyncGenerator<TailBatch, void, void> {
  const { intake, clock, signal } = deps;
  const shown = new ShownPoints(clock);
  if (last === undefined) {
    for await (const data of store.since(sinceMs ?? 0)) {
      yield { data: intake.data(shown.news(data)), live: false };
    }
  } else {
    if (follow) await learn(store, shown);
    const data = await store.latest(Math.max(1, last));
    shown.news(data);
    if (last > 0) yield { data: await lastData(store, { last, first: data }, deps), live: false };
  }
  let isAway = false;
  while (follow && !signal.aborted) {
    await clock.sleep(pollMs, signal);
    if (signal.aborted) return;
    try {
      for await (const data of store.since(shown.fromMs)) {
        yield { data: intake.data(shown.news(data)), live: false };
      }
      if (isAway) deps.onTrouble(undefined);
      isAway = false;
    } catch (error) {
      if (signal.aborted) return;
      if (!deps.isOutage(error) || !(error instanceof Error)) throw error;
      if (!isAway) deps.onTrouble(error.message);
      isAway = true;
    }
  }
}

/** What is there already is no news: the span behind the newest point that will be asked for again. */
async function learn(store: PointStore, shown: ShownPoints): Promise<void> {
  const newest = (await store.latest(1)).at(-1);
  if (newest !== undefined) shown.news([newest]);
  for await (const data of store.since(shown.fromMs)) shown.news(data);
}

/** Looks at more and more of the latest until enough of them are wanted. */
async function lastData(
  store: PointStore,
  { last, first }: { readonly last: number; readonly first: readonly Datum[] },
  { intake, onNote }: Deps,
): Promise<Datum[]> {
  let looked = first;
  for (let count = last;;) {
    const found = intake.data(looked).slice(-last);
    const isAll = looked.length < count;
    if (found.length >= last || isAll) return found;
    if (count >= latestMax) {
      onNote(`${found.length} found among the last ${count} points, --since T looks further back`);
      return found;
    }
    count = Math.min(latestMax, count * latestFactor);
    looked = await store.latest(count);
  }
}

/** What was shown of the span that is asked for again. */
class ShownPoints {
  #known = new Map<string, number>();
  #newestMs = 0;
  #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From where on points are no news, or may still come. */
  get fromMs(): number {
    return Math.max(0, this.#newestMs - lateMs);
  }

  /** Those that were not given before. */
  news(data: readonly Datum[]): Datum[] {
    const news: Datum[] = [];
    // One that is of the future by a slip must not hide what comes until then.
    const nowMs = this.#clock.now();
    for (const datum of data) {
      if (Number.isNaN(datum.timeMs)) continue;
      this.#newestMs = Math.max(this.#newestMs, Math.min(nowMs, datum.timeMs));
      const key = `${datum.timeMs}\n${seriesKey(datum, labelsOf(datum))}`;
      if (this.#known.has(key)) continue;
      this.#known.set(key, datum.timeMs);
      news.push(datum);
    }
    this.#forget();
    return news;
  }

  /** The map keeps the order of coming, which is about that of time. */
  #forget(): void {
    for (const [key, timeMs] of this.#known) {
      if (timeMs >= this.fromMs && this.#known.size <= knownMax) return;
      this.#known.delete(key);
    }
  }
}
