/**
 * Pure. Where encoders put their items, and how these become batches: one run of lines per
 * destination and one of documents, each closed when a request is full or when asked.
 *
 * When to ask (the wait, the end) is the loop's business; so is what becomes of a batch.
 */
import type { ItemSinks, LineSink } from "../persist/encoder.ts";
import type { Batch, Document } from "./batch.ts";
import { type GatheredBatch, originIn } from "./gathered.ts";
import { ColumnsPool, type ItemColumns } from "./item_columns.ts";
import type { RecordBlock } from "./records.ts";
import type { TrackedBlock } from "./tracked_block.ts";

/** So many destinations may be open at once; one more closes them all. */
const destinationsMax = 1024;
const newline = 10;

/** The bounds of a batch. */
export interface GatherOptions {
  readonly precision: "ms" | "ns";
  /** Lines or documents of one batch. */
  readonly requestItemsMax: number;
  /** A batch with so many bytes is closed; one record may take it beyond. */
  readonly requestBytesMax: number;
}

/** Takes items from an encoder, gives batches to a loop. */
export interface Gatherer extends ItemSinks {
  /** The items that follow are made of records of this block, at this time of the caller's clock. */
  begin(block: TrackedBlock, nowMs?: number): void;
  /** Closes every open run except those of destinations to be `kept` back. */
  close(kept?: (destination: string) => boolean): void;
  /** The next closed batch. It is the caller's until `release`. */
  take(): GatheredBatch | undefined;
  /** The batch is nobody's any more: its memory is used again. */
  release(batch: GatheredBatch): void;
  /** Items in open runs. */
  readonly open: number;
  /** When the oldest open run was begun; undefined where none is. */
  readonly openSinceMs: number | undefined;
  /** Bytes in open runs and in batches that were not released. */
  readonly bytes: number;
}

/** A gatherer with nothing in it. */
export function createGatherer(options: GatherOptions): Gatherer {
  return new RunGatherer(options);
}

/** What the open runs of one gatherer share. */
interface Shared {
  readonly options: GatherOptions;
  block: TrackedBlock | undefined;
  nowMs: number;
  open: number;
  bytes: number;
}

class RunGatherer implements Gatherer {
  #shared: Shared;
  #pool = new ColumnsPool();
  #runs = new Map<string, LineRun>();
  #lastDestination = "";
  #lastRun: LineRun | undefined;
  #documents: DocumentRun | undefined;
  #closed: GatheredBatch[] = [];
  #out = new Map<GatheredBatch, { readonly bytes: number; readonly columns: ItemColumns }>();

  constructor(options: GatherOptions) {
    this.#shared = { options, block: undefined, nowMs: 0, open: 0, bytes: 0 };
  }

  get open(): number {
    return this.#shared.open;
  }

  get bytes(): number {
    return this.#shared.bytes;
  }

  /** Runs stand in the order in which they were begun. */
  get openSinceMs(): number | undefined {
    const [oldest] = this.#runs.values();
    const lines = oldest?.beganMs;
    const documents = this.#documents?.beganMs;
    return lines === undefined || documents === undefined
      ? lines ?? documents
      : Math.min(lines, documents);
  }

  begin(block: TrackedBlock, nowMs = 0): void {
    this.#shared.block = block;
    this.#shared.nowMs = nowMs;
  }

