/**
 * Pure. `LineBuffer`: room for the line that an encoder is writing, for sinks that look at each line by
 * itself.
 */
const bytesUsual = 4096;

/** Empty; whoever ends the line sets `length` back. */
export class LineBuffer {
  length = 0;
  #buffer: Uint8Array;

  /** `bytes`: what is there from the beginning; it grows as it has to. */
  constructor(bytes: number = bytesUsual) {
    this.#buffer = new Uint8Array(bytes);
  }

  /** Room for so many bytes behind `length`; what stands before it stays. */
  reserve(bytes: number): Uint8Array {
    if (this.length + bytes > this.#buffer.length) {
      const grown = new Uint8Array(2 * (this.length + bytes));
      grown.set(this.#buffer.subarray(0, this.length));
      this.#buffer = grown;
    }
    return this.#buffer;
  }

  /** What was written; holds until more is. */
  get written(): Uint8Array {
    return this.#buffer.subarray(0, this.length);
  }
}
