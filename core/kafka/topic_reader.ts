/**
 * Edge (net, clock). `TopicReader`: reads a topic from outside of any group. It has no position on the
 * cluster, commits nothing, and nobody's share changes by it. For looking, not for keeping: records that
 * are gone before they were read are passed over, and said.
 */
import type { Clock } from "../clock.ts";
import type { RecordBlock, TopicPartition } from "../delivery/records.ts";
import { RunError } from "../errors.ts";
import type { Log } from "../log/log.ts";
import { readBlocks } from "./block_reader.ts";
import { Cluster } from "./cluster.ts";
import type { KafkaConnectionOptions } from "./connection_options.ts";
import { keyOf } from "./coordinator.ts";
import { KafkaFailure } from "./failure.ts";
import { Fetcher } from "./fetcher.ts";
import { lookUpOffsets, type OffsetPlace } from "./offset_lookup.ts";
import { backoffMs, type KafkaTiming, kafkaTiming } from "./timing.ts";

/** An offset per partition. */
export type Offsets = ReadonlyMap<number, number>;

/** Which topic, where. */
export interface TopicReaderOptions extends KafkaConnectionOptions {
  readonly topic: string;
  readonly timing?: Partial<KafkaTiming>;
}

/** What the reader works with and tells. */
export interface TopicReaderDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Why nothing comes at the moment; undefined when it does again. */
  onState(trouble: string | undefined): void;
  /** Records were gone before they were read. */
  onNote(note: string): void;
}

/** How often a question about the topic is asked before the reader gives up. */
const attemptsMax = 5;

/** Made closed; `open` first. */
export class TopicReader {
  #options: TopicReaderOptions;
  #deps: TopicReaderDeps;
  #timing: KafkaTiming;
  #cluster: Cluster;
  #fetcher: Fetcher;
  #troubles = new Map<string, string>();
  #told: string | undefined;
  /** Where each partition is read on. */
  #positions = new Map<number, number>();
  #follows = false;
  #fatal: unknown;
  #refreshing: Promise<void> | undefined;

