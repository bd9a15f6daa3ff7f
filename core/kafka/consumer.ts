/**
 * Edge (net, clock). `createKafkaConsumer`: a Consumer over a Kafka consumer group. At least once:
 * nothing is committed but what the loop commits. Partitions come from group.ts, bytes from fetcher.ts;
 * here is where reading begins, what happens when the log is not what it was, and when it ends.
 */
import type { Clock } from "../clock.ts";
import type { Consumer, ConsumerEvents } from "../delivery/consumer.ts";
import type { Position, RecordBlock, TopicPartition } from "../delivery/records.ts";
import { RunError } from "../errors.ts";
import type { Log } from "../log/log.ts";
import { leaderMoved } from "./apis.ts";
import { readBlocks } from "./block_reader.ts";
import { Cluster } from "./cluster.ts";
import type { KafkaConnectionOptions } from "./connection_options.ts";
import { keyOf } from "./coordinator.ts";
import { KafkaFailure } from "./failure.ts";
import { Fetcher, type StartPosition } from "./fetcher.ts";
import { GroupMember } from "./group.ts";
import { lookUpOffsets } from "./offset_lookup.ts";
import { Readiness } from "./readiness.ts";
import { backoffMs, type KafkaTiming, kafkaTiming } from "./timing.ts";

/** Where a partition goes on whose position is no longer in its log. */
export type OutOfRangePolicy = "earliest" | "latest" | "fail";

/** What to read and how. */
export interface KafkaConsumerOptions extends KafkaConnectionOptions {
  readonly topics: readonly string[];
  readonly groupId: string;
  /** Whether one topic that exists is enough to begin; the others are read once they are made. */
  readonly topicsMayLack?: boolean;
  /** Bytes of one partition that are asked for at once, where that is less than our own bound. */
  readonly partitionBytesMax?: number;
  /**
   * Where to go on when records are gone before they were read: the log's start (the default, nothing
   * more is lost), its end, or not at all: `blocks()` then throws a RunError.
   */
  readonly outOfRange?: OutOfRangePolicy;
  /** `blocks()` ends at the offsets that were each partition's end when it was first assigned. */
  readonly once?: boolean;
  readonly timing?: Partial<KafkaTiming>;
}

/** What the consumer works with. */
export interface KafkaConsumerDeps {
  readonly events: ConsumerEvents;
  readonly log: Log;
  readonly clock: Clock;
}

/** A consumer; nothing is connected before `blocks()` is first pulled. */
export function createKafkaConsumer(
  options: KafkaConsumerOptions,
  deps: KafkaConsumerDeps,
): Consumer {
  return new KafkaConsumer(options, deps);
}

class KafkaConsumer implements Consumer {
  #options: KafkaConsumerOptions;
  #deps: KafkaConsumerDeps;
  #log: Log;
  #timing: KafkaTiming;
  #cluster: Cluster;
  #group: GroupMember;
  #fetcher: Fetcher;
  #readiness: Readiness;
  /** Partitions that the loop was told are ours. */
  #share: readonly TopicPartition[] = [];
  /** Ends at first sight, for `once`. */
  #ends = new Map<string, number>();
  #fatal: unknown;
  #running: Promise<void> | undefined;
  #refreshing: Promise<void> | undefined;

  constructor(options: KafkaConsumerOptions, deps: KafkaConsumerDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#log = deps.log.named("tpctl.kafka");
    this.#timing = { ...kafkaTiming, ...options.timing };
    this.#cluster = new Cluster(options);
    this.#readiness = new Readiness(deps.events, this.#log);
    const { events, clock } = deps;
    const { groupId: group, topics, topicsMayLack = false, partitionBytesMax } = options;
    const own = { cluster: this.#cluster, clock, log: this.#log };
    this.#fetcher = new Fetcher({
      ...own,
      timing: this.#timing,
      partitionBytesMax: partitionBytesMax ?? Infinity,
      onTurn: () => events.onTurn(),
      onLag: (at, lag) => events.onLag(at, lag),
      onProblem: (part, failure) => this.#tell(part, failure),
      onOutOfRange: (partition, offset) => this.#moveIntoRange(partition, offset),
      onStaleMetadata: () => void this.#refreshSoon(),
      onFatal: (error) => this.#fail(error),
    });
    const hooks = {
      onShare: (share: readonly TopicPartition[], over: AbortSignal) => this.#begin(share, over),
      onRevoked: () => this.#revoke(),
      onLost: () => this.#lose(),
      onProblem: (reason: string | undefined, failure?: KafkaFailure) => {
        if (failure !== undefined) this.#tell("group", failure);
        else if (reason !== undefined) this.#readiness.problem("group", reason, "info");
        else this.#readiness.well("group");
      },
      onTurn: () => events.onTurn(),
    };
    const membership = { group, topics, topicsMayLack, timing: this.#timing };
    this.#group = new GroupMember(membership, { ...own, hooks });
  }

