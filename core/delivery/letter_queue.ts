/**
 * Pure. Dead letters in line for a slow, failing or full place: appends of several callers become few
 * stores, a store that fails is tried again with back-off, an abort takes only its own letters out.
 */
import type { Clock } from "../clock.ts";
import type { Log } from "../log/log.ts";
import type { DeadLetter } from "./dead_letter.ts";

const retryMsFirst = 250;
const retryMsMax = 5000;
/** Letters handed to one store. */
const lettersMax = 1000;

/** What a queue works with and tells. */
export interface LetterQueueDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Whether letters can be taken, at every change. */
  readonly onState: (state: { readonly ready: boolean; readonly reason?: string }) => void;
  /** A back-off step ended, for the watchdog. */
  readonly onStep: () => void;
}

/**
 * Makes the first letters durable, as many as it likes but at least one, and resolves with how many.
 * Rejects when it cannot at the moment; it is then called again with the same letters.
 */
export type StoreLetters = (letters: readonly DeadLetter[]) => Promise<number>;

interface Entry {
  readonly letters: readonly DeadLetter[];
  readonly resolve: () => void;
  stored: number;
  aborted: boolean;
}

/** An empty queue before a place that `store` writes to. */
export class LetterQueue {
  #deps: LetterQueueDeps;
  #store: StoreLetters;
  #entries: Entry[] = [];
  #running: Promise<void> | undefined;
  #wake = new AbortController();
  #reason: string | undefined;

  constructor(store: StoreLetters, deps: LetterQueueDeps) {
    this.#store = store;
    this.#deps = deps;
  }

  append(letters: readonly DeadLetter[], signal: AbortSignal): Promise<void> {
    if (letters.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const aborted = (): void => {
        entry.aborted = true;
        this.#wake.abort();
        reject(signal.reason);
      };
      const stored = (): void => {
        signal.removeEventListener("abort", aborted);
        resolve();
      };
      const entry: Entry = { letters, resolve: stored, stored: 0, aborted: false };
      signal.addEventListener("abort", aborted, { once: true });
      this.#entries.push(entry);
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing is in line any more. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    for (;;) {
      this.#entries = this.#entries.filter((entry) => !entry.aborted);
      if (this.#entries.length === 0) break;
      try {
        this.#settle(await this.#store(this.#first()));
        failures = 0;
        this.#say(undefined);
      } catch (error) {
        this.#say(error instanceof Error ? error.message : String(error));
        await this.#backOff(failures++);
      }
    }
    this.#running = undefined;
    this.#forget();
  }

  /** Nobody waits any more, which tells nothing of the place: it is not announced as well again. */
  #forget(): void {
    if (this.#reason === undefined) return;
    this.#reason = undefined;
    this.#deps.onState({ ready: true });
  }

  #first(): DeadLetter[] {
    const letters: DeadLetter[] = [];
    for (const entry of this.#entries) {
      if (letters.length >= lettersMax) break;
      letters.push(...entry.letters.slice(entry.stored, entry.stored + lettersMax));
    }
    return letters.slice(0, lettersMax);
  }

  #settle(count: number): void {
    let left = count;
    for (const entry of this.#entries) {
      const taken = Math.min(left, entry.letters.length - entry.stored);
      entry.stored += taken;
      left -= taken;
      if (entry.stored === entry.letters.length && !entry.aborted) entry.resolve();
    }
    this.#entries = this.#entries.filter((entry) => entry.stored < entry.letters.length);
  }

  async #backOff(failures: number): Promise<void> {
    const { clock, onStep } = this.#deps;
    if (this.#wake.signal.aborted) this.#wake = new AbortController();
    const waitMs = Math.min(retryMsMax, retryMsFirst * 2 ** Math.min(failures, 10));
    await clock.sleep(waitMs, this.#wake.signal);
    onStep();
  }

  #say(reason: string | undefined): void {
    if (reason === this.#reason) return;
    const { log, onState } = this.#deps;
    const first = this.#reason === undefined;
    this.#reason = reason;
    if (reason === undefined) {
      log.info("Dead letters can be written again");
      return onState({ ready: true });
    }
    if (first) {
      log.error("Dead letters cannot be written; waiting, nothing is skipped", { reason });
    }
    onState({ ready: false, reason });
  }
}