  constructor(options: TopicReaderOptions, deps: TopicReaderDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#timing = { ...kafkaTiming, ...options.timing };
    this.#cluster = new Cluster(options);
    const { clock, log } = deps;
    this.#fetcher = new Fetcher({
      ...{ cluster: this.#cluster, clock, log, timing: this.#timing },
      partitionBytesMax: Infinity,
      onTurn: () => undefined,
      onLag: () => undefined,
      onProblem: (part, failure) => this.#tell(part, failure?.message),
      onOutOfRange: (partition, offset) => this.#moveIntoRange(partition, offset),
      onStaleMetadata: () => void this.#refreshSoon(),
      onFatal: (error) => this.#fail(error),
    });
  }

  /** Rejects with a RunError where the topic is not there, or nobody lets us at it. */
  async open(): Promise<void> {
    const { topic } = this.#options;
    await this.#ask(async () => {
      await this.#cluster.refresh([topic]);
      const problem = this.#cluster.topicProblem(topic);
      if (problem !== undefined) throw new RunError(problem);
    });
  }

  /** The offset of a place in every partition; where a time has no record yet, the end. */
  async offsets(place: OffsetPlace): Promise<Offsets> {
    return await this.#ask(async () => {
      const partitions = this.#partitions();
      const found = await lookUpOffsets(this.#cluster, partitions, place);
      const isOpen = [...found.values()].some((offset) => offset < 0);
      const ends = isOpen ? await lookUpOffsets(this.#cluster, partitions, "end") : found;
      return new Map(partitions.map((partition): [number, number] => {
        const key = keyOf(partition);
        const offset = found.get(key) ?? -1;
        return [partition.partition, offset < 0 ? ends.get(key) ?? 0 : offset];
      }));
    });
  }

  /** The records of these ranges, each partition's in its order. */
  async *range(from: Offsets, to: Offsets): AsyncGenerator<RecordBlock, void, void> {
    const positions = [...from].map(([partition, offset]) => ({
      ...{ topic: this.#options.topic, partition, offset },
      endOffset: to.get(partition) ?? offset,
    }));
    this.#fetcher.assign(positions, true);
    yield* this.#blocks();
  }

  /** Everything from these offsets on, also of partitions that are added later, until `close`. */
  async *follow(from: Offsets): AsyncGenerator<RecordBlock, void, void> {
    this.#positions = new Map(from);
    this.#follows = true;
    this.#assign();
    void this.#refreshRegularly();
    yield* this.#blocks();
  }

  /** Ends what is being read. Safe to call twice. */
  close(): void {
    this.#fetcher.close();
    this.#cluster.close();
  }

  async *#blocks(): AsyncGenerator<RecordBlock, void, void> {
    for (;;) {
      const chunk = await this.#fetcher.next();
      if (this.#fatal !== undefined) throw this.#fatal;
      if (chunk === undefined) return;
      this.#positions.set(chunk.partition, chunk.nextOffset);
      yield* readBlocks(chunk);
    }
  }

  #assign(): void {
    const { topic } = this.#options;
    const positions = [...this.#positions].map(([partition, offset]) => ({
      ...{ topic, partition, offset },
      endOffset: Infinity,
    }));
    this.#fetcher.assign(positions, false);
  }

  #partitions(): TopicPartition[] {
    const { topic } = this.#options;
    return this.#cluster.partitions(topic).map((partition) => ({ topic, partition }));
  }

  /** Asks again while the cluster is busy with itself; what an operator must mend is said at once. */
  async #ask<T>(question: () => Promise<T>): Promise<T> {
    for (let failures = 0;; failures++) {
      try {
        return await question();
      } catch (error) {
        if (!(error instanceof KafkaFailure)) throw error;
        const isPassing = error.kind === "protocol" && !this.#cluster.closing.aborted;
        if (!isPassing || failures >= attemptsMax) {
          throw new RunError(error.message, { cause: error });
        }
        await this.#sleep(backoffMs(this.#timing, failures, Math.random()));
        await this.#cluster.refresh([this.#options.topic]).catch(() => undefined);
      }
    }
  }

  async #moveIntoRange(partition: TopicPartition, offset: number): Promise<number> {
    const key = keyOf(partition);
    const start = (await lookUpOffsets(this.#cluster, [partition], "start")).get(key) ?? 0;
    const end = (await lookUpOffsets(this.#cluster, [partition], "end")).get(key) ?? 0;
    if (offset >= start && offset <= end) return offset;
    const where = `topic '${partition.topic}', partition ${partition.partition}`;
    const what = offset < start
      ? `records ${offset} to ${start - 1} of ${where} were deleted before they were read`
      : `${where} ends at ${end}, before our position ${offset}: it was made anew`;
    this.#deps.onNote(`${what}; going on at ${start}`);
    return start;
  }

  #tell(part: string, trouble: string | undefined): void {
    if (trouble === undefined) this.#troubles.delete(part);
    else this.#troubles.set(part, trouble);
    const first = this.#troubles.values().next().value;
    if (first === this.#told) return;
    this.#told = first;
    this.#deps.onState(first);
  }

  #fail(error: unknown): void {
    this.#fatal ??= error;
    this.#fetcher.close();
  }

  async #refreshRegularly(): Promise<void> {
    while (!this.#cluster.closing.aborted) {
      await this.#sleep(this.#timing.metadataMs);
      if (!this.#cluster.closing.aborted) await this.#refreshSoon();
    }
  }

  #refreshSoon(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<void> {
    const { topic } = this.#options;
    try {
      await this.#cluster.refresh([topic]);
      this.#tell("topic", this.#cluster.topicProblem(topic));
      const added = this.#partitions().filter(({ partition }) => !this.#positions.has(partition));
      if (this.#follows && added.length > 0) {
        for (const { partition } of added) this.#positions.set(partition, 0);
        this.#assign();
      } else this.#fetcher.poke();
    } catch (error) {
      if (!(error instanceof KafkaFailure)) return this.#fail(error);
    }
    await this.#sleep(this.#timing.backoffMs);
  }

  #sleep(ms: number): Promise<void> {
    return this.#deps.clock.sleep(ms, this.#cluster.closing);
  }
}
