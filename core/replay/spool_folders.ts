/**
 * Edge (files). The spools that a folder holds: itself, or those inside of it; what is in them, read
 * without touching anything, and whether a process that lives owns it.
 */
import { closeSync, openSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, normalize } from "node:path";
import { UsageError } from "../errors.ts";
import { systemCode, whyUnreadable } from "../files/file_failure.ts";
import type { FileLocks } from "../files/file_lock.ts";
import type { SpooledParcel } from "../pipeline/spool_contract.ts";
import { positionOf } from "../pipeline/spool_position.ts";
import { decoded, findRecord, SpoolRecordError } from "../pipeline/spool_record.ts";

const queueName = /^queue-(\d+)$/;
const segmentName = /^\d{12}\.seg$/;

/** One publisher's spool. */
export interface SpoolFolder {
  readonly path: string;
  /** As its folder is called: readable, with a hash behind it. */
  readonly name: string;
  /** Folders of queues, the oldest first. */
  readonly queues: readonly string[];
  /** Of all segments on disk. */
  readonly bytes: number;
  /** Queues that belong to a process that lives. */
  readonly owned: number;
}

/** Rejects with a UsageError where there is none. */
export async function findSpools(path: string, locks: FileLocks): Promise<readonly SpoolFolder[]> {
  const names = await readdir(path).catch((error: unknown) => {
    const why = systemCode(error) === "ENOTDIR" ? "it is a file" : whyUnreadable(error);
    throw new UsageError(`Cannot read the spool '${path}': ${why}, expected a folder`);
  });
  const folders = names.some((name) => queueName.test(name))
    ? [path]
    : names.sort().map((name) => join(path, name));
  const spools: SpoolFolder[] = [];
  for (const folder of folders) {
    const spool = await spoolIn(normalize(folder), locks);
    if (spool !== undefined) spools.push(spool);
  }
  if (spools.length > 0) return spools;
  throw new UsageError(
    `Cannot read the spool '${path}': there is no queue in it, expected [tpctl] state_dir/spool, or ` +
      "one of its folders",
  );
}

/** The records of a spool, oldest queue first; nothing is locked, mended or released. */
export async function* readSpool({ queues }: SpoolFolder): AsyncGenerator<SpooledParcel> {
  for (const queue of queues) {
    const text = await readFile(join(queue, "position"), "utf8").catch(() => "");
    const position = positionOf(text);
    for (const segment of await segmentsOf(queue)) {
      const number = Number(segment.slice(0, 12));
      if (number < position.segment) continue;
      const bytes = new Uint8Array(await readFile(join(queue, segment)));
      let from = number === position.segment ? position.offset : 0;
      for (let at = findRecord(bytes, from); at !== undefined; at = findRecord(bytes, from)) {
        from = at.end;
        const record = decoded(bytes, at);
        // Whoever drains it puts it aside.
        if (!(record instanceof SpoolRecordError)) yield record;
      }
    }
  }
}

/** Segments of the spool that were put aside, for what in them cannot be read. */
export async function damagedIn({ queues }: SpoolFolder): Promise<readonly string[]> {
  const damaged: string[] = [];
  for (const queue of queues) {
    const names = await readdir(queue).catch(() => []);
    damaged.push(
      ...names.filter((name) => name.endsWith(".damaged")).map((name) => join(queue, name)),
    );
  }
  return damaged;
}

async function spoolIn(path: string, locks: FileLocks): Promise<SpoolFolder | undefined> {
  const names = await readdir(path).catch(() => []);
  const numbers = names.flatMap((name) => queueName.exec(name)?.[1] ?? []).map(Number);
  if (numbers.length === 0) return undefined;
  const queues = numbers.sort((a, b) => a - b).map((number) => join(path, `queue-${number}`));
  let [bytes, owned] = [0, 0];
  for (const queue of queues) {
    for (const segment of await segmentsOf(queue)) {
      bytes += (await stat(join(queue, segment))).size;
    }
    if (isOwned(queue, locks)) owned++;
  }
  return { path, name: basename(path), queues, bytes, owned };
}

async function segmentsOf(queue: string): Promise<string[]> {
  return (await readdir(queue).catch(() => [])).filter((name) => segmentName.test(name)).sort();
}

/** The lock is the owner's as long as it lives. */
function isOwned(queue: string, locks: FileLocks): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(join(queue, "lock"), "r");
  } catch {
    return false;
  }
  try {
    if (!locks.tryLock(descriptor)) return true;
    locks.unlock(descriptor);
    return false;
  } finally {
    closeSync(descriptor);
  }
}
