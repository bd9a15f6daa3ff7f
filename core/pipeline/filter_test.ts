/**
 * Edge (files). Name patterns against CPython's own answers, and what no pattern or name may do.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { filterProblem, NameFilter } from "./filter.ts";
import { compileFnmatch } from "./fnmatch.ts";

type Recorded = readonly [string[], ...(readonly [pattern: string, taken: string[]])[]];

const [names, ...rows]: Recorded = await Bun.file("testdata/python/fnmatch.json").json();

test("patterns take what CPython's fnmatch takes", () => {
  for (const [pattern, taken] of rows) {
    const matches = compileFnmatch(pattern);
    expect([pattern, names.filter(matches)]).toEqual([pattern, taken]);
  }
});

test("many stars and a long name take no time", () => {
  const matches = compileFnmatch(`${"*a".repeat(50)}b`);
  expect(matches("a".repeat(5000))).toBe(false);
});

test("many brackets that nothing closes take no time", () => {
  const pattern = "[".repeat(1_000_000);
  expect(compileFnmatch(pattern)(pattern)).toBe(true);
  expect(compileFnmatch("[]a[]")("[]a[]")).toBe(false);
  expect(compileFnmatch("[]a[]")("]")).toBe(true);
  expect(compileFnmatch("a[!]")("a[!]")).toBe(true);
}, 3000);

test("no pattern and no name crashes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (pattern, name) => {
      expect(typeof compileFnmatch(pattern)(name)).toBe("boolean");
    }),
  );
});

describe("a filter", () => {
  test("denies first, then allows; with exclusions alone it allows the rest", () => {
    const both = new NameFilter(["*", "!disk.*"]);
    expect(["cpu", "disk.read"].map((name) => both.takes(name))).toEqual([true, false]);
    const denying = new NameFilter(["!disk.*"]);
    expect(["cpu", "disk.read"].map((name) => denying.takes(name))).toEqual([true, false]);
  });

  test("answers the same when it has seen more names than it remembers", () => {
    const filter = new NameFilter(["a*"]);
    for (let i = 0; i < 20_001; i++) expect(filter.takes(`a${i}`)).toBe(true);
    expect(filter.takes("b")).toBe(false);
  });

  test("refuses the mixtures that the reference refuses", () => {
    expect(filterProblem(["cpu", "!disk"])?.index).toBe(0);
    expect(filterProblem(["*", "cpu"])?.index).toBe(1);
    expect(filterProblem(["*foo", "!bar"])).toBeUndefined();
    expect(filterProblem(["*", "*foo"])).toBeUndefined();
  });
});
