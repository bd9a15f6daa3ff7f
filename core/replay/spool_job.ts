/**
 * Edge (files). `--spool`: the spool of a publisher that is gone as the input of a run. To look at it,
 * nothing is touched; to drain it, it is owned, and parcels go when the target has all of their items.
 */
import type { Clock } from "../clock.ts";
import type { Consumer, ConsumerEvents } from "../delivery/consumer.ts";
import type { Position, RecordBlock } from "../delivery/records.ts";
import { RunError, UsageError } from "../errors.ts";
import { openFileLocks } from "../files/file_lock.ts";
import type { Log } from "../log/log.ts";
import type { Registry } from "../observe/registry.ts";
import { openSpool, removeSpool } from "../pipeline/spool.ts";
import type { Spool, SpooledParcel } from "../pipeline/spool_contract.ts";
import type { ReplayJob, ReplayOptions } from "./job.ts";
import { Pace } from "./pace.ts";
import { Reading } from "./replay_consumer.ts";
import { Selector } from "./selector.ts";
import { spoolBlock } from "./spool_block.ts";
import { damagedIn, findSpools, readSpool, type SpoolFolder } from "./spool_folders.ts";

/** Items of one block. */
const itemsMax = 10_000;

/** What a spool's run works with. */
export interface SpoolJobDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
}

/** To look at only. Rejects with a UsageError. */
export async function lookAtSpool(folder: string, options: ReplayOptions): Promise<ReplayJob> {
  const spools = await findSpools(folder, openFileLocks());
  return jobOf(spools, options, {
    open: (_events, shown) => consumerOf(() => lookThrough(spools, shown)),
  });
}

/** To drain. Rejects with a UsageError where nothing is there, or somebody else owns it. */
export async function openSpoolJob(
  folder: string,
  options: ReplayOptions,
  deps: SpoolJobDeps,
): Promise<ReplayJob> {
  const locks = openFileLocks();
  const spools = await findSpools(folder, locks);
  const owned = spools.find((spool) => spool.owned > 0);
  if (owned !== undefined) {
    throw new UsageError(
      `Cannot drain the spool '${owned.path}': a running process owns it and drains it itself, ` +
        "expected one whose publisher is gone; stop that process first",
    );
  }
  const pace = options.rate === undefined ? undefined : new Pace(options.rate, deps.clock);
  return jobOf(spools, options, {
    open: (events, shown) => {
      const drain = new SpoolsDrain(spools, { ...deps, events, ...shown, locks, pace });
      return {
        blocks: () => drain.blocks(),
        commit: (positions) => drain.commit(positions),
        close: () => drain.close(),
      };
    },
  });
}

/** What a run shows of itself. */
interface Shown {
  readonly selector: Selector;
  readonly reading: Reading;
}

function jobOf(
  spools: readonly SpoolFolder[],
  { shiftMs, linePrecision }: ReplayOptions,
  { open }: { readonly open: (events: ConsumerEvents, shown: Shown) => Consumer },
): ReplayJob {
  const takesAll = {
    ...{ filter: undefined, format: undefined, linePrecision, limit: Infinity },
    takesLettersFor: () => true,
  };
  const shown = { selector: new Selector(takesAll), reading: new Reading() };
  return {
    ...shown,
    ...{ files: spools.length, shiftMs, filter: {}, checkpoint: undefined, isResumed: false },
    bytesTotal: spools.reduce((sum, { bytes }) => sum + bytes, 0),
    open: (events) => open(events, shown),
    save: () => Promise.resolve(),
  };
}

function consumerOf(blocks: () => AsyncIterable<RecordBlock>): Consumer {
  return { blocks, commit: () => Promise.resolve(), close: () => Promise.resolve() };
}

async function* lookThrough(
  spools: readonly SpoolFolder[],
  { selector, reading }: Shown,
): AsyncGenerator<RecordBlock> {
  for (const [partition, spool] of spools.entries()) {
    let first = 1;
    let parcels: SpooledParcel[] = [];
    const take = (): RecordBlock => {
      const block = spoolBlock(parcels, { file: spool.path, partition, first });
      first = block.nextOffset;
      parcels = [];
      selector.counts.lines += block.count;
      return block;
    };
    for await (const record of readSpool(spool)) {
      parcels.push(record);
      if (parcels.length >= itemsMax) yield take();
    }
    if (parcels.length > 0) yield take();
    reading.bytes += spool.bytes;
  }
}

interface DrainDeps extends SpoolJobDeps, Shown {
  readonly events: ConsumerEvents;
  readonly locks: ReturnType<typeof openFileLocks>;
  readonly pace: Pace | undefined;
}

/** One spool behind the other; of each the next part is taken when the one before is settled. */
class SpoolsDrain {
  readonly #spools: readonly SpoolFolder[];
  readonly #deps: DrainDeps;
  readonly #closing = new AbortController();
  #settled = Promise.withResolvers<void>();
  #settledTo = 0;
  #partition = 0;
  #open: Spool | undefined;

  constructor(spools: readonly SpoolFolder[], deps: DrainDeps) {
    this.#spools = spools;
    this.#deps = deps;
    deps.events.onState({ ready: true });
  }

  async *blocks(): AsyncGenerator<RecordBlock> {
    const { signal } = this.#closing;
    for (const [partition, folder] of this.#spools.entries()) {
      this.#partition = partition;
      this.#settledTo = 1;
      const spool = this.#open = await this.#openSpool(folder);
      for (let first = 1; spool.records > 0 && !signal.aborted;) {
        const parcels = await spool.peek(itemsMax);
        const block = spoolBlock(parcels, { file: folder.path, partition, first });
        first = block.nextOffset;
        this.#deps.selector.counts.lines += block.count;
        const { pace } = this.#deps;
        if (pace === undefined) yield block;
        else yield* pace.take(block, signal);
        if (!await this.#isSettled(first)) return;
        await spool.release(parcels.length);
      }
      this.#deps.reading.bytes += folder.bytes;
      await this.#closeSpool(folder);
    }
  }

  commit(positions: readonly Position[]): Promise<void> {
    for (const { partition, nextOffset } of positions) {
      if (partition === this.#partition) this.#settledTo = nextOffset;
    }
    this.#settled.resolve();
    this.#settled = Promise.withResolvers();
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#settled.resolve();
    await this.#open?.close();
    this.#open = undefined;
  }

  async #isSettled(to: number): Promise<boolean> {
    while (this.#settledTo < to && !this.#closing.signal.aborted) await this.#settled.promise;
    return this.#settledTo >= to;
  }

  async #openSpool({ path, name }: SpoolFolder): Promise<Spool> {
    try {
      return await openSpool({ folder: path, bytesMax: Infinity, name }, this.#deps);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new RunError(`Cannot open the spool '${path}': ${why}, expected a whole one`, {
        cause: error,
      });
    }
  }

  async #closeSpool(folder: SpoolFolder): Promise<void> {
    await this.#open?.close();
    this.#open = undefined;
    for (const path of await damagedIn(folder)) {
      this.#deps.reading.failed.push({ path, reason: "some of its records are damaged" });
    }
    await removeSpool(folder.path);
  }
}
