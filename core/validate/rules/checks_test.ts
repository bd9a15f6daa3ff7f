/**
 * Pure. The judgements of rules that are more than a look: regular expressions, JSONPaths, patterns.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { compilePattern, matchesStart } from "../../python/pattern.ts";
import { hasLooseUnion, notificationShape, replacedPatterns } from "./path_checks.ts";
import { sampleShape, whyNeverMatches } from "./path_checks.ts";
import { wideTakes } from "./pattern_checks.ts";
import { isWide } from "./pattern_checks.ts";
import { blowsUp, matchesEverything } from "./regex_checks.ts";

test("wide patterns have no other wildcards, however many stars", () => {
  expect(["a.*", "*", "*.b.*", "a", "a?*", "[ab]*"].map(isWide)).toEqual([
    ...[true, true, true, false, false, false],
  ]);
  expect(isWide(`${"*".repeat(1_000_000)}[`)).toBe(false);
}, 3000);

describe("regular expressions", () => {
  test.each([
    ["(a+)+$", true],
    ["(a*)*b", true],
    ["(a|a)*b", true],
    ["(a|aa)+$", true],
    ["(\\w+\\d)+x", true],
    ["(\\w|\\d)*z", true],
    ["(x+x+)+y", true],
    ["(?P<n>a+)+b", true],
    ["([a-z]+[.]?)*$", true],
    ["(a{1,}){2,}b", true],
    ["compute\\.instance\\..*", false],
    ["(a+b)+$", false],
    ["([a-z]+\\.)+x", false],
    ["\\w+(\\.\\w+)*\\.end$", false],
    ["(ab|ac)+$", false],
    ["(a|b)*c", false],
    ["(?:volume|snapshot)\\.(create|delete)\\.(?!start).*", false],
    ["[(a+)+]*", false],
    ["\\(a+\\)+", false],
    ["(a|[b-d]|e|[f-h]|i|j|k)*x", false],
    ["(a|[b-d]|e|[d-h]|i|j|k)*x", true],
  ])("%s can take exponential time: %s", (pattern, is) => {
    expect(blowsUp(pattern)).toBe(is);
  });

  test.each([
    [".*", true],
    ["", true],
    ["a*", true],
    ["compute|", true],
    ["^$", false],
    [".+", false],
    ["image\\..*", false],
    ["(", false],
  ])("%j matches every event type: %s", (pattern, is) => {
    expect(matchesEverything(pattern)).toBe(is);
  });

  test("what is called harmless is: it refuses long texts at once", () => {
    const atom = fc.constantFrom("a", "b", "[ab]", "\\w", ".", "(a|b)", "(a+)", "(ab?)", "(a|ab)");
    const times = fc.constantFrom("", "+", "*", "?");
    const pattern = fc.array(fc.tuple(atom, times).map((parts) => parts.join("")), {
      minLength: 1,
      maxLength: 4,
    }).chain((parts) =>
      fc.constantFrom(parts.join(""), `(${parts.join("")})+`, `(?:${parts.join("")})*`)
    );
    fc.assert(
      fc.property(pattern, (text) => {
        if (blowsUp(`${text}!`)) return;
        const compiled = compilePattern(`${text}!`, "match");
        // 2^28 steps would never end here; a few hundred thousand do.
        expect(matchesStart(compiled, "ab".repeat(14))).toBe(false);
        expect(matchesStart(compiled, "a".repeat(28))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test("no pattern crashes it or makes it slow", () => {
    const piece = fc.constantFrom(..."()[]{}|*+?\\^$.,-=!<>:#Pabd019é\n");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 120 }), (parts) => {
        blowsUp(parts.join(""));
        matchesEverything(parts.join(""));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("JSONPaths", () => {
  test.each([
    ["$.payload.id", undefined],
    ["payload.instance_id", undefined],
    ["ctxt.user_id", undefined],
    ["$.metadata.timestamp", undefined],
    ["$..size", undefined],
    ["$.payload.list[0].name", undefined],
    ["(payload.a)|(payload.b)", undefined],
    ["$.payload.a * 2", undefined],
    ["$.payload.name.`len`", undefined],
    ["$.payloda.id", "there is no 'payloda'"],
    ["metadata.timestmp", "there is no 'timestmp'"],
    ["publisher_id.host", "a text has no member 'host'"],
    ["(payload.a)|(playload.b)", "there is no 'playload'"],
    ["$.payload.list[3:1]", "nothing is between 3 and 1"],
    ["payload.a & payload.b", "'&' never finds anything"],
    ["$.payload.name.`len`.x", "a number has no member 'x'"],
    ["$.payload.[", undefined],
  ])("%s of a notification: %s", (text, why) => {
    const found = whyNeverMatches(text, notificationShape);
    expect(found).toEqual(why === undefined ? undefined : expect.stringContaining(why));
  });

  test("replace by patterns that are looked at too", () => {
    expect(replacedPatterns("payload.a.`sub(/(x+)+y/, z)`")).toEqual(["(x+)+y"]);
    expect(replacedPatterns("payload.a")).toEqual([]);
  });

  test("of a sample begin with its members", () => {
    expect(whyNeverMatches("resource_metadata.host", sampleShape)).toBeUndefined();
    expect(whyNeverMatches("payload.host", sampleShape)).toContain("there is no 'payload'");
  });

  test.each([
    ["payload.a|payload.b", true],
    ["(payload.a)|(payload.b)", false],
    ["payload.(a|b)", false],
    ["payload.a", false],
    ["$.payload['a.b']|x", true],
    ["a|b", false],
  ])("%s joins with | less than it looks: %s", (text, is) => {
    expect(hasLooseUnion(text)).toBe(is);
  });
});

test("a wide exclusion takes what begins like it and fits", () => {
  const takes = wideTakes("disk.*.bytes");
  expect(["disk.read.bytes", "disk.read.requests", "dis"].map(takes)).toEqual([true, false, false]);
});
