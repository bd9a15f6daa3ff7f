/**
 * Edge (net). `NotificationSource`: the notifications of all configured RabbitMQ clusters as one stream of
 * deliveries. It never settles by itself but for what nobody has pulled when it stops. Memory is
 * bounded by the prefetch: at most that many unsettled messages of each queue are here.
 */
import type { Clock } from "../clock.ts";
import type { NotificationInput, RabbitTransport } from "../config/pipeline_config.ts";
import type { Log } from "../log/log.ts";
import { checkAccess } from "./connection.ts";
import type { AmqpDelivery } from "./delivery.ts";
import { Feed } from "./feed.ts";

/** How long `close` waits for what was pulled to be settled. */
export const settleMsDefault = 30_000;
/** How often `once` looks whether all is done. */
const lookMs = 250;
/** How often `close` looks whether all is settled. */
const settleLookMs = 20;

/** Where notifications come from and what to take. */
export interface NotificationSourceOptions
  extends Pick<NotificationInput, "exchanges" | "topics" | "rabbit"> {
  readonly transports: readonly RabbitTransport[];
  /** Ends when the queues are empty and nothing came or was settled for so long. */
  readonly once?: { readonly idleMs: number };
  /** `settleMsDefault` if left out. */
  readonly settleMsMax?: number;
}

/** What the loop wants to hear. */
export interface NotificationSourceEvents {
  /** All clusters are consumed from (`ready`), or why not. Said at every change. */
  onState(state: { readonly ready: boolean; readonly reason?: string }): void;
  /** A turn of a connection's own loop ended (a second of waiting, an attempt, a back-off step). */
  onTurn(): void;
}

/** Clock, log, and 0 <= random() < 1 for the order of hosts. */
export interface NotificationSourceDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

/** Made closed; `deliveries` opens it. */
export class NotificationSource {
  #options: NotificationSourceOptions;
  #events: NotificationSourceEvents;
  #deps: NotificationSourceDeps;
  #feeds: readonly Feed[];
  #problems = new Map<Feed, string>();
  #said: string | undefined = "";
  #inbox: AmqpDelivery[] = [];
  #wake = (): void => undefined;
  #stopping = false;
  #closing: Promise<void> | undefined;
  #activeAtMs: number;
  #outstanding = 0;

  /** Throws a ConfigError for what can never work. */
  constructor(
    options: NotificationSourceOptions,
    events: NotificationSourceEvents,
    deps: NotificationSourceDeps,
  ) {
    this.#options = options;
    this.#events = events;
    this.#deps = deps;
    this.#activeAtMs = deps.clock.monotonic();
    this.#feeds = options.transports.map((transport) => this.#feed(transport));
  }

  /** Clusters without users and passwords, for logs. */
  get names(): readonly string[] {
    return this.#feeds.map((feed) => feed.name);
  }

  /**
   * All that has come since the last pull, in the order of each queue; ends after `close`, and with
   * `once` at the end of the queues. Call it once.
   */
  async *deliveries(): AsyncGenerator<readonly AmqpDelivery[], void, void> {
    for (const feed of this.#feeds) feed.start();
    const ended = new AbortController();
    const watched = this.#options.once === undefined ? undefined : this.#watchEnd(ended.signal);
    try {
      while (!this.#stopping) {
        const came = this.#inbox.filter((delivery) => delivery.open);
        this.#inbox = [];
        if (came.length > 0) {
          yield came;
          continue;
        }
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
    } finally {
      ended.abort();
      await watched;
      for (const delivery of this.#inbox.splice(0)) delivery.requeue();
    }
  }

  /**
   * Takes no more, gives back what nobody pulled, waits within a bound for what was pulled to be
   * settled, and lets go of all connections. Safe to call twice.
   */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#feeds.map((feed) => feed.stopConsuming()));
    for (const delivery of this.#inbox.splice(0)) delivery.requeue();
    this.#wake();
    const { clock } = this.#deps;
    const untilMs = clock.monotonic() + (this.#options.settleMsMax ?? settleMsDefault);
    while (this.#countOutstanding() > 0 && clock.monotonic() < untilMs) {
      await clock.sleep(settleLookMs);
      this.#events.onTurn();
    }
    await Promise.all(this.#feeds.map((feed) => feed.close()));
  }

  #feed(transport: RabbitTransport): Feed {
    const { rabbit: options, exchanges, topics } = this.#options;
    const access = { transport, options };
    checkAccess(access);
    const feed: Feed = new Feed({ ...access, exchanges, topics }, {
      onDelivery: (delivery) => this.#take(delivery),
      onState: ({ reason }) => this.#heard(feed, reason),
      onTurn: () => this.#events.onTurn(),
    }, this.#deps);
    this.#problems.set(feed, `connecting to ${feed.name}`);
    return feed;
  }

  #take(delivery: AmqpDelivery): void {
    this.#activeAtMs = this.#deps.clock.monotonic();
    this.#inbox.push(delivery);
    this.#wake();
  }

  #heard(feed: Feed, reason: string | undefined): void {
    if (reason === undefined) this.#problems.delete(feed);
    else this.#problems.set(feed, reason);
    const first = this.#problems.values().next().value;
    if (first === this.#said) return;
    this.#said = first;
    this.#events.onState(first === undefined ? { ready: true } : { ready: false, reason: first });
  }

  /** Settling counts as activity: what is given back is delivered again. */
  #countOutstanding(): number {
    const outstanding = this.#feeds.reduce((sum, feed) => sum + feed.outstanding, 0);
    if (outstanding !== this.#outstanding) this.#activeAtMs = this.#deps.clock.monotonic();
    this.#outstanding = outstanding;
    return outstanding;
  }

  async #watchEnd(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const idleMs = this.#options.once?.idleMs ?? 0;
    while (!signal.aborted && !this.#stopping) {
      await clock.sleep(Math.min(lookMs, idleMs), signal);
      this.#countOutstanding();
      if (this.#inbox.length > 0 || this.#problems.size > 0) {
        this.#activeAtMs = clock.monotonic();
        continue;
      }
      if (clock.monotonic() - this.#activeAtMs < idleMs) continue;
      const waiting = await Promise.all(this.#feeds.map((feed) => feed.waiting()));
      if (this.#inbox.length > 0 || waiting.some((messages) => messages !== 0)) continue;
      this.#stopping = true;
      this.#wake();
    }
  }
}
