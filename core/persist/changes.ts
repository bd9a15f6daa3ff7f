/**
 * Pure. `Changes`: lets one task wait until another has changed something.
 */
import type { Clock } from "../clock.ts";

/** Nobody waits yet. */
export class Changes {
  #clock: Clock;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something changed. */
  tell(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Resolves at the next change. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves with true once the condition holds, with false when `ms` passed before. */
  async until(condition: () => boolean, ms: number): Promise<boolean> {
    if (condition()) return true;
    const end = new AbortController();
    let late = false;
    if (Number.isFinite(ms)) {
      void this.#clock.sleep(ms, end.signal).then(() => {
        late = true;
        this.tell();
      });
    }
    while (!condition() && !late) await this.next();
    end.abort();
    return condition();
  }
}
