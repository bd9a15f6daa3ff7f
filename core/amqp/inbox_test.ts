/**
 * Pure. What gives way where too much waits, by number and by bytes.
 */
import { expect, test } from "bun:test";
import { Inbox } from "./inbox.ts";

const mebibyte = 1024 * 1024;

test("too many: the oldest half gives way, and is counted", () => {
  const inbox = new Inbox();
  for (let i = 0; i <= 50_000; i++) inbox.push(Uint8Array.of(i & 255));
  expect(inbox.dropped).toBe(25_001);
  expect(inbox.takeAll().length).toBe(25_000);
  expect(inbox.takeAll()).toEqual([]);
});

test("too large: the bytes that wait are bounded; one message stays, however large", () => {
  const inbox = new Inbox();
  const large = new Uint8Array(mebibyte);
  for (let i = 0; i < 500; i++) inbox.push(large);
  const kept = inbox.takeAll().length;
  expect(kept).toBeLessThanOrEqual(64);
  expect(kept + inbox.dropped).toBe(500);
  const huge = new Uint8Array(65 * mebibyte);
  inbox.push(large);
  inbox.push(huge);
  expect(inbox.takeAll()).toEqual([huge]);
});
