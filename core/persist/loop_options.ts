/**
 * Pure. What the persist loop is given and what it gives back: options, dependencies and outcome of
 * `createPersistLoop` (loop.ts).
 */
import type { Clock } from "../clock.ts";
import type { Account } from "../delivery/account.ts";
import type { Consumer, ConsumerEvents } from "../delivery/consumer.ts";
import type { DeadLetterBox } from "../delivery/dead_letter.ts";
import type { Delivery } from "../delivery/deliver.ts";
import type { RecordBlock } from "../delivery/records.ts";
import type { Log } from "../log/log.ts";
import type { Registry } from "../observe/registry.ts";
import type { MessageEncoder, Refusal } from "./encoder.ts";

/** Bounds that operators set; everything else has a named default in `persistDefaults`. */
export interface PersistOptions {
  /** Lines or documents of one request: `[tpctl] request_lines` or the store's bound, the lower. */
  readonly requestItemsMax: number;
  /** `batch_size`: how many records are gathered before a write, where more are waiting. */
  readonly batchRecordsMax: number;
  /** `max_wait_time_seconds` in ms: the longest that a gathered record waits for its write. */
  readonly waitMsMax: number;
  /** What the encoder's lines carry. */
  readonly precision: "ms" | "ns";
  readonly lingerMs?: number;
  /** How long stopping, and giving partitions away, waits for what is in flight. */
  readonly drainMs?: number;
  /** Bytes of records and requests that are not settled yet; beyond it nothing more is pulled. */
  readonly unsettledBytesMax?: number;
  /** Bytes of one request's body before compression. */
  readonly requestBytesMax?: number;
}

/** What holds where the options leave it out. */
export const persistDefaults = {
  lingerMs: 200,
  drainMs: 15_000,
  unsettledBytesMax: 64 * 1024 * 1024,
  requestBytesMax: 4 * 1024 * 1024,
} as const;

/** What a loop works with and tells. */
export interface PersistDeps {
  /** Makes the source; called once, when `run` begins. Whether it ends by itself is its business. */
  readonly consumer: (events: ConsumerEvents) => Consumer | Promise<Consumer>;
  readonly encoder: MessageEncoder;
  /** One per writer, shared by all loops that write to it. Its maker watches it and closes the writer. */
  readonly delivery: Delivery;
  /** Shared likewise, closed by its maker. */
  readonly deadLetters: DeadLetterBox;
  /** This loop's own. */
  readonly account: Account;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  /** A turn of the loop ended: a poll, a write attempt, a back-off step. Feeds the watchdog. */
  readonly onTurn: () => void;
  /**
   * Whether the source is joined and delivering, at every change. The store and the dead letters are
   * parts of their own: `DeliveryDeps.onState`, `DeadLetterFilesDeps.onState`.
   */
  readonly onState: (state: LoopState) => void;
  /** Hears of each record that cannot be read; left out: the log is told now and then. */
  readonly onUnreadable?: (block: RecordBlock, index: number, refusal: Refusal) => void;
}

/** Whether the source delivers, or why not. */
export interface LoopState {
  readonly ready: boolean;
  readonly reason?: string;
}

/** How a loop ended. */
export interface PersistOutcome {
  /** Records that were read and then given up: read again by whoever comes next. */
  readonly abandoned: number;
  /** The source came to its own end and all of it is settled. */
  readonly complete: boolean;
}

/** One source being stored. */
export interface PersistLoop {
  /**
   * Runs until the source ends or `stop` is called, then drains, commits and closes the consumer.
   * Rejects only with what the process cannot get over (RunError, ConfigError of the source).
   */
  run(): Promise<PersistOutcome>;
  /** Takes over other bounds of gathering; the source stays as it is, nothing is read again. */
  tune(bounds: Pick<Required<PersistOptions>, "batchRecordsMax" | "waitMsMax" | "lingerMs">): void;
  /** Stops pulling and drains within the bound. Safe to call twice, and before `run`. */
  stop(): void;
  state(): LoopState;
}
