/**
 * Pure. Shows that JSONPath is the reference library's: its own answers to random expressions, and
 * what must hold for every text.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import recorded from "../../testdata/jsonpath/cases.json" with { type: "json" };
import { loadValue } from "../notifications/load_value.ts";
import { type MemberName, Unread } from "../notifications/unread.ts";
import type { Value } from "../notifications/value.ts";
import { PythonError } from "../notifications/value_rules.ts";
import { dumpValue } from "../notifications/value_text.ts";
import { compileJsonPath, type JsonPath } from "./jsonpath.ts";
import { matchPath } from "./match.ts";
import { parseJsonPath } from "./parser.ts";
import { JsonPathError, printPath } from "./syntax.ts";

interface Recorded {
  readonly text: string;
  readonly value: string;
  readonly refused?: boolean;
  readonly raises?: string;
  readonly found?: readonly (readonly string[])[];
}

function compiled(text: string): JsonPath | undefined {
  try {
    return compileJsonPath(text);
  } catch (error) {
    if (error instanceof JsonPathError) return undefined;
    throw error;
  }
}

function answer(path: JsonPath, json: string): Pick<Recorded, "raises" | "found"> {
  try {
    const root = loadValue(json);
    const found = path.matches(root).map((match) => [matchPath(match), dumpValue(match.value)]);
    expect(path.values(root).map((value) => dumpValue(value))).toEqual(
      found.map(([, value]) => value ?? ""),
    );
    return { found };
  } catch (error) {
    if (error instanceof PythonError) return { raises: error.kind };
    throw error;
  }
}

// `x where `sorted`` asks for the sorted form of what has none; it is refused here.
const apart = (text: string) => text.includes("where `sorted`");

test("expressions find what jsonpath-rw-ext finds, and fail where it fails", () => {
  const cases = (recorded.cases as readonly Recorded[]).filter(({ text }) => !apart(text));
  const wrong = cases.flatMap((entry): { entry: Recorded; ours: unknown }[] => {
    const path = compiled(entry.text);
    if (path === undefined) return entry.refused ? [] : [{ entry, ours: "refused" }];
    if (entry.refused) return [{ entry, ours: "taken" }];
    const ours = answer(path, entry.value);
    const same = entry.raises === undefined
      ? Bun.deepEquals(ours.found, entry.found)
      : ours.raises !== undefined;
    return same ? [] : [{ entry, ours }];
  });
  expect(wrong).toEqual([]);
  expect(cases.filter(({ found }) => (found?.length ?? 0) > 0).length).toBeGreaterThan(900);
});

describe("an expression that does not parse", () => {
  const wrong: readonly (readonly [text: string, message: string])[] = [
    [
      "$.payload.os_type[)]",
      "at column 19: found ')', expected an index, a field, '*', '?' or '/'",
    ],
    ["$.a / 2", "at column 4: found '/', expected an operator or the end"],
    ["a -1", "at column 3: found '-1', expected an operator or the end"],
    ["%", "at column 1: '%' stands for nothing, expected a field, an operator or a bracket"],
    ["$.", "at column 3: it ends, expected a field, '$', '@', '*', '[' or '('"],
    ["$.'ab", "at column 3: ' opens a text that never ends"],
    ["a.`spilt(., 0, 1)`", "at column 3: `spilt(., 0, 1)` is not known, expected this, parent,"],
    ["a.`split(., 0)`", "at column 3: `split(., 0)` lacks parts, expected `split(., 0, -1)`"],
    ["a.`sub(/(/, x)`", "at column 3: Cannot use pattern '('"],
    ["1 + 2.5", "at column 5: found '2.5', expected something else beside a number"],
    ["(".repeat(5000), "it is too long"],
    ["a.".repeat(5000), "it is too long"],
  ];
  for (const [text, message] of wrong) {
    test(`${text.slice(0, 30)} names the column and what was expected`, () => {
      expect(() => compileJsonPath(text)).toThrow(JsonPathError);
      expect(() => compileJsonPath(text)).toThrow(message);
    });
  }
});

test("the long way and the short way for plain fields are one", () => {
  const root = loadValue('{"payload": {"a": {"b": null, "c": 1.0}}, "__proto__": {"x": 1}}');
  for (const text of ["payload.a.b", "payload.a.c", "payload.x.c", "payload.a.c.d", "toString"]) {
    const [plain, long] = [compileJsonPath(`$.${text}`), compileJsonPath(`(${text})|nothing`)];
    expect(plain.values(root)).toEqual(long.values(root));
    expect(plain.matches(root).map(matchPath)).toEqual(long.matches(root).map(matchPath));
    expect(plain.first(root)).toEqual(long.first(root));
  }
});

test("a chain that several definitions ask answers for the message that is asked about", () => {
  const [one, other] = [1, 2].map((id) => new OneMember("id", id));
  const [first, second] = [compileJsonPath("$.id"), compileJsonPath("id")];
  const ask = (path: JsonPath) =>
    [one, one, other, one, null].map((from = null) => path.first(from));
  expect([ask(first), ask(second), ask(first)]).toEqual(Array(3).fill([1, 1, 2, 1, null]));
  expect([first.values(other ?? null), second.values(one ?? null)]).toEqual([[2], [1]]);
});

class OneMember extends Unread {
  constructor(readonly name: string, readonly value: Value) {
    super();
  }

  override member({ text }: MemberName): Value | undefined {
    return text === this.name ? this.value : undefined;
  }

  override made(): Value {
    return { [this.name]: this.value };
  }
}

const words = fc.constantFrom(
  ..."$ @ * . .. | & ( ) [ ] ? : , + - / \\ = ~ a b-c true 1 -2 2.5 'q' \"r\" ` where `len` `sub(/a/, b)` é \n"
    .split(" "),
);

test("any text either parses or is a JsonPathError, and what it means can be written again", () => {
  const texts = fc.oneof(
    fc.string(),
    fc.array(words, { maxLength: 12 }).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(texts, (text) => {
      if (compiled(text) === undefined) return;
      const path = parseJsonPath(text);
      expect(parseJsonPath(printPath(path))).toEqual(path);
    }),
    { numRuns: 3000 },
  );
});

test("any expression over any value gives values or a PythonError", () => {
  fc.assert(
    fc.property(fc.array(words, { maxLength: 8 }), fc.json(), (parts, json) => {
      const path = compiled(parts.join(""));
      if (path !== undefined) answer(path, json);
    }),
    { numRuns: 2000 },
  );
});
