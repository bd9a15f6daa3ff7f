/**
 * Edge (clock). A clock for tests that jumps to the next timer as soon as nothing else is left to do,
 * so that back-offs of minutes take no time, and a program that waits for nothing at all is found out.
 */
import type { Clock } from "../core/clock.ts";

/** Turns of the event loop without any progress before time moves on. */
const quietTurns = 4;
/** Jumps without an end before a test gives up. */
const jumpsMax = 200_000;

/** With real files or sockets in play: how long they are given before time moves on, in real ms. */
const realMs = 5;
const realTurnsMax = 2000;

/** What takes part beside timers. */
export interface VirtualClockOptions {
  /** Files or sockets take part, whose turns no virtual clock can see. */
  readonly real?: boolean;
}

interface Timer {
  readonly atMs: number;
  readonly fire: () => void;
}

/** Stands still until `run`. */
export class VirtualClock implements Clock {
  #elapsedMs = 0;
  #timers = new Set<Timer>();
  #real: boolean;

  constructor(options: VirtualClockOptions = {}) {
    this.#real = options.real ?? false;
  }

  now(): number {
    return 1_700_000_000_000 + this.#elapsedMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const fire = (): void => {
        this.#timers.delete(timer);
        signal?.removeEventListener("abort", fire);
        resolve();
      };
      const timer = { atMs: this.#elapsedMs + ms, fire };
      this.#timers.add(timer);
      signal?.addEventListener("abort", fire, { once: true });
    });
  }

  /** Lets time pass until the promise settles; rejects when nothing is left that could settle it. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    promise.then(() => settled = true, () => settled = true);
    for (let jumps = 0; !settled; jumps++) {
      if (this.#real) await new Promise((resolve) => setTimeout(resolve, realMs));
      for (let i = 0; i < quietTurns && !settled; i++) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (settled) break;
      const next = [...this.#timers].sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined && this.#real && jumps < realTurnsMax) continue;
      if (next === undefined || jumps > jumpsMax) throw new Error("nothing left to wait for");
      this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs);
      next.fire();
    }
    return await promise;
  }
}
