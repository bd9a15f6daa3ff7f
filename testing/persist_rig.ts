/**
 * Pure. A source in memory, scripted by a seed, and the truth about every record, for tests of the
 * persist loop: a commit that passes an unsettled record throws. The store is persist_store.ts.
 */
import type { Consumer, ConsumerEvents } from "../core/delivery/consumer.ts";
import type { DeadLetter } from "../core/delivery/dead_letter.ts";
import type { Position, RecordBlock, TopicPartition } from "../core/delivery/records.ts";
import type { MessageEncoder, Refusal } from "../core/persist/encoder.ts";
import type { VirtualClock } from "./virtual_clock.ts";

/** The topic of all records. */
export const rigTopic = "metrics";

/** What happens to a record, written into its value: `<destination>|<fate>|<id>`. */
export type Fate = "good" | "bad" | "old" | "big" | "garbled" | "throws" | "several" | "none";

/** What is known of a record before it is read. */
export interface RigRecord {
  readonly destination: string;
  readonly fate: Fate | "null";
  readonly id: string;
}

/** Numbers in [0, 1) that a seed fixes. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** What really became of the records. */
export class Truth {
  readonly stored = new Map<string, number>();
  readonly expired = new Set<string>();
  readonly letters = new Map<string, DeadLetter>();

  settled(record: RigRecord): boolean {
    const { id, fate } = record;
    if (fate === "none") return true;
    if (fate === "several") return [0, 1, 2].every((i) => this.stored.has(`${id}.${i}`));
    return this.stored.has(id) || this.expired.has(id) || this.letters.has(id);
  }
}

/** The partitions of the source: record i of a partition has offset `2 * i`, so that there are gaps. */
export class RigLog {
  readonly committed: number[];

  constructor(readonly partitions: readonly (readonly RigRecord[])[]) {
    this.committed = partitions.map(() => 0);
  }

  block(partition: number, from: number, to: number): RecordBlock {
    const records = (this.partitions[partition] ?? []).slice(from, to);
    const values = records.map(({ destination, fate, id }) =>
      new TextEncoder().encode(`${destination}|${fate}|${id}`)
    );
    const bytes = Buffer.concat(values);
    const ends = Int32Array.from(values, (value) => value.length);
    for (let i = 1; i < ends.length; i++) ends[i] = (ends[i] ?? 0) + (ends[i - 1] ?? 0);
    const valueStarts = Int32Array.from(values, (value, i) => (ends[i] ?? 0) - value.length);
    records.forEach(({ fate }, i) => {
      if (fate === "null") valueStarts[i] = -1;
    });
    return {
      ...{ topic: rigTopic, partition, bytes, count: records.length },
      offsets: Float64Array.from(records, (_, i) => 2 * (from + i)),
      timestamps: new Float64Array(records.length).fill(1_700_000_000_000),
      valueStarts,
      valueEnds: ends,
      keyStarts: new Int32Array(records.length).fill(-1),
      keyEnds: new Int32Array(records.length).fill(-1),
      nextOffset: 2 * to,
    };
  }
}

/** What a consumer reads, and how. */
export interface RigConsumerDeps {
  readonly log: RigLog;
  readonly truth: Truth;
  readonly clock: VirtualClock;
  readonly random: () => number;
  readonly blockRecordsMax: number;
}

/** Reads the log from what is committed to its end; `rebalance` takes partitions away and back. */
export class RigConsumer implements Consumer {
  readonly commits: Position[][] = [];
  pulledBytes = 0;
  #deps: RigConsumerDeps;
  #events: ConsumerEvents;
  #positions = new Map<number, number>();
  #closed = false;
  #moving = 0;

  constructor(deps: RigConsumerDeps, events: ConsumerEvents) {
    this.#deps = deps;
    this.#events = events;
    this.#assign([...deps.log.partitions.keys()]);
    events.onState({ ready: true });
  }

