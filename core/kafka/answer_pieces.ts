/**
 * Pure. What a socket gives, put together before kafkajs sees it: a long answer is copied once into
 * memory of its own, and each piece is let go as soon as it is copied. kafkajs itself keeps all
 * pieces and joins them up to twice; how answers are told apart and read stays its business.
 */
import type { AnswerMemory } from "./answer_memory.ts";

const sizeBytes = 4;
/** A length beyond this is no Kafka broker's: from there on the bytes are passed on as they come. */
const answerBytesMax = 128 * 1024 * 1024;

/** The pieces of one connection. */
export class AnswerPieces {
  #memory: AnswerMemory;
  #answer: Buffer | undefined;
  #length = 0;
  /** What is there of a length that came in two. */
  #cut: Buffer = Buffer.alloc(0);
  #strange = false;

  constructor(memory: AnswerMemory) {
    this.#memory = memory;
  }

  /** Takes over what was read; gives runs of whole answers. */
  take(read: Buffer): Buffer[] {
    if (this.#strange) return [read];
    const whole: Buffer[] = [];
    const piece = this.#cut.length === 0 ? read : Buffer.concat([this.#cut, read]);
    this.#cut = this.#cut.subarray(0, 0);
    const begun = this.#answer;
    let at = 0;
    if (begun !== undefined) {
      at = Math.min(begun.length - this.#length, piece.length);
      this.#append(begun, piece.subarray(0, at));
      if (this.#length === begun.length) {
        whole.push(begun);
        this.#answer = undefined;
      }
    }
    const end = this.#endOfWhole(piece, at);
    if (end > at) whole.push(piece.subarray(at, end));
    if (end < piece.length) this.#begin(piece.subarray(end));
    if (end === at) letGo(piece);
    return whole;
  }

  /** Behind the last answer that is whole. */
  #endOfWhole(piece: Buffer, start: number): number {
    let at = start;
    while (piece.length - at >= sizeBytes) {
      const size = piece.readInt32BE(at);
      if (size < 0 || size > answerBytesMax) {
        this.#strange = true;
        return piece.length;
      }
      if (at + sizeBytes + size > piece.length) break;
      at += sizeBytes + size;
    }
    return at;
  }

  #begin(rest: Buffer): void {
    if (rest.length < sizeBytes) {
      this.#cut = Buffer.from(rest);
      return;
    }
    this.#answer = this.#memory.take(sizeBytes + rest.readInt32BE(0));
    this.#length = 0;
    this.#append(this.#answer, rest);
  }

  #append(answer: Buffer, bytes: Buffer): void {
    answer.set(bytes, this.#length);
    this.#length += bytes.length;
  }
}

/** Frees the memory now, where nothing else stands in it. */
function letGo({ buffer, length }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === length) buffer.transfer(0);
}
