/**
 * Pure. One delivery to a store that answers by script, on a clock that jumps: for the tests of what
 * each reaction does.
 */
import type { Log } from "../core/log/log.ts";
import { silentLog } from "../core/log/log.ts";
import { createMetrics } from "../core/observe/metrics.ts";
import { type Batch, lineAt } from "../core/delivery/batch.ts";
import {
  createDelivery,
  type Delivery,
  type DeliveryState,
  type Outcomes,
} from "../core/delivery/deliver.ts";
import { createGatherer } from "../core/delivery/gather.ts";
import type { GatheredBatch } from "../core/delivery/gathered.ts";
import type { RecordBlock } from "../core/delivery/records.ts";
import { TrackedBlock } from "../core/delivery/tracked_block.ts";
import { type Reaction, StoreError, type Writer } from "../core/delivery/writer.ts";
import { VirtualClock } from "./virtual_clock.ts";

/** A signal that never aborts. */
export const never = new AbortController().signal;

function blockOf(count: number): RecordBlock {
  const column = (): Int32Array => new Int32Array(count).fill(-1);
  return {
    ...{ topic: "t", partition: 0, count, bytes: new Uint8Array(0), nextOffset: count },
    offsets: Float64Array.from({ length: count }, (_, i) => i),
    timestamps: new Float64Array(count),
    ...{ valueStarts: column(), valueEnds: column(), keyStarts: column(), keyEnds: column() },
  };
}

/** A batch of lines, of these texts. */
export function batchOf(texts: readonly string[], destination = "mon"): GatheredBatch {
  const bounds = { requestItemsMax: 10_000, requestBytesMax: 1e9 };
  const gatherer = createGatherer({ ...bounds, precision: "ms" });
  const block = blockOf(texts.length);
  gatherer.begin(new TrackedBlock(block));
  for (const [i, text] of texts.entries()) {
    const sink = gatherer.lines(destination);
    const bytes = new TextEncoder().encode(text);
    sink.reserve(bytes.length).set(bytes, sink.length);
    sink.length += bytes.length;
    sink.endLine(block, i);
  }
  gatherer.close();
  const batch = gatherer.take();
  if (batch === undefined) throw new Error("nothing was gathered");
  return batch;
}

/** A batch of documents, one for each index. */
export function documentsOf(indexes: readonly string[]): GatheredBatch {
  const bounds = { requestItemsMax: 10_000, requestBytesMax: 1e9 };
  const gatherer = createGatherer({ ...bounds, precision: "ms" });
  const block = blockOf(indexes.length);
  gatherer.begin(new TrackedBlock(block));
  for (const [i, index] of indexes.entries()) {
    gatherer.document(block, i, { index, id: String(i), json: "{}" });
  }
  gatherer.close();
  const batch = gatherer.take();
  if (batch === undefined) throw new Error("nothing was gathered");
  return batch;
}

/** The lines of a batch, or `<index>/<id>` of its documents. */
export function textsOf(batch: Batch): string[] {
  if (batch.kind === "documents") return batch.documents.map(({ index, id }) => `${index}/${id}`);
  return Array.from({ length: batch.count }, (_, i) => {
    return new TextDecoder().decode(lineAt(batch, i)).trimEnd();
  });
}

/** What the store does with a request; throws a StoreError to refuse it. */
export type Answer = (batch: Batch, request: number) => void | Promise<void>;

/** A delivery, its scripted store and what was heard of both. */
export interface Rig {
  readonly delivery: Delivery;
  readonly clock: VirtualClock;
  /** `<ms>: <items>` of every request. */
  readonly requests: { readonly atMs: number; readonly items: readonly string[] }[];
  readonly created: string[];
  readonly told: string[];
  readonly outcomes: Outcomes;
  readonly states: DeliveryState[];
  readonly warnings: string[];
}

/** A rig whose store answers by `answer`. */
export function makeRig(
  answer: Answer,
  writer: Partial<Writer> & { readonly create?: (times: number) => void } = {},
): Rig {
  const clock = new VirtualClock();
  const rig = {
    clock,
    requests: new Array<{ atMs: number; items: string[] }>(),
    created: new Array<string>(),
    told: new Array<string>(),
    states: new Array<DeliveryState>(),
    warnings: new Array<string>(),
  };
  const log: Log = {
    ...silentLog,
    warning: (text, fields) => rig.warnings.push(`${text} ${JSON.stringify(fields)}`),
  };
  const scripted: Writer = {
    ...{ name: "test://store", takes: ["lines", "documents"], concurrency: 2 },
    async write(batch): Promise<void> {
      rig.requests.push({ atMs: clock.monotonic(), items: textsOf(batch) });
      await clock.sleep(1);
      await answer(batch, rig.requests.length);
    },
    async createDestination(destination): Promise<void> {
      rig.created.push(destination);
      await clock.sleep(1);
      writer.create?.(rig.created.length);
    },
    ping: () => Promise.resolve(),
    close: () => Promise.resolve(),
    ...writer,
  };
  const tell = (what: string) => (items: GatheredBatch): void => {
    rig.told.push(...textsOf(items).map((text) => `${what} ${text}`));
  };
  const delivery = createDelivery({
    ...{ writer: scripted, clock, log, registry: createMetrics(), random: () => 0.999 },
    onState: (state) => rig.states.push(state),
  });
  const outcomes: Outcomes = {
    written: tell("written"),
    expired: tell("expired"),
    refused: (item, { class: letterClass, reason }) => tell(`${letterClass} (${reason})`)(item),
    onTurn: () => undefined,
  };
  return { ...rig, delivery, outcomes };
}

/** Delivers one batch to its end. */
export function deliver(rig: Rig, batch: GatheredBatch, signal = never): Promise<void> {
  return rig.clock.run(rig.delivery.deliver(batch, rig.outcomes, signal));
}

/** Fails the first request only. */
export function onceOnly(reaction: Reaction, retryAfterMs?: number): Answer {
  return (_, request) => {
    if (request === 1) throw new StoreError("not yet", reaction, { retryAfterMs });
  };
}
