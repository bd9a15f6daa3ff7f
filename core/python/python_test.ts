/**
 * Pure. Shows that Python's rules are Python's: the cases hold what CPython itself answered.
 */
import { describe, expect, test } from "bun:test";
import cases from "../../testdata/python/cases.json" with { type: "json" };
import { dumpJson } from "./json_dump.ts";
import { JsonError, loadJson, NESTING_MAX } from "./json_load.ts";
import { floatRepr, NumberError, toFloat, toInt } from "./numbers.ts";
import { toRepr, toText } from "./text.ts";
import { compareText, isTruthy } from "./values.ts";

type Outcome = { is?: string; error?: string };

function outcome(make: () => string): Outcome {
  try {
    return { is: make() };
  } catch (error) {
    if (!(error instanceof NumberError)) throw error;
    return { error: "refused" };
  }
}

function expected({ is }: Outcome): Outcome {
  return is === undefined ? { error: "refused" } : { is };
}

describe("JSON is read and written as CPython does", () => {
  for (const entry of cases.json) {
    test(JSON.stringify(entry.text).slice(0, 80), () => {
      const bytes = Buffer.from(entry.text);
      if (entry.error) {
        expect(() => loadJson(bytes)).toThrow(JsonError);
        return;
      }
      const value = loadJson(bytes);
      expect<unknown>({
        dumps: dumpJson(value, { ensureAscii: false }),
        ascii: dumpJson(value, { ensureAscii: true }),
        str: toText(value),
        repr: toRepr(value),
        truthy: isTruthy(value),
      }).toEqual({
        dumps: entry.dumps,
        ascii: entry.ascii,
        str: entry.str,
        repr: entry.repr,
        truthy: entry.truthy,
      });
      expect(outcome(() => floatRepr(toFloat(value)))).toEqual(expected(entry.float ?? {}));
      expect(outcome(() => String(toInt(value)))).toEqual(expected(entry.int ?? {}));
    });
  }
});

describe("text becomes a number as CPython's float() and int() take it", () => {
  for (const entry of cases.strings as { text: string; float: Outcome; int: Outcome }[]) {
    test(JSON.stringify(entry.text).slice(0, 80), () => {
      expect(outcome(() => floatRepr(toFloat(entry.text)))).toEqual(expected(entry.float));
      expect(outcome(() => String(toInt(entry.text)))).toEqual(expected(entry.int));
    });
  }
});

test("floats are written as CPython's repr() writes them", () => {
  for (const { bits, repr } of cases.floats) {
    expect(floatRepr(Buffer.from(bits, "hex").readDoubleBE(0))).toBe(repr);
  }
});

test("text is sorted by code points", () => {
  expect(cases.sorted.toReversed().toSorted(compareText)).toEqual(cases.sorted);
});

test("deep nesting and bytes that are no UTF-8 are refused, not crashed on", () => {
  const deep = (levels: number) => loadJson("[".repeat(levels) + "]".repeat(levels));
  expect(Array.isArray(deep(NESTING_MAX))).toBe(true);
  expect(() => deep(NESTING_MAX + 1)).toThrow("nested too deeply");
  expect(() => deep(5_000_000)).toThrow("nested too deeply");
  for (const bytes of [[0x22, 0xff, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0x22, 0xc3, 0x22]]) {
    expect(() => loadJson(new Uint8Array(bytes))).toThrow("invalid UTF-8");
  }
});

test("a refusal says where and what was expected", () => {
  expect(() => loadJson('{"a": 1,}')).toThrow(
    "Cannot read JSON at character 8: '}', expected a name in quotes",
  );
});

test("numbers that JSON cannot name are refused on request", () => {
  const strict = { ensureAscii: true, allowNan: false };
  expect(dumpJson([1.5], strict)).toBe("[1.5]");
  for (const value of [NaN, Infinity, -Infinity]) {
    expect(() => dumpJson([value], strict)).toThrow(JsonError);
  }
});
