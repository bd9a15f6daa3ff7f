/**
 * Edge (files). Dead letters as NDJSON in a folder that several processes share: each writes files of
 * its own and never touches another's. A letter counts as kept once it is fsynced.
 *
 * What a line looks like is letter_text.ts's business, waiting for a full disk letter_queue.ts's.
 */
import { type FileHandle, mkdir, mkdtemp, open, readdir, rmdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { ConfigError } from "../errors.ts";
import { systemCode } from "../files/file_failure.ts";
import type { Gauge, Registry } from "../observe/registry.ts";
import type { DeadLetter, DeadLetterBox } from "./dead_letter.ts";
import { LetterQueue, type LetterQueueDeps } from "./letter_queue.ts";
import { letterLine } from "./letter_text.ts";

/** A file that reached this is closed and the next one begun. */
const fileBytesMaxDefault = 64 * 1024 * 1024;
/** Bytes of one write, unless a single letter has more. */
const writeBytesMax = 4 * 1024 * 1024;
/** How long the folder's size, which others change too, is taken as known. */
const scanMs = 5000;
/** Above this part of the bound it is looked up every time. */
const scanPart = 0.9;

/** Where the files go and how large they get. */
export interface DeadLetterFilesOptions {
  /** `<state_dir>/dead-letters`; made when the first letter comes. */
  readonly folder: string;
  /** The subcommand that writes. */
  readonly command: string;
  readonly host: string;
  readonly pid: number;
  /** `[tpctl] dead_letter_max_bytes`: of all files in the folder together. */
  readonly bytesMax: number;
  readonly fileBytesMax?: number;
}

/** What the box works with and tells. */
export interface DeadLetterFilesDeps extends LetterQueueDeps {
  readonly registry: Registry;
}

/**
 * Looks whether the folder can be made and written, and leaves nothing behind. Rejects with a ConfigError where it
 * cannot.
 */
export async function openDeadLetterFiles(
  options: DeadLetterFilesOptions,
  deps: DeadLetterFilesDeps,
): Promise<DeadLetterBox> {
  await checkFolder(options.folder);
  const files = new LetterFiles(options, deps);
  await files.scan();
  const queue = new LetterQueue((letters) => files.store(letters), deps);
  return {
    append: (letters, signal) => queue.append(letters, signal),
    bytes: () => files.bytes,
    async close(): Promise<void> {
      await queue.idle();
      await files.close();
    },
  };
}

/** The file being written; everything up to `length` is durable. */
interface OpenFile {
  readonly path: string;
  readonly day: string;
  readonly handle: FileHandle;
  readonly inode: number;
  length: number;
  /** A write failed: what stands behind `length` must be cut off before the next one. */
  torn: boolean;
}

class LetterFiles {
  #options: DeadLetterFilesOptions;
  #deps: DeadLetterFilesDeps;
  #file: OpenFile | undefined;
  #number = 0;
  #scannedAt = -Infinity;
  #gauge: Gauge;
  /** Bytes of all files in the folder, as far as known. */
  bytes = 0;

  constructor(options: DeadLetterFilesOptions, deps: DeadLetterFilesDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#gauge = deps.registry.gauge(
      "tpctl_dead_letter_bytes",
      "Bytes of all dead letter files in the folder.",
    );
  }

  /** Appends as many letters as there is room for and resolves with how many, once they are fsynced. */
  async store(letters: readonly DeadLetter[]): Promise<number> {
    const room = await this.#room();
    const lines: Uint8Array[] = [];
    let size = 0;
    for (const letter of letters) {
      const context = { command: this.#options.command, nowMs: this.#deps.clock.now() };
      const line = letterLine(letter, context);
      if (size + line.length > (lines.length === 0 ? room : Math.min(room, writeBytesMax))) break;
      size += line.length;
      lines.push(line);
    }
    if (lines.length === 0) throw this.#fullError();
    await this.#append(Buffer.concat(lines, size));
    return lines.length;
  }

  async scan(): Promise<void> {
    this.#scannedAt = this.#deps.clock.monotonic();
    this.#setBytes(await folderBytes(this.#options.folder));
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.handle.close();
  }

  async #room(): Promise<number> {
    const { bytesMax } = this.#options;
    const age = this.#deps.clock.monotonic() - this.#scannedAt;
    if (age >= scanMs || this.bytes >= bytesMax * scanPart) await this.scan();
    return bytesMax - this.bytes;
  }

  async #append(bytes: Uint8Array): Promise<void> {
    const file = await this.#current();
    if (file.torn) {
      await file.handle.truncate(file.length);
      file.torn = false;
    }
    try {
      await writeAll(file.handle, bytes, file.length);
      await file.handle.datasync();
    } catch (error) {
      file.torn = true;
      // Others may need the space; a failure here is met again before the next append.
      await file.handle.truncate(file.length).catch(() => undefined);
      throw new Error(
        `Cannot write dead letters to '${file.path}': ${
          textOf(error)
        }, expected a disk that takes them`,
        { cause: error },
      );
    }
    file.length += bytes.length;
    this.#setBytes(this.bytes + bytes.length);
  }

  /** The file to append to: a new one at first, each day, at its size, and when it was taken away. */
  async #current(): Promise<OpenFile> {
    const day = new Date(this.#deps.clock.now()).toISOString().slice(0, 10).replaceAll("-", "");
    const file = this.#file;
    const bytesMax = this.#options.fileBytesMax ?? fileBytesMaxDefault;
    if (file !== undefined && file.day === day && file.length < bytesMax && await isThere(file)) {
      return file;
    }
    await this.close();
    return this.#file = await this.#create(day);
  }

  async #create(day: string): Promise<OpenFile> {
    const { folder, command, host, pid } = this.#options;
    try {
      await makeFolder(folder);
      for (;;) {
        this.#number++;
        const name = `${command}-${day}-${safeName(host)}-${pid}.${this.#number}.ndjson`;
        const path = join(folder, name);
        const handle = await createFile(path);
        // Left by an earlier process of this number, or another container's: not ours to touch.
        if (handle === undefined) continue;
        await syncFolder(folder);
        const { ino } = await handle.stat();
        this.#deps.log.info("Dead letters are kept in a file", { path });
        return { path, day, handle, inode: ino, length: 0, torn: false };
      }
    } catch (error) {
      throw new Error(
        `Cannot create a dead letter file in '${folder}': ${
          textOf(error)
        }, expected a writable folder`,
        { cause: error },
      );
    }
  }

  #setBytes(bytes: number): void {
    this.bytes = bytes;
    this.#gauge.set(bytes);
  }

  #fullError(): Error {
    const { folder, bytesMax } = this.#options;
    return new Error(
      `Cannot add to the dead letters in '${folder}': they hold ${this.bytes} bytes, expected room ` +
        `within [tpctl] dead_letter_max_bytes = ${bytesMax}; replay or move them away`,
    );
  }
}

