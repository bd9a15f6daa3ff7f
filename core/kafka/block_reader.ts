/**
 * Pure. A partition's fetched bytes as RecordBlocks, unpacked one at a time and only when asked: what
 * is fetched ahead stays packed. What cannot be read becomes a block of its own with the reason.
 */
import type { RecordBlock } from "../delivery/records.ts";
import type { Loan } from "./answer_memory.ts";
import type { DataBatch, ScannedBatch } from "./batch_scan.ts";
import { codecNames, unpack } from "./codecs.ts";
import { readMessages } from "./message_set.ts";
import { readRecords, recordBytesMin, RecordColumns } from "./record_columns.ts";

/** Small batches are put together up to about this size, so that a block is worth its while. */
const blockBytes = 256 * 1024;

/** What a fetch gave for one partition, scanned. */
export interface Chunk {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: Uint8Array;
  /** The answer that `bytes` are part of; blocks that read in them are readers of their own. */
  readonly loan?: Loan;
  /** Nobody reads this chunk's blocks any more. */
  readonly release?: () => void;
  readonly batches: readonly ScannedBatch[];
  /** Records before it were asked for by nobody. */
  readonly fromOffset: number;
  /** Records from it on are left out; Infinity where there is no end. */
  readonly endOffset: number;
  /** What the last block leads to; behind control batches too. */
  readonly nextOffset: number;
}

/** Yields the chunk's blocks in order; a chunk without records yields an empty one. */
export function* readBlocks(chunk: Chunk): Generator<RecordBlock, void, void> {
  const { batches, topic, partition } = chunk;
  let failed: { readonly index: number; readonly reason: string } | undefined;
  for (let i = 0; i < batches.length;) {
    const batch = batches[i] as ScannedBatch;
    const nextOffset = nextOffsetOf(chunk, i);
    if (failed?.index === i || batch.kind === "corrupt") {
      const reason = batch.kind === "corrupt" ? batch.reason : failed?.reason ?? "";
      yield corruptBlock(chunk, { batch, reason, nextOffset });
      i++;
      continue;
    }
    if (batch.kind === "messages") {
      try {
        const range = { ...chunk, start: batch.start };
        const { bytes, columns } = readMessages(chunk.bytes.subarray(0, batch.end), range);
        yield columns.block(bytes, { topic, partition, nextOffset }, releaseOf(chunk, bytes));
        i++;
      } catch (error) {
        failed = { index: i, reason: reasonOf(error) };
      }
      continue;
    }
    const run = takeRun(chunk, i);
    const read = readRun(chunk, run);
    if (read.reason !== undefined) failed = { index: i + read.done, reason: read.reason };
    i += read.done;
    if (read.done > 0) {
      const next = nextOffsetOf(chunk, i - 1);
      const release = releaseOf(chunk, read.bytes);
      yield read.columns.block(read.bytes, { topic, partition, nextOffset: next }, release);
    }
  }
  if (batches.length === 0) {
    yield new RecordColumns(0).block(new Uint8Array(0), chunk);
  }
}

function nextOffsetOf(chunk: Chunk, index: number): number {
  const following = chunk.batches[index + 1];
  if (following === undefined) return Math.min(chunk.nextOffset, chunk.endOffset);
  return Math.min(chunk.batches[index]?.nextOffset ?? 0, chunk.endOffset);
}

/** The batches from `first` on that make one block: of one kind, up to about `blockBytes`. */
function takeRun(chunk: Chunk, first: number): DataBatch[] {
  const run: DataBatch[] = [];
  let size = 0;
  for (let i = first; i < chunk.batches.length && size < blockBytes; i++) {
    const batch = chunk.batches[i];
    if (batch?.kind !== "records") break;
    // Packed ones are gathered by their packed size times a cautious guess of what it becomes.
    size += (batch.end - batch.start) * (batch.codec === 0 ? 1 : packedGuess);
    if (run.length > 0 && (batch.codec === 0) !== (run[0]?.codec === 0)) break;
    run.push(batch);
  }
  return run;
}

const packedGuess = 4;

interface ReadRun {
  readonly bytes: Uint8Array;
  readonly columns: RecordColumns;
  /** How many batches of the run were read. */
  readonly done: number;
  /** Why the batch behind them was not. */
  readonly reason: string | undefined;
}

