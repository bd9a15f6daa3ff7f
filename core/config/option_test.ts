/**
 * Pure. Texts to values, against answers recorded from oslo.config's types; departures are listed.
 */
import { describe, expect, test } from "bun:test";
import {
  commaJoined,
  parseBool,
  type Parsed,
  parseHost,
  parseHostPort,
  parseList,
  parseNumber,
  parsePort,
} from "./option.ts";
import recorded from "../../testdata/config/oslo_values.json";

interface RecordedValue {
  readonly kind: string;
  readonly text: string;
  readonly value?: unknown;
  readonly error?: string;
}

/** Ours is stricter: what oslo takes here could not be used. */
const DEPARTURES: ReadonlyMap<string, string> = new Map([
  ["int:", "empty is not set; the layers above see to it"],
  ["float:", "the same"],
  ["int:9007199254740993", "a number that would silently become another one"],
  ["port:0", "nothing listens on port 0"],
]);

const values: readonly RecordedValue[] = recorded.values;

function parse({ kind, text }: RecordedValue): Parsed<unknown> {
  switch (kind) {
    case "bool":
      return parseBool(text);
    case "list":
      return { value: parseList(text) };
    case "port":
      return parsePort(text);
    default:
      return parseNumber(text, { kind });
  }
}

describe("as oslo.config reads it", () => {
  test.each(values.filter((one) => !DEPARTURES.has(`${one.kind}:${one.text}`)))("%j", (one) => {
    const parsed = parse(one);
    if ("value" in one) expect(parsed).toEqual({ value: one.value });
    else expect(parsed).toHaveProperty("unreadable");
  });

  test.each([...DEPARTURES])("but not %s: %s", (key) => {
    const [kind = "", text = ""] = key.split(":");
    expect(parse({ kind, text })).toHaveProperty("unreadable");
  });
});

test("a number outside its range names the range", () => {
  expect(parseNumber("0", { kind: "int", min: 1, max: 9 })).toEqual({
    unreadable: { why: "it is too small", expected: "an integer from 1 to 9" },
  });
  expect(parseNumber("10", { kind: "int", max: 9 })).toEqual({
    unreadable: { why: "it is too large", expected: "an integer of at most 9" },
  });
});

test.each(["localhost", "10.0.0.1", "::1", "fe80::1", "my_kafka", "a.b-c.d"])("host %s", (text) => {
  expect(parseHost(text)).toEqual({ value: text });
});

test.each(["", "http://h", "h:80", "h/x", "a b", "u@h"])("no host: '%s'", (text) => {
  expect(parseHost(text)).toHaveProperty("unreadable");
});

test("addresses with and without a port", () => {
  expect(parseHostPort("h:1", undefined)).toEqual({ value: { host: "h", port: 1 } });
  expect(parseHostPort("[::1]:9092", undefined)).toEqual({ value: { host: "::1", port: 9092 } });
  expect(parseHostPort("h", 9200)).toEqual({ value: { host: "h", port: 9200 } });
  expect(parseHostPort("h", undefined)).toHaveProperty("unreadable");
  expect(parseHostPort("h:", undefined)).toHaveProperty("unreadable");
  expect(parseHostPort("h:70000", undefined)).toHaveProperty("unreadable");
  expect(parseHostPort("::1:9092", undefined)).toHaveProperty("unreadable");
});

describe("a value of several lines in one", () => {
  const option = { section: "s", name: "n", kind: "multistr", help: "", meaning: "used" } as const;

  test("names", () => {
    expect(commaJoined("meter,event", { ...option, items: "names" })).toEqual(["meter", "event"]);
    expect(commaJoined("meter", { ...option, items: "names" })).toBeUndefined();
  });

  test("the hosts of one messaging URL are one value", () => {
    const urls = { ...option, items: "urls" } as const;
    expect(commaJoined("rabbit://a:1@h:1,b:2@i:2/", urls)).toBeUndefined();
    expect(commaJoined("rabbit://a@h/, rabbit://b@i/", urls)).toEqual([
      "rabbit://a@h/",
      "rabbit://b@i/",
    ]);
  });
});
