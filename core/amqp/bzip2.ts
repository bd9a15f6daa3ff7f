/**
 * Pure. Decompresses bzip2, which the runtime's zlib cannot: senders with `kombu_compression = bz2`
 * use it. Files of several streams are read through to the end; checksums are verified.
 */

const blockMagic = 0x314159265359;
const endMagic = 0x177245385090;
const codeLengthMax = 20;
/** Symbols that one Huffman table codes before the next selector is read. */
const groupSize = 50;

/** Reads bits, highest first. */
class Bits {
  #bytes: Uint8Array;
  #at = 0;
  #buffer = 0;
  #count = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** At most 24 at a time. */
  take(count: number): number {
    while (this.#count < count) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new Error("it ends too early");
      this.#buffer = ((this.#buffer << 8) | byte) & 0xffffffff;
      this.#count += 8;
    }
    this.#count -= count;
    return (this.#buffer >>> this.#count) & ((1 << count) - 1);
  }

  take48(): number {
    return this.take(24) * 0x1000000 + this.take(24);
  }

  take32(): number {
    return this.take(16) * 0x10000 + this.take(16);
  }

  /** Goes on at the next whole byte; false at the end. */
  align(): boolean {
    this.#count -= this.#count % 8;
    return this.#at - this.#count / 8 < this.#bytes.length;
  }
}

/** The decompressed bytes; throws an Error that says what is wrong, or that they are too many. */
export function bunzip2(bytes: Uint8Array, sizeMax: number): Uint8Array {
  const bits = new Bits(bytes);
  const output = new Output(sizeMax);
  do {
    if (bits.take(16) !== 0x425a || bits.take(8) !== 0x68) throw new Error("it is not bzip2");
    const level = bits.take(8) - 0x30;
    if (level < 1 || level > 9) throw new Error("its block size is none");
    for (;;) {
      const magic = bits.take48();
      const checksum = bits.take32();
      if (magic === endMagic) break;
      if (magic !== blockMagic) throw new Error("a block does not begin as one");
      output.startBlock();
      readBlock(bits, level * 100_000, output);
      if (output.checksum() !== checksum) throw new Error("a block's checksum does not match");
    }
  } while (bits.align());
  return output.bytes();
}

/** Undoes Huffman codes, move-to-front, the Burrows-Wheeler transform and the first run lengths. */
function readBlock(bits: Bits, sizeMax: number, output: Output): void {
  if (bits.take(1) === 1) throw new Error("it is of the old randomised kind");
  const origin = bits.take(24);
  const alphabet = readAlphabet(bits);
  const symbols = alphabet.length + 2;
  const tables = bits.take(3);
  if (tables < 2 || tables > 6) throw new Error("a block has no Huffman tables");
  const selectors = readSelectors(bits, tables);
  const trees = Array.from({ length: tables }, () => readTree(bits, symbols));
  const column = readSymbols(bits, { alphabet, selectors, trees, sizeMax });
  if (origin >= column.length) throw new Error("a block's origin is outside of it");
  undoTransform(column, origin, output);
}

/** The bytes that occur, in rising order. */
function readAlphabet(bits: Bits): number[] {
  const ranges = bits.take(16);
  const alphabet: number[] = [];
  for (let range = 0; range < 16; range++) {
    if (((ranges >> (15 - range)) & 1) === 0) continue;
    const used = bits.take(16);
    for (let i = 0; i < 16; i++) if (((used >> (15 - i)) & 1) === 1) alphabet.push(range * 16 + i);
  }
  if (alphabet.length === 0) throw new Error("a block uses no bytes");
  return alphabet;
}

function readSelectors(bits: Bits, tables: number): Uint8Array {
  const count = bits.take(15);
  const order = Array.from({ length: tables }, (_, i) => i);
  const selectors = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    let at = 0;
    while (bits.take(1) === 1) if (++at >= tables) throw new Error("a selector is out of range");
    selectors[i] = moveToFront(order, at);
  }
  return selectors;
}

function moveToFront(order: number[], at: number): number {
  const [value] = order.splice(at, 1);
  if (value === undefined) throw new Error("a symbol is out of range");
  order.unshift(value);
  return value;
}

/** Canonical codes: by length, the first code, the first index, and how many there are. */
interface Tree {
  readonly first: Int32Array;
  readonly index: Int32Array;
  readonly count: Int32Array;
  readonly symbols: Uint16Array;
}

