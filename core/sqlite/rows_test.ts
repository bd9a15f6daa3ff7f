/**
 * Pure. The short way of the row reader gives the row that the parser gives, whatever was read before.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { type FieldValue, parseLine } from "../influxdb/line_protocol.ts";
import { LineError, scanLine } from "../influxdb/line_scan.ts";
import { fieldsFromJson } from "./fields.ts";
import { createRowReader } from "./rows.ts";

const value = fc.oneof(
  fc.constantFrom("1", "-0.5", "1.", "1e5", "2.5E-3", "7i", "true", "f", '"text"', ".5", "-.5e1"),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
);
const rest = fc.constantFrom(
  "",
  ',value_meta="{}"',
  ',value_meta="{\\"a\\": \\"x, y\\"}"',
  ",n=1i,f=2",
  ",value=3",
  ",value=4i",
  ",my_value=5",
  `,long="${"x".repeat(300)}"`,
);
const time = fc.constantFrom(" 1600000000000", " 1600000000001", " -5", "");
const line = fc.oneof(
  fc.tuple(fc.constant("m value="), value, rest, time),
  fc.tuple(fc.constant("m,a=b other="), value, rest, time),
).map((parts) => parts.join(""));

test("both ways give the same row", () => {
  const rests = new Map<string, string>();
  fc.assert(fc.property(fc.array(line, { minLength: 1, maxLength: 30 }), (lines) => {
    const body = new TextEncoder().encode(lines.join("\n"));
    const reader = createRowReader(body, rests);
    let start = 0;
    for (const text of lines) {
      const row = reader.read(scanLine(body, start, start + text.length), 1_000_000n, 42n);
      start += text.length + 1;
      const point = parseLine(new TextEncoder().encode(text));
      const expected = new Map(point.fields);
      const stored = new Map<string, FieldValue>(
        row.fields === null ? [] : fieldsFromJson(row.fields),
      );
      if (row.value !== null) stored.set("value", row.value);
      expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(expected));
      expect(row.timeNs).toBe(point.timestamp === undefined ? 42n : point.timestamp * 1_000_000n);
      expect(typeof expected.get("value") === "number").toBe(row.value !== null);
    }
  }));
});

test("a time beyond 64 bits of ns is refused", () => {
  const body = new TextEncoder().encode("m v=1 9223372036855");
  const line = scanLine(body, 0, body.length);
  expect(() => createRowReader(body, new Map()).read(line, 1_000_000n, 0n)).toThrow(LineError);
  expect(createRowReader(body, new Map()).read(line, 1n, 0n).timeNs).toBe(9223372036855n);
});
