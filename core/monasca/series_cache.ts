/**
 * Pure. What the scanning encoder remembers of series: from the raw bytes around timestamp and value
 * to the line's beginning. Bounded; when it is full it forgets everything and starts anew.
 *
 * The raw bytes are compared whole, so a hash never decides. Agents send their metrics in the same
 * order each time, so each series also remembers which one came next: mostly no hash is needed.
 */

/** How much is remembered at most, over all series: entries, and bytes of keys and beginnings. */
const SERIES_MAX = 131_072;
const SERIES_BYTES_MAX = 64 * 1024 * 1024;

/** What a series' lines begin with, and where they go. */
export interface SeriesStart {
  readonly destination: string;
  /** Measurement and tags, a space, and `value=`. */
  readonly text: Uint8Array;
}

/** Where the raw bytes that name a series stand: all before the timestamp, and all between value_meta and time. */
export interface SeriesBytes {
  readonly headStart: number;
  readonly headEnd: number;
  readonly tailStart: number;
  readonly tailEnd: number;
}

/** The bounds, for tests to set lower. */
export interface SeriesLimits {
  readonly seriesMax: number;
  readonly bytesMax: number;
}

/** What an entry takes beside its bytes, roughly. */
const ENTRY_BYTES = 256;
const SLOTS_PER_SERIES = 2;
const FIRST_ARENA_BYTES = 64 * 1024;
const WORD_BYTES = 8;

/** Series by their raw bytes. It looks into one buffer at a time. */
export class SeriesCache {
  readonly #limits: SeriesLimits;
  readonly #slots: Int32Array;
  readonly #headAt: Int32Array;
  readonly #headLength: Int32Array;
  readonly #tailLength: Int32Array;
  readonly #next: Int32Array;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #starts: (SeriesStart | undefined)[] = [];
  #arena: Uint8Array;
  #arenaView: DataView;
  #arenaLength = 0;
  #bytes = 0;

