/**
 * Pure. `MovedSinks`: lines in ms on their way to batches in ns, for one of several stores, with their
 * times moved. It works on the bytes: a line's time stands at its end.
 */
import type { Document } from "../delivery/batch.ts";
import type { RecordBlock } from "../delivery/records.ts";
import type { ItemSinks, LineSink } from "../persist/encoder.ts";

const zero = 48;
const nine = 57;
const minus = 45;
const zerosOfMs = 6;
/** A time in ms, with its sign, however far it is moved. */
const timeBytesMax = 22;

/** Where items really go. */
export interface MovedSinksOptions {
  /** Stands before every destination. */
  readonly prefix: string;
  /** Added to every time of a line. */
  readonly shiftMs: number;
}

/** Takes lines in ms. Documents are passed on. */
export class MovedSinks implements ItemSinks {
  readonly #options: MovedSinksOptions;
  readonly #line: MovedLine;
  #inner: ItemSinks | undefined;

  constructor(options: MovedSinksOptions) {
    this.#options = options;
    this.#line = new MovedLine(options.shiftMs);
  }

  /** From now on into these. */
  into(inner: ItemSinks): this {
    this.#inner = inner;
    return this;
  }

  lines(destination: string): LineSink {
    const { prefix } = this.#options;
    const inner = this.#inner?.lines(prefix === "" ? destination : prefix + destination);
    if (inner === undefined) throw new Error("there are no sinks to write into");
    return this.#line.into(inner);
  }

  document(block: RecordBlock, index: number, document: Document): void {
    this.#inner?.document(block, index, document);
  }
}

class MovedLine implements LineSink {
  readonly #shiftMs: number;
  #inner: LineSink | undefined;

  constructor(shiftMs: number) {
    this.#shiftMs = shiftMs;
  }

  into(inner: LineSink): this {
    this.#inner = inner;
    return this;
  }

  get length(): number {
    return this.#sink.length;
  }

  set length(length: number) {
    this.#sink.length = length;
  }

  reserve(bytes: number): Uint8Array {
    return this.#sink.reserve(bytes);
  }

  endLine(block: RecordBlock, index: number): void {
    const sink = this.#sink;
    const buffer = sink.reserve(zerosOfMs + timeBytesMax);
    let at = this.#shiftMs === 0 ? sink.length : moveTime(buffer, sink.length, this.#shiftMs);
    const isEpoch = buffer[at - 1] === zero && !isDigit(buffer[at - 2] ?? 0);
    if (!isEpoch) { for (let i = 0; i < zerosOfMs; i++) buffer[at++] = zero; }
    sink.length = at;
    sink.endLine(block, index);
  }

  get #sink(): LineSink {
    if (this.#inner === undefined) throw new Error("there is no line to write into");
    return this.#inner;
  }
}

function isDigit(byte: number): boolean {
  return byte >= zero && byte <= nine;
}

/** Writes the time that stands before `end` anew; where it ends now. */
function moveTime(buffer: Uint8Array, end: number, shiftMs: number): number {
  let start = end;
  while (start > 0 && isDigit(buffer[start - 1] ?? 0)) start--;
  if (start > 0 && buffer[start - 1] === minus) start--;
  let time = 0;
  const isNegative = buffer[start] === minus;
  for (let i = isNegative ? start + 1 : start; i < end; i++) {
    time = time * 10 + (buffer[i] ?? zero) - zero;
  }
  const text = String(Math.round((isNegative ? -time : time) + shiftMs));
  for (let i = 0; i < text.length; i++) buffer[start + i] = text.charCodeAt(i);
  return start + text.length;
}
