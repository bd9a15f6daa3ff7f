/**
 * Pure. `AcceptedMemory`: who has accepted what of a notification that went back to its source, so
 * that it is given only to the others when it comes again. Bounded: the oldest are forgotten, and
 * then all are given it again.
 */

/** Notifications remembered. */
const rememberedMax = 20_000;

/** By the notification's identity: names of the ways (pipeline and publisher) that are done. */
export class AcceptedMemory {
  #accepted = new Map<string, readonly string[]>();

  get isEmpty(): boolean {
    return this.#accepted.size === 0;
  }

  remember(identity: string, ways: readonly string[]): void {
    this.#accepted.delete(identity);
    this.#accepted.set(identity, ways);
    const oldest = this.#accepted.keys().next().value;
    if (this.#accepted.size > rememberedMax && oldest !== undefined) this.#accepted.delete(oldest);
  }

  /** What is known of it, and forgets it. */
  recall(identity: string): readonly string[] | undefined {
    const ways = this.#accepted.get(identity);
    if (ways !== undefined) this.#accepted.delete(identity);
    return ways;
  }
}
