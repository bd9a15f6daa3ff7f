/**
 * Edge (files). One queue of a spool: a folder with segments of records, appended at the end and
 * released from the beginning. Whoever holds the folder's lock owns it; a crash leaves at most a torn
 * last record, which was never accepted and is cut off by the next owner. A record that is damaged in
 * another way is passed over, and its segment put aside for people, as `.damaged`.
 */
import { closeSync, fstatSync, openSync, statSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, readFile, rename } from "node:fs/promises";
import { rm, rmdir, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FileLocks } from "../files/file_lock.ts";
import type { Log } from "../log/log.ts";
import type { SpooledParcel } from "./spool_contract.ts";
import { positionOf, positionText, type SpoolPosition } from "./spool_position.ts";
import { decoded, findRecord, isTorn, SpoolRecordError } from "./spool_record.ts";

const segmentName = /^([0-9]{12})\.seg$/;
/** A segment that reached this is closed and the next one begun. */
const segmentBytesMaxDefault = 16 * 1024 * 1024;
/** Bytes of records handed out at once, unless a single one has more. */
const peekBytesMax = 4 * 1024 * 1024;

/** What a queue works with. */
export interface SpoolQueueDeps {
  readonly locks: FileLocks;
  readonly log: Log;
  readonly segmentBytesMax?: number;
}

interface Segment {
  readonly number: number;
  /** Bytes that are whole and durable. */
  length: number;
  /** Records behind the position. */
  records: number;
  /** Something in it cannot be read: it is put aside instead of deleted. */
  isDamaged: boolean;
}

interface Peeked {
  readonly segment: Segment;
  readonly end: number;
  readonly record: SpooledParcel;
}

/** Locks the folder and reads what is in it; undefined where another process owns it. */
export async function openSpoolQueue(
  folder: string,
  deps: SpoolQueueDeps,
): Promise<SpoolQueue | undefined> {
  const lock = lockFolder(folder, deps.locks);
  if (lock === undefined) return undefined;
  const queue = new SpoolQueue(folder, lock, deps);
  try {
    await queue.load();
    return queue;
  } catch (error) {
    closeSync(lock);
    throw error;
  }
}

/** The lock is the open file's, so that it goes with its process; a file that is gone is no lock. */
function lockFolder(folder: string, locks: FileLocks): number | undefined {
  const path = join(folder, "lock");
  const descriptor = openSync(path, "a", 0o600);
  if (locks.tryLock(descriptor) && isSameFile(path, descriptor)) return descriptor;
  closeSync(descriptor);
  return undefined;
}

function isSameFile(path: string, descriptor: number): boolean {
  return statSync(path, { throwIfNoEntry: false })?.ino === fstatSync(descriptor).ino;
}

/** See above. Calls come one at a time. */
export class SpoolQueue {
  readonly folder: string;
  #lock: number;
  #deps: SpoolQueueDeps;
  #segments: Segment[] = [];
  /** Into the first segment. */
  #offset = 0;
  #writer: FileHandle | undefined;
  #peeked: Peeked[] = [];
  #nextNumber = 1;

  constructor(folder: string, lock: number, deps: SpoolQueueDeps) {
    this.folder = folder;
    this.#lock = lock;
    this.#deps = deps;
  }

  get records(): number {
    return this.#segments.reduce((sum, { records }) => sum + records, 0);
  }

  /** On disk. */
  get bytes(): number {
    return this.#segments.reduce((sum, { length }) => sum + length, 0);
  }

