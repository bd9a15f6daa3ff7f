/**
 * Pure. oslo.config's INI dialect against answers recorded from oslo.config itself, and what holds
 * for every text.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { describeConfigError } from "../errors.ts";
import { parseIni } from "./ini.ts";
import recorded from "../../testdata/config/oslo_ini.json";

interface RecordedCase {
  readonly text: string;
  readonly error?: string;
  readonly line?: number;
  readonly sections?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

const cases: readonly RecordedCase[] = recorded.cases;

/** The shape in which the recording holds a file: section, key, values in order. */
function nested(text: string): Record<string, Record<string, string[]>> {
  const file = parseIni(text, "x.conf");
  const sections: Record<string, Record<string, string[]>> = {};
  for (const section of file.sections.keys()) sections[section] = {};
  for (const { section, key, value } of file.values) {
    const keys = sections[section] ??= {};
    (keys[key] ??= []).push(value);
  }
  return sections;
}

describe("texts that oslo.config has read", () => {
  test.each(cases.filter((one) => one.error === undefined))("%j", ({ text, sections }) => {
    expect(parseIni(text, "x.conf").errors).toEqual([]);
    expect<unknown>(nested(text)).toEqual(sections);
  });

  test.each(cases.filter((one) => one.error !== undefined))(
    "refused: %j",
    ({ text, error, line }) => {
      const [first] = parseIni(text, "x.conf").errors;
      expect(first?.place?.file).toBe("x.conf");
      // That one is noticed by oslo only when the value has ended, lines further down.
      const isAtItsLine = error !== "Section must be started before assignment";
      if (isAtItsLine) expect(first?.place?.line).toBe(line ?? 0);
      else expect(first?.message).toContain("no section is open");
    },
  );
});

test("values know where they stand", () => {
  const { values } = parseIni("# c\n[a]\nkey =  value\nother=\n", "/etc/x.conf");
  expect(values.map(({ place }) => place)).toEqual([
    { file: "/etc/x.conf", line: 3, column: 8 },
    { file: "/etc/x.conf", line: 4, column: 7 },
  ]);
});

test("all errors of a file are found, each said once with its place", () => {
  const { errors, values } = parseIni("[a]\nfoo\n  more\nx = 1\n[b\n[]\ny=2\n", "x.conf");
  expect(errors.map(describeConfigError)).toEqual([
    "x.conf:2:1: Cannot read the line 'foo': there is no '=' or ':', expected option = value",
    "x.conf:5:2: Cannot read the line '[b': the section's name does not end, expected a closing ']'",
    "x.conf:6:1: Cannot read the line '[]': the section has no name, expected [name]",
  ]);
  expect(values.map(({ key, value }) => `${key}=${value}`)).toEqual(["x=1", "y=2"]);
});

test("an error text never shows what stands behind a '='", () => {
  const { errors } = parseIni("password = hidden\n", "x.conf");
  expect(errors.map(describeConfigError).join()).not.toContain("hidden");
});

const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,9}$/);
const plain = fc.stringMatching(/^([!-~]([ -~]{0,20}[!-~])?)?$/).filter((text) =>
  !/^(["']).*\1$|^["']$/.test(text)
);

test("what is written in the plain form is read back, in order", () => {
  const entry = fc.tuple(word, word, plain);
  fc.assert(fc.property(fc.array(entry, { maxLength: 20 }), (entries) => {
    const text = entries.map(([section, key, value]) => `[${section}]\n${key} = ${value}\n`).join(
      "\n",
    );
    const { values, errors } = parseIni(text, "x.conf");
    expect(errors).toEqual([]);
    expect(values.map(({ section, key, value }) => [section, key, value])).toEqual(entries);
  }));
});

test("no text makes it throw, and every place lies in the text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
    const lines = text.split(/\r\n|\r|\n/);
    const { values, errors } = parseIni(text, "x.conf");
    for (const place of [...values, ...errors].map((one) => one.place)) {
      const line = lines[(place?.line ?? 0) - 1];
      expect(line).toBeDefined();
      expect(place?.column).toBeLessThanOrEqual((line?.length ?? 0) + 1);
    }
  }));
});