  lines(destination: string): LineSink {
    let run = this.#lastRun;
    if (run === undefined || destination !== this.#lastDestination) {
      run = this.#runs.get(destination);
    }
    if (run?.full) {
      this.#closeLines(run);
      run = undefined;
    }
    if (run === undefined) {
      if (this.#runs.size >= destinationsMax) this.close();
      run = new LineRun(this.#shared, destination, this.#pool.take());
      this.#runs.set(destination, run);
    }
    this.#lastRun = run;
    this.#lastDestination = destination;
    run.begin();
    return run;
  }

  document(_block: RecordBlock, index: number, document: Document): void {
    if (this.#documents?.full) this.#closeDocuments();
    this.#documents ??= new DocumentRun(this.#shared, this.#pool.take());
    this.#documents.add(index, document);
  }

  close(kept?: (destination: string) => boolean): void {
    for (const run of this.#runs.values()) {
      if (run.full || kept === undefined || !kept(run.destination)) this.#closeLines(run);
    }
    this.#closeDocuments();
  }

  take(): GatheredBatch | undefined {
    if (this.#lastRun?.full) this.#closeLines(this.#lastRun);
    if (this.#documents?.full) this.#closeDocuments();
    return this.#closed.shift();
  }

  release(batch: GatheredBatch): void {
    const out = this.#out.get(batch);
    if (out === undefined) return;
    this.#out.delete(batch);
    this.#shared.bytes -= out.bytes;
    this.#pool.give(out.columns);
  }

  #closeLines(run: LineRun): void {
    this.#runs.delete(run.destination);
    if (run === this.#lastRun) this.#lastRun = undefined;
    if (run.count === 0) this.#pool.give(run.columns);
    else this.#closeRun(run);
  }

  #closeDocuments(): void {
    const run = this.#documents;
    this.#documents = undefined;
    if (run !== undefined) this.#closeRun(run);
  }

  #closeRun(run: LineRun | DocumentRun): void {
    const batch = run.batch();
    this.#shared.open -= run.count;
    this.#out.set(batch, { bytes: run.bytes, columns: run.columns });
    this.#closed.push(batch);
  }
}

/** The blocks of a run, and each item's place in them. */
class RunOrigins {
  readonly columns: ItemColumns;
  readonly beganMs: number;
  count = 0;
  #shared: Shared;
  #blocks: TrackedBlock[] = [];
  #last: TrackedBlock | undefined;

  constructor(shared: Shared, columns: ItemColumns) {
    this.#shared = shared;
    this.columns = columns;
    this.beganMs = shared.nowMs;
  }

  add(index: number): void {
    const block = this.#shared.block;
    if (block === undefined) throw new Error("Cannot gather an item: no block was begun");
    if (block !== this.#last) {
      this.#last = block;
      this.#blocks.push(block);
    }
    const { columns, count } = this;
    columns.reserveItem(count);
    columns.ordinals[count] = this.#blocks.length - 1;
    columns.indexes[count] = index;
    this.count = count + 1;
    this.#shared.open++;
    block.addItem(index);
  }

  /** What all batches have in common. */
  base(): Pick<GatheredBatch, "count" | "origins" | "originOf"> {
    const { count, columns: { ordinals, indexes } } = this;
    const origins = { blocks: this.#blocks, ordinals, indexes, count };
    return { count, origins, originOf: (i: number) => originIn(origins, i) };
  }
}

class LineRun implements LineSink {
  length = 0;
  readonly destination: string;
  #shared: Shared;
  #origins: RunOrigins;
  #ended = 0;

  constructor(shared: Shared, destination: string, columns: ItemColumns) {
    this.#shared = shared;
    this.destination = destination;
    this.#origins = new RunOrigins(shared, columns);
  }

  get columns(): ItemColumns {
    return this.#origins.columns;
  }

  get beganMs(): number {
    return this.#origins.beganMs;
  }

  get count(): number {
    return this.#origins.count;
  }

  get bytes(): number {
    return this.#ended;
  }

  get full(): boolean {
    const { requestItemsMax, requestBytesMax } = this.#shared.options;
    return this.#origins.count >= requestItemsMax || this.#ended >= requestBytesMax;
  }

  /** Forgets what was written and never ended. */
  begin(): void {
    this.length = this.#ended;
  }

  reserve(bytes: number): Uint8Array {
    return this.#origins.columns.reserve(this.length, bytes);
  }

  endLine(_block: RecordBlock, index: number): void {
    this.reserve(1)[this.length++] = newline;
    this.#origins.add(index);
    this.columns.ends[this.count - 1] = this.length;
    this.#shared.bytes += this.length - this.#ended;
    this.#ended = this.length;
  }

  batch(): GatheredBatch {
    const { body, ends } = this.columns;
    return {
      ...this.#origins.base(),
      kind: "lines",
      destination: this.destination,
      precision: this.#shared.options.precision,
      body,
      ends: ends.subarray(0, this.count),
    };
  }
}

class DocumentRun {
  bytes = 0;
  #shared: Shared;
  #origins: RunOrigins;
  #documents: Document[] = [];

  constructor(shared: Shared, columns: ItemColumns) {
    this.#shared = shared;
    this.#origins = new RunOrigins(shared, columns);
  }

  get columns(): ItemColumns {
    return this.#origins.columns;
  }

  get beganMs(): number {
    return this.#origins.beganMs;
  }

  get count(): number {
    return this.#origins.count;
  }

  get full(): boolean {
    const { requestItemsMax, requestBytesMax } = this.#shared.options;
    return this.#origins.count >= requestItemsMax || this.bytes >= requestBytesMax;
  }

  add(index: number, document: Document): void {
    this.#origins.add(index);
    this.#documents.push(document);
    this.bytes += document.json.length;
    this.#shared.bytes += document.json.length;
  }

  batch(): Batch & Pick<GatheredBatch, "origins"> {
    return {
      ...this.#origins.base(),
      kind: "documents",
      destination: "",
      documents: this.#documents,
    };
  }
}
