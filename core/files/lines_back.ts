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
 * are left out; so is one that is too long, which is told.
 */
export async function* linesBack(
  handle: FileHandle,
  end: number,
  onRefused: (reason: string) => void,
): AsyncGenerator<Uint8Array[], void, void> {
  /** The end of a line whose start was not read yet, in the pieces it was read in. */
  let pieces: Uint8Array[] = [];
  let pending = 0;
  let isTooLong = false;
  for (let to = end; to > 0;) {
    const from = Math.max(0, to - chunkBytes);
    const chunk = new Uint8Array(to - from);
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, from);
    // Cut meanwhile: what is left is read by whoever follows.
    if (bytesRead < chunk.length) return;
    to = from;
    // The newline that ends the line before is not part of a line that begins here.
    const cut = from === 0 ? 0 : chunk.indexOf(lf) + 1;
    if (from > 0 && cut === 0) {
      pending += chunk.length;
      isTooLong ||= pending > lineBytesMax;
      pieces = isTooLong ? [] : [chunk, ...pieces];
      continue;
    }
    const last = isTooLong ? chunk.lastIndexOf(lf) + 1 : chunk.length;
    if (isTooLong) onRefused(`the line has ${pending} bytes, expected at most ${lineBytesMax}`);
    const whole = chunk.subarray(cut, last);
    const lines = linesOf(pieces.length === 0 ? whole : Buffer.concat([whole, ...pieces]));
    pieces = cut === 0 ? [] : [chunk.subarray(0, cut)];
    pending = cut;
    isTooLong = false;
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
