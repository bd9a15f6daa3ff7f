/**
 * Pure. What expressions mean, and what is said about wrong ones; generated ones against a second,
 * simpler reading of the same syntax.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Datum } from "../datum/datum.ts";
import { type Dict, PyFloat } from "../notifications/value.ts";
import { compileExpression } from "./compile.ts";
import { showExpressionError } from "./expression_error.ts";
import { depthMax, parseExpression } from "./parse.ts";
import type { Condition, Literal, Operand } from "./syntax.ts";
import { ExpressionError } from "./tokens.ts";

const members: Dict = {
  name: "cpu_util",
  volume: 81.5,
  whole: new PyFloat(3),
  large: 9007199254740993n,
  on: true,
  off: false,
  none: null,
  unit: "%",
  resource_metadata: { host: "node-1", "disk.kind": "ssd", tags: ["a", "b"], in: 5 },
  traits: [
    { name: "flavor", dtype: 1, value: "m1.tiny" },
    ["memory_mb", 2, 512],
  ],
};

const datum: Datum = {
  kind: "sample",
  name: "cpu_util",
  timeMs: Date.UTC(2026, 10, 28, 8),
  tenant: "p-1",
  resource: "vm-1",
  value: 81.5,
  unit: "%",
  members,
};

test("a time beyond all dates is none", () => {
  for (const timeMs of [NaN, 1e20, -1e20, Infinity]) {
    expect(compileExpression("time == null")({ ...datum, timeMs })).toBe(true);
  }
});

describe("holds", () => {
  test.each([
    'volume > 80 and resource_metadata.host == "node-1"',
    "volume >= 81.5 and volume <= 81.5 and volume < 82",
    "whole == 3 and whole < 3.5",
    "large == 9007199254740993 or large > 9007199254740000",
    'name in ["x", "cpu_util"]',
    "name not in ['x', 'y']",
    "'a' in resource_metadata.tags",
    "'c' not in resource_metadata.tags",
    "name =~ '^cpu_' and name !~ 'idle'",
    "name like 'cpu*' and name not like '*idle*'",
    'resource_metadata["disk.kind"] == "ssd"',
    '["resource_metadata"].host == "node-1"',
    "resource_metadata.in == 5",
    "resource_metadata.tags[0] == 'a' and resource_metadata.tags[-1] == 'b'",
    "traits.flavor == 'm1.tiny' and traits.memory_mb == 512",
    "on and not off and not none and not missing.deep[3].er",
    "missing == null and none == null and missing != 1",
    "not (volume > 90 or name == 'x')",
    "true or false and false",
    "tenant == 'p-1' and kind == 'sample' and resource like 'vm-?'",
    "time > '2026-11-28T07' and time < '2026-11-28T09'",
    "'%' == unit and 80 < volume",
    String.raw`unit == "\u0025" and 'it\'s' != name`,
    "volume =~ '^81'",
  ])("%s", (source) => expect(compileExpression(source)(datum)).toBe(true));
});

describe("does not hold", () => {
  test.each([
    "volume > '80'",
    "volume < '80'",
    "missing > 1 or missing < 1 or missing == 0",
    "none < 1",
    "name == 81.5",
    "on == 1",
    "resource_metadata == 'x'",
    "name in []",
    "name in resource_metadata",
    "constructor or __proto__ or resource_metadata.toString",
    "name[0] == 'c'",
    "resource_metadata =~ '.'",
  ])("%s", (source) => expect(compileExpression(source)(datum)).toBe(false));
});

describe("is refused at its column", () => {
  test.each<[source: string, column: number, words: string]>([
    ["", 1, "it ends too early, expected a member or a value"],
    ["volume >", 9, "it ends too early"],
    ["volume > > 3", 10, "'>' cannot stand here"],
    ["volume = 3", 8, "expected '=='"],
    ["a && b", 3, "expected 'and'"],
    ["a nad b", 3, "did you mean 'and'?"],
    ["a.", 3, "it ends too early, expected a name"],
    ["a.5", 3, "'5' cannot stand here, expected a name"],
    ["(a or b", 1, "not closed, expected ')'"],
    ["a or b)", 7, "')' cannot stand here"],
    ["a in [1, 2", 6, "not closed, expected ']'"],
    ["a in 3", 6, "expected a list in brackets or a member"],
    ["a not 3", 7, "expected 'in' or 'like'"],
    ['a == "x', 6, "the text is not ended"],
    [String.raw`a == "\u12"`, 7, "four hexadecimal digits"],
    ["a =~ '['", 6, "the regular expression is wrong"],
    ["a =~ b", 6, "a regular expression in quotes"],
    ["a like 3", 8, "a pattern in quotes"],
    ["a[x]", 3, "a name in quotes or a number"],
    ["a['x'", 2, "the bracket is not closed"],
    ["[3] == 1", 1, "a datum is no list"],
    ["a == #", 6, "'#' means nothing here"],
    [`${"(".repeat(depthMax + 1)}a`, depthMax + 1, "nested deeper"],
  ])("%s", (source, column, words) => {
    const error = errorOf(source);
    expect(error.message).toContain(words);
    expect(error.at).toBe(column - 1);
  });

  test("with a caret below it", () => {
    const source = 'unit == "é中" && volume > 1';
    expect(showExpressionError("--where", source, errorOf(source))).toBe(
      "Cannot use --where: at column 15, '&&' means nothing here, expected 'and'\n" +
        `  ${source}\n${" ".repeat(16)}^`,
    );
  });

  test("whatever the text, it is an expression or an ExpressionError within it", () => {
    const piece = fc.constantFrom(
      ...["a", ".", "[", "]", "(", ")", "and", "or", "not", "in", "like", "=~", "==", "<", "'x'"],
      ...["1", "-", "-2", ",", '"', "\\", " ", "é", "true", "null", "!"],
    );
    const text = fc.oneof(fc.string(), fc.array(piece).map((all) => all.join(" ")));
    fc.assert(
      fc.property(text, (source) => {
        try {
          parseExpression(source);
        } catch (error) {
          if (!(error instanceof ExpressionError)) throw error;
          expect(error.at).toBeGreaterThanOrEqual(0);
          expect(error.at).toBeLessThanOrEqual(source.length);
          showExpressionError("--where", source, error);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("generated", () => {
  const literal = fc.oneof(
    fc.constantFrom<Literal>(null, true, false, "", "x", "node-1", 'it\'s "so"', 0, 80, -1.5, 512),
    fc.string(),
    fc.integer(),
  );
  const path = fc.constantFrom(
    ["volume"],
    ["resource_metadata", "host"],
    ["resource_metadata", "disk.kind"],
    ["missing", "x"],
    ["on"],
    ["resource_metadata", "tags", 1],
  ).map((steps): Operand => ({ kind: "path", steps }));
  const operand = fc.oneof(path, literal.map((value): Operand => ({ kind: "literal", value })));
  const leaf = fc.oneof(
    fc.record({
      kind: fc.constant("compare" as const),
      operator: fc.constantFrom("==", "!=", "<", "<=", ">", ">="),
      left: operand,
      right: operand,
    }),
    fc.record({ kind: fc.constant("in" as const), left: operand, list: fc.array(operand) }),
    fc.record({ kind: fc.constant("present" as const), operand }),
  ) as fc.Arbitrary<Condition>;
  const condition = fc.letrec<{ whole: Condition }>((tie) => ({
    whole: fc.oneof(
      { depthSize: "small" },
      leaf,
      fc.record({ kind: fc.constant("not" as const), part: tie("whole") }),
      fc.record({
        kind: fc.constantFrom("and" as const, "or" as const),
        parts: fc.array(tie("whole"), { minLength: 2, maxLength: 3 }),
      }),
    ) as fc.Arbitrary<Condition>,
  })).whole;

  test("expressions mean the same when they are written out and read again", () => {
    fc.assert(
      fc.property(condition, (syntax) => {
        expect(compileExpression(written(syntax))(datum)).toBe(meaning(syntax));
      }),
      { numRuns: 2000 },
    );
  });

  test("precedence: and before or, not before and", () => {
    const bits = fc.array(fc.boolean(), { minLength: 4, maxLength: 4 });
    fc.assert(fc.property(bits, ([a, b, c, d]) => {
      const source = `${a} or not ${b} and ${c} or ${d}`;
      expect(compileExpression(source)(datum)).toBe(!!(a || (!b && c) || d));
    }));
  });
});

function errorOf(source: string): ExpressionError {
  try {
    parseExpression(source);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error(`'${source}' was taken`);
}

/** Every part in parentheses, every name quoted. */
function written(syntax: Condition): string {
  switch (syntax.kind) {
    case "not":
      return `not (${written(syntax.part)})`;
    case "and":
    case "or":
      return syntax.parts.map((part) => `(${written(part)})`).join(` ${syntax.kind} `);
    case "compare":
      return `${operandText(syntax.left)} ${syntax.operator} ${operandText(syntax.right)}`;
    case "in":
      return `${operandText(syntax.left)} in [${syntax.list.map(operandText).join(", ")}]`;
    case "present":
      return operandText(syntax.operand);
    default:
      throw new Error(syntax.kind);
  }
}