function readTree(bits: Bits, symbols: number): Tree {
  const lengths = new Uint8Array(symbols);
  const count = new Int32Array(codeLengthMax + 2);
  let length = bits.take(5);
  for (let i = 0; i < symbols; i++) {
    while (bits.take(1) === 1) length += bits.take(1) === 0 ? 1 : -1;
    if (length < 1 || length > codeLengthMax) throw new Error("a code length is out of range");
    lengths[i] = length;
    count[length] = (count[length] ?? 0) + 1;
  }
  const first = new Int32Array(codeLengthMax + 2);
  const index = new Int32Array(codeLengthMax + 2);
  for (let l = 1; l <= codeLengthMax; l++) {
    first[l + 1] = ((first[l] ?? 0) + (count[l] ?? 0)) << 1;
    index[l + 1] = (index[l] ?? 0) + (count[l] ?? 0);
  }
  const sorted = new Uint16Array(symbols);
  const next = index.slice();
  for (let i = 0; i < symbols; i++) {
    const own = lengths[i] ?? 0;
    const place = next[own] ?? 0;
    sorted[place] = i;
    next[own] = place + 1;
  }
  return { first, index, count, symbols: sorted };
}

function readCode(bits: Bits, tree: Tree): number {
  let code = 0;
  for (let length = 1; length <= codeLengthMax; length++) {
    code = (code << 1) | bits.take(1);
    const offset = code - (tree.first[length] ?? 0);
    if (offset < (tree.count[length] ?? 0)) {
      return tree.symbols[(tree.index[length] ?? 0) + offset] ?? 0;
    }
  }
  throw new Error("a code is unknown");
}

interface Coding {
  readonly alphabet: number[];
  readonly selectors: Uint8Array;
  readonly trees: readonly Tree[];
  readonly sizeMax: number;
}

/** Symbols 0 and 1 count runs in bijective base 2, the last one ends the block. */
function readSymbols(bits: Bits, coding: Coding): Uint8Array {
  const { alphabet, selectors, trees, sizeMax } = coding;
  const end = alphabet.length + 1;
  const column = new Uint8Array(sizeMax);
  let size = 0;
  let run = 0;
  let runBit = 1;
  for (let read = 0;; read++) {
    const tree = trees[selectors[Math.floor(read / groupSize)] ?? -1];
    if (tree === undefined) throw new Error("a block has too few selectors");
    const symbol = readCode(bits, tree);
    if (symbol < 2) {
      run += runBit << symbol;
      runBit <<= 1;
      if (run > sizeMax) throw new Error("a run is too long");
      continue;
    }
    if (size + run + 1 > sizeMax && symbol !== end) throw new Error("a block is too long");
    if (size + run > sizeMax) throw new Error("a block is too long");
    column.fill(alphabet[0] ?? 0, size, size + run);
    size += run;
    run = 0;
    runBit = 1;
    if (symbol === end) return column.subarray(0, size);
    column[size++] = moveToFront(alphabet, symbol - 1);
  }
}

function undoTransform(column: Uint8Array, origin: number, output: Output): void {
  const starts = new Int32Array(257);
  for (const byte of column) starts[byte + 1] = (starts[byte + 1] ?? 0) + 1;
  for (let byte = 0; byte < 256; byte++) {
    starts[byte + 1] = (starts[byte + 1] ?? 0) + (starts[byte] ?? 0);
  }
  const successors = new Int32Array(column.length);
  column.forEach((byte, i) => {
    const place = starts[byte] ?? 0;
    successors[place] = i;
    starts[byte] = place + 1;
  });
  let at = successors[origin] ?? 0;
  let [last, equal] = [-1, 0];
  for (let i = 0; i < column.length; i++) {
    const byte = column[at] ?? 0;
    at = successors[at] ?? 0;
    if (equal === 4) {
      output.push(last, byte);
      equal = 0;
      last = -1;
      continue;
    }
    equal = byte === last ? equal + 1 : 1;
    last = byte;
    output.push(byte, 1);
  }
}

/** Grows as needed up to its bound; keeps the block's CRC-32 (bits highest first). */
class Output {
  #bytes = new Uint8Array(64 * 1024);
  #size = 0;
  #sizeMax: number;
  #crc = 0;

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  startBlock(): void {
    this.#crc = -1;
  }

  checksum(): number {
    return ~this.#crc >>> 0;
  }

  push(byte: number, count: number): void {
    if (this.#size + count > this.#sizeMax) throw new Error(`it is over ${this.#sizeMax} bytes`);
    while (this.#size + count > this.#bytes.length) {
      const grown = new Uint8Array(this.#bytes.length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    for (let i = 0; i < count; i++) {
      this.#bytes[this.#size++] = byte;
      this.#crc = (this.#crc << 8) ^ (crcTable[((this.#crc >>> 24) ^ byte) & 0xff] ?? 0);
    }
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }
}

const crcTable = Int32Array.from({ length: 256 }, (_, i) => {
  let crc = i << 24;
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
  return crc;
});
