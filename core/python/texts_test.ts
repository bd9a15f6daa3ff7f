/**
 * Pure. Shows that times and regular expressions are read as Python reads them: the cases hold what
 * the iso8601 package and CPython's re answered.
 */
import { expect, test } from "bun:test";
import times from "../../testdata/python/iso_times.json" with { type: "json" };
import patterns from "../../testdata/python/patterns.json" with { type: "json" };
import { casefold } from "./casefold.ts";
import { isoFormat, normalIsoTime, parseIsoTime } from "./iso_time.ts";
import { compilePattern, matchesStart, PatternError } from "./pattern.ts";
import { compileSubstitution } from "./pattern_template.ts";
import { splitBlanks, splitText } from "./split.ts";

test("times are those that parse_isotime reads, written as isoformat writes them", () => {
  const ours = times.times.map(([text]) => {
    const time = parseIsoTime(text ?? "");
    const long = time === undefined ? null : isoFormat(time);
    expect(normalIsoTime(text ?? "") ?? null).toBe(long);
    return [text ?? "", long];
  });
  expect(ours).toEqual(times.times);
  expect(parseIsoTime("1970-01-01T00:00:01.000002+01:00")?.microseconds).toBe(-3_598_999_998n);
});

function attempt<T>(make: () => T): T | null {
  try {
    return make();
  } catch (error) {
    if (error instanceof PatternError) return null;
    throw error;
  }
}

test("patterns match and substitute as Python's re does", () => {
  const wrong = patterns.cases.filter((entry) => {
    const [pattern, subject, template] = [entry[0], entry[1], entry[3]].map(String);
    if (pattern === undefined || subject === undefined || template === undefined) return true;
    const matched = attempt(() => matchesStart(compilePattern(pattern, "match"), subject));
    const substituted = attempt(() =>
      compileSubstitution(compilePattern(pattern, "sub"), template)(subject)
    );
    return matched !== entry[2] || substituted !== entry[4];
  });
  expect(wrong).toEqual([]);
  expect(patterns.cases.length).toBeGreaterThan(1000);
});

test("what JavaScript cannot express is refused by name", () => {
  const refused = ["a++", "(?>a)", "(a)?(?(1)b|c)", "(?x)a b", "(?i:a)b"];
  for (const pattern of refused) {
    expect(() => compilePattern(pattern, "match")).toThrow(/not supported|Cannot use pattern/);
  }
});

test("text is split and folded as str.split and str.casefold do", () => {
  expect(splitText("a.b.c", ".", -1)).toEqual(["a", "b", "c"]);
  expect(splitText("a.b.c", ".", 1)).toEqual(["a", "b.c"]);
  expect(splitText("a.b.c", ".", 0)).toEqual(["a.b.c"]);
  expect(splitBlanks("  a\tb  c ", -1)).toEqual(["a", "b", "c"]);
  expect(splitBlanks("  a\tb  c ", 1)).toEqual(["a", "b  c "]);
  expect(splitBlanks(" ", -1)).toEqual([]);
  expect(casefold("STRAßE ΣΑΣ ς")).toBe("strasse σασ σ");
});
