/**
 * Edge (files, stdin). One input as blocks of lines, from a line on: compressed or not, with or without
 * a byte order mark. What ends in the middle of a line, or of its compression, is told.
 */
import { readChunks } from "../files/chunks.ts";
import { LineBlocks } from "../files/line_blocks.ts";
import type { RecordBlock } from "../delivery/records.ts";

const lineBytesMax = 64 * 1024 * 1024;
const lf = 10;
const cr = 13;
const byteOrderMark = [0xef, 0xbb, 0xbf] as const;
const utf16Marks = [[0xff, 0xfe], [0xfe, 0xff]] as const;

/** Which input, and from where. */
export interface ReplayFileOptions {
  readonly path: string;
  readonly partition: number;
  /** Lines before it are passed over. */
  readonly firstLine: number;
}

/** What an input tells of itself. */
export interface ReplayFileEvents {
  /** Bytes as they are stored. */
  onRead(bytes: number): void;
  /** Once: what is unusual about its text, and how that is taken. */
  onOddity(what: string): void;
  /** The line is the last one and has no end: it may have been cut off, or still be written. */
  onOpenLine(block: RecordBlock): void;
}

/** Rejects with what the system or the codec says; what came before it was given out. */
export async function* readReplayFile(
  { path, partition, firstLine }: ReplayFileOptions,
  events: ReplayFileEvents,
): AsyncGenerator<RecordBlock> {
  const file = path === "-" ? "stdin" : path;
  const lines = new LineBlocks({ file, partition, lineBytesMax, firstLine });
  let toSkip = firstLine - 1;
  let isFirst = true;
  let lastByte = lf;
  let failure: unknown;
  try {
    for await (const read of readChunks(path, events.onRead)) {
      let chunk = isFirst ? withoutMark(read, events) : read;
      if (isFirst) sayCrLf(chunk, events);
      isFirst = false;
      if (toSkip > 0) {
        const skipped = skipLines(chunk, toSkip);
        toSkip -= skipped.lines;
        chunk = chunk.subarray(skipped.end);
      }
      if (chunk.length === 0) continue;
      lastByte = chunk.at(-1) ?? lf;
      yield* lines.add(chunk);
    }
  } catch (error) {
    failure = error;
  }
  for (const block of lines.end()) {
    if (lastByte !== lf) events.onOpenLine(block);
    yield block;
  }
  if (failure !== undefined) throw failure;
}

/** Where line `count` from here ends, or the chunk. */
function skipLines(
  chunk: Uint8Array,
  count: number,
): { readonly lines: number; readonly end: number } {
  let at = 0;
  for (let lines = 0; lines < count; lines++) {
    const found = chunk.indexOf(lf, at);
    if (found < 0) return { lines, end: chunk.length };
    at = found + 1;
  }
  return { lines: count, end: at };
}

function withoutMark(chunk: Uint8Array, { onOddity }: ReplayFileEvents): Uint8Array {
  for (const mark of utf16Marks) {
    if (mark.every((byte, i) => chunk[i] === byte)) {
      throw new Error("its text is UTF-16, expected UTF-8");
    }
  }
  if (!byteOrderMark.every((byte, i) => chunk[i] === byte)) return chunk;
  onOddity("begins with a byte order mark, which is left out");
  return chunk.subarray(byteOrderMark.length);
}

function sayCrLf(chunk: Uint8Array, { onOddity }: ReplayFileEvents): void {
  const end = chunk.indexOf(lf);
  if (end > 0 && chunk[end - 1] === cr) onOddity("has lines that end with CRLF, taken as LF");
}
