/**
 * Edge (files). The spool of one publisher: a folder of queues, each owned by one process at a time.
 * This process writes to a queue of its own, and takes over the queues of processes that died.
 */
import { readdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { systemCode } from "../files/file_failure.ts";
import type { Gauge, Registry } from "../observe/registry.ts";
import type { Parcel } from "./parcel.ts";
import type { Spool, SpooledParcel } from "./spool_contract.ts";
import { makeSpoolFolder, openSpoolQueue, type SpoolQueue } from "./spool_queue.ts";
import type { SpoolQueueDeps } from "./spool_queue.ts";
import { encodeRecord } from "./spool_record.ts";

const queueName = /^queue-([0-9]+)$/;

/** Where a spool is and how large it gets. */
export interface SpoolOptions {
  /** `<state_dir>/spool/<publisher>`; made when something is first put in. */
  readonly folder: string;
  /** Of this process's queues together. */
  readonly bytesMax: number;
  /** The publisher's name, for metrics. */
  readonly name: string;
}

/** What a spool works with. */
export interface SpoolDeps extends SpoolQueueDeps {
  readonly clock: Clock;
  readonly registry: Registry;
}

/** Takes over what nobody owns. Rejects where the folder cannot be read. */
export async function openSpool(options: SpoolOptions, deps: SpoolDeps): Promise<Spool> {
  const spool = new FolderSpool(options, deps);
  await spool.adopt();
  return spool;
}

/** The folder of a spool that is closed and empty goes; one with anything in it stays. */
export async function removeSpool(folder: string): Promise<void> {
  await rmdir(folder).catch(() => undefined);
}

class FolderSpool implements Spool {
  #options: SpoolOptions;
  #deps: SpoolDeps;
  /** Ours, the oldest first. */
  #queues: SpoolQueue[] = [];
  /** The one that was peeked into. */
  #reading: SpoolQueue | undefined;
  #gauges: { readonly records: Gauge; readonly bytes: Gauge; readonly oldest: Gauge };
  #oldestMs: number | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: SpoolOptions, deps: SpoolDeps) {
    this.#options = options;
    this.#deps = deps;
    const labels = { publisher: options.name };
    const gauge = (what: string, help: string): Gauge =>
      deps.registry.gauge(`tpctl_spool_${what}`, help, labels);
    this.#gauges = {
      records: gauge("records", "Notifications in the publisher's spool."),
      bytes: gauge("bytes", "Bytes of the publisher's spool on disk."),
      oldest: gauge("oldest_seconds", "Age of the oldest notification in the publisher's spool."),
    };
    this.#measure();
  }

  get records(): number {
    return this.#queues.reduce((sum, { records }) => sum + records, 0);
  }

  adopt(): Promise<void> {
    return this.#inTurn(() => this.#adopt());
  }

  append(parcels: readonly Parcel[]): Promise<boolean> {
    return this.#inTurn(() => this.#append(parcels));
  }

  peek(itemsMax: number): Promise<readonly SpooledParcel[]> {
    return this.#inTurn(() => this.#peek(itemsMax));
  }

  release(count: number): Promise<void> {
    return this.#inTurn(() => this.#release(count));
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      for (const queue of this.#queues.splice(0)) await queue.close();
    });
  }

  /** One at a time: what is being appended counts only when it is durable. */
  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(act);
    this.#turn = done.then(() => undefined, () => undefined);
    return done;
  }

  async #adopt(): Promise<void> {
    for (const number of await this.#numbers()) {
      const folder = join(this.#options.folder, `queue-${number}`);
      if (this.#queues.some((queue) => queue.folder === folder)) continue;
      const queue = await openSpoolQueue(folder, this.#deps);
      if (queue === undefined) continue;
      if (queue.records === 0) await queue.close();
      else {
        const { records } = queue;
        this.#deps.log.info("Taken over from an earlier process", { spool: folder, records });
        this.#queues.push(queue);
      }
    }
    this.#queues.sort((a, b) => numberOf(a.folder) - numberOf(b.folder));
    this.#measure();
  }

  async #append(parcels: readonly Parcel[]): Promise<boolean> {
    await this.#dropGone();
    const now = this.#deps.clock.now();
    const records = parcels.map((parcel) => encodeRecord(parcel, now));
    const size = records.reduce((sum, { length }) => sum + length, 0);
    const held = this.#queues.reduce((sum, { bytes }) => sum + bytes, 0);
    // One that is larger than the bound still goes into an empty spool.
    if (held > 0 && held + size > this.#options.bytesMax) return false;
    const queue = this.#queues.at(-1) ?? await this.#create();
    await queue.append(records);
    this.#oldestMs ??= now;
    this.#measure();
    return true;
  }

  async #peek(itemsMax: number): Promise<readonly SpooledParcel[]> {
    await this.#dropGone();
    const queue = this.#reading ??= this.#queues.find(({ records }) => records > 0);
    if (queue === undefined) return [];
    let items = 0;
    const records = await queue.peek((record) => {
      items += record.items.length;
      return items >= itemsMax;
    });
    this.#oldestMs = records[0]?.timeMs;
    this.#measure();
    return records;
  }

  async #release(count: number): Promise<void> {
    const queue = this.#reading;
    if (queue === undefined) return;
    this.#reading = undefined;
    await queue.release(count);
    if (queue.records === 0 && queue !== this.#queues.at(-1)) {
      this.#queues = this.#queues.filter((one) => one !== queue);
      await queue.close();
    }
    if (this.records === 0) this.#oldestMs = undefined;
    this.#measure();
  }

  /** Queues that somebody removed under us; what comes goes into a new one. */
  async #dropGone(): Promise<void> {
    for (const queue of this.#queues.filter(({ isGone }) => isGone)) {
      const { folder, records } = queue;
      this.#deps.log.error("A spool was removed while it was in use, what was in it is lost", {
        ...{ spool: folder, records },
      });
      this.#queues = this.#queues.filter((one) => one !== queue);
      if (this.#reading === queue) this.#reading = undefined;
      await queue.abandon();
    }
  }

  async #create(): Promise<SpoolQueue> {
    const { folder } = this.#options;
    await makeSpoolFolder(folder);
    for (let number = Math.max(0, ...await this.#numbers()) + 1;; number++) {
      const path = join(folder, `queue-${number}`);
      await makeSpoolFolder(path);
      const queue = await openSpoolQueue(path, this.#deps);
      if (queue === undefined) continue;
      this.#queues.push(queue);
      return queue;
    }
  }

  async #numbers(): Promise<number[]> {
    const names = await readdir(this.#options.folder).catch((error: unknown) => {
      if (systemCode(error) === "ENOENT") return [];
      throw error;
    });
    return names.flatMap((name) => queueName.exec(name)?.[1] ?? []).map(Number)
      .sort((a, b) => a - b);
  }

  #measure(): void {
    const { records, bytes, oldest } = this.#gauges;
    const now = this.#deps.clock.now();
    records.set(this.records);
    bytes.set(this.#queues.reduce((sum, queue) => sum + queue.bytes, 0));
    oldest.set(this.#oldestMs === undefined ? 0 : Math.max(0, now - this.#oldestMs) / 1000);
  }
}

function numberOf(folder: string): number {
  return Number(folder.slice(folder.lastIndexOf("-") + 1));
}
