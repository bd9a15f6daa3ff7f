/**
 * Pure. The accounts of the pipeline: notifications by where they came from, items by source, sink
 * and publisher, under the names of the delivery promise.
 *
 * received = acknowledged + dead_lettered + requeued + in_flight, in notifications;
 * matched = published + spooled + queued + dropped + dead_lettered + in_flight, in samples or events.
 */
import type { Counter, Gauge, Registry } from "../observe/registry.ts";

/** What a notification came to. */
export type NotificationOutcome = "acknowledged" | "dead_lettered" | "requeued";

/** What an item came to at one publisher. */
export type ItemOutcome = "published" | "spooled" | "dropped" | "dead_lettered";

const notificationHelp: Readonly<Record<NotificationOutcome, string>> = {
  acknowledged: "Notifications that all matched publishers have accepted, spooled or refused.",
  dead_lettered: "Notifications of which something could not be made, kept as dead letters.",
  requeued: "Notifications given back to their source, to come again.",
};

/** Notifications of one topic. */
export class TopicCounts {
  #open = 0;
  #received: Counter;
  #inFlight: Gauge;
  #outcomes: Readonly<Record<NotificationOutcome, Counter>>;

  constructor(registry: Registry, topic: string) {
    const counter = (what: string, help: string): Counter =>
      registry.counter(`tpctl_notifications_${what}_total`, help, { topic });
    this.#received = counter("received", "Notifications taken from the source.");
    this.#outcomes = {
      acknowledged: counter("acknowledged", notificationHelp.acknowledged),
      dead_lettered: counter("dead_lettered", notificationHelp.dead_lettered),
      requeued: counter("requeued", notificationHelp.requeued),
    };
    this.#inFlight = registry.gauge(
      "tpctl_notifications_in_flight",
      "Notifications received and not yet settled.",
      { topic },
    );
  }

  receive(): void {
    this.#received.add();
    this.#inFlight.set(++this.#open);
  }

  settle(outcome: NotificationOutcome): void {
    this.#outcomes[outcome].add();
    this.#inFlight.set(--this.#open);
  }
}

/** The way of items: which source and sink brought them to which publisher. */
export interface ItemLabels {
  readonly source: string;
  readonly sink: string;
  readonly publisher: string;
}

const itemHelp: Readonly<Record<ItemOutcome, string>> = {
  published: "Samples and events that the far end has accepted.",
  spooled: "Samples and events put into the publisher's spool.",
  dropped: "Samples and events given up by policy, or for want of a number.",
  dead_lettered: "Samples and events that the far end refused, kept as dead letters.",
};

/** Items of one way. */
export class ItemCounts {
  #open = 0;
  #queued = 0;
  #matched: Counter;
  #failed: Counter;
  #inFlight: Gauge;
  #queuedGauge: Gauge;
  #outcomes: Readonly<Record<ItemOutcome, Counter>>;

  constructor(registry: Registry, { source, sink, publisher }: ItemLabels) {
    const labels = { source, sink, publisher };
    const counter = (what: string, help: string): Counter =>
      registry.counter(`tpctl_pipeline_${what}_total`, help, labels);
    const gauge = (what: string, help: string): Gauge =>
      registry.gauge(`tpctl_pipeline_${what}`, help, labels);
    this.#matched = counter("matched", "Samples and events that go this way.");
    this.#failed = counter("failed", "Samples and events in attempts that failed.");
    this.#inFlight = gauge("in_flight", "Samples and events on their way to the far end.");
    this.#queuedGauge = gauge("queued", "Samples and events that wait in memory (policy queue).");
    this.#outcomes = {
      published: counter("published", itemHelp.published),
      spooled: counter("spooled", itemHelp.spooled),
      dropped: counter("dropped", itemHelp.dropped),
      dead_lettered: counter("dead_lettered", itemHelp.dead_lettered),
    };
  }

  match(count: number): void {
    this.#matched.add(count);
    this.#inFlight.set(this.#open += count);
  }

  fail(count: number): void {
    this.#failed.add(count);
  }

  settle(outcome: ItemOutcome, count: number): void {
    this.#outcomes[outcome].add(count);
    this.#inFlight.set(this.#open -= count);
  }

  /** From in flight to waiting in memory. */
  queue(count: number): void {
    this.#inFlight.set(this.#open -= count);
    this.#queuedGauge.set(this.#queued += count);
  }

  /** What waited in memory is on its way. */
  unqueue(count: number): void {
    this.#queuedGauge.set(this.#queued -= count);
    this.#inFlight.set(this.#open += count);
  }
}

/** Both accounts over one registry; the same labels give the same counts. */
export interface PipelineAccount {
  topic(topic: string): TopicCounts;
  items(labels: ItemLabels): ItemCounts;
}

/** Nothing counted yet. */
export function createPipelineAccount(registry: Registry): PipelineAccount {
  const topics = new Map<string, TopicCounts>();
  const ways = new Map<string, ItemCounts>();
  return {
    topic(topic): TopicCounts {
      let counts = topics.get(topic);
      if (counts === undefined) topics.set(topic, counts = new TopicCounts(registry, topic));
      return counts;
    },
    items(labels): ItemCounts {
      const key = JSON.stringify([labels.source, labels.sink, labels.publisher]);
      let counts = ways.get(key);
      if (counts === undefined) ways.set(key, counts = new ItemCounts(registry, labels));
      return counts;
    },
  };
}
