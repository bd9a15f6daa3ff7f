/**
 * Pure. Shows that Values are what Python makes of JSON, and are written, compared and counted as it
 * does: against what CPython answered, and against the exact reader.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import cases from "../../testdata/python/cases.json" with { type: "json" };
import documents from "../../testdata/python/documents.json" with { type: "json" };
import { dumpJson } from "../python/json_dump.ts";
import { JsonError, loadJson, NESTING_MAX } from "../python/json_load.ts";
import { floatRepr } from "../python/numbers.ts";
import { toRepr } from "../python/text.ts";
import { loadValue } from "./load_value.ts";
import { PyFloat, type Value } from "./value.ts";
import {
  calculate,
  equalValues,
  floatOf,
  intOf,
  isTrue,
  lessThan,
  PythonError,
} from "./value_rules.ts";
import { dumpValue, valueRepr, valueStr } from "./value_text.ts";

function attempt(make: () => string): { is?: string; error?: string } {
  try {
    return { is: make() };
  } catch (error) {
    if (!(error instanceof PythonError)) throw error;
    return { error: error.kind };
  }
}

/** Keys that are small integers come first in JavaScript; it is the one thing that differs. */
const reordered = (text: string): boolean => /"-?[0-9]+" *:/.test(text);

describe("JSON texts become the values that CPython makes of them", () => {
  for (const entry of cases.json.filter(({ text }) => !reordered(text))) {
    test(JSON.stringify(entry.text).slice(0, 80), () => {
      if (entry.error) {
        expect(() => loadValue(entry.text)).toThrow(JsonError);
        return;
      }
      const value = loadValue(Buffer.from(entry.text));
      expect<unknown>({
        dumps: dumpValue(value, { ensureAscii: false }),
        ascii: dumpValue(value),
        str: valueStr(value),
        repr: valueRepr(value),
        truthy: isTrue(value),
      }).toEqual({
        dumps: entry.dumps,
        ascii: entry.ascii,
        str: entry.str,
        repr: entry.repr,
        truthy: entry.truthy,
      });
      expect(attempt(() => floatRepr(floatOf(value)))).toEqual(entry.float ?? {});
      expect(attempt(() => valueStr(intOf(value)))).toEqual(entry.int ?? {});
    });
  }
});

test("documents full of odd numbers are read and written as CPython does", () => {
  const wrong = documents.documents.filter(([text = "", dumps, repr]) => {
    const value = loadValue(text);
    return dumpValue(value) !== dumps || valueRepr(value) !== repr;
  });
  expect(wrong).toEqual([]);
});

// Spellings near the edges of what a double holds, inside lists, objects and strings.
const spelling = fc.oneof(
  fc.double().map(floatRepr).map((text) => text.replace("inf", "Infinity").replace("nan", "NaN")),
  fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }).map(String),
  fc.tuple(fc.nat(99), fc.array(fc.constantFrom("0", "9", "5"), { minLength: 1, maxLength: 20 }))
    .map(([whole, fraction]) => `${whole}.${fraction.join("")}`),
  fc.tuple(fc.nat(200), fc.integer({ min: -30, max: 30 })).map(([a, e]) => `${a}e${e}`),
  fc.json(),
);

test("the quick way and the exact way agree on any text", () => {
  fc.assert(
    fc.property(fc.array(spelling, { maxLength: 4 }), fc.boolean(), (parts, spaced) => {
      const text = `{"list":${spaced ? " " : ""}[${parts.join(spaced ? ", " : ",")}],"n":[]}`;
      if (reordered(text)) return;
      const exact = loadJson(text);
      const value = loadValue(text);
      expect(dumpValue(value)).toBe(dumpJson(exact, { ensureAscii: true }));
      expect(valueRepr(value)).toBe(toRepr(exact));
    }),
    { numRuns: 4000 },
  );
});

test("deep nesting is refused by either way, brackets inside strings do not count", () => {
  const deep = (levels: number, open: string, close: string): Value =>
    loadValue(`{"a":${open.repeat(levels - 1)}1${close.repeat(levels - 1)}}`);
  for (const [open, close] of [["[", "]"], ['{"x":', "}"], ['["\\\\","]\\"",', "]"]] as const) {
    expect(typeof deep(NESTING_MAX, open, close)).toBe("object");
    expect(() => deep(NESTING_MAX + 1, open, close)).toThrow("nested too deeply");
  }
  const flat = JSON.stringify({ a: Array.from({ length: 2000 }, () => [{}]), b: "[".repeat(2000) });
  expect(dumpValue(loadValue(flat))).toBe(dumpJson(loadJson(flat), { ensureAscii: true }));
});

test("values are compared as Python compares them", () => {
  const one: Value[] = [1, true, new PyFloat(1), 1n];
  for (const a of one) for (const b of one) expect(equalValues(a, b)).toBe(true);
  expect(equalValues([1, { a: 1.5 }], [true, { a: 1.5 }])).toBe(true);
  expect(equalValues({ a: null }, { b: null })).toBe(false);
  expect(equalValues("1", 1)).toBe(false);
  expect(equalValues(2 ** 53, 2n ** 53n + 1n)).toBe(false);
  expect(lessThan([1, "a"], [1, "b"])).toBe(true);
  expect(lessThan("\uffff", "\u{10000}")).toBe(true);
  expect(() => lessThan(1, "a")).toThrow(PythonError);
  expect(() => lessThan(null, null)).toThrow(PythonError);
});

test("values are added and multiplied as Python does", () => {
  expect(calculate("+", 2 ** 53 - 1, 2)).toBe(2n ** 53n + 1n);
  expect(calculate("-", 2n ** 53n + 1n, 2)).toBe(2 ** 53 - 1);
  expect(calculate("*", 0.5, 2)).toEqual(new PyFloat(1));
  expect(calculate("*", "ab", 2)).toBe("abab");
  expect(calculate("*", [1], true)).toEqual([1]);
  expect(calculate("-", true, 1)).toBe(0);
  expect(() => calculate("-", "a", "a")).toThrow(PythonError);
  expect(() => calculate("*", "a", 10n ** 12n)).toThrow("too long");
});