  async *blocks(): AsyncGenerator<RecordBlock, void, void> {
    this.#running ??= this.#run();
    for (;;) {
      const chunk = await this.#fetcher.next();
      if (this.#fatal !== undefined) throw this.#fatal;
      if (chunk === undefined) return;
      for (const block of readBlocks(chunk)) {
        if (block.corrupt !== undefined) {
          const { topic, partition } = block;
          this.#log.error(block.corrupt, { topic, partition, offset: block.offsets[0] });
        }
        yield block;
        if (!this.#fetcher.holdsLast()) break;
      }
      chunk.release?.();
    }
  }

  commit(positions: readonly Position[]): Promise<void> {
    return this.#group.commit(positions);
  }

  async close(): Promise<void> {
    this.#fetcher.close();
    await this.#group.leave();
    this.#cluster.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    void this.#refreshRegularly();
    try {
      await this.#group.run();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A new share: where each partition begins, then reading. */
  async #begin(share: readonly TopicPartition[], over: AbortSignal): Promise<void> {
    for (let failures = 0; !over.aborted; failures++) {
      try {
        const positions = await this.#startPositions(share);
        if (over.aborted) return;
        this.#share = share;
        this.#deps.events.onAssigned(share);
        this.#fetcher.assign(positions, this.#options.once === true);
        this.#readiness.well("start");
        return;
      } catch (error) {
        if (!(error instanceof KafkaFailure)) throw error;
        if (over.aborted) return;
        this.#tell("start", error);
        void this.#refreshSoon();
        await this.#deps.clock.sleep(backoffMs(this.#timing, failures, Math.random()), over);
        this.#deps.events.onTurn();
      }
    }
  }

  async #startPositions(share: readonly TopicPartition[]): Promise<StartPosition[]> {
    if (share.length === 0) return [];
    const committed = await this.#group.committed(share);
    const fresh = share.filter((partition) => !committed.has(keyOf(partition)));
    const starts = fresh.length === 0
      ? committed
      : await lookUpOffsets(this.#cluster, fresh, "start");
    if (this.#options.once === true) {
      const unseen = share.filter((partition) => !this.#ends.has(keyOf(partition)));
      const ends = await lookUpOffsets(this.#cluster, unseen, "end");
      for (const [key, offset] of ends) this.#ends.set(key, offset);
    }
    return share.map(({ topic, partition }) => {
      const key = keyOf({ topic, partition });
      const offset = committed.get(key) ?? starts.get(key) ?? 0;
      return { topic, partition, offset, endOffset: this.#ends.get(key) ?? Infinity };
    });
  }

  async #revoke(): Promise<void> {
    this.#fetcher.clear();
    const share = this.#share;
    this.#share = [];
    if (share.length > 0) await this.#deps.events.onRevoked(share);
  }

  #lose(): void {
    this.#fetcher.clear();
    const share = this.#share;
    this.#share = [];
    this.#log.warning("the group went on without us: our partitions are lost", {
      group: this.#options.groupId,
      partitions: share.length,
    });
    this.#readiness.problem("group", "joining the consumer group again", "info");
    if (share.length > 0) this.#deps.events.onLost(share);
  }

  /** Said loudly: what was there before the log's start, or after its end, is gone. */
  async #moveIntoRange(partition: TopicPartition, offset: number): Promise<number> {
    const start = (await lookUpOffsets(this.#cluster, [partition], "start")).get(keyOf(partition));
    const end = (await lookUpOffsets(this.#cluster, [partition], "end")).get(keyOf(partition));
    if (start === undefined || end === undefined) {
      throw new KafkaFailure(`Cannot find the range of topic '${partition.topic}'`, "protocol");
    }
    if (offset >= start && offset <= end) return offset;
    const policy = this.#options.outOfRange ?? "earliest";
    const next = policy === "latest" ? end : start;
    const where = `topic '${partition.topic}', partition ${partition.partition}`;
    const what = offset < start
      ? `records ${offset} to ${start - 1} of ${where} were deleted before they were read`
      : `${where} ends at ${end}, before our position ${offset}: it was truncated or made anew`;
    if (policy === "fail") {
      throw new RunError(`Cannot go on reading: ${what}, expected position ${offset}`);
    }
    this.#log.error(`${what}; going on at its ${policy} offset ${next}`, {
      ...partition,
      from: offset,
      to: next,
    });
    if (next > offset) this.#deps.events.onGap(partition, offset, next);
    return next;
  }

  #tell(part: string, failure: KafkaFailure | undefined): void {
    if (failure === undefined) this.#readiness.well(part);
    else {
      const operator = failure.kind === "authentication" || failure.kind === "tls";
      const passing = leaderMoved.has(failure.code);
      const level = operator ? "error" : passing ? "info" : "warning";
      this.#readiness.problem(part, failure.message, level);
    }
  }

  #fail(error: unknown): void {
    this.#fatal ??= error;
    this.#fetcher.close();
  }

  async #refreshRegularly(): Promise<void> {
    const { closing } = this.#cluster;
    while (!closing.aborted) {
      await this.#deps.clock.sleep(this.#timing.metadataMs, closing);
      if (!closing.aborted) await this.#refreshSoon();
    }
  }

  /** Refreshes once at a time; a failure is told by whoever needs the answer. */
  #refreshSoon(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<void> {
    try {
      await this.#cluster.refresh(this.#options.topics);
    } catch (error) {
      if (!(error instanceof KafkaFailure)) return this.#fail(error);
      await this.#deps.clock.sleep(this.#timing.backoffMs, this.#cluster.closing);
      return;
    }
    this.#group.partitionsMayHaveChanged();
    this.#fetcher.poke();
    await this.#deps.clock.sleep(this.#timing.backoffMs, this.#cluster.closing);
  }
}
