/**
 * Pure. `ZstdFrames`: follows the frames of a zstd file by their lengths, to know whether it ends where
 * a frame ends. The runtime's decompressor takes a file that was cut off for a whole one.
 */

const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;
const magicBytes = 4;
const blockHeaderBytes = 3;
const checksumBytes = 4;
const dictionaryBytes = [0, 1, 2, 4] as const;
const sizeBytes = [0, 2, 4, 8] as const;
const rleBlock = 1;

/** What is read next: so many bytes, which say what follows them. */
type Part = "magic" | "descriptor" | "block" | "skippable";

/** Before the first byte. */
export class ZstdFrames {
  #part: Part = "magic";
  #wanted = magicBytes;
  #head: number[] = [];
  /** Bytes that are passed over before the next part. */
  #passed = 0;
  #hasChecksum = false;
  #isLost = false;

  /** What is wrong where the bytes so far are all there are; undefined: they end with a frame. */
  get fault(): string | undefined {
    if (this.#isLost) return "what is behind its last frame is no zstd";
    const isWhole = this.#part === "magic" && this.#passed === 0 && this.#head.length === 0;
    return isWhole ? undefined : "unexpected end of file";
  }

  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#isLost;) {
      if (this.#passed > 0) {
        const passed = Math.min(this.#passed, bytes.length - at);
        this.#passed -= passed;
        at += passed;
        continue;
      }
      this.#head.push(bytes[at++] ?? 0);
      if (this.#head.length === this.#wanted) this.#read();
    }
  }

  #read(): void {
    // Little endian, without the sign that shifts would bring.
    const value = this.#head.reduceRight((sum, byte) => sum * 256 + byte, 0);
    this.#head = [];
    switch (this.#part) {
      case "magic":
        if (value === frameMagic) return this.#next("descriptor", 1);
        if (value - (value % 16) === skippableMagic) return this.#next("skippable", 4);
        this.#isLost = true;
        return;
      case "skippable":
        return this.#next("magic", magicBytes, value);
      case "descriptor":
        this.#hasChecksum = (value & 4) !== 0;
        return this.#next("block", blockHeaderBytes, restOfHeader(value));
      case "block":
        return this.#block(value);
    }
  }

  #block(header: number): void {
    const size = ((header >> 1) & 3) === rleBlock ? 1 : header >> 3;
    if ((header & 1) === 0) return this.#next("block", blockHeaderBytes, size);
    this.#next("magic", magicBytes, size + (this.#hasChecksum ? checksumBytes : 0));
  }

  #next(part: Part, wanted: number, passed = 0): void {
    this.#part = part;
    this.#wanted = wanted;
    this.#passed = passed;
  }
}

/** Bytes of a frame's header behind its descriptor: window, dictionary, size of the content. */
function restOfHeader(descriptor: number): number {
  const isSingle = (descriptor & 0x20) !== 0;
  const dictionary = dictionaryBytes[descriptor & 3] ?? 0;
  const size = sizeBytes[descriptor >> 6] ?? 0;
  return isSingle ? dictionary + Math.max(1, size) : 1 + dictionary + size;
}
