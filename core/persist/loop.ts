/**
 * Pure. The persist loop: record -> items -> batch -> write -> settle -> commit. It alone decides what
 * is dead-lettered, when to commit and when to stop; whatever it calls computes, or is one I/O.
 *
 * `run` below is the whole of it; what follows are its steps in their order.
 */
import { lineAt } from "../delivery/batch.ts";
import type { Consumer, ConsumerEvents } from "../delivery/consumer.ts";
import type { Outcomes } from "../delivery/deliver.ts";
import { createGatherer, type Gatherer } from "../delivery/gather.ts";
import type { GatheredBatch } from "../delivery/gathered.ts";
import { createNotices, type Notices } from "../delivery/notices.ts";
import { createOffsets, type Offsets, partitionKey } from "../delivery/offsets.ts";
import type { RecordBlock, TopicPartition } from "../delivery/records.ts";
import type { TrackedBlock } from "../delivery/tracked_block.ts";
import type { Histogram } from "../observe/registry.ts";
import { Changes } from "./changes.ts";
import { Commits } from "./commits.ts";
import type { Refusal } from "./encoder.ts";
import { observeAges } from "./end_to_end.ts";
import { Lags } from "../observe/lags.ts";
import { LetterDesk } from "./letter_desk.ts";
import {
  type LoopState,
  persistDefaults,
  type PersistDeps,
  type PersistLoop,
  type PersistOptions,
  type PersistOutcome,
} from "./loop_options.ts";
import { Outbox } from "./outbox.ts";

/** Records that are encoded between two looks at the clock. */
const recordsPerLook = 256;
/** Encoding gives way to timers and sockets after so long. */
const sliceMsMax = 30;
/** What stopping and giving partitions away wait for a commit, behind the drain bound. */
const commitMsMax = 5000;
/** From this part of the bound on, bytes that nobody needs are let go. */
const compactPart = 0.5;

/** A loop that has not begun. */
export function createPersistLoop(options: PersistOptions, deps: PersistDeps): PersistLoop {
  return new Loop({ ...persistDefaults, ...options }, deps);
}

class Loop implements PersistLoop {
  #options: Required<PersistOptions>;
  #deps: PersistDeps;
  #offsets: Offsets;
  #gatherer: Gatherer;
  #outcomes: Outcomes;
  #outbox: Outbox;
  #letters: LetterDesk;
  #commits: Commits | undefined;
  #changes: Changes;
  #notices: Notices;
  #ages: Histogram;
  #lags: Lags;
  #abort = new AbortController();
  #state: LoopState = { ready: false, reason: "not started" };
  /** How often each partition was dealt to us. */
  #assignments = new Map<string, number>();
  #stopping = false;
  #failure: { readonly error: unknown } | undefined;
  #abandoned = 0;