/**
 * The folder is there and can be written, or it can be made: tried with a folder of another name, in
 * the nearest one that is there, so that processes that start at once are not in each other's way.
 */
async function checkFolder(folder: string): Promise<void> {
  try {
    await rmdir(await mkdtemp(join(await nearestFolder(folder), ".tpctl-")));
  } catch (error) {
    throw new ConfigError(
      `Cannot use folder '${folder}' for dead letters: ${
        textOf(error)
      }, expected one that can be ` +
        "made and written ([tpctl] state_dir)",
      undefined,
      { cause: error },
    );
  }
}

async function nearestFolder(folder: string): Promise<string> {
  for (let path = resolve(folder);; path = dirname(path)) {
    try {
      await stat(path);
      return path;
    } catch (error) {
      if (systemCode(error) !== "ENOENT" || path === dirname(path)) throw error;
    }
  }
}

/** Bytes of the NDJSON files in a folder; 0 where there is none. */
async function folderBytes(folder: string): Promise<number> {
  let sum = 0;
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  });
  for (const name of names) {
    if (!name.endsWith(".ndjson")) continue;
    // One that goes away meanwhile (replayed, moved) counts nothing.
    const found = await stat(join(folder, name)).catch(() => undefined);
    sum += found?.size ?? 0;
  }
  return sum;
}

async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let path = folder; path.length >= first.length; path = dirname(path)) {
    await syncFolder(dirname(path));
  }
}

/** A new file of that name, or undefined where there is one already. */
async function createFile(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "wx", 0o600);
  } catch (error) {
    if (systemCode(error) === "EEXIST") return undefined;
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function isThere(file: OpenFile): Promise<boolean> {
  const found = await stat(file.path).catch(() => undefined);
  return found?.ino === file.inode;
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(
      bytes,
      done,
      bytes.length - done,
      position + done,
    );
    done += bytesWritten;
  }
}

function safeName(host: string): string {
  return host.replace(/[^A-Za-z0-9._-]/g, "_");
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
