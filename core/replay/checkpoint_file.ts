/**
 * Edge (files). The checkpoint on disk: always whole, and durable when a save resolves. Also how files
 * begin, by which they are known again.
 */
import { createHash } from "node:crypto";
import { mkdir, open, readFile, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { closeSync, openSync, readSync } from "node:fs";
import { RunError, UsageError } from "../errors.ts";
import type { InputFile } from "../files/input_files.ts";
import type { FileHead } from "./checkpoint.ts";

const headBytesMax = 4096;

/** How a file begins: as many bytes as there are, up to a bound. */
export interface Head {
  readonly head: string;
  readonly head_bytes: number;
}

/** The file's beginning now. */
export function headOfFile(path: string): Head {
  const bytes = firstBytes(path, headBytesMax);
  return { head: sha256(bytes), head_bytes: bytes.length };
}

/** For comparing with what a checkpoint knows. */
export function fileHead(input: InputFile): FileHead {
  return { input, headOf: (bytes) => sha256(firstBytes(input.path, bytes)) };
}

/** The text; undefined where there is no such file. Rejects with a UsageError. */
export async function loadCheckpoint(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
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
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new UsageError(
      `Cannot keep a checkpoint in '${path}': ${
        wordsOf(error)
      }, expected a place that can be written`,
      { cause: error },
    );
  }
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

function firstBytes(path: string, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  const descriptor = openSync(path, "r");
  try {
    let length = 0;
    for (let read = -1; read !== 0 && length < count;) {
      length += read = readSync(descriptor, bytes, length, count - length, length);
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
