/**
 * Pure. `TrackedBlock`: a block of records on its way, with what each record still waits for.
 *
 * Its bytes are let go as soon as nobody needs them: all at once when the last record is settled, or
 * all but the unsettled records' when `compact` finds that these are few (a held destination).
 */
import { keyOf, type RecordBlock, valueOf } from "./records.ts";

/** A block is compacted when its unsettled records are at most this part of those it holds. */
const compactPartMax = 0.5;

/** What a record costs beside its bytes: its places in the columns, and a letter in line for it. */
const recordBytes = 64;

/** A block whose records are all unsettled and not yet encoded. */
export class TrackedBlock {
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: number;
  /** Records that are not settled. */
  unsettled: number;
  /** Its partition is no longer ours: whatever happens to it does not count any more. */
  forgotten = false;
  #block: RecordBlock;
  #pending: Int32Array;
  #outcomes: Uint8Array | undefined;
  /** Where records were left out: the indexes of those kept, rising. */
  #kept: Int32Array | undefined;
  /** Every record below it is settled. */
  #settledTo = 0;
  #encoding = true;
  #several = false;

  constructor(block: RecordBlock) {
    this.topic = block.topic;
    this.partition = block.partition;
    this.nextOffset = block.nextOffset;
    this.unsettled = block.count;
    this.#block = block;
    // One more than its items, until it is encoded: it cannot be settled before.
    this.#pending = new Int32Array(block.count).fill(1);
  }

  /** The block with the records that are still held; see `at` for a record's index in it. */
  get block(): RecordBlock {
    return this.#block;
  }

  /** Memory that the block holds, about. */
  get size(): number {
    return this.#block.bytes.byteLength + recordBytes * this.#block.count;
  }

  /** Where record `index` stands in `block`. */
  at(index: number): number {
    return this.#kept === undefined ? index : indexIn(this.#kept, index);
  }

  /** Record `index` has one more item on its way. */
  addItem(index: number): void {
    const pending = (this.#pending[index] ?? 0) + 1;
    this.#pending[index] = pending;
    if (pending > 2) this.#several = true;
  }

  /** Whether any record of the block has more than one item. */
  get several(): boolean {
    return this.#several;
  }

  /**
   * Takes one item (or the encoding) off record `index`. Gives the number of the record's outcome when
   * that settled it, else -1; an outcome never gets milder.
   */
  settleItem(index: number, outcome: number): number {
    const at = this.at(index);
    const pending = this.#pending[at];
    if (pending === undefined || pending <= 0) return -1;
    this.#pending[at] = pending - 1;
    let worst = outcome;
    if (this.#outcomes !== undefined) {
      worst = Math.max(outcome, this.#outcomes[at] ?? 0);
      this.#outcomes[at] = worst;
    } else if (outcome > 0) {
      this.#outcomes = new Uint8Array(this.#pending.length);
      this.#outcomes[at] = outcome;
    }
    if (pending > 1) return -1;
    this.unsettled--;
    return worst;
  }

  /** The loop is done with encoding the block: it may be compacted. */
  encodingEnded(): void {
    this.#encoding = false;
  }

  /** The offset of the first unsettled record where records before it are settled. */
  settledOffset(): number | undefined {
    const pending = this.#pending;
    while (this.#settledTo < pending.length && pending[this.#settledTo] === 0) this.#settledTo++;
    if (this.#settledTo === 0 && this.#kept === undefined) return undefined;
    return this.#block.offsets[this.#settledTo];
  }

  /** Lets everything go; how much that frees. */
  release(): number {
    const { size } = this;
    // Of a forgotten one somebody may still read the bytes: a dead letter that is being written.
    if (!this.forgotten) this.#block.release?.();
    if (size > 0) this.#keep(nothing);
    return size;
  }

  /** Lets settled records go where that is worth it; how much that frees. */
  compact(): number {
    const { count } = this.#block;
    const { size } = this;
    if (this.#encoding || this.unsettled === 0) return 0;
    if (this.unsettled > count * compactPartMax) return 0;
    const kept = new Int32Array(this.unsettled);
    let n = 0;
    for (let i = 0; i < count; i++) if ((this.#pending[i] ?? 0) > 0) kept[n++] = i;
    this.#keep(kept);
    return size - this.size;
  }

  #keep(at: Int32Array): void {
    const before = this.#kept;
    const outcomes = this.#outcomes;
    const pending = this.#pending;
    this.#block = pickRecords(this.#block, at);
    this.#kept = at.map((i) => before === undefined ? i : before[i] ?? 0);
    this.#pending = at.map((i) => pending[i] ?? 0);
    if (outcomes !== undefined) this.#outcomes = Uint8Array.from(at, (i) => outcomes[i] ?? 0);
    this.#settledTo = 0;
  }
}

const nothing = new Int32Array(0);
const noRecords = {
  bytes: new Uint8Array(0),
  count: 0,
  offsets: new Float64Array(0),
  timestamps: new Float64Array(0),
  valueStarts: nothing,
  valueEnds: nothing,
  keyStarts: nothing,
  keyEnds: nothing,
  release: undefined,
};

/** The records at these places as a block of its own, bytes copied. */
function pickRecords(block: RecordBlock, at: Int32Array): RecordBlock {
  if (at.length === 0) return { ...block, ...noRecords };
  let size = 0;
  for (const i of at) size += (valueOf(block, i)?.length ?? 0) + (keyOf(block, i)?.length ?? 0);
  const bytes = new Uint8Array(size);
  const columns = {
    offsets: Float64Array.from(at, (i) => block.offsets[i] ?? 0),
    timestamps: Float64Array.from(at, (i) => block.timestamps[i] ?? NaN),
    valueStarts: new Int32Array(at.length).fill(-1),
    valueEnds: new Int32Array(at.length).fill(-1),
    keyStarts: new Int32Array(at.length).fill(-1),
    keyEnds: new Int32Array(at.length).fill(-1),
  };
  let end = 0;
  const copy = (from: Uint8Array | null, starts: Int32Array, ends: Int32Array, i: number): void => {
    if (from === null) return;
    starts[i] = end;
    bytes.set(from, end);
    ends[i] = end += from.length;
  };
  at.forEach((from, i) => {
    copy(valueOf(block, from), columns.valueStarts, columns.valueEnds, i);
    copy(keyOf(block, from), columns.keyStarts, columns.keyEnds, i);
  });
  return { ...block, ...columns, bytes, count: at.length, release: undefined };
}

/** Where `value` stands in a rising column; -1 if nowhere. */
function indexIn(rising: Int32Array, value: number): number {
  let low = 0;
  let high = rising.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = rising[middle] ?? 0;
    if (found === value) return middle;
    if (found < value) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
