/**
 * Pure. The memory that long answers stand in: taken from a few buffers that are used again as soon as
 * nobody reads them any more. Fresh memory for every answer costs page faults and garbage.
 */

/** Answers from this size on, up to that of a full fetch with its headers, share buffers of one size. */
const sharedBytesMin = 128 * 1024;
const bufferBytes = 1024 * 1024 + 64 * 1024;
/** Buffers that wait to be used; more are left to the garbage collection. */
const freeMax = 8;

/** Buffers that are nobody's at the moment. */
export class AnswerMemory {
  #free: ArrayBuffer[] = [];

  /** Room for an answer of this size; what it holds is arbitrary. */
  take(bytes: number): Buffer {
    if (bytes < sharedBytesMin || bytes > bufferBytes) return Buffer.allocUnsafeSlow(bytes);
    return Buffer.from(this.#free.pop() ?? new ArrayBuffer(bufferBytes), 0, bytes);
  }

  /** Nobody reads an answer in this memory any more; memory from elsewhere is none of its business. */
  give(memory: ArrayBufferLike): void {
    const known = memory instanceof ArrayBuffer && memory.byteLength === bufferBytes;
    if (known && this.#free.length < freeMax) this.#free.push(memory);
  }
}

/** Memory that several read, on loan until the last of them is done with it. */
export class Loan {
  #readers = 0;
  #end: () => void;

  /** `end` is called when nobody reads any more. */
  constructor(end: () => void) {
    this.#end = end;
  }

  /** One reader more; the function given is for telling that it is done, which counts once. */
  share(): () => void {
    this.#readers++;
    let reads = true;
    return () => {
      if (!reads) return;
      reads = false;
      if (--this.#readers === 0) this.#end();
    };
  }
}
