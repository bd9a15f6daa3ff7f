/**
 * Pure. Which member of a RabbitMQ cluster is tried next, and how long to wait before: each in turn
 * without a pause, and between the rounds kombu's rising interval. Connecting is connection.ts.
 */
import type { AmqpHost } from "../config/endpoint.ts";
import type { RabbitOptions } from "../config/pipeline_config.ts";

/** What of `[oslo_messaging_rabbit]` decides the turns. */
export type TurnOptions = Pick<
  RabbitOptions,
  "retryIntervalMs" | "retryBackoffMs" | "retryIntervalMaxMs" | "failoverStrategy"
>;

/**
 * round-robin goes through the hosts in the order of the URL and stays with one that works; shuffle
 * takes a new order for every round.
 */
export class HostTurns {
  #hosts: AmqpHost[];
  #options: TurnOptions;
  /** 0 <= n < 1. */
  #random: () => number;
  #at = 0;
  #triedInRound = 0;
  #rounds = 0;

  /** `hosts` is not empty. */
  constructor(hosts: readonly AmqpHost[], options: TurnOptions, random: () => number) {
    this.#hosts = [...hosts];
    this.#options = options;
    this.#random = random;
    if (options.failoverStrategy === "shuffle") this.#shuffle();
  }

  get count(): number {
    return this.#hosts.length;
  }

  current(): AmqpHost {
    const host = this.#hosts[this.#at];
    if (host === undefined) throw new RangeError("a cluster without hosts");
    return host;
  }

  /** The current host did not work: moves on, and says how many ms to wait before the next. */
  failed(): number {
    this.#at = (this.#at + 1) % this.#hosts.length;
    this.#triedInRound++;
    if (this.#triedInRound < this.#hosts.length) return 0;
    this.#triedInRound = 0;
    if (this.#options.failoverStrategy === "shuffle") this.#shuffle();
    const { retryIntervalMs, retryBackoffMs, retryIntervalMaxMs } = this.#options;
    const waitMs = retryIntervalMs + this.#rounds * retryBackoffMs;
    this.#rounds++;
    return Math.min(waitMs, retryIntervalMaxMs);
  }

  /** The current host works: the next failure starts anew. */
  worked(): void {
    this.#triedInRound = 0;
    this.#rounds = 0;
  }

  #shuffle(): void {
    for (let i = this.#hosts.length - 1; i > 0; i--) {
      const j = Math.floor(this.#random() * (i + 1));
      const [a, b] = [this.#hosts[i], this.#hosts[j]];
      if (a !== undefined && b !== undefined) [this.#hosts[i], this.#hosts[j]] = [b, a];
    }
    this.#at = 0;
  }
}
