/**
 * Pure. What stands in the way of reading, from all parts of a consumer, as one state: said to the log
 * and to the loop at every change, not at every attempt.
 */
import type { ConsumerEvents } from "../delivery/consumer.ts";
import type { Log } from "../log/log.ts";

/** Who has a problem: `group`, `topic`, `broker 3`, ... */
export class Readiness {
  #events: ConsumerEvents;
  #log: Log;
  #problems = new Map<string, string>([["group", "joining the consumer group"]]);
  /** Unlike anything that can be said, until something was. */
  #said: string | undefined = "";

  constructor(events: ConsumerEvents, log: Log) {
    this.#events = events;
    this.#log = log;
  }

  /** Something is wrong; logged if it is news. */
  problem(part: string, reason: string, level: "info" | "warning" | "error" = "warning"): void {
    if (this.#problems.get(part) === reason) return;
    const isNews = ![...this.#problems.values()].includes(reason);
    this.#problems.set(part, reason);
    if (isNews) this.#log[level](reason);
    this.#tell();
  }

  /** The part is well again. */
  well(part: string): void {
    if (!this.#problems.delete(part)) return;
    this.#tell();
    if (this.#problems.size === 0) this.#log.info("reading from Kafka");
  }

  #tell(): void {
    const reason = this.#problems.values().next().value;
    if (reason === this.#said) return;
    this.#said = reason;
    this.#events.onState(reason === undefined ? { ready: true } : { ready: false, reason });
  }
}
