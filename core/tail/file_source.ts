/**
 * Edge (files, stdin, clock). A file or stdin to look at, one message per line.
 */
import { type FileHandle, open, stat } from "node:fs/promises";
import type { Clock } from "../clock.ts";
import type { Datum } from "../datum/datum.ts";
import { unheard } from "../delivery/consumer.ts";
import { valueOf } from "../delivery/records.ts";
import { ConfigError } from "../errors.ts";
import { systemCode } from "../files/file_failure.ts";
import { followFile } from "../files/followed_file.ts";
import { LineBlocks } from "../files/line_blocks.ts";
import { linesBack, wholeLinesEnd } from "../files/lines_back.ts";
import { checkFile, openLinesConsumer } from "../files/lines_consumer.ts";
import type { Intake } from "./intake.ts";
import type { TailBatch, TailEvents, TailSource, TailSpan } from "./source.ts";

const chunkBytes = 256 * 1024;
const lineBytesMax = 64 * 1024 * 1024;

/** What the sources work with. */
export interface FileTailDeps extends TailEvents {
  readonly intake: Intake;
  readonly clock: Clock;
}

/**
 * A path, or `-` for stdin. Rejects with a ConfigError where a file cannot be read and is not waited for.
 */
export async function openFileTail(
  path: string,
  span: TailSpan,
  deps: FileTailDeps,
): Promise<TailSource> {
  const closing = new AbortController();
  // Why there is nothing to be had is said by whoever needs it.
  const found = path === "-" ? undefined : await stat(path).catch(() => undefined);
  const isStream = path === "-" || found?.isFIFO() === true || found?.isCharacterDevice() === true;
  if (isStream) return await openStreamTail(path, span, deps);
  if (found !== undefined || !span.follow) await checkFile(path);
  if (found !== undefined) await refuseCompressed(path);
  return {
    batches: () => fileBatches(path, span, { ...deps, signal: closing.signal }),
    close(): Promise<void> {
      closing.abort();
      return Promise.resolve();
    },
  };
}

type Deps = FileTailDeps & { readonly signal: AbortSignal };

async function* fileBatches(
  path: string,
  span: TailSpan,
  deps: Deps,
): AsyncGenerator<TailBatch, void, void> {
  const { intake } = deps;
  const start = await startOf(path, span);
  if (start !== undefined) {
    try {
      const { handle, end } = start;
      if (span.last !== undefined) {
        const data = span.last === 0
          ? []
          : await lastData(handle, { end, last: span.last }, intake);
        yield { data, live: false };
      } else yield* wholeFile(handle, end, deps);
    } finally {
      await start.handle.close();
    }
  }
  if (!span.follow) return;
  const { clock, signal, onNote, onTrouble } = deps;
  const position = start?.end ?? 0;
  const onRefused = (reason: string): void => intake.refuse(reason);
  for await (
    const lines of followFile({ path, position }, { clock, signal, onNote, onTrouble, onRefused })
  ) {
    yield { data: intake.messages(withoutMark(lines)), live: false };
  }
}

/** Undefined: it is not there yet. A line without an end may still grow where somebody follows. */
async function startOf(
  path: string,
  { follow }: TailSpan,
): Promise<{ readonly handle: FileHandle; readonly end: number } | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, "r");
  } catch (error) {
    if (follow || systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
  const { size } = await handle.stat();
  return { handle, end: follow ? await wholeLinesEnd(handle, size) : size };
}

async function lastData(
  handle: FileHandle,
  { end, last }: { readonly end: number; readonly last: number },
  intake: Intake,
): Promise<Datum[]> {
  const runs: Datum[][] = [];
  let found = 0;
  for await (const lines of linesBack(handle, end, (reason) => intake.refuse(reason))) {
    const data = intake.messages(withoutMark(lines));
    runs.push(data);
    found += data.length;
    if (found >= last) break;
  }
  return runs.reverse().flat().slice(-last);
}

/** From its start to `end`; what grows behind it meanwhile is the follower's. */
async function* wholeFile(
  handle: FileHandle,
  end: number,
  { intake, signal }: Deps,
): AsyncGenerator<TailBatch, void, void> {
  const lines = new LineBlocks({ file: "", partition: 0, lineBytesMax });
  for (let at = 0; at < end && !signal.aborted;) {
    const chunk = new Uint8Array(Math.min(chunkBytes, end - at));
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, at);
    if (bytesRead === 0) break;
    at += bytesRead;
    for (const block of lines.add(chunk.subarray(0, bytesRead))) yield batchOf(block, intake);
  }
  for (const block of lines.end()) yield batchOf(block, intake);
}

type Block = Parameters<typeof valueOf>[0];

function batchOf(block: Block, intake: Intake): TailBatch {
  if (block.corrupt !== undefined) {
    intake.refuse(block.corrupt);
    return { data: [], live: false };
  }
  const lines = Array.from({ length: block.count }, (_, i) => valueOf(block, i) ?? nothing);
  return { data: intake.messages(withoutMark(lines)), live: false };
}

const nothing = new Uint8Array(0);
const byteOrderMark = [0xef, 0xbb, 0xbf];

/** A byte order mark at a line's start is no part of what it says. */
function* withoutMark(lines: Iterable<Uint8Array>): Generator<Uint8Array, void, void> {
  for (const line of lines) {
    const isMarked = line[0] === 0xef && byteOrderMark.every((byte, i) => line[i] === byte);
    yield isMarked ? line.subarray(byteOrderMark.length) : line;
  }
}

const magics: readonly (readonly [bytes: readonly number[], reader: string])[] = [
  [[0x1f, 0x8b], "zcat"],
  [[0x28, 0xb5, 0x2f, 0xfd], "zstdcat"],
];

async function refuseCompressed(path: string): Promise<void> {
  const start = new Uint8Array(await Bun.file(path).slice(0, 4).arrayBuffer());
  const found = magics.find(([bytes]) => bytes.every((byte, i) => start[i] === byte));
  if (found === undefined) return;
  throw new ConfigError(
    `Cannot look at '${path}': it is compressed, expected text (${
      found[1]
    } '${path}' | tpctl tail -)`,
  );
}

/** stdin or a pipe to its end; with `last`, only so many, once the end is there. */
async function openStreamTail(
  path: string,
  { last }: TailSpan,
  { intake, clock }: FileTailDeps,
): Promise<TailSource> {
  const consumer = await openLinesConsumer({ paths: [path] }, { clock, events: unheard });
  return {
    async *batches(): AsyncGenerator<TailBatch, void, void> {
      let kept: Datum[] = [];
      for await (const block of consumer.blocks()) {
        const batch = batchOf(block, intake);
        if (last === undefined) yield batch;
        else kept = last === 0 ? [] : [...kept, ...batch.data].slice(-last);
      }
      if (last !== undefined) yield { data: kept, live: false };
    },
    close: () => consumer.close(),
  };
}