function operandText(operand: Operand): string {
  if (operand.kind === "path") {
    return operand.steps.map((step) => `[${constantText(step)}]`).join("");
  }
  return constantText(operand.value);
}

function constantText(value: Literal): string {
  if (typeof value !== "string") return String(value);
  return `"${value.replaceAll(/[\\"]/g, "\\$&")}"`;
}

/** The same by the shortest way to think of. */
function meaning(syntax: Condition): boolean {
  switch (syntax.kind) {
    case "not":
      return !meaning(syntax.part);
    case "and":
      return syntax.parts.every(meaning);
    case "or":
      return syntax.parts.some(meaning);
    case "in":
      return syntax.list.some((item) => valueOf(item) === valueOf(syntax.left));
    case "present":
      return ![null, false].includes(valueOf(syntax.operand) as null);
    case "compare": {
      const [a, b] = [valueOf(syntax.left), valueOf(syntax.right)];
      if (syntax.operator === "==") return a === b;
      if (syntax.operator === "!=") return a !== b;
      const ordered = ["number", "string"].includes(typeof a) && typeof a === typeof b;
      if (!ordered || a === null || b === null) return false;
      if (syntax.operator === "<") return a < b;
      if (syntax.operator === "<=") return a <= b;
      return syntax.operator === ">" ? a > b : a >= b;
    }
    default:
      throw new Error(syntax.kind);
  }
}

function valueOf(operand: Operand): Literal {
  if (operand.kind === "literal") return operand.value;
  const known: Readonly<Record<string, Literal>> = {
    "volume": 81.5,
    "resource_metadata/host": "node-1",
    "resource_metadata/disk.kind": "ssd",
    "on": true,
    "resource_metadata/tags/1": "b",
  };
  return known[operand.steps.join("/")] ?? null;
}
