/**
 * Pure. Shows that lines are read as InfluxDB reads them: the table holds what a real InfluxDB 1.6.7
 * answered to each line, and what it gave back when asked.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import cases from "../../testdata/influxdb/lines_as_1.6.7_reads_them.json" with { type: "json" };
import {
  type FieldValue,
  parseFields,
  parseLine,
  parseSeries,
  parseTime,
} from "./line_protocol.ts";
import { LineError, scanLine } from "./line_scan.ts";

/** As JSON holds it: there the sign of a zero and the kind of a number are lost. */
function jsonForm(value: FieldValue): unknown {
  if (value === 0) return 0;
  return typeof value === "bigint" ? Number(value) : value;
}

describe("a line is read, or refused, as InfluxDB 1.6.7 does", () => {
  for (const { line, point } of cases as { line: string; point?: Record<string, unknown> }[]) {
    test(JSON.stringify(line), () => {
      const bytes = Buffer.from(line);
      if (point === undefined) {
        expect(() => parseLine(bytes)).toThrow(LineError);
        return;
      }
      const { measurement, tags, fields, timestamp } = parseLine(bytes);
      expect({
        measurement,
        tags: Object.fromEntries(tags),
        fields: Object.fromEntries(fields.map(([key, value]) => [key, jsonForm(value)])),
        time: timestamp === undefined ? null : Number(timestamp),
      }).toEqual(point as never);
    });
  }
});

test("64-bit integers and timestamps keep every digit", () => {
  const { fields, timestamp } = parseLine(
    Buffer.from("m v=9223372036854775807i,w=-9223372036854775808i 1757000000000000001"),
  );
  expect(fields).toEqual([["v", 9223372036854775807n], ["w", -9223372036854775808n]]);
  expect(timestamp).toBe(1757000000000000001n);
});

test("a key is refused beyond 65,535 bytes with its longest field name", () => {
  const longest = `${"m".repeat(65_530)} v=1`;
  expect(parseLine(Buffer.from(longest)).measurement).toHaveLength(65_530);
  expect(() => parseLine(Buffer.from(`m${longest}`))).toThrow("max key length exceeded");
});

test("the reason names the line and what InfluxDB says of it", () => {
  expect(() => parseLine(Buffer.from("cpu,host= value=1"))).toThrow(
    "Cannot read line 'cpu,host= value=1': missing tag value, expected measurement",
  );
});

test("sections can be read apart, in the middle of a larger buffer", () => {
  const bytes = Buffer.from("before\ncpu,b=2,a=1 value=1.5 7\nbehind");
  const spans = scanLine(bytes, 7, bytes.indexOf("\nbehind"));
  expect(parseSeries(bytes, spans)).toEqual({
    measurement: "cpu",
    tags: [["a", "1"], ["b", "2"]],
  });
  expect(parseFields(bytes, spans)).toEqual([["value", 1.5]]);
  expect(parseTime(bytes, spans)).toBe(7n);
  expect(bytes.subarray(spans.keyStart, spans.keyEnd).toString()).toBe("cpu,b=2,a=1");
});

test("any bytes are read or refused with a reason, never by a crash", () => {
  const piece = fc.constantFrom(
    "m",
    ",",
    " ",
    "=",
    "\\",
    '"',
    "\n",
    "1",
    "i",
    "t",
    "é",
    "#",
    "-",
    ".",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      try {
        parseLine(Buffer.from(pieces.join("")));
      } catch (error) {
        expect(error).toBeInstanceOf(LineError);
      }
    }),
    { numRuns: 5000 },
  );
});