  constructor(limits: SeriesLimits = { seriesMax: SERIES_MAX, bytesMax: SERIES_BYTES_MAX }) {
    this.#limits = limits;
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(limits.seriesMax * SLOTS_PER_SERIES)));
    this.#headAt = new Int32Array(limits.seriesMax);
    this.#headLength = new Int32Array(limits.seriesMax);
    this.#tailLength = new Int32Array(limits.seriesMax);
    this.#next = new Int32Array(limits.seriesMax).fill(-1);
    this.#arena = new Uint8Array(FIRST_ARENA_BYTES);
    this.#arenaView = new DataView(this.#arena.buffer);
  }

  /** From now on places are places in `view`. */
  lookInto(view: DataView): void {
    this.#view = view;
  }

  /** How many series are remembered. */
  get size(): number {
    return this.#starts.length;
  }

  /** The beginning of a remembered series; undefined where its messages must be decoded whole. */
  startOf(id: number): SeriesStart | undefined {
    return this.#starts[id];
  }

  /** The series that followed `id` last time, or -1. */
  nextOf(id: number): number {
    return id < 0 ? -1 : this.#next[id] ?? -1;
  }

  /** Remembers that `next` came after `id`. */
  follow(id: number, next: number): void {
    if (id >= 0 && id < this.#starts.length) this.#next[id] = next;
  }

  /** Where the head of series `id` ends if it stands from `at` on and before `end`, else -1. */
  headEnd(id: number, at: number, end: number): number {
    const length = this.#headLength[id] ?? 0;
    if (length > end - at) return -1;
    return this.#isKept(this.#headAt[id] ?? 0, at, length) ? at + length : -1;
  }

  /** The same for its tail. */
  tailEnd(id: number, at: number, end: number): number {
    const length = this.#tailLength[id] ?? 0;
    if (length > end - at) return -1;
    const from = (this.#headAt[id] ?? 0) + (this.#headLength[id] ?? 0);
    return this.#isKept(from, at, length) ? at + length : -1;
  }

  /** The series of these bytes, or -1. */
  find(key: SeriesBytes): number {
    return (this.#slots[this.#slotOf(key)] ?? 0) - 1;
  }

  /** Remembers a series that is not yet; head and tail must have 8 bytes each at least. */
  add(key: SeriesBytes, start: SeriesStart | undefined): number {
    const headLength = key.headEnd - key.headStart;
    const tailLength = key.tailEnd - key.tailStart;
    const bytes = ENTRY_BYTES + headLength + tailLength + (start?.text.length ?? 0);
    if (bytes > this.#limits.bytesMax) return -1;
    if (
      this.#starts.length >= this.#limits.seriesMax || this.#bytes + bytes > this.#limits.bytesMax
    ) this.#forget();
    this.#reserve(headLength + tailLength);
    const id = this.#starts.length;
    this.#slots[this.#slotOf(key)] = id + 1;
    this.#headAt[id] = this.#arenaLength;
    this.#headLength[id] = headLength;
    this.#tailLength[id] = tailLength;
    this.#copy(key.headStart, headLength);
    this.#copy(key.tailStart, tailLength);
    this.#bytes += bytes;
    this.#starts.push(start);
    return id;
  }

  #forget(): void {
    this.#slots.fill(0);
    this.#next.fill(-1);
    this.#starts = [];
    this.#arenaLength = 0;
    this.#bytes = 0;
  }

  #reserve(bytes: number): void {
    if (this.#arenaLength + bytes <= this.#arena.length) return;
    const arena = new Uint8Array(Math.max(this.#arena.length * 2, this.#arenaLength + bytes));
    arena.set(this.#arena.subarray(0, this.#arenaLength));
    this.#arena = arena;
    this.#arenaView = new DataView(arena.buffer);
  }

  #copy(at: number, length: number): void {
    const { buffer, byteOffset } = this.#view;
    this.#arena.set(new Uint8Array(buffer, byteOffset + at, length), this.#arenaLength);
    this.#arenaLength += length;
  }

  /** The slot that holds the series of these bytes, or the free one where it would go. */
  #slotOf(key: SeriesBytes): number {
    const mask = this.#slots.length - 1;
    const { headStart, headEnd, tailStart, tailEnd } = key;
    let slot = this.#hash(tailStart, tailEnd, this.#hash(headStart, headEnd, 0)) & mask;
    for (;;) {
      const id = (this.#slots[slot] ?? 0) - 1;
      if (id < 0) return slot;
      if (
        this.#headLength[id] === headEnd - headStart &&
        this.#tailLength[id] === tailEnd - tailStart &&
        this.headEnd(id, headStart, headEnd) >= 0 &&
        this.tailEnd(id, tailStart, tailEnd) >= 0
      ) return slot;
      slot = (slot + 1) & mask;
    }
  }

  /**
   * Compares eight bytes at a time as floats. What is kept is JSON text, so no eight bytes of it are a
   * zero or a NaN, and equal floats are equal bytes; else it stands for messages that are decoded
   * whole. `length` is at least 8.
   */
  #isKept(keptAt: number, at: number, length: number): boolean {
    const kept = this.#arenaView;
    const view = this.#view;
    const last = length - WORD_BYTES;
    for (let i = 0; i < last; i += WORD_BYTES) {
      if (kept.getFloat64(keptAt + i, true) !== view.getFloat64(at + i, true)) return false;
    }
    return kept.getFloat64(keptAt + last, true) === view.getFloat64(at + last, true);
  }

  /** Two lanes, because one waits for its own multiplication; the last word may overlap. */
  #hash(start: number, end: number, seed: number): number {
    const view = this.#view;
    let a = seed ^ (end - start);
    let b = 0x9e3779b9 | 0;
    const last = end - WORD_BYTES;
    for (let i = start; i < last; i += WORD_BYTES) {
      a = Math.imul(a ^ view.getInt32(i, true), 0x5bd1e995);
      b = Math.imul(b ^ view.getInt32(i + 4, true), 0x1b873593);
      a ^= a >>> 15;
    }
    a = Math.imul(a ^ view.getInt32(last, true), 0x5bd1e995);
    b = Math.imul(b ^ view.getInt32(last + 4, true), 0x1b873593);
    const mixed = Math.imul(a ^ (b >>> 13) ^ (b << 7), 0x85ebca6b);
    return mixed ^ (mixed >>> 16);
  }
}
