/**
 * Pure. `Gate`: the back-off towards a store or one of its destinations, shared by all that want in.
 *
 * Open as long as it answers. Once it failed, one attempt at a time is let through, each after an
 * exponential back-off with full jitter, or after as long as the store asked for; the first success
 * opens it for all. What counts as a failure is deliver.ts's business.
 */
import type { Clock } from "../clock.ts";

const backoffMsFirst = 100;
const backoffMsMax = 30_000;
/** A store that asks for more patience than this is asked again anyway. */
const retryAfterMsMax = 15 * 60_000;
/** The longest sleep without a word to the watchdog. */
const stepMsMax = 1000;

/** What a gate works with. */
export interface GateDeps {
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** A back-off step ended. */
  readonly onStep: () => void;
}

/** Why the gate is shut. */
export interface GateFailure {
  readonly reason: string;
  /** Only an operator can mend it: credentials, grants, quotas. */
  readonly operator: boolean;
  readonly retryAfterMs: number | undefined;
}

/** Open until `failed`. */
export class Gate {
  #deps: GateDeps;
  #failures = 0;
  #until = 0;
  #probing = false;
  #failure: GateFailure | undefined;
  #waiting: (() => void)[] = [];

  constructor(deps: GateDeps) {
    this.#deps = deps;
  }

  /** Why it is shut; undefined while it is open. */
  get failure(): GateFailure | undefined {
    return this.#failure;
  }

  /** Somebody tries, or waits to try. */
  get awaited(): boolean {
    return this.#probing || this.#waiting.length > 0;
  }

  /**
   * Resolves with "open" when anybody may try; with "probe" when this one alone may, and must say
   * `left` when its attempt has ended, whatever else it says; with "aborted" when the signal aborts.
   */
  async pass(signal: AbortSignal): Promise<"open" | "probe" | "aborted"> {
    while (!signal.aborted) {
      if (this.#failure === undefined) return "open";
      if (this.#probing) {
        await this.#change(signal);
        continue;
      }
      this.#probing = true;
      await this.#backOff(signal);
      if (!signal.aborted) return "probe";
      this.left();
    }
    return "aborted";
  }

  /** It answered: open for all. */
  succeeded(): void {
    this.#failures = 0;
    this.#until = 0;
    this.#failure = undefined;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** It did not, or wants to be left alone: shut, and the next attempt later than this one. */
  failed(failure: GateFailure): void {
    const ceiling = Math.min(backoffMsMax, backoffMsFirst * 2 ** Math.min(this.#failures, 16));
    const waitMs = failure.retryAfterMs === undefined
      ? ceiling * this.#deps.random()
      : Math.min(failure.retryAfterMs, retryAfterMsMax);
    const now = this.#deps.clock.monotonic();
    // Attempts that were under way together fail together: one failure.
    if (now >= this.#until) this.#failures++;
    this.#failure = failure;
    this.#until = Math.max(this.#until, now + waitMs);
  }

  /** The probe has ended: the next in line may try. */
  left(): void {
    this.#probing = false;
    this.#waiting.shift()?.();
  }

  /** Sleeps in steps, so that the watchdog hears of a long wait too. */
  async #backOff(signal: AbortSignal): Promise<void> {
    const { clock, onStep } = this.#deps;
    for (;;) {
      const waitMs = this.#until - clock.monotonic();
      if (waitMs <= 0 || signal.aborted) return;
      await clock.sleep(Math.min(waitMs, stepMsMax), signal);
      onStep();
    }
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener("abort", aborted);
        resolve();
      };
      const aborted = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== wake);
        resolve();
      };
      signal.addEventListener("abort", aborted, { once: true });
      this.#waiting.push(wake);
    });
  }
}
