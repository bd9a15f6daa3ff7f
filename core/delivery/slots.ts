/**
 * Pure. `Slots`: how many may be at it at once; the others wait in line.
 */

/** So many free slots. */
export class Slots {
  #free: number;
  #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Resolves with true with a slot taken, with false (and none) when the signal aborts. */
  take(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const given = (): void => {
        signal.removeEventListener("abort", aborted);
        resolve(true);
      };
      const aborted = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== given);
        resolve(false);
      };
      signal.addEventListener("abort", aborted, { once: true });
      this.#waiting.push(given);
    });
  }

  /** Gives a slot to the next in line, or back. */
  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
