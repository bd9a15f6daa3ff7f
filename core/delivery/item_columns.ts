/**
 * Pure. The growing columns in which gathered items stand, and the pool that takes them back after
 * their batch, so that a steady flow allocates nothing and memory stays flat.
 */

const itemsAtFirst = 64;
const bytesAtFirst = 2048;
/** Bytes of all columns that wait in a pool. */
const poolBytesMax = 16 * 1024 * 1024;
/** Columns larger than this are not kept: one huge record must not stay in memory for ever. */
const pooledBytesMax = 8 * 1024 * 1024;

/** Lines' bytes and ends, and each item's origin. */
export class ItemColumns {
  body = new Uint8Array(bytesAtFirst);
  ends = new Int32Array(itemsAtFirst);
  ordinals = new Int32Array(itemsAtFirst);
  indexes = new Int32Array(itemsAtFirst);

  get byteLength(): number {
    return this.body.byteLength + 3 * this.ends.byteLength;
  }

  /** The body, with room for `bytes` more behind `length`. */
  reserve(length: number, bytes: number): Uint8Array {
    if (length + bytes <= this.body.length) return this.body;
    const grown = new Uint8Array(Math.max(2 * this.body.length, length + bytes));
    grown.set(this.body.subarray(0, length));
    this.body = grown;
    return grown;
  }

  /** Makes room for item `count`. */
  reserveItem(count: number): void {
    if (count < this.ends.length) return;
    this.ends = grow(this.ends);
    this.ordinals = grow(this.ordinals);
    this.indexes = grow(this.indexes);
  }
}

/** Columns that are nobody's at the moment, within a bound. */
export class ColumnsPool {
  #free: ItemColumns[] = [];
  #bytes = 0;

  take(): ItemColumns {
    const columns = this.#free.pop();
    if (columns === undefined) return new ItemColumns();
    this.#bytes -= columns.byteLength;
    return columns;
  }

  /** The columns are nobody's any more. */
  give(columns: ItemColumns): void {
    const bytes = columns.byteLength;
    if (bytes > pooledBytesMax || this.#bytes + bytes > poolBytesMax) return;
    this.#bytes += bytes;
    this.#free.push(columns);
  }
}

function grow(column: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(2 * column.length);
  grown.set(column);
  return grown;
}
