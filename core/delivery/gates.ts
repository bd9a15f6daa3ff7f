/**
 * Pure. `Gates`: whether the fault is the store's or one destination's, and who has to wait for it.
 *
 * A store that fails is waited for by all. As soon as anyone else gets an answer, what still fails is
 * one destination's trouble, and only its own batches wait.
 */
import { Gate, type GateDeps } from "./gate.ts";
import type { DeliveryState } from "./deliver.ts";
import type { Notices } from "./notices.ts";
import type { StoreError } from "./writer.ts";

/** A store that nobody wrote to for so long is asked how it is. */
const askMs = 15_000;

/** Leave for one attempt; its end must be told by `succeeded`, `answered` or `left`. */
export interface Passage {
  readonly key: string;
  /** The gates that wait for this attempt. */
  readonly probes: readonly Gate[];
  /** It passed although the store seems to be away, to tell whether it is. */
  readonly opinion?: true;
}

/** What the gates work with and tell. */
export interface GatesDeps extends GateDeps {
  /** The store's name. */
  readonly name: string;
  readonly notices: Notices;
  readonly onState: (state: DeliveryState) => void;
  /** Whether a write is under way: then its answer tells more than a ping. */
  readonly writing: () => boolean;
  readonly asStoreError: (error: unknown) => StoreError;
}

/** The gates of one store; all open, and the store not asked yet. */
export class Gates {
  #deps: GatesDeps;
  #store: Gate;
  #own = new Map<string, Gate>();
  /** Who failed since the store last answered. */
  #failing = new Map<string, StoreError>();
  /** Destinations that are missing and could not be made when it was last tried. */
  #unmade = new Set<string>();
  /** Somebody else is finding out whether the trouble is that of one destination. */
  #opinion = false;
  #answeredAt = -Infinity;
  #state: DeliveryState = { ready: false, reason: "not asked yet" };

  constructor(deps: GatesDeps) {
    this.#deps = deps;
    this.#store = new Gate(deps);
  }

  get held(): number {
    return this.#own.size;
  }

  /** Somebody waits for this destination alone. */
  isHeld(key: string): boolean {
    return this.#own.get(key)?.awaited ?? false;
  }

  state(): DeliveryState {
    return this.#state;
  }

