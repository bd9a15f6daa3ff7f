/**
 * Pure. The msgpack packer: what comes back is what went in, and what it refuses. The bytes are
 * compared with Python's in signature_test.ts.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { loadValue } from "../notifications/load_value.ts";
import { PyFloat, type Value } from "../notifications/value.ts";
import { dumpValue } from "../notifications/value_text.ts";
import { packMessage, unpackMessage } from "../../testing/msgpack.ts";
import { ByteBuffer } from "./byte_buffer.ts";
import { packValue, UnpackableError } from "./msgpack.ts";

describe("packing", () => {
  test("any JSON value comes back", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      fc.pre(!/[0-9]{20}/.test(text));
      const loaded = loadValue(text);
      expect(dumpValue(unpackMessage(packMessage(loaded)))).toBe(dumpValue(loaded));
    }));
  });
  test("any integer of 64 bits comes back, a larger one is refused", () => {
    const bound = 2n ** 65n;
    fc.assert(fc.property(fc.bigInt({ min: -bound, max: bound }), (value) => {
      if (value < -(2n ** 63n) || value >= 2n ** 64n) {
        expect(() => packMessage(value)).toThrow(UnpackableError);
      } else expect(BigInt(String(unpackMessage(packMessage(value))))).toBe(value);
    }));
  });
  test.each<[Value, string]>([
    [new PyFloat(NaN), "cb7ff8000000000000"],
    [new PyFloat(Infinity), "cb7ff0000000000000"],
    [new PyFloat(-0), "cb8000000000000000"],
    [-0, "00"],
    [5n, "05"],
  ])("%p", (value, hex) => {
    expect(Buffer.from(packMessage(value)).toString("hex")).toBe(hex);
  });
  test("half a surrogate pair is refused, in a value as in a name", () => {
    expect(() => packMessage(["a\ud800"])).toThrow(UnpackableError);
    expect(() => packMessage({ "\udc00": 1 })).toThrow("half a surrogate pair");
  });
  test("goes behind what is there, into memory that grows", () => {
    const out = new ByteBuffer();
    packValue(out, 7);
    const first = out.since(0);
    packValue(out, "x".repeat(100_000));
    expect(out.length).toBe(100_006);
    expect([...first, ...out.since(0).subarray(0, 3)]).toEqual([7, 7, 0xdb, 0]);
  });
});