  constructor(options: Required<PersistOptions>, deps: PersistDeps) {
    const { account, clock, delivery, deadLetters, registry } = deps;
    const { signal } = this.#abort;
    const onFailure = (error: unknown): void => this.#fail(error);
    this.#options = options;
    this.#deps = deps;
    this.#changes = new Changes(clock);
    this.#notices = createNotices(deps);
    this.#lags = new Lags(registry);
    this.#ages = registry.histogram(
      "tpctl_end_to_end_seconds",
      "Age of data, by their own timestamps, when they were stored.",
    );
    this.#offsets = createOffsets((topic, outcome, n) => account.settled(topic, outcome, n));
    this.#gatherer = createGatherer(options);
    this.#outcomes = this.#makeOutcomes();
    this.#outbox = new Outbox(
      outboxOptions(options),
      {
        ...{ clock, delivery, signal, onFailure },
        gatherer: this.#gatherer,
        outcomes: this.#outcomes,
        onDone: () => this.#turned(),
      },
    );
    this.#letters = new LetterDesk({
      ...{ signal, onFailure },
      box: deadLetters,
      offsets: this.#offsets,
      destination: delivery.writer.name,
      onSettled: () => this.#settled(),
    });
  }

  async run(): Promise<PersistOutcome> {
    const { account, clock, log } = this.#deps;
    const consumer = await this.#deps.consumer(this.#events());
    const onFailure = (error: unknown): void => this.#fail(error);
    const offsets = this.#offsets;
    const commits = this.#commits = new Commits({
      ...{ consumer, offsets, account, clock, log, onFailure },
      onCommitted: (positions) => this.#lags.committed(positions),
    });
    const ended = await this.#pullBlocks(consumer);
    const settled = await this.#drain(ended);
    await this.#within(commits.flush(), commitMsMax);
    this.#abort.abort();
    this.#abandon(offsets.forgetAll());
    await consumer.close();
    if (this.#failure !== undefined) throw this.#failure.error;
    account.check(new Map());
    return { abandoned: this.#abandoned, complete: ended && settled };
  }

  tune(bounds: Parameters<PersistLoop["tune"]>[0]): void {
    this.#options = { ...this.#options, ...bounds };
    this.#outbox.tune(outboxOptions(this.#options));
  }

  stop(): void {
    this.#stopping = true;
    this.#changes.tell();
  }

  state(): LoopState {
    return this.#state;
  }

  /** Takes blocks as long as there is room for them. True when the source came to its end. */
  async #pullBlocks(consumer: Consumer): Promise<boolean> {
    const blocks = consumer.blocks()[Symbol.asyncIterator]();
    try {
      for (;;) {
        await this.#room();
        const tracked = await this.#nextBlock(blocks);
        if (tracked === undefined) return !this.#stopping;
        await this.#encodeBlock(tracked);
        this.#outbox.review();
        this.#deps.onTurn();
      }
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** Waits while too much is under way, or too many bytes are not settled. */
  async #room(): Promise<void> {
    const { unsettledBytesMax } = this.#options;
    for (;;) {
      const held = this.#deps.delivery.held > 0;
      if (held && this.#unsettledBytes() >= unsettledBytesMax * compactPart) {
        this.#offsets.compact();
      }
      const full = this.#unsettledBytes() >= unsettledBytesMax;
      if (this.#stopping || (this.#outbox.hasRoom && !full)) return;
      if (full) this.#outbox.flush();
      await this.#changes.next();
    }
  }

  /** The next block, tracked from the moment it is ours; undefined at the end, or when stopping. */
  async #nextBlock(blocks: AsyncIterator<RecordBlock>): Promise<TrackedBlock | undefined> {
    let got: { readonly block?: TrackedBlock; readonly error?: unknown } | undefined;
    blocks.next().then(
      ({ done, value }) => {
        got = done === true || this.#stopping ? {} : { block: this.#track(value) };
      },
      (error) => {
        got = { error };
      },
    ).finally(() => this.#changes.tell());
    await this.#changes.until(() => got !== undefined || this.#stopping, Infinity);
    if (got?.error !== undefined) throw got.error;
    return got?.block;
  }

  #track(block: RecordBlock): TrackedBlock {
    const { topic, partition, count } = block;
    this.#deps.log.debug("Records read", { topic, partition, count, offset: block.offsets[0] });
    this.#deps.account.received(topic, count);
    return this.#offsets.track(block);
  }

  /** Every record becomes items or a dead letter; timers and sockets get their turn in between. */
  async #encodeBlock(tracked: TrackedBlock): Promise<void> {
    const { clock } = this.#deps;
    const itemsMax = Math.max(this.#options.batchRecordsMax, this.#options.requestItemsMax);
    const { block } = tracked;
    let began = clock.monotonic();
    this.#gatherer.begin(tracked, began);
    for (let i = 0; i < block.count; i++) {
      if (i % recordsPerLook === 0 && i > 0) {
        this.#outbox.sendFull();
        const hasRoom = (): boolean => this.#outbox.hasRoom || this.#stopping;
        if (!hasRoom()) await this.#changes.until(hasRoom, Infinity);
        let now = clock.monotonic();
        if (now - began >= sliceMsMax) {
          await clock.sleep(0);
          began = now = clock.monotonic();
        }
        if (tracked.forgotten) return;
        this.#gatherer.begin(tracked, now);
      }
      const refusal = this.#encode(block, i);
      if (refusal === undefined) this.#offsets.encoded(tracked, i);
      else {
        this.#sayUnreadable(block, i, refusal);
        this.#letters.add({ block: tracked, index: i, ...refusal });
      }
      if (this.#gatherer.open >= itemsMax) this.#outbox.flush();
    }
    tracked.encodingEnded();
    this.#settled();
  }

  #sayUnreadable(block: RecordBlock, index: number, refusal: Refusal): void {
    const { onUnreadable } = this.#deps;
    if (onUnreadable !== undefined) return onUnreadable(block, index, refusal);
    this.#notices.unreadable(block.topic, refusal.class, refusal.reason);
  }

  #encode(block: RecordBlock, index: number): Refusal | undefined {
    if (block.corrupt !== undefined) return { class: "decode", reason: block.corrupt };
    if ((block.valueStarts[index] ?? -1) < 0) return { class: "decode", reason: "empty message" };
    try {
      return this.#deps.encoder.encode(block, index, this.#gatherer);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#notices.defect("encoder", reason);
      return { class: "decode", reason };
    }
  }

  /** What became of the items that were sent. */
  #makeOutcomes(): Outcomes {
    return {
      written: (items) => {
        observeAges(items, this.#deps.clock.now(), this.#ages);
        this.#offsets.settleAll(items.origins, "written");
        this.#settled();
      },
      expired: (items) => {
        this.#offsets.settleAll(items.origins, "expired");
        this.#settled();
      },
      refused: (item, why) => {
        const { blocks, ordinals, indexes } = item.origins;
        const block = blocks[ordinals[0] ?? 0];
        if (block === undefined) return;
        const named = block.several ? { item: itemOf(item) } : {};
        this.#letters.add({ block, index: indexes[0] ?? 0, ...why, ...named });
      },
      onTurn: () => {
        this.#deps.onTurn();
        this.#turned();
      },
    };
  }

  #settled(): void {
    this.#commits?.request();
    this.#changes.tell();
  }

  /** There may be room for what was kept back. */
  #turned(): void {
    if (!this.#abort.signal.aborted) this.#outbox.review();
    this.#changes.tell();
  }

  /** Waits for what is in flight: without end at the end of the input, else within the bound. */
  async #drain(ended: boolean): Promise<boolean> {
    this.#outbox.hurry();
    const settled = (): boolean => this.#offsets.records === 0;
    if (ended) await this.#changes.until(() => settled() || this.#stopping, Infinity);
    return await this.#changes.until(settled, this.#options.drainMs);
  }

  #events(): ConsumerEvents {
    const { log, onTurn } = this.#deps;
    return {
      onTurn,
      onAssigned: (partitions) => {
        for (const key of partitions.map(partitionKey)) {
          this.#assignments.set(key, (this.#assignments.get(key) ?? 0) + 1);
        }
        // Whatever of theirs is still tracked belongs to an earlier assignment.
        this.#abandon(this.#offsets.forget(partitions));
      },
      onRevoked: (partitions) => this.#giveAway(partitions),
      onLost: (partitions) => {
        this.#abandon(this.#offsets.forget(partitions));
        this.#lags.forget(partitions);
      },
      onState: (state) => {
        this.#state = state;
        this.#deps.onState(state);
      },
      onLag: (at, lag) => this.#lags.told(at, lag),
      onGap: ({ topic, partition }, fromOffset, toOffset) => {
        const fields = { topic, partition, fromOffset, toOffset, count: toOffset - fromOffset };
        log.error("Records were gone from the log before they could be read", fields);
      },
    };
  }

  /** Finishes what is in flight of these partitions, within the bound, and commits it. */
  async #giveAway(partitions: readonly TopicPartition[]): Promise<void> {
    const assignments = partitions.map((each) => this.#assignments.get(partitionKey(each)));
    // A source that did not wait so long may have been dealt some of them again: these are its own.
    const leaving = (): readonly TopicPartition[] =>
      partitions.filter((each, i) => this.#assignments.get(partitionKey(each)) === assignments[i]);
    // A block that was handed out in this very moment is tracked first.
    await this.#deps.clock.sleep(0);
    this.#outbox.hurry();
    const settled = (): boolean => sum(this.#offsets.unsettled(leaving())) === 0;
    await this.#changes.until(settled, this.#options.drainMs);
    await this.#within(this.#commits?.flush(), commitMsMax);
    const gone = leaving();
    this.#abandon(this.#offsets.forget(gone));
    this.#lags.forget(gone);
    if (!this.#stopping) this.#outbox.relax();
    this.#changes.tell();
  }

  #abandon(counts: ReadonlyMap<string, number>): void {
    for (const [topic, count] of counts) this.#deps.account.abandoned(topic, count);
    const count = sum(counts);
    this.#abandoned += count;
    if (count > 0) {
      this.#deps.log.info("Records given up unfinished, to be read again", { count });
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.stop();
  }

  /** Waits for the promise, but not for ever. */
  async #within(promise: Promise<void> | undefined, ms: number): Promise<void> {
    const end = new AbortController();
    await Promise.race([promise, this.#deps.clock.sleep(ms, end.signal)]);
    end.abort();
  }

  #unsettledBytes(): number {
    return this.#offsets.bytes + this.#gatherer.bytes;
  }
}

function sum(counts: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}

/** A refused item for the dead letter of a record that holds several. */
function itemOf(item: GatheredBatch): unknown {
  if (item.kind === "lines") return new TextDecoder().decode(lineAt(item, 0)).trimEnd();
  const [document] = item.documents;
  return document === undefined
    ? undefined
    : { index: document.index, document: JSON.parse(document.json) };
}

function outboxOptions(options: Required<PersistOptions>): Required<PersistOptions> {
  return { ...options, lingerMs: Math.min(options.lingerMs, options.waitMsMax) };
}
