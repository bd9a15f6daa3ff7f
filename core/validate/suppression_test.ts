/**
 * Pure. Comments that take findings away: which line they are about, and what they must say.
 */
import { describe, expect, test } from "bun:test";
import type { Finding } from "./finding.ts";
import { suppress } from "./suppression.ts";

const rules = new Set(["a/one", "a/two"]);

function finding(line: number, rule = "a/one"): Finding {
  return {
    ...{ file: "f", line, column: 1, rule, severity: "warning", text: "" },
    ...{ found: undefined, expected: undefined, suggestion: undefined, excerpt: undefined },
  };
}

/** Lines of the findings that are left, and the rules of what is said about the comments. */
function left(text: string, ...findings: Finding[]): readonly [number[], string[]] {
  const result = suppress({ file: "f", text }, findings, rules);
  expect(result.count).toBe(findings.length - result.findings.length);
  return [result.findings.map(({ line }) => line), result.hits.map(({ rule }) => rule)];
}

const reason = "it is known";

describe("a comment", () => {
  test("behind a line is about it", () => {
    const text = `a: b # tpctl: ignore a/one ${reason}\nc: d\n`;
    expect(left(text, finding(1), finding(2), finding(1, "a/two"))).toEqual([[2, 1], []]);
  });

  test("alone is about the next line that is none, also below others", () => {
    const text = `x\n# tpctl: ignore a/one ${reason}\n# why\n; tpctl: ignore a/two ${reason}\ny\n`;
    expect(left(text, finding(1), finding(5), finding(5, "a/two"))).toEqual([[1], []]);
  });

  test("at the head is about the whole file too", () => {
    expect(left(`\n# tpctl: ignore a/one ${reason}\nx\n`, finding(1), finding(3))).toEqual([
      [],
      [],
    ]);
  });

  test("without a reason takes nothing, and is said", () => {
    expect(left("x # tpctl: ignore a/one\n", finding(1))).toEqual([[1], ["suppress/no-reason"]]);
  });

  test("for an unknown rule is said, with the nearest", () => {
    const { hits } = suppress({ file: "f", text: `x # tpctl: ignore a/on ${reason}` }, [], rules);
    expect(hits).toEqual([
      expect.objectContaining({
        rule: "suppress/unknown-rule",
        place: { file: "f", line: 1, column: 3 },
        suggestion: "a/one",
      }),
    ]);
  });

  test("that takes nothing any more is said", () => {
    expect(left(`x # tpctl: ignore a/one ${reason}\n`)).toEqual([[], ["suppress/unused"]]);
  });

  test("must be one: text with the words is not", () => {
    expect(left(`x tpctl: ignore a/one ${reason}\n`, finding(1))).toEqual([[1], []]);
  });
});
