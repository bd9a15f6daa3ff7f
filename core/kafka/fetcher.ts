/**
 * Edge (net, clock). Reads the partitions of a share ahead of the loop: one request under way per
 * broker, as long as what is held stays below a bound. What was fetched stays packed until it is
 * pulled. Where reading begins is decided by consumer.ts.
 */
import type { Clock } from "../clock.ts";
import type { Position, TopicPartition } from "../delivery/records.ts";
import type { Log } from "../log/log.ts";
import { Loan } from "./answer_memory.ts";
import { apis, codes, leaderMoved } from "./apis.ts";
import { scanBatches } from "./batch_scan.ts";
import type { Chunk } from "./block_reader.ts";
import type { Cluster } from "./cluster.ts";
import { KafkaFailure } from "./failure.ts";
import {
  type FetchAnswer,
  type FetchedPartition,
  fetchRequest,
  withFetchedPartitions,
} from "./fetch_call.ts";
import { errorText } from "./kafkajs_inner.ts";
import { requestMsMax } from "./link.ts";
import { backoffMs, type KafkaTiming } from "./timing.ts";

/** Bytes, as they came from the brokers, that may wait to be pulled; one answer may go beyond. */
const readAheadBytesMax = 4 * 1024 * 1024;
/** The same for one partition. */
const partitionAheadBytesMax = 512 * 1024;
/** How often an offset is asked for before it is given up as unreadable. */
const unreadableAttemptsMax = 3;

/** Where to begin and, with an end, to stop. */
export interface StartPosition extends TopicPartition {
  readonly offset: number;
  readonly endOffset: number;
}

/** What a fetcher works with and tells. */
export interface FetcherDeps {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Log;
  readonly timing: KafkaTiming;
  /** Bytes of one partition that are asked for at once, where that is less than our own bound. */
  readonly partitionBytesMax: number;
  onTurn(): void;
  onLag(at: Position, lag: number): void;
  /** A broker does not give what it should; undefined when it does again. */
  onProblem(part: string, failure: KafkaFailure | undefined): void;
  /** The offset is not in the log; where to go on, or a rejection that ends the reading. */
  onOutOfRange(partition: TopicPartition, offset: number): Promise<number>;
  /** Leaders are not where they were. */
  onStaleMetadata(): void;
  /** Reading cannot go on. */
  onFatal(error: unknown): void;
}

interface PartitionState extends TopicPartition {
  readonly endOffset: number;
  /** Where the next fetch begins. */
  position: number;
  /** Where the next pulled chunk begins. */
  pulled: number;
  bufferedBytes: number;
  busy: boolean;
  failures: number;
  notBefore: number;
  /** Where a run of unreadable offsets began. */
  unreadableFrom: number | undefined;
}

interface Ready {
  readonly chunk: Chunk;
  readonly state: PartitionState;
}

/** Reads ahead; `next` gives what was read. */
export class Fetcher {
  #deps: FetcherDeps;
  /** In the order in which they are asked for: who gave something goes to the back. */
  #states = new Map<string, PartitionState>();
  #ready: Ready[] = [];
  #bufferedBytes = 0;
  #underWay = new Set<number>();
  #nodeFailures = new Map<number, { failures: number; notBefore: number }>();
  #waiting: PromiseWithResolvers<void> | undefined;
  #wakeAt = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #ends = false;
  #pulled: Ready | undefined;

  constructor(deps: FetcherDeps) {
    this.#deps = deps;
  }

