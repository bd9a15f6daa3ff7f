/**
 * Pure. Shows that the index takes only texts that are written as Python writes them, and that it finds
 * in them what reading the whole finds.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { loadValue } from "./load_value.ts";
import { noValue, root, type Spot, TextIndex } from "./text_index.ts";
import { hashOfName } from "./unread.ts";
import { type Dict, isDict, PyFloat, type Value } from "./value.ts";
import { dumpValue } from "./value_text.ts";

const index = new TextIndex();

function reads(text: string): boolean {
  return index.read(Buffer.from(text));
}

function wrapped(text: string): Buffer {
  return Buffer.from(`{"oslo.version": "2.0", "oslo.message": ${JSON.stringify(text)}}`);
}

const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) =>
    Number.isInteger(value) ? new PyFloat(value) : value
  ),
  fc.maxSafeInteger(),
  fc.bigInt().map((value) => Number.isSafeInteger(Number(value)) ? Number(value) : value),
);
const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string(),
  fc.string({ unit: "binary" }),
);
const key = fc.oneof(fc.constantFrom("a", "b", "payload", "e", "__proto__"), fc.string());
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    number,
    text,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.array(fc.tuple(key, tie("value")), { maxLength: 6 }).map(dictOf),
  ),
}));
const dict = fc.array(fc.tuple(key, value), { maxLength: 8 }).map(dictOf);

function dictOf(members: readonly (readonly [string, Value])[]): Dict {
  // Not by Object.fromEntries: this keeps __proto__ a member.
  return loadValue(
    `{${members.map(([name, member]) => `${dumpValue(name)}: ${dumpValue(member)}`).join(", ")}}`,
  ) as Dict;
}

/** What stands at the spot, found member by member. */
function found(at: Spot, like: Value): Value {
  if (Array.isArray(like)) {
    expect(index.isList(at)).toBe(true);
    const items: Value[] = [];
    for (let spot = index.first(at); spot !== noValue; spot = index.next(at, spot)) {
      items.push(found(spot, like[items.length] ?? null));
    }
    return items;
  }
  if (!isDict(like)) return index.value(at);
  expect(index.isObject(at)).toBe(true);
  expect(index.isEmpty(at)).toBe(Object.keys(like).length === 0);
  return dictOf(
    Object.entries(like).map(([name, member]) => [
      name,
      found(index.find(at, name, hashOfName(name)), member),
    ]),
  );
}

describe("texts as Python writes them", () => {
  test("all is found where it stands", () => {
    let taken = 0;
    fc.assert(
      fc.property(dict, (given) => {
        const written = dumpValue(given);
        if (!index.read(Buffer.from(written))) return;
        taken++;
        expect(index.json(root)).toBe(written);
        expect(found(root, given)).toEqual(given);
        expect(index.find(root, "no such name", hashOfName("no such name"))).toBe(noValue);
      }),
      { numRuns: 2000 },
    );
    expect(taken).toBeGreaterThan(500);
  });

  test("the same behind an envelope", () => {
    fc.assert(fc.property(dict, (given) => {
      const written = dumpValue(given);
      const isTaken = index.read(Buffer.from(written));
      expect(index.readEnveloped(wrapped(written))).toBe(isTaken);
      if (isTaken) expect(index.json(root)).toBe(written);
    }));
  });

  test("no byte may be another one, unless it is written so too", () => {
    const edit = fc.tuple(
      fc.nat(),
      fc.nat({ max: 2 }),
      fc.constantFrom(...'{}[]",:\\ -+.0123456789eEuntrfals/\x00\x1f\x7f\xe9'),
    );
    let taken = 0;
    fc.assert(
      fc.property(dict, fc.array(edit, { maxLength: 3 }), (given, edits) => {
        let changed = dumpValue(given);
        for (const [at, removed, added] of edits) {
          const place = at % (changed.length + 1);
          changed = changed.slice(0, place) + added + changed.slice(place + removed);
        }
        if (!reads(changed)) return;
        taken++;
        expect(dumpValue(loadValue(changed))).toBe(inKeyOrder(changed));
        expect(index.value(root)).toEqual(loadValue(changed));
      }),
      { numRuns: 5000 },
    );
    expect(taken).toBeGreaterThan(100);
  });
});

/** Names that are small integers stand first in what JavaScript makes. */
function inKeyOrder(written: string): string {
  return /"(?:0|[1-9][0-9]*)": /.test(written) ? dumpValue(loadValue(written)) : written;
}

