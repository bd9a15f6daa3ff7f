/**
 * Pure. Whatever way the bytes of answers are cut on their way, whole answers come out of it.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { AnswerMemory } from "./answer_memory.ts";
import { AnswerPieces } from "./answer_pieces.ts";

function answerOf(size: number, fill: number): Buffer {
  const answer = Buffer.alloc(4 + size, fill);
  answer.writeInt32BE(size, 0);
  return answer;
}

/** Rejects bytes that do not end where an answer ends. */
function countAnswers(bytes: Buffer): number {
  let count = 0;
  let at = 0;
  for (; at < bytes.length; count++) at += 4 + bytes.readInt32BE(at);
  expect(at).toBe(bytes.length);
  return count;
}

/** The stream cut into pieces of these sizes, in turn, each in memory of its own. */
function* cut(stream: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, i = 0; at < stream.length; i++) {
    const end = Math.min(stream.length, at + (sizes[i % sizes.length] ?? 1));
    const piece = Buffer.allocUnsafeSlow(end - at);
    stream.copy(piece, 0, at, end);
    yield piece;
    at = end;
  }
}

test("answers come out whole and in order, however they were cut", () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 20 });
  const cuts = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 20 });
  fc.assert(fc.property(sizes, cuts, (answers, pieces) => {
    const stream = Buffer.concat(answers.map((size, i) => answerOf(size, i)));
    const joined = new AnswerPieces(new AnswerMemory());
    const out = [...cut(stream, pieces)].flatMap((piece) => joined.take(piece));
    let count = 0;
    for (const answer of out) count += countAnswers(answer);
    expect(count).toBe(answers.length);
    expect(Buffer.concat(out).equals(stream)).toBe(true);
  }));
});

test("an answer is handed out as soon as its last byte is there", () => {
  const joined = new AnswerPieces(new AnswerMemory());
  const stream = answerOf(1000, 7);
  const [first, second, last] = cut(stream, [2, 1001, 1]);
  if (first === undefined || second === undefined || last === undefined) throw new Error("cut");
  expect(joined.take(first)).toEqual([]);
  expect(joined.take(second)).toEqual([]);
  expect(joined.take(last)).toEqual([stream]);
});

test("a piece that was copied is let go, one that is handed out is not", () => {
  const joined = new AnswerPieces(new AnswerMemory());
  const [copied, rest] = cut(answerOf(1000, 7), [600]);
  if (copied === undefined || rest === undefined) throw new Error("cut");
  joined.take(copied);
  expect(copied.buffer.byteLength).toBe(0);
  joined.take(rest);
  expect(rest.buffer.byteLength).toBe(0);
  const whole = answerOf(5, 1);
  const own = Buffer.allocUnsafeSlow(whole.length);
  whole.copy(own);
  expect(joined.take(own)[0]?.equals(whole)).toBe(true);
});

test("memory that is shared with others is left alone", () => {
  const joined = new AnswerPieces(new AnswerMemory());
  const shared = Buffer.from(answerOf(1000, 7).buffer);
  joined.take(shared.subarray(0, 600));
  expect(shared[700]).toBe(7);
});

test("what is no answer of a broker is passed on as it comes", () => {
  for (const text of ["HTTP/1.1 400 Bad Request\r\n", "\xff\xff\xff\xff..."]) {
    const joined = new AnswerPieces(new AnswerMemory());
    const bytes = Buffer.from(text, "latin1");
    expect(joined.take(bytes)).toEqual([bytes]);
    expect(joined.take(bytes)).toEqual([bytes]);
  }
});
