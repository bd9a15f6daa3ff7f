/**
 * Pure. What lines look like: aligned, cut to the terminal, harmless whatever a message holds; and that
 * JSON lines say all of it.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { datumOf, eventDatum, sampleDatum } from "../../testing/data.ts";
import { PyFloat } from "../notifications/value.ts";
import { widthOf } from "../terminal/cells.ts";
import { jsonLines } from "./json_lines.ts";
import { createPretty } from "./pretty.ts";
import { createTable } from "./table.ts";

const plain = { columns: () => 100, color: false, wide: false };

describe("pretty", () => {
  test("aligned, ids shortened, details behind", () => {
    const lines = createPretty({ ...plain, columns: () => 140 }).lines([
      sampleDatum({ name: "cpu_util", value: 81.5, unit: "%" }),
      sampleDatum({ name: "disk.read.bytes", value: 123456789, unit: "B" }),
      eventDatum({ name: "compute.instance.create.end" }),
    ]);
    expect(lines).toBe(
      [
        "11-28 08:31:02 sample cpu_util                     81.5 % 1a2b3c4d…  p-1      host=node-1 flavor.name=m1.tiny",
        "11-28 08:31:02 sample disk.read.bytes          123456789 B 1a2b3c4d…  p-1      host=node-1 flavor.name=m1.tiny",
        "11-28 08:31:02 event  compute.instance.create.end             -          p-1      instance_id=1a2b3c4d… memory_mb=512",
        "",
      ].join("\n"),
    );
  });

  test("a point says what no column says; without a time the columns stay where they are", () => {
    const point = { kind: "point", resource: "node-1", tenant: "t", unit: "" } as const;
    const lines = createPretty({ ...plain, columns: () => 120 }).lines([
      datumOf({
        ...{ ...point, name: "cpu", value: 2 },
        members: {
          tags: { _tenant_id: "t", hostname: "node-1", device: "sda" },
          fields: { value: 2, value_meta: "{}", other: 1 },
        },
      }),
      datumOf({
        ...{ ...point, name: "event", value: NaN, timeMs: NaN },
        members: { tags: { event_type: "compute.delete" }, fields: { value: "a text" } },
      }),
    ]);
    expect(lines).toBe(
      [
        "11-28 08:31:02 point  cpu                             2 node-1     t        device=sda other=1",
        '-              point  event                             node-1     t        event_type=compute.delete value="a text"',
        "",
      ].join("\n"),
    );
  });

  test("wide shows all of it", () => {
    const lines = createPretty({ ...plain, wide: true }).lines([sampleDatum({})]);
    expect(lines).toContain("1a2b3c4d-0000-4000-8000-123456789abc");
    expect(lines).toContain("2026-11-28T08:31:02.500Z");
  });

  test("color adds no columns", () => {
    const lines = createPretty({ ...plain, color: true }).lines([sampleDatum({})]);
    expect(lines).toContain("\x1b[32msample\x1b[0m");
    expect(Bun.stripANSI(lines)).toBe(createPretty(plain).lines([sampleDatum({})]));
  });

  test("whatever it holds, a datum is one line of the terminal", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 40 });
    const control = fc.constantFrom("\x1b[2J", "\n", "\r", "\t", "\u0000", "\u202e", "温度");
    const words = fc.tuple(text, control).map(([a, b]) => a + b);
    const columns = fc.integer({ min: 20, max: 200 });
    fc.assert(
      fc.property(words, words, columns, (name, value, width) => {
        const datum = sampleDatum({
          name,
          resource: value,
          members: { resource_metadata: { a: value } },
        });
        for (const format of [createPretty({ ...plain, columns: () => width }), createTable()]) {
          const lines = format.lines([datum]);
          expect(lines.trimEnd()).not.toMatch(/[\p{Cc}--\n]/v);
        }
        const [line = ""] = createPretty({ ...plain, columns: () => width }).lines([datum]).split(
          "\n",
        );
        expect(widthOf(line)).toBeLessThanOrEqual(width);
      }),
      { numRuns: 300 },
    );
  });
});

describe("table", () => {
  test("a head, rows under it, the head again when a column grows", () => {
    const table = createTable();
    const first = table.lines([sampleDatum({ name: "a" }), sampleDatum({ name: "bb" })]).split(
      "\n",
    );
    expect(first[0]).toBe(
      "TIME                      KIND    NAME  VALUE  UNIT  TENANT  RESOURCE" +
        "                              DETAILS",
    );
    expect(first.length).toBe(4);
    expect(table.lines([sampleDatum({ name: "c" })])).not.toContain("TIME");
    expect(table.lines([sampleDatum({ name: "much.longer" })])).toContain("TIME");
    expect(table.lines([])).toBe("");
  });
});

describe("json", () => {
  test("a message as it was, numbers that JSON cannot hold as null", () => {
    const members = {
      a: [1, new PyFloat(2), NaN],
      b: { c: "é\u2028\u009b2J\x7f", d: 9007199254740993n },
    };
    expect(jsonLines.lines([datumOf({ members })])).toBe(
      '{"a":[1,2.0,null],"b":{"c":"é\u2028\\u009b2J\\u007f","d":9007199254740993}}\n',
    );
  });

  test("reads back as it was", () => {
    const value = fc.json().map((text) => JSON.parse(text));
    fc.assert(fc.property(value, (each) => {
      const line = jsonLines.lines([datumOf({ members: { each } })]);
      expect(line.indexOf("\n")).toBe(line.length - 1);
      expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify({ each })));
    }));
  });
});