  async *blocks(): AsyncGenerator<RecordBlock> {
    const { log, clock, random, blockRecordsMax } = this.#deps;
    while (!this.#closed) {
      const open = [...this.#positions].filter(([partition, at]) =>
        at < (log.partitions[partition]?.length ?? 0)
      );
      const picked = open[Math.floor(random() * open.length)];
      if (picked === undefined) {
        if (this.#moving === 0) return;
        await clock.sleep(10);
        continue;
      }
      const [partition, from] = picked;
      const size = 1 + Math.floor(random() * blockRecordsMax);
      const to = Math.min(from + size, log.partitions[partition]?.length ?? 0);
      this.#positions.set(partition, to);
      const block = log.block(partition, from, to);
      this.pulledBytes += block.bytes.byteLength;
      yield block;
      if (random() < 0.2) await clock.sleep(random() * 50);
    }
  }

  async commit(positions: readonly Position[]): Promise<void> {
    const { log, truth, clock, random } = this.#deps;
    for (const { partition, nextOffset } of positions) {
      if (!this.#positions.has(partition)) continue;
      const passed = (log.partitions[partition] ?? []).slice(0, Math.ceil(nextOffset / 2));
      const lost = passed.find((record) => !truth.settled(record));
      if (lost !== undefined) {
        throw new Error(`commit ${nextOffset} passes ${JSON.stringify(lost)}`);
      }
      log.committed[partition] = nextOffset;
    }
    this.commits.push([...positions]);
    await clock.sleep(random() * 20);
  }

  /**
   * Gives partitions away (or loses them) and gets them back, to be read from what is committed. The
   * loop is waited for no longer than `waitMsMax`.
   */
  async rebalance(
    partitions: readonly number[],
    lost: boolean,
    { waitMsMax = Infinity }: { readonly waitMsMax?: number } = {},
  ): Promise<void> {
    this.#moving++;
    const names = partitions.map(nameOf);
    const positions = new Map(partitions.map((p) => [p, this.#positions.get(p) ?? 0]));
    if (lost) {
      for (const partition of partitions) this.#positions.delete(partition);
      this.#events.onLost(names);
    } else {
      // Nothing more of theirs is handed out, but commits still count.
      for (const partition of partitions) this.#positions.set(partition, Infinity);
      const given = this.#events.onRevoked(names);
      await (waitMsMax === Infinity
        ? given
        : Promise.race([given, this.#deps.clock.sleep(waitMsMax)]));
      for (const partition of partitions) this.#positions.delete(partition);
    }
    await this.#deps.clock.sleep(20);
    if (positions.size > 0) this.#assign(partitions);
    this.#moving--;
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  /** The process dies: nothing more is read, nothing more is committed. */
  crash(): void {
    this.#closed = true;
    this.#positions.clear();
  }

  #assign(partitions: readonly number[]): void {
    this.#events.onAssigned(partitions.map(nameOf));
    for (const partition of partitions) {
      const committed = this.#deps.log.committed[partition] ?? 0;
      this.#positions.set(partition, Math.ceil(committed / 2));
    }
  }
}

function nameOf(partition: number): TopicPartition {
  return { topic: rigTopic, partition };
}

/** `<destination>|<fate>|<id>` as lines `<fate> <id> <ms>`. */
export const rigEncoder: MessageEncoder = {
  encode(block, index, sinks): Refusal | undefined {
    const value = block.bytes.subarray(block.valueStarts[index], block.valueEnds[index]);
    const [destination = "", fate = "", id = ""] = new TextDecoder().decode(value).split("|");
    if (fate === "garbled") return { class: "decode", reason: "garbled" };
    if (fate === "throws") throw new Error("a defect of the encoder");
    if (fate === "none") return undefined;
    const ids = fate === "several" ? [0, 1, 2].map((i) => `${id}.${i}`) : [id];
    for (const each of ids) {
      const line = new TextEncoder().encode(`${fate} ${each} 1700000000000`);
      const sink = sinks.lines(destination);
      sink.reserve(line.length).set(line, sink.length);
      sink.length += line.length;
      sink.endLine(block, index);
    }
    return undefined;
  },
};
