/**
 * Pure. The account of one loop: what became of every record it received, per topic.
 *
 * received = written + expired + dead_lettered + abandoned + in_flight. What is in flight is counted
 * twice, here and by the offsets (offsets.ts); `check` compares the two at every commit.
 */
import type { Counter, Gauge, Registry } from "../observe/registry.ts";
import type { DeadLetterClass } from "./dead_letter.ts";

/** What a record came to; with several items, the worst of theirs. */
export type RecordOutcome = "written" | "expired" | DeadLetterClass;

/** All outcomes, mildest first; the index serves as their number in columns. */
export const recordOutcomes: readonly RecordOutcome[] = [
  "written",
  "expired",
  "unroutable",
  "too_large",
  "rejected",
  "invalid",
  "decode",
];

/** The account of one topic: received is the sum of all others. */
export interface TopicAccount {
  readonly received: number;
  readonly written: number;
  readonly expired: number;
  readonly dead_lettered: number;
  readonly dead_lettered_by_class: Readonly<Partial<Record<DeadLetterClass, number>>>;
  readonly abandoned: number;
  readonly in_flight: number;
}

/** Counts records, never items: a record with several items has one outcome. */
export interface Account {
  received(topic: string, count: number): void;
  settled(topic: string, outcome: RecordOutcome, count: number): void;
  /** Read and then given up: partitions gone, the drain bound passed. */
  abandoned(topic: string, count: number): void;
  /** Throws when the records in flight, as counted by the offsets, are not those missing here. */
  check(inFlight: ReadonlyMap<string, number>): void;
  topics(): Readonly<Record<string, TopicAccount>>;
}

/** Counts, and says so under the names of the delivery promise. */
export function createAccount(registry: Registry): Account {
  const topics = new Map<string, TopicCounts>();
  const of = (topic: string): TopicCounts => {
    let counts = topics.get(topic);
    if (counts === undefined) topics.set(topic, counts = new TopicCounts(registry, topic));
    return counts;
  };
  return {
    received: (topic, count) => of(topic).receive(count),
    settled: (topic, outcome, count) => of(topic).settle(outcome, count),
    abandoned: (topic, count) => of(topic).abandon(count),
    check(inFlight: ReadonlyMap<string, number>): void {
      for (const [topic, counts] of topics) checkTopic(topic, counts, inFlight.get(topic) ?? 0);
    },
    topics: () => Object.fromEntries([...topics].map(([topic, counts]) => [topic, counts.read()])),
  };
}

function checkTopic(topic: string, counts: TopicCounts, inFlight: number): void {
  const { received, in_flight } = counts.read();
  if (in_flight === inFlight) return;
  throw new Error(
    `Cannot balance the account of topic '${topic}': of ${received} records received ` +
      `${in_flight} have no outcome, expected ${inFlight} in flight`,
  );
}

class TopicCounts {
  #received = 0;
  #written = 0;
  #expired = 0;
  #abandoned = 0;
  #deadLettered = new Map<DeadLetterClass, number>();
  #topic: string;
  #registry: Registry;
  #counters: Record<"received" | "written" | "expired" | "abandoned", Counter>;
  #inFlight: Gauge;

  constructor(registry: Registry, topic: string) {
    this.#registry = registry;
    this.#topic = topic;
    const counter = (what: string, help: string) =>
      registry.counter(`tpctl_records_${what}_total`, help, { topic });
    this.#counters = {
      received: counter("received", "Records taken from the source."),
      written: counter("written", "Records whose items the store has made durable."),
      expired: counter("expired", "Records refused by the store as older than its retention."),
      abandoned: counter("abandoned", "Records read and given up, to be read again."),
    };
    this.#inFlight = registry.gauge(
      "tpctl_records_in_flight",
      "Records received and not yet written, expired, dead-lettered or abandoned.",
      { topic },
    );
  }

  receive(count: number): void {
    this.#received += count;
    this.#counters.received.add(count);
    this.#inFlight.set(this.#open());
  }

  settle(outcome: RecordOutcome, count: number): void {
    if (outcome === "written") {
      this.#written += count;
      this.#counters.written.add(count);
    } else if (outcome === "expired") {
      this.#expired += count;
      this.#counters.expired.add(count);
    } else {
      this.#deadLettered.set(outcome, (this.#deadLettered.get(outcome) ?? 0) + count);
      const labels = { topic: this.#topic, class: outcome };
      this.#registry.counter(
        "tpctl_records_dead_lettered_total",
        "Records that stand in the dead letters.",
        labels,
      ).add(count);
    }
    this.#inFlight.set(this.#open());
  }

  abandon(count: number): void {
    this.#abandoned += count;
    this.#counters.abandoned.add(count);
    this.#inFlight.set(this.#open());
  }

  read(): TopicAccount {
    return {
      received: this.#received,
      written: this.#written,
      expired: this.#expired,
      dead_lettered: this.#deadLetters(),
      dead_lettered_by_class: Object.fromEntries(this.#deadLettered),
      abandoned: this.#abandoned,
      in_flight: this.#open(),
    };
  }

  #deadLetters(): number {
    let sum = 0;
    for (const count of this.#deadLettered.values()) sum += count;
    return sum;
  }

  #open(): number {
    const settled = this.#written + this.#expired + this.#deadLetters();
    return this.#received - settled - this.#abandoned;
  }
}
