/**
 * Pure. A replay to stores: the persist loop over recorded files, with everything that it settles,
 * dead-letters and commits.
 */
import type { Clock } from "../clock.ts";
import { createAccount } from "../delivery/account.ts";
import type { Consumer, ConsumerEvents } from "../delivery/consumer.ts";
import type { DeadLetterBox } from "../delivery/dead_letter.ts";
import { createDelivery } from "../delivery/deliver.ts";
import type { RecordBlock } from "../delivery/records.ts";
import type { Writer } from "../delivery/writer.ts";
import type { Log } from "../log/log.ts";
import type { Registry } from "../observe/registry.ts";
import type { MessageEncoder, Refusal } from "../persist/encoder.ts";
import { createPersistLoop } from "../persist/loop.ts";

/** Bounds of the loop. */
export interface StoreRunOptions {
  readonly requestItemsMax: number;
  readonly batchRecordsMax: number;
  readonly lingerMs: number;
  readonly drainMs: number;
}

/** What the run works with. */
export interface StoreRunDeps {
  readonly open: (events: ConsumerEvents) => Consumer;
  readonly encoder: MessageEncoder;
  readonly writer: Writer;
  readonly deadLetters: DeadLetterBox;
  readonly onUnreadable: (block: RecordBlock, index: number, refusal: Refusal) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly random: () => number;
}

/** A run under way. */
export interface ReplayRun {
  /** Resolves with whether the end was reached with all of it settled. */
  readonly ended: Promise<boolean>;
  /** Ends in order. */
  stop(): void;
}

/** A record waits so long for its write at most. */
const waitMsMax = 30_000;
/** `topic` of the account: all files together. */
const topic = "file";

/** Starts. `ended` rejects with what the run cannot get over. */
export function startStoreRun(options: StoreRunOptions, deps: StoreRunDeps): ReplayRun {
  const watching = new AbortController();
  const delivery = createDelivery({ ...deps, onState: () => undefined });
  const account = createAccount(deps.registry);
  account.received(topic, 0);
  const loop = createPersistLoop({ ...options, waitMsMax, precision: "ns" }, {
    ...deps,
    ...{ delivery, account },
    consumer: (events) => deps.open(events),
    onTurn: () => undefined,
    onState: () => undefined,
  });
  void delivery.watch(watching.signal);
  const run = async (): Promise<boolean> => {
    try {
      return (await loop.run()).complete;
    } finally {
      watching.abort();
      await deps.writer.close();
    }
  };
  return { ended: run(), stop: () => loop.stop() };
}
