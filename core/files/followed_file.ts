/**
 * Edge (files, clock). The lines of a file as it grows: through rotation by rename, by copy and truncate,
 * through being away. It looks every so often, because the system's own notices come for the folder or
 * the file, never for both, and not on every file system.
 */
import type { Stats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import type { Clock } from "../clock.ts";
import { valueOf } from "../delivery/records.ts";
import { whyUnreadable } from "./file_failure.ts";
import { LineBlocks } from "./line_blocks.ts";

const chunkBytes = 256 * 1024;
const lookMs = 200;
const lineBytesMax = 64 * 1024 * 1024;
/** Bytes before the position that must still be there, or the file is another one. */
const markBytes = 64;

/** Which file, and from where. */
export interface FollowOptions {
  readonly path: string;
  /** Bytes from the start of the file that is there now. */
  readonly position: number;
}

/** What following works with and tells. */
export interface FollowDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The file is another one, or away (a reason); undefined when it is there again. */
  onNote(note: string): void;
  onTrouble(trouble: string | undefined): void;
  /** A line past all bounds. */
  onRefused(reason: string): void;
}

/** The lines behind `position`, as they come, until the signal aborts. */
export async function* followFile(
  { path, position }: FollowOptions,
  deps: FollowDeps,
): AsyncGenerator<Uint8Array[], void, void> {
  const { clock, signal } = deps;
  let next = position;
  while (!signal.aborted) {
    const handle = await openSoon(path, deps);
    if (handle === undefined) return;
    try {
      yield* new OneFile(path, handle, deps).lines(next);
    } finally {
      await handle.close();
    }
    // Whatever takes its place is read from its start.
    next = 0;
    await clock.sleep(0);
  }
}

/** Waits until the file is there; undefined when the signal aborts. */
async function openSoon(
  path: string,
  { clock, signal, onTrouble }: FollowDeps,
): Promise<FileHandle | undefined> {
  let said: string | undefined;
  while (!signal.aborted) {
    try {
      const handle = await open(path, "r");
      if (said !== undefined) onTrouble(undefined);
      return handle;
    } catch (error) {
      const trouble = `Waiting for '${path}': ${whyUnreadable(error)}`;
      if (trouble !== said) onTrouble(said = trouble);
      await clock.sleep(lookMs, signal);
    }
  }
  return undefined;
}

/** One inode, from its opening until another one has its name. */
class OneFile {
  #path: string;
  #handle: FileHandle;
  #deps: FollowDeps;
  #position = 0;
  /** The bytes right before the position. */
  #mark: Uint8Array = new Uint8Array(0);

  constructor(path: string, handle: FileHandle, deps: FollowDeps) {
    this.#path = path;
    this.#handle = handle;
    this.#deps = deps;
  }

  async *lines(position: number): AsyncGenerator<Uint8Array[], void, void> {
    const { clock, signal, onNote } = this.#deps;
    await this.#goTo(position);
    let lines = this.#newLines();
    let replaced = false;
    while (!signal.aborted) {
      if (await this.#isRestarted()) {
        onNote(`'${this.#path}' was truncated, reading from its start`);
        lines = this.#newLines();
        await this.#goTo(0);
      }
      const chunk = await this.#read();
      if (chunk !== undefined) {
        yield* this.#linesOf(lines.add(chunk));
        continue;
      }
      // The old file is read to its end first: who wrote it may still have had it open.
      if (replaced) {
        yield* this.#linesOf(lines.end());
        return;
      }
      replaced = await this.#isReplaced();
      if (replaced) onNote(`'${this.#path}' was replaced, going on with the new one`);
      await clock.sleep(lookMs, signal);
    }
  }

  async #goTo(position: number): Promise<void> {
    const size = Math.min(markBytes, position);
    const mark = new Uint8Array(size);
    const { bytesRead } = await this.#handle.read(mark, 0, size, position - size);
    this.#mark = mark.subarray(0, bytesRead);
    this.#position = position;
  }

  /** What is behind the position; undefined where there is nothing yet. */
  async #read(): Promise<Uint8Array | undefined> {
    const chunk = new Uint8Array(chunkBytes);
    const { bytesRead } = await this.#handle.read(chunk, 0, chunkBytes, this.#position);
    if (bytesRead === 0) return undefined;
    const read = chunk.subarray(0, bytesRead);
    this.#position += bytesRead;
    this.#mark = Buffer.concat([this.#mark, read.subarray(-markBytes)]).subarray(-markBytes);
    return read;
  }

  /** Cut, or cut and already longer than it was: then what stood before the position is gone. */
  async #isRestarted(): Promise<boolean> {
    const { size } = await this.#handle.stat();
    if (size < this.#position) return true;
    if (size === this.#position || this.#mark.length === 0) return false;
    const found = new Uint8Array(this.#mark.length);
    await this.#handle.read(found, 0, found.length, this.#position - found.length);
    return Buffer.compare(found, this.#mark) !== 0;
  }

  async #isReplaced(): Promise<boolean> {
    const [own, named] = await Promise.all([this.#handle.stat(), statOf(this.#path)]);
    // While nothing has its name the file may be on its way back.
    return named !== undefined && (named.ino !== own.ino || named.dev !== own.dev);
  }

  #newLines(): LineBlocks {
    return new LineBlocks({ file: this.#path, partition: 0, lineBytesMax });
  }

  *#linesOf(blocks: ReturnType<LineBlocks["add"]>): Generator<Uint8Array[], void, void> {
    for (const block of blocks) {
      if (block.corrupt !== undefined) {
        this.#deps.onRefused(block.corrupt);
        continue;
      }
      yield Array.from({ length: block.count }, (_, i) => valueOf(block, i) ?? new Uint8Array(0));
    }
  }
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch {
    return undefined;
  }
}
