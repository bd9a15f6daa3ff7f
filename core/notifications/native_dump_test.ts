/**
 * Pure. Shows that the quick writer of JSON writes what Python's json.dumps does, or nothing.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { dumpJson } from "../python/json_dump.ts";
import { loadJson } from "../python/json_load.ts";
import { dumpNatively } from "./native_dump.ts";
import { PyFloat } from "./value.ts";

test("texts of any characters, half surrogate pairs among them, are escaped as Python does", () => {
  const text = fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) });
  fc.assert(fc.property(fc.array(text), fc.string({ unit: "binary" }), (list, more) => {
    const object = { [`k${more}`]: list, more: { list: [], none: {} } };
    expect(dumpNatively(object)).toBe(
      dumpJson(loadJson(JSON.stringify(object)), { ensureAscii: true }),
    );
  }));
});

test("a text longer than any before and one that is too long", () => {
  const long = "é,:".repeat(40_000);
  expect(dumpNatively([long])).toBe(`["${"\\u00e9,:".repeat(40_000)}"]`);
  expect(dumpNatively(["x".repeat(300_000)])).toBeUndefined();
});

test("what JavaScript would write otherwise is left alone", () => {
  for (const odd of [new PyFloat(1), 1n, 1e-5, 0.00001, 1e21, 2 ** 60]) {
    expect(dumpNatively([{ odd }])).toBeUndefined();
  }
  expect(dumpNatively([0, -0, 1.5, -2.25, 1e15, 2 ** 53, true, null]))
    .toBe("[0, 0, 1.5, -2.25, 1000000000000000, 9007199254740992, true, null]");
});
