/**
 * Pure. Notifications out of a Consumer of records (files, stdin, Kafka): each record is settled on
 * its own, and what is committed is the contiguous prefix of each partition.
 */
import type { Clock } from "../clock.ts";
import type { Consumer, ConsumerEvents } from "../delivery/consumer.ts";
import type { DeadLetterSource } from "../delivery/dead_letter.ts";
import {
  keyOf,
  type Position,
  type RecordBlock,
  type TopicPartition,
  valueOf,
} from "../delivery/records.ts";
import type { Log } from "../log/log.ts";
import { Lags } from "../observe/lags.ts";
import type { Registry } from "../observe/registry.ts";
import type { Incoming, Inflow, InflowEvents } from "./inflow.ts";

/** How often positions are committed. */
const commitMs = 1000;
/** How often a partition that is to go is looked at. */
const lookMs = 20;

/** What the inflow works with. */
export interface RecordsInflowDeps {
  readonly name: string;
  readonly open: (events: ConsumerEvents) => Promise<Consumer>;
  readonly events: InflowEvents;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  /** How long a partition that goes to somebody else waits for what is in flight of it. */
  readonly drainMs: number;
}

/** Opens the consumer; rejects as that does. */
export async function openRecordsInflow(deps: RecordsInflowDeps): Promise<Inflow> {
  const inflow = new RecordsInflow(deps);
  await inflow.open();
  return inflow;
}

/** A partition from its assignment to its loss. */
class Tenure {
  isOver = false;
  /** Records pulled and not settled. */
  open = 0;
  /** In order; those before the first open one are behind the position. */
  #records: { readonly nextOffset: number; done: boolean }[] = [];
  #head = 0;
  #position: number | undefined;
  #committed: number | undefined;

  pull(nextOffset: number): { readonly nextOffset: number; done: boolean } {
    const record = { nextOffset, done: false };
    this.#records.push(record);
    this.open++;
    return record;
  }

  settle(record: { done: boolean }): void {
    record.done = true;
    this.open--;
    while (this.#records[this.#head]?.done === true) {
      this.#position = this.#records[this.#head]?.nextOffset;
      this.#head++;
    }
    if (this.#head > 1024 || this.#head === this.#records.length) {
      this.#records = this.#records.slice(this.#head);
      this.#head = 0;
    }
  }

  /** The position to commit, if it is another than the last one. */
  get position(): number | undefined {
    return this.#position === this.#committed ? undefined : this.#position;
  }

  committed(position: number): void {
    this.#committed = position;
  }
}

class RecordsInflow implements Inflow {
  readonly name: string;
  #deps: RecordsInflowDeps;
  #consumer: Consumer | undefined;
  #tenures = new Map<string, { readonly at: TopicPartition; readonly tenure: Tenure }>();
  #closing = new AbortController();
  #committing: Promise<void> = Promise.resolve();
  #lags: Lags;

  constructor(deps: RecordsInflowDeps) {
    this.name = deps.name;
    this.#deps = deps;
    this.#lags = new Lags(deps.registry);
  }

  async open(): Promise<void> {
    this.#consumer = await this.#deps.open(this.#consumerEvents());
  }

  async *deliveries(): AsyncGenerator<readonly Incoming[], void, void> {
    const consumer = this.#consumer;
    if (consumer === undefined) throw new Error("the consumer is not open");
    const committing = this.#commitOn();
    try {
      for await (const block of consumer.blocks()) {
        const tenure = this.#tenureOf(block);
        // Of one that brings nothing the end is known all the same.
        if (block.count === 0) tenure.settle(tenure.pull(block.nextOffset));
        yield Array.from({ length: block.count }, (_, i) => incomingOf(block, i, tenure));
      }
    } finally {
      void committing;
    }
  }

  /** One commit at a time; what one of them could not commit, the next one does. */
  flush(): Promise<void> {
    const turn = this.#committing.then(() => this.#commit());
    this.#committing = turn.catch(() => undefined);
    return turn;
  }