function readRun(chunk: Chunk, run: readonly DataBatch[]): ReadRun {
  const unpacked = unpackRun(chunk, run);
  let reason = unpacked.reason;
  let done = 0;
  const counts = unpacked.ends.map((end, i) => countOf(run[i], end - unpacked.startOf(i)));
  const columns = new RecordColumns(counts.reduce((sum, count) => sum + count, 0));
  for (; done < unpacked.ends.length; done++) {
    const batch = run[done] as DataBatch;
    try {
      readRecords(columns, unpacked.bytes, {
        start: unpacked.startOf(done),
        end: unpacked.ends[done] ?? 0,
        count: batch.count,
        baseOffset: batch.baseOffset,
        baseTimestamp: batch.baseTimestamp,
        oneTimestamp: batch.oneTimestamp,
        fromOffset: chunk.fromOffset,
        endOffset: chunk.endOffset,
      });
    } catch (error) {
      reason = reasonOf(error);
      break;
    }
  }
  return { bytes: unpacked.bytes, columns, done, reason: done < run.length ? reason : undefined };
}

/** A count that cannot be true makes the records unreadable, not the memory full. */
function countOf(batch: DataBatch | undefined, bytes: number): number {
  return Math.max(0, Math.min(batch?.count ?? 0, Math.floor(bytes / recordBytesMin)));
}

interface UnpackedRun {
  readonly bytes: Uint8Array;
  /** Where each batch's records end; as many as could be unpacked. */
  readonly ends: readonly number[];
  startOf(i: number): number;
  readonly reason: string | undefined;
}

function unpackRun(chunk: Chunk, run: readonly DataBatch[]): UnpackedRun {
  const first = run[0] as DataBatch;
  if (first.codec === 0) {
    const origin = first.start;
    const last = run.at(-1) ?? first;
    return {
      bytes: chunk.bytes.subarray(origin, last.end),
      ends: run.map((batch) => batch.end - origin),
      startOf: (i) => (run[i]?.start ?? origin) - origin,
      reason: undefined,
    };
  }
  const pieces: Uint8Array[] = [];
  const ends: number[] = [];
  let size = 0;
  let reason: string | undefined;
  for (const batch of run) {
    try {
      const piece = unpack(batch.codec, chunk.bytes.subarray(batch.start, batch.end));
      pieces.push(piece);
      ends.push(size += piece.length);
    } catch (error) {
      reason = `its ${codecNames[batch.codec]} data cannot be unpacked: ${reasonOf(error)}`;
      break;
    }
  }
  const only = pieces[0];
  const bytes = pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces, size);
  return { bytes, ends, startOf: (i) => i === 0 ? 0 : ends[i - 1] ?? 0, reason };
}

function corruptBlock(
  chunk: Chunk,
  found: { readonly batch: ScannedBatch; readonly reason: string; readonly nextOffset: number },
): RecordBlock {
  const { batch, reason, nextOffset } = found;
  const bytes = chunk.bytes.subarray(batch.start, batch.end);
  const columns = new RecordColumns(1);
  columns.count = 1;
  columns.offsets[0] = Math.max(batch.baseOffset, chunk.fromOffset);
  columns.timestamps[0] = NaN;
  columns.keyStarts[0] = columns.keyEnds[0] = -1;
  columns.valueEnds[0] = bytes.length;
  const { topic, partition } = chunk;
  const last = nextOffset - 1;
  const text =
    `Cannot read the record batch at offsets ${columns.offsets[0]} to ${last} of topic ` +
    `'${topic}', partition ${partition}: ${reason}`;
  const place = { topic, partition, nextOffset };
  return { ...columns.block(bytes, place, releaseOf(chunk, bytes)), corrupt: text };
}

/** What to do with a block's bytes when nobody reads them any more. */
function releaseOf(chunk: Chunk, { buffer, length }: Uint8Array): (() => void) | undefined {
  if (buffer === chunk.bytes.buffer) return chunk.loan?.share();
  // Unpacked, and nothing else stands in it: freed now, not when garbage is collected.
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength !== length) return undefined;
  return () => void buffer.transfer(0);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
