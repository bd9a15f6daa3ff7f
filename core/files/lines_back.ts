/**
 * Edge (files). The lines of a file from its end to its start, so that the last ones of a large file cost
 * no more than they are.
 */
import type { FileHandle } from "node:fs/promises";

const chunkBytes = 256 * 1024;
const lineBytesMax = 64 * 1024 * 1024;
const lf = 10;
const cr = 13;

/**
 * Runs of whole lines, the last run first, each in the file's order, of the first `end` bytes. Empty lines
 * are left out, and a line past all bounds with all before it.
 */
export async function* linesBack(
  handle: FileHandle,
  end: number,
): AsyncGenerator<Uint8Array[], void, void> {
  /** The beginning of what was read: the end of a line whose start was not. */
  let rest: Uint8Array = new Uint8Array(0);
  for (let to = end; to > 0;) {
    const from = Math.max(0, to - chunkBytes);
    const chunk = new Uint8Array(to - from);
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, from);
    // Cut meanwhile: what is left is read by whoever follows.
    if (bytesRead < chunk.length) return;
    const bytes = rest.length === 0 ? chunk : Buffer.concat([chunk, rest]);
    to = from;
    // The newline that ends the line before is not part of a line that begins here.
    const cut = from === 0 ? 0 : bytes.indexOf(lf) + 1;
    if (from > 0 && cut === 0) {
      rest = bytes;
      if (rest.length > lineBytesMax) return;
      continue;
    }
    rest = bytes.subarray(0, cut);
    const lines = linesOf(bytes.subarray(cut));
    if (lines.length > 0) yield lines;
  }
}

function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const found = bytes.indexOf(lf, start);
    const next = found < 0 ? bytes.length : found;
    const end = next > start && bytes[next - 1] === cr ? next - 1 : next;
    if (end > start) lines.push(bytes.subarray(start, end));
    start = next + 1;
  }
  return lines;
}

/** Where the last whole line ends: behind the last newline of the file's first `size` bytes. */
export async function wholeLinesEnd(handle: FileHandle, size: number): Promise<number> {
  for (let to = size; to > 0;) {
    const from = Math.max(0, to - chunkBytes);
    const chunk = new Uint8Array(to - from);
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, from);
    const found = chunk.subarray(0, bytesRead).lastIndexOf(lf);
    if (found >= 0) return from + found + 1;
    to = from;
  }
  return 0;
}