  /** Somebody has removed its files: what goes into it would be lost, and what was in it is. */
  get isGone(): boolean {
    return !isSameFile(join(this.folder, "lock"), this.#lock) ||
      (this.#writer !== undefined && fstatSync(this.#writer.fd).nlink === 0);
  }

  async load(): Promise<void> {
    const names = await readdir(this.folder);
    const numbers = names.flatMap((name) => segmentName.exec(name)?.[1] ?? []).map(Number);
    numbers.sort((a, b) => a - b);
    const position = positionOf(
      await readFile(join(this.folder, "position"), "utf8").catch(() => ""),
    );
    for (const number of numbers) {
      if (number < position.segment) await unlink(this.#path(number));
      else await this.#loadSegment(number, number === numbers.at(-1), position);
    }
    const first = this.#segments[0];
    this.#offset = first?.number === position.segment ? Math.min(position.offset, first.length) : 0;
    this.#nextNumber = Math.max(position.segment, ...numbers, 0) + 1;
  }

  /** Durable when it resolves. */
  async append(records: readonly Uint8Array[]): Promise<void> {
    const bytes = Buffer.concat(records);
    const segment = await this.#writable();
    const writer = this.#writer;
    if (writer === undefined) throw new Error("the spool is closed");
    try {
      let done = 0;
      while (done < bytes.length) {
        const at = segment.length + done;
        done += (await writer.write(bytes, done, bytes.length - done, at)).bytesWritten;
      }
      await writer.datasync();
    } catch (error) {
      await writer.truncate(segment.length).catch(() => undefined);
      throw error;
    }
    segment.length += bytes.length;
    segment.records += records.length;
  }

  /** The oldest records, at least one where there is one; the same again until they are released. */
  async peek(isEnough: (record: SpooledParcel) => boolean): Promise<readonly SpooledParcel[]> {
    while (this.#peeked.length === 0) {
      await this.#skipRead();
      const [segment] = this.#segments;
      if (segment === undefined || segment.records === 0) return [];
      await this.#read(segment, isEnough);
    }
    return this.#peeked.map(({ record }) => record);
  }

  /** Peeks at records of the segment, or passes one over. */
  async #read(segment: Segment, isEnough: (record: SpooledParcel) => boolean): Promise<void> {
    const base = this.#offset;
    const bytes = await readPart(this.#path(segment.number), base, segment.length);
    for (let at = findRecord(bytes, 0); at !== undefined; at = findRecord(bytes, at.end)) {
      const record = decoded(bytes, at);
      if (record instanceof SpoolRecordError) {
        if (this.#peeked.length === 0) this.#passOver(segment, base + at.end, record);
        return;
      }
      this.#peeked.push({ segment, end: base + at.end, record });
      if (isEnough(record) || this.#peeked.length === segment.records) return;
    }
    if (this.#peeked.length === 0) throw new Error(`no record at ${base} of its segment`);
  }

  /** What is whole and yet no parcel, as of another version. */
  #passOver(segment: Segment, end: number, { message }: SpoolRecordError): void {
    this.#deps.log.error("A record of a spool cannot be read, put aside with its segment", {
      ...{ path: this.#path(segment.number), reason: message },
    });
    segment.isDamaged = true;
    segment.records--;
    this.#offset = end;
  }

  /** The oldest `count` of those that were peeked are done with. */
  async release(count: number): Promise<void> {
    const last = this.#peeked[count - 1];
    if (last === undefined) return;
    this.#peeked.splice(0, count);
    this.#offset = last.end;
    last.segment.records -= count;
    await this.#skipRead();
    if (this.records === 0) return await this.#empty();
    const segment = this.#segments[0]?.number ?? this.#nextNumber;
    const path = join(this.folder, "position");
    await writeFile(`${path}.new`, positionText({ segment, offset: this.#offset }));
    await rename(`${path}.new`, path);
  }

  /** Lets go of files that are gone, and touches nothing. */
  async abandon(): Promise<void> {
    await this.#writer?.close().catch(() => undefined);
    this.#writer = undefined;
    closeSync(this.#lock);
  }

  /** Lets go of the lock; a queue that is empty goes altogether. */
  async close(): Promise<void> {
    await this.#writer?.close();
    this.#writer = undefined;
    if (this.records === 0) {
      await this.#empty();
      await rm(join(this.folder, "lock"), { force: true });
      // Damaged segments stay, and their folder with them.
      await rmdir(this.folder).catch(() => undefined);
    }
    closeSync(this.#lock);
  }

  async #loadSegment(
    number: number,
    isLast: boolean,
    position: SpoolPosition,
  ): Promise<void> {
    const path = this.#path(number);
    const bytes = await readFile(path);
    let [length, records, damaged] = [0, 0, 0];
    const from = number === position.segment ? position.offset : 0;
    for (let at = findRecord(bytes, 0); at !== undefined; at = findRecord(bytes, length)) {
      if (at.start >= from) records++;
      damaged += at.start - length;
      length = at.end;
    }
    const rest = bytes.length - length;
    if (rest > 0 && isLast && isTorn(bytes.subarray(length))) {
      this.#deps.log.warning("A record of a spool was written in part, cut off", {
        ...{ path, bytes: rest },
      });
      await cutFile(path, length);
    } else damaged += rest;
    const isDamaged = damaged > 0;
    if (isDamaged) {
      this.#deps.log.error("Damaged records in a spool, put aside with their segment", {
        ...{ path, bytes: damaged },
      });
    }
    this.#segments.push({ number, length, records, isDamaged });
  }

  async #writable(): Promise<Segment> {
    const last = this.#segments.at(-1);
    const bytesMax = this.#deps.segmentBytesMax ?? segmentBytesMaxDefault;
    if (this.#writer !== undefined && last !== undefined && last.length < bytesMax) return last;
    await this.#writer?.close();
    this.#writer = undefined;
    const number = this.#nextNumber++;
    this.#writer = await open(this.#path(number), "wx", 0o600);
    await syncFolder(this.folder);
    const segment = { number, length: 0, records: 0, isDamaged: false };
    this.#segments.push(segment);
    return segment;
  }

  /** Segments at the beginning that are read to their end go, but for the one being written. */
  async #skipRead(): Promise<void> {
    for (let first = this.#segments[0]; first !== undefined; first = this.#segments[0]) {
      const isWritten = this.#writer !== undefined && this.#segments.length === 1;
      if (first.records > 0 || isWritten) return;
      this.#segments.shift();
      this.#offset = 0;
      await this.#drop(first);
    }
  }

  async #drop({ number, isDamaged }: Segment): Promise<void> {
    const path = this.#path(number);
    if (isDamaged) await rename(path, `${path}.damaged`);
    else await rm(path, { force: true });
  }

  async #empty(): Promise<void> {
    await this.#writer?.close();
    this.#writer = undefined;
    for (const segment of this.#segments.splice(0)) await this.#drop(segment);
    this.#offset = 0;
    await rm(join(this.folder, "position"), { force: true });
  }

  #path(number: number): string {
    return join(this.folder, `${String(number).padStart(12, "0")}.seg`);
  }
}

/** From `from`: as much as one peek takes, and at least one whole record. */
async function readPart(path: string, from: number, length: number): Promise<Uint8Array> {
  await using handle = await open(path, "r");
  for (let size = peekBytesMax;; size *= 4) {
    const bytes = new Uint8Array(Math.min(size, length - from));
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await handle.read(bytes, done, bytes.length - done, from + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    const isAll = bytes.length === length - from;
    if (isAll || findRecord(bytes, 0) !== undefined) return bytes;
  }
}

async function cutFile(path: string, length: number): Promise<void> {
  const handle = await open(path, "r+");
  try {
    await handle.truncate(length);
    await handle.datasync();
  } finally {
    await handle.close();
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

/** Makes a folder of the spool's, durably, with everything above it. */
export async function makeSpoolFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await syncFolder(folder);
  await syncFolder(join(folder, ".."));
}
