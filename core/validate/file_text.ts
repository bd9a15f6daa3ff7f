/**
 * Edge (files). A file's text within the bounds, or what keeps it from being read, as a hit.
 */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { whyUnreadable } from "../files/file_failure.ts";
import type { Hit } from "./finding.ts";
import { fileBytesMax } from "./limits.ts";

const chunkBytes = 65_536;

/** A file as it was read. */
export interface FileText {
  readonly text: string;
  /** Whether everybody on the machine may read it. */
  readonly isPublic: boolean;
  /** A pipe: it can be read once. */
  readonly isStream: boolean;
}

const othersRead = 0o004;

/** Reads a file whole. Throws nothing. */
export function readFile(path: string): FileText | Hit {
  const refused = (why: string, rule = "file/unreadable"): Hit => {
    const expected = "a readable text file";
    const place = { file: path };
    return { rule, place, text: `Cannot read the file: ${why}, expected ${expected}`, expected };
  };
  try {
    const stats = statSync(path);
    const isPublic = process.platform !== "win32" && (stats.mode & othersRead) !== 0;
    const bytes = readBounded(path);
    if (bytes === undefined) return refused(`it has more than ${fileBytesMax} bytes`);
    return { text: decoded(bytes), isPublic, isStream: !stats.isFile() };
  } catch (error) {
    if (error instanceof TypeError) return refused("it is not UTF-8", "file/not-text");
    return refused(whyUnreadable(error));
  }
}

/** Undefined for more than the bound; a device or a pipe may have no end. */
function readBounded(path: string): Uint8Array | undefined {
  const descriptor = openSync(path, "r");
  try {
    const chunks: Uint8Array[] = [];
    for (let size = 0; size <= fileBytesMax;) {
      const chunk = new Uint8Array(chunkBytes);
      const bytes = readSync(descriptor, chunk);
      if (bytes === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, bytes));
      size += bytes;
    }
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

/** Text from somewhere else. Throws a TypeError where it is not UTF-8. */
export function decoded(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}