  /** From now on these partitions are read, and no others; `next` ends at their ends if it `ends`. */
  assign(positions: readonly StartPosition[], ends: boolean): void {
    this.clear();
    this.#ends = ends;
    for (const { topic, partition, offset, endOffset } of positions) {
      this.#states.set(`${partition}/${topic}`, {
        topic,
        partition,
        endOffset,
        position: offset,
        pulled: offset,
        bufferedBytes: 0,
        busy: false,
        failures: 0,
        notBefore: 0,
        unreadableFrom: undefined,
      });
    }
    this.#schedule();
    this.#wake();
  }

  /** No partition is ours any more; what was read ahead is thrown away. */
  clear(): void {
    this.#states.clear();
    this.#ready = [];
    this.#bufferedBytes = 0;
    this.#ends = false;
  }

  /** Whether the partition of the chunk that `next` gave last is still ours since then. */
  holdsLast(): boolean {
    const state = this.#pulled?.state;
    return state !== undefined && this.#states.get(`${state.partition}/${state.topic}`) === state;
  }

  /** The next chunk in order of arrival; undefined when closed, or when all ends are reached. */
  async next(): Promise<Chunk | undefined> {
    for (;;) {
      if (this.#closed) return undefined;
      const found = this.#ready.shift();
      if (found !== undefined) {
        const { chunk, state } = found;
        this.#pulled = found;
        state.pulled = chunk.nextOffset;
        state.bufferedBytes -= chunk.bytes.length;
        this.#bufferedBytes -= chunk.bytes.length;
        this.#schedule();
        return chunk;
      }
      if (this.#ends && this.#atEnd()) return undefined;
      this.#waiting ??= Promise.withResolvers<void>();
      await this.#waiting.promise;
    }
  }

  /** Leaders may have changed: tries again what could not be asked. */
  poke(): void {
    this.#schedule();
  }

  /** Ends `next`. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.clear();
    this.#wake();
  }

  #atEnd(): boolean {
    return [...this.#states.values()].every((state) => state.position >= state.endOffset);
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  /** Sends a request to each broker that leads something wanted and has none under way. */
  #schedule(): void {
    if (this.#closed || this.#bufferedBytes >= readAheadBytesMax) return;
    const { cluster, clock } = this.#deps;
    const now = clock.monotonic();
    const wanted = new Map<number, PartitionState[]>();
    const held = new Set<number>();
    let stale = false;
    for (const state of this.#states.values()) {
      if (state.position >= state.endOffset) continue;
      const leader = cluster.leader(state.topic, state.partition);
      if (leader === undefined) {
        stale = true;
        continue;
      }
      const notBefore = Math.max(state.notBefore, this.#nodeFailures.get(leader)?.notBefore ?? 0);
      if (notBefore > now) this.#wakeLater(notBefore - now);
      else if (state.bufferedBytes >= partitionAheadBytesMax) held.add(leader);
      else if (!state.busy) wanted.set(leader, [...wanted.get(leader) ?? [], state]);
    }
    for (const [leader, states] of wanted) {
      if (this.#underWay.has(leader)) continue;
      this.#underWay.add(leader);
      const { fetchWaitBusyMs, fetchWaitMs } = this.#deps.timing;
      void this.#fetch(leader, states, held.has(leader) ? fetchWaitBusyMs : fetchWaitMs);
    }
    if (stale) {
      this.#wakeLater(this.#deps.timing.backoffMs);
      this.#deps.onStaleMetadata();
    }
  }

  #wakeLater(ms: number): void {
    if (ms === Infinity) return;
    const at = this.#deps.clock.monotonic() + ms;
    if (at >= this.#wakeAt) return;
    clearTimeout(this.#timer);
    this.#wakeAt = at;
    this.#timer = setTimeout(() => {
      this.#wakeAt = Infinity;
      this.#deps.onTurn();
      this.#schedule();
    }, ms);
  }

  async #fetch(leader: number, states: readonly PartitionState[], waitMs: number): Promise<void> {
    const { cluster, clock, timing, partitionBytesMax } = this.#deps;
    for (const state of states) state.busy = true;
    const part = `broker ${leader}`;
    try {
      const link = await cluster.link(leader, "fetch");
      const targets = states.map((state) => ({ ...state, offset: state.position }));
      const answer = await link.request<FetchAnswer>(
        apis.fetch,
        fetchRequest(targets, { waitMs, partitionBytesMax }),
        { timeoutMs: waitMs + requestMsMax, call: withFetchedPartitions },
      );
      this.#nodeFailures.delete(leader);
      this.#deps.onProblem(part, undefined);
      const loan = new Loan(() => cluster.memory.give(answer.memory));
      const done = loan.share();
      for (const fetched of answer.partitions) {
        const state = this.#states.get(`${fetched.partition}/${fetched.topic}`);
        if (state !== undefined && states.includes(state)) this.#take(state, fetched, loan);
      }
      done();
    } catch (error) {
      if (this.#closed || cluster.closing.aborted) return;
      if (!(error instanceof KafkaFailure)) {
        this.#deps.onFatal(error);
        return;
      }
      const failures = this.#nodeFailures.get(leader)?.failures ?? 0;
      const notBefore = clock.monotonic() + backoffMs(timing, failures, Math.random());
      this.#nodeFailures.set(leader, { failures: failures + 1, notBefore });
      this.#deps.onProblem(part, error);
      this.#deps.onStaleMetadata();
    } finally {
      for (const state of states) state.busy = false;
      this.#underWay.delete(leader);
      this.#deps.onTurn();
      this.#schedule();
    }
  }

  #take(state: PartitionState, fetched: FetchedPartition, loan: Loan): void {
    const { errorCode } = fetched;
    if (errorCode === 0) return this.#takeBytes(state, fetched, loan);
    if (errorCode === codes.offsetOutOfRange) {
      state.notBefore = Infinity;
      void this.#moveIntoRange(state);
      return;
    }
    if (errorCode === codes.corruptMessage && state.failures >= unreadableAttemptsMax) {
      state.unreadableFrom ??= state.position;
      state.position++;
      if (state.position >= state.endOffset) this.#giveUp(state, state.unreadableFrom);
      return;
    }
    this.#deps.log.debug(`fetch: ${errorText(errorCode).message}`, nameOf(state));
    if (!leaderMoved.has(errorCode) && errorCode !== codes.corruptMessage) {
      const { type, message } = errorText(errorCode);
      const text = `Cannot read topic '${state.topic}', partition ${state.partition}: ` +
        `${message} (${type})`;
      this.#deps.onProblem(partOf(state), new KafkaFailure(text, "protocol", { code: errorCode }));
    }
    const ms = backoffMs(this.#deps.timing, state.failures++, Math.random());
    state.notBefore = this.#deps.clock.monotonic() + ms;
    this.#deps.onStaleMetadata();
  }

  #takeBytes(state: PartitionState, fetched: FetchedPartition, loan: Loan): void {
    const { highWatermark, bytes } = fetched;
    if (state.failures > 0) this.#deps.onProblem(partOf(state), undefined);
    state.failures = 0;
    if (state.unreadableFrom !== undefined) this.#giveUp(state, state.unreadableFrom);
    if (bytes.length > 0) {
      const fromOffset = state.position;
      const { batches, nextOffset } = scanBatches(bytes, { ...fetched, fetchOffset: fromOffset });
      if (nextOffset > fromOffset) {
        state.position = nextOffset;
        const { topic, partition, endOffset } = state;
        const kept = batches.filter((batch) => batch.baseOffset < endOffset);
        const place = { topic, partition, fromOffset, endOffset, nextOffset };
        // The answer's bytes are kept for as long as any of its chunks is.
        const held = kept.length === 0
          ? { bytes: new Uint8Array(0) }
          : { bytes, loan, release: loan.share() };
        this.#put(state, { ...place, ...held, batches: kept });
        this.#states.delete(`${partition}/${topic}`);
        this.#states.set(`${partition}/${topic}`, state);
      }
    }
    const at = { ...nameOf(state), nextOffset: state.pulled };
    this.#deps.onLag(at, Math.max(0, highWatermark - state.pulled));
  }

  #put(state: PartitionState, chunk: Chunk): void {
    state.bufferedBytes += chunk.bytes.length;
    this.#bufferedBytes += chunk.bytes.length;
    this.#ready.push({ chunk, state });
    this.#wake();
  }

  /** Offsets that the broker itself cannot read become one corrupt block without bytes. */
  #giveUp(state: PartitionState, from: number): void {
    state.unreadableFrom = undefined;
    const { topic, partition, endOffset, position } = state;
    const place = { topic, partition, fromOffset: from, endOffset, nextOffset: position };
    const { type, message } = errorText(codes.corruptMessage);
    this.#put(state, {
      ...place,
      bytes: new Uint8Array(0),
      batches: [{
        kind: "corrupt",
        start: 0,
        end: 0,
        baseOffset: from,
        nextOffset: position,
        reason: `the broker cannot read it: ${message} (${type})`,
      }],
    });
  }

  async #moveIntoRange(state: PartitionState): Promise<void> {
    const { clock, timing, cluster } = this.#deps;
    for (let failures = 0;; failures++) {
      try {
        state.position = await this.#deps.onOutOfRange(nameOf(state), state.position);
        state.notBefore = 0;
        this.#deps.onProblem(partOf(state), undefined);
        this.#schedule();
        this.#wake();
        return;
      } catch (error) {
        if (this.#closed || cluster.closing.aborted) return;
        if (!(error instanceof KafkaFailure)) return this.#deps.onFatal(error);
        this.#deps.onProblem(partOf(state), error);
        this.#deps.onStaleMetadata();
        await clock.sleep(backoffMs(timing, failures, Math.random()), cluster.closing);
      }
    }
  }
}

function partOf({ topic, partition }: TopicPartition): string {
  return `partition ${partition} of ${topic}`;
}

function nameOf({ topic, partition }: TopicPartition): { topic: string; partition: number } {
  return { topic, partition };
}
