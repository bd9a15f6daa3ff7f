/**
 * Pure. Lives of the persist loop over one scripted source and store: each begins where the offsets
 * committed in the last one are.
 */
import { createAccount, type TopicAccount } from "../core/delivery/account.ts";
import { createDelivery, type Delivery } from "../core/delivery/deliver.ts";
import { silentLog } from "../core/log/log.ts";
import { createMetrics } from "../core/observe/metrics.ts";
import { createPersistLoop } from "../core/persist/loop.ts";
import type { PersistLoop, PersistOptions } from "../core/persist/loop_options.ts";
import {
  type Fate,
  RigConsumer,
  rigEncoder,
  RigLog,
  type RigRecord,
  rigTopic,
  seeded,
  Truth,
} from "./persist_rig.ts";
import { RigLetters, RigWriter, type RigWriterOptions } from "./persist_store.ts";
import { VirtualClock } from "./virtual_clock.ts";

const fates: readonly Fate[] = ["bad", "old", "big", "garbled", "throws", "several", "none"];

/** What is read, and how the store behaves. */
export interface RigOptions extends Partial<RigWriterOptions>, Partial<PersistOptions> {
  readonly seed: number;
  readonly partitions: number;
  readonly recordsEach: number;
  readonly destinations: number;
  /** How many records have another fate than to be stored: 0 to 1. */
  readonly odd?: number;
  readonly blockRecordsMax?: number;
}

/** One life of the loop. */
export interface Life {
  readonly loop: PersistLoop;
  readonly consumer: () => RigConsumer;
  readonly account: () => TopicAccount;
}

/** A source, a store and the truth about both, outliving the loops. */
export interface Rig {
  readonly log: RigLog;
  readonly truth: Truth;
  readonly clock: VirtualClock;
  readonly writer: RigWriter;
  readonly letters: RigLetters;
  readonly delivery: Delivery;
  /** Begins where the committed offsets are. */
  start(): Life;
}

/** A rig whose chances are fixed by `seed`. */
export function makeRig(options: RigOptions): Rig {
  const random = seeded(options.seed);
  const clock = new VirtualClock();
  const truth = new Truth();
  const log = new RigLog(makeRecords(options, random));
  const writerOptions = {
    faults: 0,
    full: () => none,
    away: () => false,
    names: false,
    ...options,
  };
  const writer = new RigWriter(writerOptions, { truth, clock, random });
  const letters = new RigLetters({ truth, clock, random });
  const registry = createMetrics();
  const shared = { clock, log: silentLog, registry, random };
  const delivery = createDelivery({ ...shared, writer, onState: () => undefined });
  const bounds = { requestItemsMax: 50, batchRecordsMax: 200, waitMsMax: 30_000 };
  return {
    ...{ log, truth, clock, writer, letters, delivery },
    start(): Life {
      let consumer: RigConsumer | undefined;
      const account = createAccount(registry);
      const blockRecordsMax = options.blockRecordsMax ?? 60;
      const loop = createPersistLoop({ ...bounds, precision: "ms", ...options }, {
        ...{ ...shared, encoder: rigEncoder, delivery, deadLetters: letters, account },
        consumer: (events) =>
          consumer = new RigConsumer({ log, truth, clock, random, blockRecordsMax }, events),
        onTurn: () => undefined,
        onState: () => undefined,
      });
      return {
        loop,
        consumer(): RigConsumer {
          if (consumer === undefined) throw new Error("the loop has not begun");
          return consumer;
        },
        account(): TopicAccount {
          const counts = account.topics()[rigTopic];
          if (counts === undefined) throw new Error("nothing was received");
          return counts;
        },
      };
    },
  };
}

const none: ReadonlySet<string> = new Set();

function makeRecords(options: RigOptions, random: () => number): RigRecord[][] {
  return Array.from(
    { length: options.partitions },
    (_, partition) =>
      Array.from({ length: options.recordsEach }, (_, i) => {
        const odd = random() < (options.odd ?? 0);
        const fate = odd ? fates[Math.floor(random() * fates.length)] ?? "bad" : "good";
        const destination = `t${Math.floor(random() * options.destinations)}`;
        if (odd && random() < 0.1) {
          return { destination, fate: "null", id: `null-${partition}-${i}` };
        }
        return { destination, fate, id: `${partition}-${i}` };
      }),
  );
}
