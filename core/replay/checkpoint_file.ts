/**
 * Edge (files). The checkpoint on disk: always whole, and durable when a save resolves. Also how files
 * begin, by which they are known again.
 */
import { createHash } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { mkdir, open, readFile, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { RunError, UsageError } from "../errors.ts";
import { readChunks } from "../files/chunks.ts";
import { systemCode, whyUnwritable } from "../files/file_failure.ts";
import { openFileLocks } from "../files/file_lock.ts";
import type { InputFile } from "../files/input_files.ts";
import type { FileHead } from "./checkpoint.ts";

const headBytesMax = 4096;

/**
 * How the file's text begins, whatever it is compressed with: a file that was rotated and compressed is
 * known again. Of one that cannot be read nothing is known.
 */
export async function fileHead(input: InputFile): Promise<FileHead> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of readChunks(input.path)) {
      pieces.push(chunk);
      length += chunk.length;
      if (length >= headBytesMax) break;
    }
  } catch {
    // Whoever reads it to its end says what is wrong with it.
  }
  const bytes = Buffer.concat(pieces).subarray(0, headBytesMax);
  return {
    input,
    bytes: bytes.length,
    headOf: (count) => createHash("sha256").update(bytes.subarray(0, count)).digest("hex"),
  };
}

/** The text; undefined where there is no such file. Rejects with a UsageError. */
export async function loadCheckpoint(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw new UsageError(
      `Cannot read the checkpoint '${path}': ${wordsOf(error)}, expected a readable file`,
      { cause: error },
    );
  }
}

/** Rejects with a UsageError where nothing could be written there; leaves nothing behind. */
export async function checkCheckpoint(path: string): Promise<void> {
  try {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) throw new Error("it is a folder");
    // A device would be replaced.
    if (found?.isFile() === false) throw new Error("it is no regular file");
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw notKept(path, wordsOf(error), error);
  }
}

/**
 * Makes the checkpoint this run's own until `release`, or until its process ends; undefined while another
 * run has it. Throws a UsageError where nothing can be written there.
 */
export function takeCheckpoint(path: string): { release(): void } | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(`${path}.lock`, "a", 0o600);
  } catch (error) {
    throw notKept(path, whyUnwritable(error), error);
  }
  let isOpen = true;
  const release = (): void => {
    if (isOpen) closeSync(descriptor);
    isOpen = false;
  };
  if (openFileLocks().tryLock(descriptor)) return { release };
  release();
  return undefined;
}

function notKept(path: string, why: string, cause: unknown): UsageError {
  return new UsageError(
    `Cannot keep a checkpoint in '${path}': ${why}, expected a place that can be written`,
    { cause },
  );
}

/** Takes the place of what was there, once it is on the disk. Rejects with a RunError. */
export async function saveCheckpoint(path: string, text: string): Promise<void> {
  const fresh = `${path}.new`;
  try {
    const file = await open(fresh, "w", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
    const folder = await open(dirname(path), "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    throw new RunError(
      `Cannot write the checkpoint '${path}': ${wordsOf(error)}, expected room and access`,
      { cause: error },
    );
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
