/**
 * Pure. When positions are committed: soon after records were settled, one commit at a time, the
 * latest positions each time. The account is checked at every one.
 */
import type { Clock } from "../clock.ts";
import type { Account } from "../delivery/account.ts";
import type { Consumer } from "../delivery/consumer.ts";
import type { Log } from "../log/log.ts";
import type { Offsets } from "../delivery/offsets.ts";
import type { Position } from "../delivery/records.ts";

/** Settled records wait so long for more to be committed with. */
const coalesceMs = 100;

/** What is committed where. */
export interface CommitsDeps {
  readonly consumer: Consumer;
  readonly offsets: Offsets;
  readonly account: Account;
  readonly clock: Clock;
  readonly log: Log;
  /** The source keeps these. */
  readonly onCommitted: (positions: readonly Position[]) => void;
  readonly onFailure: (error: unknown) => void;
}

/** Nothing to commit yet. */
export class Commits {
  #deps: CommitsDeps;
  #wanted = false;
  #running: Promise<void> | undefined;
  #hurry = new AbortController();

  constructor(deps: CommitsDeps) {
    this.#deps = deps;
  }

  /** Something was settled. */
  request(): void {
    this.#wanted = true;
    this.#running ??= this.#run();
  }

  /** Commits all that is settled now; resolves when the source has it. */
  async flush(): Promise<void> {
    this.#hurry.abort();
    await this.#running;
    this.request();
    this.#hurry.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { consumer, offsets, account, clock, log, onCommitted, onFailure } = this.#deps;
    try {
      while (this.#wanted) {
        this.#hurry = new AbortController();
        await clock.sleep(coalesceMs, this.#hurry.signal);
        this.#wanted = false;
        const positions = offsets.takePositions();
        account.check(offsets.unsettled());
        if (positions.length === 0) continue;
        await consumer.commit(positions);
        for (const position of positions) log.debug("Committed", { ...position });
        onCommitted(positions);
      }
    } catch (error) {
      onFailure(error);
    } finally {
      this.#running = undefined;
    }
  }
}
