/**
 * Edge (sqlite files). Lines in, points out: whatever a line says, SQLite gives back, equal by type
 * and value.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { join } from "node:path";
import { lineBatch } from "../../testing/batches.ts";
import { tempFolder } from "../../testing/servers/server.ts";
import { systemClock } from "../clock.ts";
import { type FieldValue, parseLine } from "../influxdb/line_protocol.ts";
import { fieldsFromJson, fieldsToJson } from "./fields.ts";
import { openSqliteReader } from "./reader.ts";
import { createSqliteWriter } from "./writer.ts";

const float = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const text = fc.string({ unit: "grapheme", maxLength: 20 }).map((value) =>
  value.replace(/[\n\r]/g, " ")
);
const value: fc.Arbitrary<FieldValue> = fc.oneof(float, integer, text, fc.boolean());
const name = fc.oneof(fc.constantFrom("value", "value_meta", "__proto__", "10", "$.a"), text)
  .map((value) => value.replace(/[\\#\t\0]/g, "").trim() || "x");

test("fields survive their JSON text", () => {
  fc.assert(fc.property(fc.array(fc.tuple(name, value)), (fields) => {
    expect(normal(fieldsFromJson(fieldsToJson(fields)))).toEqual(normal(new Map(fields)));
  }));
});

test("lines in = points out, equal by value", async () => {
  await using folder = await tempFolder("sqlite-lines");
  let files = 0;
  const line = fc.record({
    measurement: name,
    tags: fc.uniqueArray(fc.tuple(name, name), { maxLength: 3, selector: ([key]) => key }),
    fields: fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 4 }),
    time: fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
  }).map(writeLine);
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 20 }), async (lines) => {
      const path = join(folder.path, `${++files}.db`);
      const writer = await createSqliteWriter({ path }, { clock: systemClock });
      await writer.write(lineBatch(lines, { precision: "ns" }), new AbortController().signal);
      await writer.close();
      const expected = new Map<string, Map<string, FieldValue>>();
      for (const text of lines) {
        const { measurement, tags, fields, timestamp } = parseLine(new TextEncoder().encode(text));
        const key = keyOf(measurement, Object.fromEntries(tags), timestamp);
        const known = expected.get(key) ?? new Map<string, FieldValue>();
        for (const [field, value] of new Map(fields)) known.set(field, value);
        expected.set(key, known);
      }
      const reader = await openSqliteReader(path);
      const stored = new Map(
        [...reader.points()].map(({ series, timeNs, fields }) => [
          keyOf(series.measurement, series.tags, timeNs),
          fields,
        ]),
      );
      reader.close();
      expect([...stored.keys()].sort()).toEqual([...expected.keys()].sort());
      for (const [key, fields] of expected) {
        expect(normal(stored.get(key) ?? new Map())).toEqual(normal(fields));
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);

interface Line {
  readonly measurement: string;
  readonly tags: readonly (readonly [string, string])[];
  readonly fields: readonly (readonly [string, FieldValue])[];
  readonly time: bigint;
}

function writeLine({ measurement, tags, fields, time }: Line): string {
  const escape = (text: string): string => text.replace(/[, =]/g, "\\$&");
  const key = [
    measurement.replace(/[, ]/g, "\\$&"),
    ...tags.map(([tag, value]) => `${escape(tag)}=${escape(value)}`),
  ].join(",");
  const values = fields.map(([field, value]) => `${escape(field)}=${writeValue(value)}`);
  return `${key} ${values.join(",")} ${time}`;
}

function writeValue(value: FieldValue): string {
  if (typeof value === "string") return `"${value.replace(/["\\]/g, "\\$&")}"`;
  return typeof value === "bigint" ? `${value}i` : String(value);
}

function keyOf(
  measurement: string,
  tags: Readonly<Record<string, string>>,
  time: bigint | undefined,
): string {
  return JSON.stringify([measurement, Object.entries(tags).sort(), String(time)]);
}

function normal(fields: ReadonlyMap<string, FieldValue>): [string, string, string][] {
  return [...fields].map(([key, value]): [string, string, string] => [
    key,
    typeof value,
    typeof value === "number" ? String(value + 0) : String(value),
  ]).sort();
}
