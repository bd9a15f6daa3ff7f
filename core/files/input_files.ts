/**
 * Edge (files). The files that paths, folders and glob patterns name, in the order in which they were
 * written: of a rotated set the oldest first, `x.log.2`, `x.log.1`, `x.log`.
 */
import { accessSync, constants, type Stats, statSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { UsageError } from "../errors.ts";
import { whyUnreadable } from "./file_failure.ts";
import { sqliteRefusal } from "./sqlite_magic.ts";

/** One input; `-` is stdin. */
export interface InputFile {
  readonly path: string;
  /** As it is stored, compressed or not; 0 for stdin and pipes. */
  readonly bytes: number;
  /** Files of one rotated set have the same; they are read one after the other. */
  readonly set: string;
  /** stdin, a pipe: what was read of it is gone, it can be read once. */
  readonly isStream: boolean;
}

/** Files found in folders and by patterns, all of them together. */
const filesMax = 100_000;
const rotationDigitsMax = 3;
const isPattern = /[*?[{]/;

/** Throws UsageError for what is not there, or cannot be read as a file. */
export function findInputFiles(paths: readonly string[]): readonly InputFile[] {
  const found: InputFile[] = [];
  const seen = new Set<string>();
  for (const text of paths) {
    const all = inWritingOrder(pathsOf(text).map(inputOf));
    if (all.length === 0) {
      throw new UsageError(`Cannot read '${text}': nothing is there, expected at least one file`);
    }
    for (const input of all) {
      if (seen.has(input.path)) continue;
      seen.add(input.path);
      found.push(input);
    }
    if (found.length > filesMax) {
      throw new UsageError(`Cannot read so many files: expected at most ${filesMax}`);
    }
  }
  // A set may have come in pieces: `x.log x.log.1`.
  return inWritingOrder(found);
}

function pathsOf(text: string): readonly string[] {
  if (text === "-") return ["-"];
  const path = text.startsWith("file://") ? localPath(text) : text;
  const stats = statOf(path);
  if (stats?.isDirectory()) return filesIn(path);
  if (stats !== undefined) return [normalize(path)];
  if (path === "") throw new UsageError("Cannot read '': it is empty, expected a path");
  if (isPattern.test(path)) return matching(path);
  throw new UsageError(
    `Cannot read '${text}': it does not exist, expected a file, folder or pattern`,
  );
}

/** Of `file:///path`. */
function localPath(text: string): string {
  const { host, pathname } = new URL(text);
  const expected = "expected file:///path, percent-encoded";
  if (host !== "") throw new UsageError(`Cannot read '${text}': it names a host, ${expected}`);
  try {
    return decodeURIComponent(pathname);
  } catch (cause) {
    throw new UsageError(`Cannot read '${text}': it is not percent-encoded, ${expected}`, {
      cause,
    });
  }
}

/** Undefined where nothing is there; throws UsageError where that cannot be told. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): UsageError {
  const text = `Cannot read '${path}': ${whyUnreadable(cause)}, expected a readable file`;
  return new UsageError(text, { cause });
}

/** Those right in the folder; hidden ones are somebody's bookkeeping. */
function filesIn(folder: string): readonly string[] {
  return [...new Bun.Glob("*").scanSync({ cwd: folder, onlyFiles: true })]
    .sort().map((name) => join(folder, name));
}

function matching(pattern: string): readonly string[] {
  const parts = pattern.split("/");
  const fixed = parts.findIndex((part) => isPattern.test(part));
  const folder = parts.slice(0, fixed).join("/");
  const cwd = folder === "" ? (pattern.startsWith("/") ? "/" : ".") : folder;
  if (statOf(cwd) === undefined) return [];
  const glob = new Bun.Glob(parts.slice(fixed).join("/"));
  return [...glob.scanSync({ cwd, onlyFiles: true })].sort()
    .map((name) => normalize(join(cwd, name)));
}

function inputOf(path: string): InputFile {
  if (path !== "-") checkAccess(path);
  const stats = path === "-" ? undefined : statOf(path);
  const size = stats?.isFile() === true ? stats.size : undefined;
  return { path, bytes: size ?? 0, set: rotationOf(path).set, isStream: size === undefined };
}

function checkAccess(path: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  const refusal = sqliteRefusal(path);
  if (refusal !== undefined) throw new UsageError(refusal);
}

/** `x.log.3.gz`: the set `x.log`, its third oldest; `x.log-20260102`: by its date. */
function rotationOf(path: string): { readonly set: string; readonly rank: number } {
  const name = basename(path).replace(/\.(gz|gzip|zst|zstd)$/i, "");
  const folder = dirname(path);
  const dated = /^(.+?)[.-](\d{4}-?\d{2}-?\d{2}(?:[-T_]?\d{2,6})?)$/.exec(name);
  if (dated !== null) {
    const [, base = name, date = ""] = dated;
    return { set: join(folder, base), rank: Number(date.replace(/\D/g, "").padEnd(14, "0")) };
  }
  const numbered = /^(.+)\.(\d+)$/.exec(name);
  if (numbered !== null) {
    const [, base = name, number = ""] = numbered;
    // Numbers of rotations are small, and the largest is the oldest; others are years or seconds.
    const isRotation = number.length <= rotationDigitsMax;
    return { set: join(folder, base), rank: isRotation ? -Number(number) : Number(number) };
  }
  return { set: join(folder, name), rank: Infinity };
}

/** Sets in the order in which they were named, in each the oldest file first, what is written last. */
function inWritingOrder(inputs: readonly InputFile[]): InputFile[] {
  const places = new Map<string, number>();
  for (const { set } of inputs) if (!places.has(set)) places.set(set, places.size);
  const ranked = inputs.map((input) => ({ input, rank: rotationOf(input.path).rank }));
  ranked.sort((a, b) => {
    const place = (places.get(a.input.set) ?? 0) - (places.get(b.input.set) ?? 0);
    if (place !== 0 || a.rank === b.rank) return place;
    return a.rank < b.rank ? -1 : 1;
  });
  return ranked.map(({ input }) => input);
}
