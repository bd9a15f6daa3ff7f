/**
 * Pure. Cuts chunks of text into blocks of one record per line, in place. Lines end with LF or CRLF,
 * the last one also without; empty lines are no records. What the bytes mean is not looked at.
 */
import type { RecordBlock } from "../delivery/records.ts";

const lf = 10;
const cr = 13;

/** Which input it is, and how long a line may be. */
export interface LineBlocksOptions {
  /** The file's path, `-` for stdin. */
  readonly file: string;
  /** Stands for the file among those of one source. */
  readonly partition: number;
  /** A longer line is not held: its first bytes go on as a corrupt record, with the reason. */
  readonly lineBytesMax: number;
  /** The number of the first line that is added; 1 if left out. */
  readonly firstLine?: number;
}

/** Before the first chunk of an input. */
export class LineBlocks {
  #options: LineBlocksOptions;
  /** The unfinished line, in the pieces it came in. */
  #pieces: Uint8Array[] = [];
  #pending = 0;
  /** The line being read, counted from 1. */
  #line: number;
  /** Bytes of an over-long line that were let go; undefined outside of one. */
  #skipped: number | undefined;

  constructor(options: LineBlocksOptions) {
    this.#options = options;
    this.#line = options.firstLine ?? 1;
  }

  /** The blocks that the chunk completes. The chunk is not to be written into afterwards. */
  add(chunk: Uint8Array): RecordBlock[] {
    const last = chunk.lastIndexOf(lf);
    if (last < 0) return this.#hold(chunk);
    const blocks = this.#skipped === undefined ? [] : this.#endLongLine(chunk);
    const from = blocks.length === 0 ? 0 : chunk.indexOf(lf) + 1;
    const lines = this.#join(chunk.subarray(from, last + 1));
    const rest = chunk.subarray(last + 1);
    const block = lines.length === 0 ? undefined : this.#cut(lines);
    if (block !== undefined) blocks.push(block);
    return [...blocks, ...this.#hold(rest)];
  }

  /** The blocks that the end of the input completes. */
  end(): RecordBlock[] {
    if (this.#skipped !== undefined) return this.#endLongLine(new Uint8Array(0));
    const rest = this.#join(new Uint8Array(0));
    const block = rest.length === 0 ? undefined : this.#cut(rest);
    return block === undefined ? [] : [block];
  }

  #hold(piece: Uint8Array): RecordBlock[] {
    if (piece.length === 0) return [];
    if (this.#skipped !== undefined) {
      this.#skipped += piece.length;
      return [];
    }
    this.#pieces.push(piece);
    this.#pending += piece.length;
    if (this.#pending > this.#options.lineBytesMax) {
      const { lineBytesMax } = this.#options;
      const start = this.#join(new Uint8Array(0));
      this.#pieces = [start.slice(0, lineBytesMax)];
      this.#skipped = start.length - lineBytesMax;
    }
    return [];
  }

  #join(end: Uint8Array): Uint8Array {
    const joined = this.#pieces.length === 0 ? end : Buffer.concat([...this.#pieces, end]);
    this.#pieces = [];
    this.#pending = 0;
    return joined;
  }

  /** The over-long line ends in this chunk. */
  #endLongLine(chunk: Uint8Array): RecordBlock[] {
    const end = chunk.indexOf(lf);
    const size = this.#options.lineBytesMax + (this.#skipped ?? 0) + (end < 0 ? 0 : end);
    this.#skipped = undefined;
    const start = this.#join(new Uint8Array(0));
    const block = this.#block(start, {
      lines: Float64Array.of(this.#line++),
      starts: Int32Array.of(0),
      ends: Int32Array.of(start.length),
    });
    const corrupt = `the line has ${size} bytes, expected at most ${start.length}; ` +
      "these are its first ones";
    return [{ ...block, corrupt }];
  }

  /** All of `bytes` is lines, the last one perhaps without its end. */
  #cut(bytes: Uint8Array): RecordBlock | undefined {
    const lines: number[] = [];
    const starts: number[] = [];
    const ends: number[] = [];
    for (let start = 0; start < bytes.length;) {
      const found = bytes.indexOf(lf, start);
      const next = found < 0 ? bytes.length : found + 1;
      let end = found < 0 ? bytes.length : found;
      if (end > start && bytes[end - 1] === cr) end--;
      if (end > start) {
        lines.push(this.#line);
        starts.push(start);
        ends.push(end);
      }
      this.#line++;
      start = next;
    }
    if (lines.length === 0) return undefined;
    return this.#block(bytes, {
      lines: Float64Array.from(lines),
      starts: Int32Array.from(starts),
      ends: Int32Array.from(ends),
    });
  }

  #block(
    bytes: Uint8Array,
    { lines, starts, ends }: { lines: Float64Array; starts: Int32Array; ends: Int32Array },
  ): RecordBlock {
    const count = lines.length;
    const { file, partition } = this.#options;
    return {
      ...{ topic: "file", partition, file, bytes, count },
      offsets: lines,
      timestamps: new Float64Array(count).fill(NaN),
      valueStarts: starts,
      valueEnds: ends,
      keyStarts: new Int32Array(count).fill(-1),
      keyEnds: new Int32Array(count).fill(-1),
      nextOffset: this.#line,
    };
  }
}