  /**
   * Resolves when an attempt may be made, with undefined when the signal aborts. `onHeld` hears when
   * the wait is for this destination alone.
   */
  async pass(
    key: string,
    signal: AbortSignal,
    onHeld: (held: boolean) => void,
  ): Promise<Passage | undefined> {
    while (!signal.aborted) {
      const probes: Gate[] = [];
      const own = this.#own.get(key);
      if (own !== undefined) {
        onHeld(true);
        if (await own.pass(signal) === "probe") probes.push(own);
        onHeld(false);
      }
      if (this.#isSecondOpinion(key)) {
        this.#opinion = true;
        return { key, probes, opinion: true };
      }
      if (await this.#store.pass(signal) === "probe") probes.push(this.#store);
      if (!signal.aborted && this.#own.get(key) === own) return { key, probes };
      // Aborted, or what it waited for has changed sides meanwhile.
      this.left({ key, probes });
    }
    return undefined;
  }

  /** Everything was taken. */
  succeeded(passage: Passage): void {
    this.#failing.delete(passage.key);
    this.#unmade.delete(passage.key);
    this.#open(passage.key);
    this.#storeAnswered();
    this.left(passage);
  }

  /** It was not, and this is why. */
  answered(passage: Passage, refusal: StoreError): void {
    const { key } = passage;
    switch (refusal.reaction) {
      case "retry":
      case "hold":
        if (this.#own.has(key)) this.hold(key, refusal);
        else this.#storeFailed(key, refusal);
        break;
      case "hold_destination":
        this.#failing.delete(key);
        this.#storeAnswered();
        this.hold(key, refusal);
        break;
      case "create":
        // The store is there; whether the destination will be is not known yet. One that could not
        // be made is no news: nothing can be written before it is.
        if (!this.#unmade.has(key)) this.#storeAnswered();
        break;
      case "bisect":
      case "expired":
      case "split":
        return this.succeeded(passage);
    }
    this.left(passage);
  }

  /** The missing destination could not be made, and this is why. */
  notMade(passage: Passage, refusal: StoreError): void {
    this.#unmade.add(passage.key);
    this.answered(passage, refusal);
  }

  /** The missing destination was made; whether it takes data is not known yet. */
  made(passage: Passage): void {
    this.#unmade.delete(passage.key);
    this.left(passage);
  }

  /** Items of this destination alone have to wait. */
  hold(key: string, refusal: StoreError): void {
    const { name, notices } = this.#deps;
    this.#gate(key, refusal, refusal.retryAfterMs);
    notices.held(name, key, refusal.message);
    this.#say();
  }

  /** The attempt has ended, or was never made. */
  left({ probes, opinion }: Passage): void {
    if (opinion) this.#opinion = false;
    for (const gate of probes) gate.left();
  }

  /** Asks the store whenever nothing else told how it is. */
  async watch(ping: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    while (!signal.aborted) {
      const quietMs = clock.monotonic() - this.#answeredAt;
      if (this.#deps.writing() || quietMs < askMs) {
        await clock.sleep(Math.max(askMs - quietMs, askMs / 10), signal);
        continue;
      }
      const passed = await this.#store.pass(signal);
      if (passed === "aborted") return;
      try {
        await ping(signal);
        this.#storeAnswered();
      } catch (error) {
        const told = signal.aborted || this.#deps.writing();
        if (!told) this.#storeFailed("", this.#deps.asStoreError(error));
      } finally {
        if (passed === "probe") this.#store.left();
      }
    }
  }

  /** Only one destination has failed: another one need not wait to tell whose fault it is. */
  #isSecondOpinion(key: string): boolean {
    return this.#failing.size === 1 && !this.#failing.has(key) && !this.#failing.has("") &&
      !this.#opinion;
  }

  #storeFailed(key: string, refusal: StoreError): void {
    const { name, notices } = this.#deps;
    this.#failing.set(key, refusal);
    this.#store.failed(asFailure(refusal));
    notices.away(name, refusal.message, refusal.retryAfterMs);
    this.#say();
  }

  #storeAnswered(): void {
    this.#answeredAt = this.#deps.clock.monotonic();
    const failing = [...this.#failing];
    this.#failing.clear();
    // These may try at once, each on its own account.
    for (const [key, refusal] of failing) if (!this.#own.has(key)) this.#gate(key, refusal, 0);
    this.#store.succeeded();
    this.#deps.notices.back(this.#deps.name);
    this.#say();
  }

  #gate(key: string, refusal: StoreError, retryAfterMs: number | undefined): void {
    const gate = this.#own.get(key) ?? new Gate(this.#deps);
    this.#own.set(key, gate);
    gate.failed({ ...asFailure(refusal), retryAfterMs });
  }

  #open(key: string): void {
    const own = this.#own.get(key);
    if (own === undefined) return;
    this.#own.delete(key);
    own.succeeded();
    this.#deps.notices.released(this.#deps.name, key);
  }

  #say(): void {
    const state = this.#judge();
    if (state.ready === this.#state.ready && state.reason === this.#state.reason) return;
    this.#state = state;
    this.#deps.onState(state);
  }

  #judge(): DeliveryState {
    const gates = [this.#store, ...this.#own.values()];
    const operators = gates.find((gate) => gate.failure?.operator);
    const reason = operators?.failure?.reason ?? this.#store.failure?.reason;
    return reason === undefined ? { ready: true } : { ready: false, reason };
  }
}

function asFailure({ message, reaction, retryAfterMs }: StoreError): {
  readonly reason: string;
  readonly operator: boolean;
  readonly retryAfterMs: number | undefined;
} {
  return { reason: message, operator: reaction === "hold", retryAfterMs };
}
