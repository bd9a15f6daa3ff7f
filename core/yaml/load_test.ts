/**
 * Edge (files). YAML is read as PyYAML reads it (answers recorded from PyYAML 6.0.3), every problem
 * has its place, and no text crashes the reader or makes it slow.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { describeConfigError } from "../errors.ts";
import { PyFloat } from "../notifications/value.ts";
import { floatRepr } from "../python/numbers.ts";
import { loadYaml, yamlLimits } from "./load.ts";
import { describeNode, YamlDate, yamlGet, type YamlNode, yamlText, yamlValue } from "./node.ts";

interface Recorded {
  readonly text: string;
  readonly value?: unknown;
  readonly error?: string;
  readonly line?: number;
}

const recorded: readonly Recorded[] = await Bun.file("testdata/yaml/safe_load.json").json();

/** What is refused though PyYAML has a meaning for it, and why. */
const refusedOnPurpose: readonly (readonly [text: string, why: string])[] = [
  ["a: [?z]\n", "a key without brackets; nobody means it"],
  ["x: [-]\n", "a lone dash in brackets; quoted it works"],
  ["a: !!binary aGk=\n", "no file of ours holds bytes"],
];

function plain(node: YamlNode): unknown {
  if (node.kind === "list") return node.items.map(plain);
  if (node.kind === "map") {
    return { map: node.entries.map(({ key, value }) => [plain(key), plain(value)]) };
  }
  const { value } = node;
  if (value instanceof YamlDate) return { date: value.text };
  if (value instanceof PyFloat) return { float: floatRepr(value.value) };
  if (typeof value === "bigint") return { int: `${value}` };
  if (typeof value !== "number") return value;
  return Number.isInteger(value) ? { int: `${value}` } : { float: floatRepr(value) };
}

describe("as PyYAML", () => {
  for (const { text, value, error, line } of recorded) {
    const refused = error !== undefined || refusedOnPurpose.some(([own]) => own === text);
    test(JSON.stringify(text), () => {
      const { root, problems } = loadYaml(text, "f.yaml");
      expect(problems.map(describeConfigError).join("\n")).toMatch(refused ? /./ : /^$/);
      if (root !== undefined) expect(plain(root)).toEqual(value);
      // It points at where it got stuck, which may be the line after.
      const off = (problems[0]?.place?.line ?? 0) - (line ?? 0);
      if (line !== undefined) expect(Math.abs(off)).toBeLessThanOrEqual(1);
    });
  }
});

function problemOf(text: string): string {
  return loadYaml(text, "f.yaml").problems.map(describeConfigError).join("\n");
}

describe("problems", () => {
  test("say where, what and what was expected", () => {
    expect(problemOf("a:\n  - !disk.*\n  - ok\n  - !net\n")).toBe(
      "f.yaml:2:5: Cannot read '!disk.*': YAML takes it for a tag, expected quotes around it: '!disk.*'\n" +
        "f.yaml:4:5: Cannot read '!net': YAML takes it for a tag, expected quotes around it: '!net'",
    );
    expect(problemOf("a: [x?y]\n")).toBe(
      "f.yaml:1:5: Cannot read 'x?y': inside [] and {} YAML takes '?' for a key, expected quotes around it",
    );
    expect(problemOf("a: *nope\n")).toBe(
      "f.yaml:1:4: Cannot follow the alias '*nope': there is no such anchor above, expected &nope above, or quotes around the text",
    );
    expect(problemOf('x: 1\na: "open\nb: 2\n')).toStartWith("f.yaml:2:");
    expect(problemOf("x: 1\n\ta: 2\n")).toStartWith("f.yaml:2:1: ");
  });

  test("a repeated key is told with both places", () => {
    const { repeated } = loadYaml("a: 1\nb: 2\na: 3\n", "f.yaml");
    expect(repeated).toEqual([{
      key: "a",
      first: { file: "f.yaml", line: 1, column: 1 },
      second: { file: "f.yaml", line: 3, column: 1 },
    }]);
  });
});

describe("nodes", () => {
  const { root } = loadYaml("a:\n  - x\n  - {1: 2.0, __proto__: [yes]}\n", "f.yaml");

  test("know their places", () => {
    const list = root === undefined ? undefined : yamlGet(root, "a");
    const items = list?.kind === "list" ? list.items : [];
    expect(items.map((item) => item.place)).toEqual([
      { file: "f.yaml", line: 2, column: 5 },
      { file: "f.yaml", line: 3, column: 5 },
    ]);
    expect(yamlText(items[0])).toBe("x");
    expect(items.map(describeNode)).toEqual(["the text 'x'", "a map"]);
  });

  test("become Values", () => {
    const value = root === undefined ? null : yamlValue(root);
    expect(JSON.stringify(value)).toBe('{"a":["x",{"1":{"value":2},"__proto__":[true]}]}');
  });
});

describe("bounds", () => {
  test("an alias bomb is refused without being unfolded", () => {
    const levels = Array.from({ length: 30 }, (_, i) => {
      const inner = i === 0 ? "x" : `*l${i - 1}`;
      return `l${i}: &l${i} [${Array(9).fill(inner).join(", ")}]`;
    });
    expect(problemOf(levels.join("\n"))).toContain(`more than ${yamlLimits.nodesMax} nodes`);
  });

  test("what holds itself is refused", () => {
    expect(problemOf("a: &x [1, *x]\n")).toContain("it stands inside its own anchor");
  });

  test("deep nesting is refused", () => {
    expect(problemOf("- ".repeat(101))).toContain("deeper than 100");
    for (const text of ["[".repeat(50_000), "{a: ".repeat(20_000), "- ".repeat(50_000)]) {
      expect(problemOf(text)).not.toBe("");
    }
  });

  test("binary and huge texts are refused", () => {
    expect(problemOf("a: b\nc: \u0000d")).toBe(
      "f.yaml:2:4: Cannot read the YAML: it holds the character U+0000, expected text",
    );
    const small = { ...yamlLimits, charactersMax: 10 };
    expect(loadYaml("a: 1234567890", "f.yaml", small).problems).toHaveLength(1);
  });

  test("no text crashes it", () => {
    const pieces = [
      "a",
      ": ",
      "- ",
      "\n",
      "  ",
      "[",
      "]",
      "{",
      "}",
      ", ",
      "&x ",
      "*x",
      "!t ",
      "?",
      "|",
      ">",
    ];
    const words = [
      "'",
      '"',
      "#",
      "<<",
      "---",
      "...",
      "%YAML",
      "\t",
      "1:30",
      "é",
      "\r\n",
      "!!int ",
      "\\",
    ];
    const texts = fc.array(fc.constantFrom(...pieces, ...words), { maxLength: 30 });
    fc.assert(
      fc.property(fc.oneof(texts.map((parts) => parts.join("")), fc.string()), (text) => {
        const { root, problems } = loadYaml(text, "f.yaml");
        expect((root === undefined) === (problems.length > 0)).toBe(true);
        for (const problem of problems) expect(problem.place?.line).toBeGreaterThan(0);
      }),
      { numRuns: 2000 },
    );
  });
});
