/**
 * Edge (net, clock). A Kafka topic to look at: all partitions at once, outside of any group. The last N are
 * found by reading back in growing steps, since only records that were read can be filtered.
 */
import type { Datum } from "../datum/datum.ts";
import { type RecordBlock, valueOf } from "../delivery/records.ts";
import type { Offsets, TopicReader } from "../kafka/topic_reader.ts";
import type { Intake } from "./intake.ts";
import type { TailBatch, TailEvents, TailSource, TailSpan } from "./source.ts";

/** The first step back, in records of each partition. */
const stepFirst = 500;
const stepFactor = 4;
/** So many records are looked at for the last N; whoever wants to look further back says --since. */
const backMax = 1_000_000;

/** What the source works with. */
export interface KafkaTailDeps extends TailEvents {
  readonly intake: Intake;
}

/** A reader that is not opened yet becomes a source. */
export function openKafkaTail(
  reader: TopicReader,
  span: TailSpan,
  deps: KafkaTailDeps,
): TailSource {
  return {
    batches: () => batches(reader, span, deps),
    close(): Promise<void> {
      reader.close();
      return Promise.resolve();
    },
  };
}

async function* batches(
  reader: TopicReader,
  { last, sinceMs, follow }: TailSpan,
  deps: KafkaTailDeps,
): AsyncGenerator<TailBatch, void, void> {
  await reader.open();
  const ends = await reader.offsets("end");
  if (last !== undefined && last > 0) {
    const floor = await reader.offsets(sinceMs ?? "start");
    yield { data: await lastData(reader, { last, floor, ends }, deps), live: false };
  } else if (last === undefined) {
    const starts = await reader.offsets(sinceMs ?? "start");
    for await (const block of reader.range(starts, ends)) {
      yield { data: readBlock(block, deps.intake), live: false };
    }
  }
  if (!follow) return;
  for await (const block of reader.follow(ends)) {
    yield { data: readBlock(block, deps.intake), live: true };
  }
}

interface Back {
  readonly last: number;
  readonly floor: Offsets;
  readonly ends: Offsets;
}

/** The last wanted data over all partitions by their own time, in its order. */
async function lastData(
  reader: TopicReader,
  { last, floor, ends }: Back,
  { intake, onNote }: KafkaTailDeps,
): Promise<Datum[]> {
  let found: Datum[] = [];
  let to = ends;
  let looked = 0;
  for (let step = Math.max(last, stepFirst);; step *= stepFactor) {
    const from = new Map([...to].map(([partition, end]): [number, number] => [
      partition,
      Math.max(floor.get(partition) ?? 0, end - step),
    ]));
    const size = [...to].reduce(
      (sum, [partition, end]) => sum + end - (from.get(partition) ?? 0),
      0,
    );
    if (size === 0) break;
    const older: Datum[] = [];
    for await (const block of reader.range(from, to)) {
      for (const datum of readBlock(block, intake)) older.push(datum);
      // What was read is bounded by what is wanted, not by the step.
      if (older.length > 4 * last + stepFirst) older.splice(0, Infinity, ...latest(older, last));
    }
    found = latest([...older, ...found], last);
    looked += size;
    if (found.length >= last) break;
    if (looked >= backMax) {
      onNote(
        `${found.length} found among the last ${looked} records, --since T looks further back`,
      );
      break;
    }
    to = from;
  }
  return found;
}

/** Stable: what has no time or the same one stays in the order of its partition. */
function latest(data: readonly Datum[], last: number): Datum[] {
  return data.toSorted((a, b) => timeOf(a) - timeOf(b)).slice(-last);
}

function timeOf({ timeMs }: Datum): number {
  return Number.isNaN(timeMs) ? 0 : timeMs;
}

function readBlock(block: RecordBlock, intake: Intake): Datum[] {
  if (block.corrupt !== undefined) {
    intake.refuse(block.corrupt);
    return [];
  }
  return intake.messages(valuesOf(block));
}

/** Tombstones say nothing. */
function* valuesOf(block: RecordBlock): Generator<Uint8Array, void, void> {
  for (let i = 0; i < block.count; i++) {
    const value = valueOf(block, i);
    if (value !== null) yield value;
  }
}