describe("texts that are refused", () => {
  const odd: readonly (readonly [string, string])[] = [
    ["no object", "[]"],
    ["compact", '{"a":1}'],
    ["a comma alone", '{"a": 1,"b": 2}'],
    ["two spaces", '{"a":  1}'],
    ["a space at the end", '{"a": 1} '],
    ["a name twice", '{"a": 1, "b": 2, "a": 3}'],
    ["a name twice further in", '{"x": [{"a": 1, "b": {"a": 0}, "a": 3}]}'],
    ["a name with an escape", '{"\\u00e9": 1}'],
    ["upper case in an escape", '{"a": "\\u00E9"}'],
    ["an escape for what needs none", '{"a": "\\u0041"}'],
    ["a long escape for a short one", '{"a": "\\u000a"}'],
    ["a slash with an escape", '{"a": "\\/"}'],
    ["beyond ASCII", '{"a": "é"}'],
    ["DEL", '{"a": "\x7f"}'],
    ["a tab", '{"a": "\t"}'],
    ["no end of a text", '{"a": "'],
    ["no end", '{"a": 1'],
    ["a list closed as an object", '{"a": [1}}'],
    ["NaN", '{"a": NaN}'],
    ["minus zero", '{"a": -0}'],
    ["a leading zero", '{"a": 01}'],
    ["a plus", '{"a": +1}'],
    ["a point without digits", '{"a": 1.}'],
    ["a useless zero", '{"a": 1.50}'],
    ["an exponent that Python writes otherwise", '{"a": 1e5}'],
    ["more digits than a double has", '{"a": 0.12345678901234567890}'],
    ["an integer of many digits", `{"a": ${"9".repeat(16)}}`],
    ["deep", `{"a": ${"[".repeat(65)}${"]".repeat(65)}}`],
    ["large", `{"a": "${"x".repeat(1_048_576)}"}`],
  ];
  for (const [what, written] of odd) {
    test(what, () => {
      expect(reads(written)).toBe(false);
      expect(index.readEnveloped(wrapped(written))).toBe(false);
    });
  }

  test("cut off anywhere, behind a backslash too", () => {
    const whole = '{"a": "b\\"c", "d": [{"e": {}}, "\\u00e9", -1.5, null], "f": "\\\\"}';
    expect(reads(whole)).toBe(true);
    for (let length = 0; length < whole.length; length++) {
      const cut = whole.slice(0, length);
      expect([cut, reads(cut), index.readEnveloped(wrapped(cut))]).toEqual([cut, false, false]);
    }
  });

  test("envelopes that are written otherwise", () => {
    const inner = '{"a": "b"}';
    expect(index.readEnveloped(wrapped(inner))).toBe(true);
    const usual = wrapped(inner).toString();
    for (
      const other of [
        usual.replace("2.0", "2.1"),
        usual.replace(": ", ":"),
        usual.slice(0, -1),
        `${usual} `,
        usual.replace("}", ', "x": 1}'),
        usual.replace("b", '"'),
        usual.replace("b", "\\u0062"),
        usual.replace("b", "\\n"),
        usual.replace('"}"}', '"}\\"}'),
        '{"oslo.version": "2.0", "oslo.message": "}',
        '{"oslo.version": "2.0", "oslo.message": ""}',
      ]
    ) expect([other, index.readEnveloped(Buffer.from(other))]).toEqual([other, false]);
  });
});

test("numbers of every form that Python writes are taken", () => {
  const numbers = "0, 1, -1, 123456789012345, 0.0, -0.0, 1.5, 12.0, 1e+16, 1.5e-07, 0.0001, " +
    "0.30000000000000004, 1e-05, 5e-324, 1.7976931348623157e+308, -2.5";
  expect(reads(`{"a": [${numbers}]}`)).toBe(true);
  expect(index.value(root)).toEqual(loadValue(`{"a": [${numbers}]}`));
});

test("many names, many values, and a small text after a large one", () => {
  const names = Array.from({ length: 4000 }, (_, i) => `"name${i}": {"a": [${i}]}`);
  expect(reads(`{${names.join(", ")}}`)).toBe(true);
  const last = index.find(root, "name3999", hashOfName("name3999"));
  expect(index.value(last)).toEqual({ a: [3999] });
  expect(reads('{"a": {}}')).toBe(true);
  expect(index.value(root)).toEqual({ a: {} });
});

test("many lists that have nothing but lists in them", () => {
  for (const count of [150, 200, 2000, 20_000]) {
    const lists = Array(count).fill("[[[[[[[]]]]]]]").join(", ");
    const written = `{"lists": [${lists}], "last": 1}`;
    expect(new TextIndex().read(Buffer.from(written))).toBe(true);
    expect(reads(written)).toBe(true);
    expect(index.value(index.find(root, "last", hashOfName("last")))).toBe(1);
    expect(index.value(root)).toEqual(loadValue(written));
  }
});
