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

export interface GatesDeps extends GateDeps {
  /** The store's name. */
  readonly name: string;
  readonly notices: Notices;
  readonly onState: (state: DeliveryState) => void;
  /** Whether a write is under way: then its answer tells more than a ping. */
  readonly writing: () => boolean;
  readonly asStoreError: (error: unknown) => StoreError;
}

export class Gates {
  #deps: GatesDeps;
  #store: Gate;
  #own = new Map<string, Gate>();
  /** Who failed since the store last answered. */
  #failing = new Map<string, StoreError>();
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
   * Resolves with true when an attempt may be made; then `succeeded`, `answered` or `left` must follow.
   * With false when the signal aborts. `onHeld` hears when the wait is for this destination alone.
   */
  async pass(key: string, signal: AbortSignal, onHeld: (held: boolean) => void): Promise<boolean> {
    while (!signal.aborted) {
      const own = this.#own.get(key);
      if (own !== undefined) {
        onHeld(true);
        const passed = await own.pass(signal);
        onHeld(false);
        if (!passed) return false;
      }
      if (!await this.#store.pass(signal)) {
        own?.left();
        return false;
      }
      if (this.#own.get(key) === own) return true;
      // What it waited for has changed sides meanwhile.
      this.#store.left();
      own?.left();
    }
    return false;
  }

  /** Everything was taken. */
  succeeded(key: string): void {
    this.#failing.delete(key);
    this.#open(key);
    this.#storeAnswered();
  }

  /** It was not, and this is why. */
  answered(key: string, refusal: StoreError): void {
    switch (refusal.reaction) {
      case "retry":
      case "hold":
        if (this.#own.has(key)) this.#fail(key, refusal);
        else this.#storeFailed(key, refusal);
        return;
      case "hold_destination":
        this.#failing.delete(key);
        this.#storeAnswered();
        this.#fail(key, refusal);
        return;
      case "create":
        // The store is there; whether the destination will be is not known yet.
        this.#storeAnswered();
        this.#own.get(key)?.left();
        return;
      case "bisect":
      case "expired":
      case "split":
        this.succeeded(key);
    }
  }

  /** Items of this destination alone have to wait. */
  hold(key: string, refusal: StoreError): void {
    this.#fail(key, refusal);
  }

  /** The attempt came to nothing. */
  left(key: string): void {
    this.#own.get(key)?.left();
    this.#store.left();
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
      if (!await this.#store.pass(signal)) return;
      try {
        await ping(signal);
        this.#storeAnswered();
      } catch (error) {
        if (signal.aborted) this.#store.left();
        else if (!this.#deps.writing()) this.#storeFailed("", this.#deps.asStoreError(error));
        else this.#store.left();
      }
    }
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

  #fail(key: string, refusal: StoreError): void {
    const { name, notices } = this.#deps;
    this.#gate(key, refusal, refusal.retryAfterMs);
    this.#store.left();
    notices.held(name, key, refusal.message);
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
