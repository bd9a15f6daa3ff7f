/**
 * Pure. The bytes of a remote-write request beside those that protobuf's own library makes of the same
 * labels and samples.
 */
import { expect, test } from "bun:test";
import { makeSample } from "../../testing/samples.ts";
import { writeRequest } from "./write_request.ts";

const snappy: { uncompress(packed: Uint8Array): Uint8Array } = require("snappyjs");

const none = {
  resource_id: null,
  project_id: null,
  user_id: null,
  unit: null,
  source: null,
  type: "",
};

test("a request has labels, doubles and times, also those before 1970", () => {
  const { body, refused } = writeRequest([
    makeSample({ ...none, volume: 1.5, timestamp: "1969-12-31T23:59:59.999" }),
    makeSample({ ...none, volume: 2, timestamp: "2026-01-02T03:04:05.678" }),
  ]);
  expect(refused).toEqual([]);
  const plain = Buffer.from(snappy.uncompress(body ?? new Uint8Array()));
  expect(plain.toString("hex")).toBe(
    "0a3b0a110a085f5f6e616d655f5f12057663707573121409000000000000f83f10ffffffffffffff" +
      "ffff01121009000000000000004010ae9ea6e5b733",
  );
});

test("a request of many series unpacks to what was packed", () => {
  const samples = Array.from({ length: 2000 }, (_, n) => makeSample({ resource_id: `node-${n}` }));
  const { body } = writeRequest(samples);
  const plain = Buffer.from(snappy.uncompress(body ?? new Uint8Array()));
  const ids = [...plain.toString("latin1").matchAll(/node-\d+/g)].map(([id]) => id);
  expect(ids).toEqual(samples.map((_, n) => `node-${n}`));
  expect(body?.length).toBeLessThan(plain.length / 2);
  expect(writeRequest([]).body).toBeUndefined();
});