  async #commit(): Promise<void> {
    const moved = [...this.#tenures.values()].flatMap(({ at, tenure }) => {
      const nextOffset = tenure.isOver ? undefined : tenure.position;
      return nextOffset === undefined ? [] : [{ tenure, position: { ...at, nextOffset } }];
    });
    const positions: readonly Position[] = moved.map(({ position }) => position);
    if (positions.length === 0) return;
    await this.#consumer?.commit(positions);
    for (const { tenure, position } of moved) tenure.committed(position.nextOffset);
    this.#lags.committed(positions);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    for (const { tenure } of this.#tenures.values()) tenure.isOver = true;
    await this.#consumer?.close();
  }

  async #commitOn(): Promise<void> {
    const { clock, log } = this.#deps;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await clock.sleep(commitMs, signal);
      if (signal.aborted) return;
      await this.flush().catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        log.error("Cannot commit what was handled", { source: this.name, reason });
      });
    }
  }

  #tenureOf({ topic, partition }: TopicPartition): Tenure {
    const key = `${topic}/${partition}`;
    const known = this.#tenures.get(key);
    if (known !== undefined) return known.tenure;
    const tenure = new Tenure();
    this.#tenures.set(key, { at: { topic, partition }, tenure });
    return tenure;
  }

  #end(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) {
      const key = `${topic}/${partition}`;
      const found = this.#tenures.get(key);
      if (found !== undefined) found.tenure.isOver = true;
      this.#tenures.delete(key);
    }
    this.#lags.forget(partitions);
  }

  #consumerEvents(): ConsumerEvents {
    const { clock, drainMs, events, log } = this.#deps;
    return {
      onTurn: () => events.onTurn(),
      onState: (state) => events.onState(state),
      onAssigned: (partitions) => this.#end(partitions),
      onRevoked: async (partitions) => {
        const keys = partitions.map(({ topic, partition }) => `${topic}/${partition}`);
        const open = (): boolean =>
          keys.some((key) => (this.#tenures.get(key)?.tenure.open ?? 0) > 0);
        const until = clock.monotonic() + drainMs;
        while (open() && clock.monotonic() < until) await clock.sleep(lookMs);
        await this.flush();
        this.#end(partitions);
      },
      onLost: (partitions) => this.#end(partitions),
      onLag: (at, lag) => this.#lags.told(at, lag),
      onGap: ({ topic, partition }, fromOffset, toOffset) => {
        const fields = { topic, partition, fromOffset, toOffset, count: toOffset - fromOffset };
        log.error("Records were gone from the log before they could be read", fields);
      },
    };
  }
}

function incomingOf(block: RecordBlock, i: number, tenure: Tenure): Incoming {
  const { topic, partition, file } = block;
  const offset = block.offsets[i] ?? 0;
  const isLast = i === block.count - 1;
  const record = tenure.pull(isLast ? block.nextOffset : offset + 1);
  const identity = (): string | undefined =>
    file === undefined ? `${topic}/${partition}/${offset}` : undefined;
  return {
    bytes: valueOf(block, i) ?? new Uint8Array(0),
    topic,
    source: sourceOf(block, i),
    corrupt: block.corrupt,
    only: block.only?.[i],
    again: file === undefined ? () => `${topic}/${partition}/${offset}` : undefined,
    identity,
    isOpen: () => !tenure.isOver,
    ack(): boolean {
      if (tenure.isOver) return false;
      tenure.settle(record);
      return true;
    },
    requeue: undefined,
  };
}

function sourceOf(block: RecordBlock, i: number): DeadLetterSource {
  const offset = block.offsets[i] ?? 0;
  if (block.file !== undefined) return { file: block.file, line: offset };
  const key = keyOf(block, i);
  const timestamp = block.timestamps[i] ?? NaN;
  return {
    topic: block.topic,
    partition: block.partition,
    offset,
    key: key === null ? null : new TextDecoder().decode(key),
    timestamp: Number.isNaN(timestamp) ? null : timestamp,
  };
}
