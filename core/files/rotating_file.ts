/**
 * Edge (files). A file that whole lines are appended to, put aside by size as Python's
 * RotatingFileHandler does it. Several processes may write to it, and somebody may move it: each turn
 * takes the file's lock, looks whether the path still means this file, and mends a torn last line.
 */
import {
  closeSync,
  constants,
  existsSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { promisify } from "node:util";
import type { Clock } from "../clock.ts";
import type { FileLocks } from "./file_lock.ts";

const syncData = promisify(fdatasync);

/** Longest wait for another process to let go of the file. */
const lockWaitMsMax = 10_000;
const lockPollMs = 1;
/** How much of a file's end is looked through for the end of its last whole line. */
const tornBytesMax = 16_777_216;
const lf = 0x0a;

/** When the file is put aside, and how many old ones are kept; 0 in either: never. */
export interface SizeRotation {
  readonly bytesMax: number;
  readonly backups: number;
}

/** What a file works with. */
export interface RotatingFileDeps {
  readonly clock: Clock;
  readonly locks: FileLocks;
  /** Whether what stands behind the last line break looks like the beginning of a line of ours. */
  isOwnLine(beginning: string): boolean;
  /** Told of a line that a crash had torn: cut off, or ended where it is not ours. */
  onTorn(text: string): void;
}

/** Appends lines; everything that fails rejects with the system's error. */
export class RotatingFile {
  readonly #path: string;
  readonly #rotation: SizeRotation;
  readonly #deps: RotatingFileDeps;
  #descriptor: number;
  #isRegular: boolean;

  /** Opens the file, and makes it where there is none; throws the system's error. */
  constructor(path: string, rotation: SizeRotation, deps: RotatingFileDeps) {
    this.#path = path;
    this.#rotation = rotation;
    this.#deps = deps;
    this.#descriptor = openForAppend(path);
    this.#isRegular = fstatSync(this.#descriptor).isFile();
  }

  /**
   * Writes the lines (without line breaks) in one turn, and resolves when they are on the disk. On
   * failure those of the current file are taken back, so that it ends with a whole line.
   */
  async append(lines: readonly string[], signal: AbortSignal): Promise<void> {
    if (!this.#isRegular) return writeLines(this.#descriptor, lines);
    await this.#lock(signal);
    try {
      this.#mendTail();
      this.#write(lines);
    } finally {
      this.#deps.locks.unlock(this.#descriptor);
    }
    await syncData(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** Takes the lock of the file that the path means now. */
  async #lock(signal: AbortSignal): Promise<void> {
    const { clock, locks } = this.#deps;
    const startMs = clock.monotonic();
    for (;;) {
      if (locks.tryLock(this.#descriptor)) {
        if (this.#isInPlace()) return;
        locks.unlock(this.#descriptor);
        this.#reopen();
      } else {
        signal.throwIfAborted();
        if (clock.monotonic() - startMs > lockWaitMsMax) {
          throw new Error(`another process has held its lock for ${lockWaitMsMax / 1000} s`);
        }
        await clock.sleep(lockPollMs, signal);
      }
    }
  }

  #isInPlace(): boolean {
    const there = statSync(this.#path, { throwIfNoEntry: false });
    const ours = fstatSync(this.#descriptor);
    return there?.ino === ours.ino && there.dev === ours.dev;
  }

  #reopen(): void {
    const descriptor = openForAppend(this.#path);
    closeSync(this.#descriptor);
    this.#descriptor = descriptor;
  }

  /** A writer that was killed may have left half a line, to which ours must not be glued. */
  #mendTail(): void {
    const { size } = fstatSync(this.#descriptor);
    if (size === 0 || readAt(this.#descriptor, size - 1, 1)[0] === lf) return;
    const from = Math.max(0, size - tornBytesMax);
    const tail = readAt(this.#descriptor, from, size - from);
    const torn = tail.subarray(tail.lastIndexOf(lf) + 1);
    const isOurs = this.#deps.isOwnLine(torn.subarray(0, 64).toString("latin1"));
    if (isOurs) ftruncateSync(this.#descriptor, size - torn.length);
    else writeWhole(this.#descriptor, Buffer.from("\n"));
    this.#deps.onTorn(
      `The last line of '${this.#path}' was torn: its ${torn.length} bytes were ` +
        (isOurs ? "cut off" : "ended with a line break, since they are none of ours"),
    );
  }

  #write(lines: readonly string[]): void {
    if (this.#rotation.bytesMax <= 0 || this.#rotation.backups <= 0) return this.#writeChunk(lines);
    let chunk: string[] = [];
    let size = fstatSync(this.#descriptor).size;
    for (const line of lines) {
      // Python compares bytes in the file with characters of the line; an empty file stays.
      if (size > 0 && size + codePoints(line) + 1 >= this.#rotation.bytesMax) {
        this.#writeChunk(chunk);
        this.#putAside();
        chunk = [];
        size = 0;
      }
      chunk.push(line);
      size += Buffer.byteLength(line) + 1;
    }
    this.#writeChunk(chunk);
  }

  #writeChunk(lines: readonly string[]): void {
    if (lines.length === 0) return;
    const { size } = fstatSync(this.#descriptor);
    try {
      writeLines(this.#descriptor, lines);
    } catch (error) {
      ftruncateSync(this.#descriptor, size);
      throw error;
    }
  }

  /** `.1` is the newest of the old ones. The new file is ours, locked, before anybody sees it. */
  #putAside(): void {
    const { backups } = this.#rotation;
    fdatasyncSync(this.#descriptor);
    for (let n = backups - 1; n >= 1; n--) {
      if (existsSync(`${this.#path}.${n}`)) {
        renameSync(`${this.#path}.${n}`, `${this.#path}.${n + 1}`);
      }
    }
    renameSync(this.#path, `${this.#path}.1`);
    const descriptor = openForAppend(this.#path);
    // Until the old file's lock is let go, other writers wait for that one.
    if (!this.#deps.locks.tryLock(descriptor)) {
      closeSync(descriptor);
      throw new Error("the file put in its place is locked by another process");
    }
    closeSync(this.#descriptor);
    this.#descriptor = descriptor;
  }
}

const openFlags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND;

/** Readable too, to see its end; a device or pipe that cannot be read is only written to. */
function openForAppend(path: string): number {
  const known = statSync(path, { throwIfNoEntry: false });
  if (known === undefined || known.isFile()) return openSync(path, openFlags, 0o666);
  return openSync(path, constants.O_WRONLY | constants.O_APPEND);
}

function readAt(descriptor: number, at: number, count: number): Buffer {
  const bytes = Buffer.alloc(count);
  return bytes.subarray(0, readSync(descriptor, bytes, 0, count, at));
}

function writeWhole(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
}

/** Pieces small enough to stay in the processor's cache on their way to the system. */
const piece = Buffer.allocUnsafe(262_144);

function writeLines(descriptor: number, lines: readonly string[]): void {
  let used = 0;
  for (const line of lines) {
    // A character has at most 3 bytes of UTF-8.
    const room = line.length * 3 + 1;
    if (room > piece.length - used) {
      writeWhole(descriptor, piece.subarray(0, used));
      used = 0;
    }
    if (room > piece.length) writeWhole(descriptor, Buffer.from(`${line}\n`));
    else {
      used += piece.write(line, used);
      piece[used++] = lf;
    }
  }
  writeWhole(descriptor, piece.subarray(0, used));
}

function codePoints(text: string): number {
  let count = text.length;
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return count;
  for (let i = 1; i < text.length; i++) {
    const isPair = (text.charCodeAt(i) & 0xfc00) === 0xdc00 &&
      (text.charCodeAt(i - 1) & 0xfc00) === 0xd800;
    if (isPair) count--;
  }
  return count;
}
