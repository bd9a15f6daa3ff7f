/**
 * Pure. The way to the dead letters: what comes while one write is under way goes with the next one,
 * and each sender hears when its letter is kept for good.
 */
import type { DeadLetter, DeadLetterBox } from "../delivery/dead_letter.ts";

/** Letters of one write. */
const lettersMax = 500;

interface Waiting {
  readonly letter: DeadLetter;
  readonly kept: () => void;
}

/** What letters are sent with. */
export interface LettersDeps {
  readonly box: DeadLetterBox;
  readonly signal: AbortSignal;
  readonly onFailure: (error: unknown) => void;
}

/** Bounded by what is in flight: a letter's notification stays there until the letter is kept. */
export class Letters {
  #deps: LettersDeps;
  #waiting: Waiting[] = [];
  #writing = false;

  constructor(deps: LettersDeps) {
    this.#deps = deps;
  }

  /** `kept` is called once the letter is durable; never when the signal aborts first. */
  add(letter: DeadLetter, kept: () => void): void {
    this.#waiting.push({ letter, kept });
    if (!this.#writing) void this.#write();
  }

  async #write(): Promise<void> {
    const { box, onFailure, signal } = this.#deps;
    this.#writing = true;
    try {
      while (this.#waiting.length > 0 && !signal.aborted) {
        const batch = this.#waiting.splice(0, lettersMax);
        await box.append(batch.map(({ letter }) => letter), signal);
        for (const { kept } of batch) kept();
      }
    } catch (error) {
      if (!signal.aborted) onFailure(error);
    } finally {
      this.#writing = false;
    }
  }
}
