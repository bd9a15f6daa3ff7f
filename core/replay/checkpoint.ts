/**
 * Pure. `Checkpoint`: how far a run has come in each of its files, and of what run it speaks, so that
 * the next one goes on there and no other does by mistake.
 */
import { UsageError } from "../errors.ts";
import type { InputFile } from "../files/input_files.ts";

/** How far one file is done. */
export interface FileProgress {
  readonly path: string;
  /** As it was stored. */
  readonly bytes: number;
  /** SHA-256 of its text's first `head_bytes` bytes: a file that was rotated is still known. */
  readonly head: string;
  readonly head_bytes: number;
  /** The first line that is not settled, counted from 1. */
  readonly next_line: number;
  /** It was read to its end, all of it is settled. */
  readonly done: boolean;
  /** The last line that was settled had no end: if there is more of the file, it is read again. */
  readonly open_line: boolean;
}

/** What is written down. */
export interface Checkpoint {
  readonly version: 1;
  readonly target: string;
  /** Options that decide what is sent, as text. */
  readonly options: string;
  /** By how much times are moved. */
  readonly shift_ms: number;
  /** The times of --since and --until; null: there is none. '2h ago' is another time later. */
  readonly since_ms: number | null;
  readonly until_ms: number | null;
  readonly files: readonly FileProgress[];
}

/** A file as it stands there now. */
export interface FileHead {
  readonly input: InputFile;
  /** Bytes of its text's beginning that were looked at. */
  readonly bytes: number;
  /** SHA-256 of the first so many of them. */
  headOf(bytes: number): string;
}

/** The text of the file, for people too. */
export function checkpointText(checkpoint: Checkpoint): string {
  return `${JSON.stringify(checkpoint, undefined, 2)}\n`;
}

/** Throws UsageError where it is no checkpoint. */
export function readCheckpoint(path: string, text: string): Checkpoint {
  const wrong = (): UsageError =>
    new UsageError(
      `Cannot go on with the checkpoint '${path}': it is none of tpctl's, expected a file that ` +
        "replay wrote",
    );
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw wrong();
  }
  if (!isCheckpoint(read)) throw wrong();
  return read;
}

function isCheckpoint(value: unknown): value is Checkpoint {
  if (typeof value !== "object" || value === null) return false;
  const { version, target, options, shift_ms, since_ms, until_ms, files } = value as Partial<
    Checkpoint
  >;
  const isBound = (time: unknown): boolean => time === null || typeof time === "number";
  return isBound(since_ms) && isBound(until_ms) && version === 1 && typeof target === "string" &&
    typeof options === "string" &&
    typeof shift_ms === "number" && Array.isArray(files) &&
    files.every((file: Partial<FileProgress>) =>
      typeof file.path === "string" && typeof file.head === "string" &&
      Number.isInteger(file.next_line) && Number.isInteger(file.head_bytes)
    );
}

/** Throws UsageError where it is of another run than this one. */
export function checkRun(
  path: string,
  { target, options }: Pick<Checkpoint, "target" | "options">,
  now: Pick<Checkpoint, "target" | "options">,
): void {
  const other = "expected the same run; name another with --checkpoint, or leave --resume out";
  if (target !== now.target) {
    throw new UsageError(
      `Cannot go on with the checkpoint '${path}': it is of a run to '${target}' and this one goes ` +
        `to '${now.target}', ${other}`,
    );
  }
  if (options !== now.options) {
    throw new UsageError(
      `Cannot go on with the checkpoint '${path}': it is of a run with ${options || "no filter"} ` +
        `and this one has ${now.options || "none"}, ${other}`,
    );
  }
}

/**
 * Where each of the files goes on, by its path. A file that was rotated is found by how it begins.
 * Throws UsageError where the checkpoint speaks of other files.
 */
export function matchFiles(
  path: string,
  { files }: Checkpoint,
  heads: readonly FileHead[],
): ReadonlyMap<string, FileProgress> {
  const matched = new Map<string, FileProgress>();
  const isSame = (known: FileProgress, { input, bytes, headOf }: FileHead): boolean => {
    // What was compressed meanwhile is smaller; what else is smaller was written anew.
    const isShorter = input.bytes < known.bytes && isAsPacked(input, known);
    return !isShorter && bytes >= known.head_bytes && headOf(known.head_bytes) === known.head;
  };
  for (const known of files) {
    const free = heads.filter(({ input }) => !matched.has(input.path));
    const found = free.find((head) => head.input.path === known.path && isSame(known, head)) ??
      free.find((head) => known.head_bytes > 0 && isSame(known, head));
    if (found !== undefined) matched.set(found.input.path, known);
    else if (!known.done) throw new UsageError(otherFile(path, known, heads));
  }
  if (matched.size === 0 && files.length > 0) {
    throw new UsageError(
      `Cannot go on with the checkpoint '${path}': it speaks of none of these files, expected ` +
        files.slice(0, 3).map((file) => `'${file.path}'`).join(", "),
    );
  }
  return matched;
}

/** Whether sizes of both can be compared: neither was compressed since the other was looked at. */
export function isAsPacked(
  now: { readonly path: string },
  before: { readonly path: string },
): boolean {
  const isPacked = (path: string): boolean => /\.(gz|gzip|zst|zstd)$/i.test(path);
  return isPacked(now.path) === isPacked(before.path);
}

function otherFile(path: string, known: FileProgress, heads: readonly FileHead[]): string {
  const isThere = heads.some(({ input }) => input.path === known.path);
  const why = isThere
    ? `'${known.path}' begins otherwise or is shorter now`
    : `'${known.path}', done up to line ${known.next_line - 1}, is not among the files`;
  return `Cannot go on with the checkpoint '${path}': ${why}, expected the files of that run; ` +
    "begin anew without --resume";
}
