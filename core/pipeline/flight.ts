/**
 * Pure. `Flight`: one notification from its arrival to its settling, with how many are still to answer
 * for it, and who has.
 */
import type { Incoming } from "./inflow.ts";
import type { TopicCounts } from "./pipeline_account.ts";

/** What the loop does when nobody is left to answer. */
export type Landed = (flight: Flight) => void;

/** See above. */
export class Flight {
  /** The delivery to settle; another one where the source brought the message again meanwhile. */
  incoming: Incoming;
  readonly counts: TopicCounts;
  /** Of it something went to the dead letters. */
  isRefused = false;
  /** It shall go back to its source once, after all have answered. */
  wantsRequeue = false;
  #open = 1;
  /** Few: a list is looked through sooner than a set is made. */
  #accepted: string[];
  #landed: Landed;

  constructor(
    incoming: Incoming,
    { counts, accepted, landed }: {
      readonly counts: TopicCounts;
      readonly accepted: readonly string[];
      readonly landed: Landed;
    },
  ) {
    this.incoming = incoming;
    this.counts = counts;
    this.#accepted = [...accepted];
    this.#landed = landed;
  }

  /** The ways that have accepted it, now or when it came before. */
  get accepted(): readonly string[] {
    return this.#accepted;
  }

  has(way: string): boolean {
    return this.#accepted.includes(way);
  }

  /** One more has to answer. */
  hold(): void {
    this.#open++;
  }

  /** One has answered; the way is remembered. */
  release(way?: string): void {
    if (way !== undefined) this.#accepted.push(way);
    if (--this.#open === 0) this.#landed(this);
  }
}
