/**
 * Edge (files, stdout). Where the text stores write: a file, durable when `write` has resolved, or
 * stdout for looking. One writer per file; what the text is, is the business of the stores.
 */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { write as writeToDescriptor } from "node:fs";
import type { Clock } from "../clock.ts";
import { StoreError } from "../delivery/writer.ts";
import { ConfigError } from "../errors.ts";
import { systemCode, whyUnwritable } from "../files/file_failure.ts";
import type { Log } from "../log/log.ts";

/** What a text store needs from outside. */
export interface OutputDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** The reader of stdout has gone (EPIPE): there is nobody to write to any more, end quietly. */
  readonly onReaderGone: () => void;
}

/** Takes whole texts, one after the other, whoever calls. */
export interface TextOutput {
  /** Resolves when all bytes are taken (file: fsynced); rejects with a StoreError, nothing half left. */
  write(bytes: Uint8Array): Promise<void>;
  /** Rejects with a StoreError where the file is gone. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** "-" is stdout. Rejects with a ConfigError where the file cannot be written. */
export async function openOutput(
  name: string,
  path: string,
  deps: OutputDeps,
): Promise<TextOutput> {
  return path === "-" ? inTurn(new StandardOutput(deps)) : inTurn(await openFile(name, path, deps));
}

/** Writes side by side would mix their bytes. */
function inTurn(output: TextOutput): TextOutput {
  let last: Promise<unknown> = Promise.resolve();
  const next = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
  return {
    write: (bytes) => next(() => output.write(bytes)),
    check: () => output.check(),
    close: () => next(() => output.close()),
  };
}

const stdoutDescriptor = 1;

/** A pipe that is full and non-blocking (a program before us may have made it so) is asked again. */
const fullPipePauseMs = 5;

class StandardOutput implements TextOutput {
  readonly #deps: OutputDeps;
  #gone = false;

  constructor(deps: OutputDeps) {
    this.#deps = deps;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      if (this.#gone) throw readerGone();
      try {
        at += await writeSome(stdoutDescriptor, bytes.subarray(at));
      } catch (error) {
        const code = systemCode(error);
        if (code === "EAGAIN") {
          await this.#deps.clock.sleep(fullPipePauseMs);
        } else if (code === "EPIPE") {
          this.#gone = true;
          this.#deps.onReaderGone();
        } else {
          throw new StoreError(`Cannot write to stdout: ${whyUnwritable(error)}`, "hold", {
            cause: error,
          });
        }
      }
    }
  }

  check(): Promise<void> {
    return this.#gone ? Promise.reject(readerGone()) : Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function readerGone(): StoreError {
  return new StoreError("Cannot write to stdout: its reader has gone", "hold");
}

async function openFile(name: string, path: string, deps: OutputDeps): Promise<TextOutput> {
  try {
    // Not O_APPEND: a write that failed in the middle is cut off and written again in its place.
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o644);
    try {
      const length = await cutTornTail(file, name, deps.log);
      return new FileOutput(name, file, length);
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (error) {
    throw new ConfigError(
      `Cannot open '${path}': ${whyUnwritable(error)}, expected a file that this user may write`,
      undefined,
      { cause: error },
    );
  }
}

const tailBlockBytes = 64 * 1024;
const shownBytesMax = 200;

/**
 * A last line without an end was never acknowledged (a crash in mid write): it would corrupt the line
 * behind it, and is written again by whoever was not told that it is there.
 */
async function cutTornTail(file: FileHandle, name: string, log: Log): Promise<number> {
  const { size } = await file.stat();
  const block = Buffer.alloc(tailBlockBytes);
  let end = size;
  while (end > 0) {
    const start = Math.max(0, end - tailBlockBytes);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    const newline = block.subarray(0, bytesRead).lastIndexOf(0x0a);
    end = newline < 0 ? start : start + newline + 1;
    if (newline >= 0) break;
  }
  if (end === size) return size;
  const torn = Buffer.alloc(Math.min(size - end, shownBytesMax));
  await file.read(torn, 0, torn.length, end);
  log.warning(`${name} ended in the middle of a line, which was cut off`, {
    bytes: size - end,
    text: torn.toString("utf8"),
  });
  await file.truncate(end);
  return end;
}

class FileOutput implements TextOutput {
  readonly #name: string;
  readonly #file: FileHandle;
  /** Where the next line goes: what stands behind it is the rest of a failed write. */
  #length: number;
  #closed = false;

  constructor(name: string, file: FileHandle, length: number) {
    this.#name = name;
    this.#file = file;
    this.#length = length;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      let done = 0;
      while (done < bytes.length) {
        const rest = bytes.length - done;
        const { bytesWritten } = await this.#file.write(bytes, done, rest, this.#length + done);
        done += bytesWritten;
      }
      await this.#file.datasync();
      this.#length += bytes.length;
    } catch (error) {
      await this.#file.truncate(this.#length).catch(() => undefined);
      throw new StoreError(`Cannot write to ${this.#name}: ${whyUnwritable(error)}`, "hold", {
        cause: error,
      });
    }
  }

  async check(): Promise<void> {
    const { nlink } = await this.#file.stat();
    if (nlink > 0) return;
    throw new StoreError(
      `Cannot write to ${this.#name}: the file was removed while in use, expected a restart of tpctl`,
      "hold",
    );
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#file.close();
  }
}

function writeSome(descriptor: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    writeToDescriptor(
      descriptor,
      bytes,
      (error, written) => error === null ? resolve(written) : reject(error),
    );
  });
}
