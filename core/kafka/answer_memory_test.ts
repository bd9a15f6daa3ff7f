/**
 * Pure. That memory is used again when its last reader is done with it, and not before.
 */
import { expect, test } from "bun:test";
import { AnswerMemory, Loan } from "./answer_memory.ts";

const answerBytes = 900_000;

test("memory that was given back is used again, memory on loan is not", () => {
  const memory = new AnswerMemory();
  const first = memory.take(answerBytes);
  const second = memory.take(answerBytes + 1);
  expect(first.length).toBe(answerBytes);
  expect(second.length).toBe(answerBytes + 1);
  expect(second.buffer).not.toBe(first.buffer);
  memory.give(first.buffer);
  expect(memory.take(200_000).buffer).toBe(first.buffer);
  expect(memory.take(answerBytes).buffer).not.toBe(first.buffer);
});

test("short and huge answers have memory of their own size", () => {
  const memory = new AnswerMemory();
  for (const bytes of [0, 4, 1000, 50_000_000]) {
    const answer = memory.take(bytes);
    expect(answer.length).toBe(bytes);
    expect(answer.buffer.byteLength).toBe(bytes);
    memory.give(answer.buffer);
    expect(memory.take(answerBytes).buffer).not.toBe(answer.buffer);
  }
});

test("a loan ends with its last reader, and a reader that says so twice counts once", () => {
  let ends = 0;
  const loan = new Loan(() => ends++);
  const [first, second] = [loan.share(), loan.share()];
  first();
  first();
  expect(ends).toBe(0);
  second();
  expect(ends).toBe(1);
  second();
  expect(ends).toBe(1);
});
