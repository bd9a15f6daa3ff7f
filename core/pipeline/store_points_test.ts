/**
 * Pure. Lines of samples and events, read back as InfluxDB reads them.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { makeEvent, makeSample } from "../../testing/samples.ts";
import { parseLine, type Point } from "../influxdb/line_protocol.ts";
import { PyFloat, type Value } from "../notifications/value.ts";
import { DateTimeValue } from "./event.ts";
import type { Sample } from "./sample.ts";
import { eventLine, type MadeLine, pointBatch, sampleLine } from "./store_points.ts";

function pointOf(made: MadeLine): Point {
  if ("why" in made) throw new Error(made.why);
  return parseLine(Buffer.from(made.line));
}

function whyOf(sample: Partial<Sample>): string {
  const made = sampleLine(makeSample(sample), { withMetadata: false });
  return "why" in made ? made.why : "";
}

describe("a sample", () => {
  test("is a point with its own time; its metadata only if asked for", () => {
    const sample = makeSample({
      name: "disk.root size",
      resource_id: "a,b=c d",
      user_id: null,
      unit: "",
      resource_metadata: { q: 'é"\\\n', n: new PyFloat(1) },
    });
    const plain = pointOf(sampleLine(sample, { withMetadata: false }));
    expect(plain).toEqual({
      measurement: "disk.root size",
      tags: [
        ["project_id", "project-1"],
        ["resource_id", "a,b=c d"],
        ["source", "openstack"],
        ["type", "gauge"],
      ],
      fields: [["value", 1]],
      timestamp: 1767323045678901000n,
    });
    const full = pointOf(sampleLine(sample, { withMetadata: true }));
    expect(full.fields[1]).toEqual(["metadata", '{"q": "\\u00e9\\"\\\\\\n", "n": 1.0}']);
  });

  test("with any text that a line can hold comes back as it went", () => {
    const text = fc.string({ unit: "binary", minLength: 1 })
      .filter((each) => !/\n|\\$/.test(each) && each.isWellFormed());
    fc.assert(fc.property(text, text, fc.double({ noNaN: true }), (name, id, volume) => {
      fc.pre(!/^[#\t\0\s]/.test(name) && Number.isFinite(volume) && !/[\0\r]/.test(name + id));
      const made = sampleLine(makeSample({ name, resource_id: id, volume }), {
        withMetadata: false,
      });
      const { measurement, tags, fields } = pointOf(made);
      expect([measurement, Object.fromEntries(tags).resource_id]).toEqual([name, id]);
      expect(Object.is(fields[0]?.[1], volume === 0 ? 0 : volume)).toBe(true);
    }));
  });

  test.each(
    [
      [{ volume: null }, "its volume is None"],
      [{ volume: "x" }, "its volume is 'x'"],
      [{ volume: new PyFloat(Infinity) }, "its volume is inf"],
      [{ timestamp: null }, "its timestamp is None"],
      [{ timestamp: "1600-01-01T00:00:00" }, "its time is outside"],
      [{ resource_id: "a\nb" }, "its resource_id holds a line break"],
      [{ resource_id: "a\\" }, "its resource_id ends in a backslash"],
      [{ name: "" }, "its name is empty"],
      [{ name: "#x" }, "its name begins with"],
    ] satisfies [Partial<Sample>, string][],
  )("%p is refused by name", (sample, why) => {
    expect(whyOf(sample)).toStartWith(why);
  });

  test.each([["2", 2], [true, 1], [2n ** 70n, 2 ** 70], [new PyFloat(-0), 0]] as const)(
    "volume %p is the float %p",
    (volume, value) => {
      const made = sampleLine(makeSample({ volume: volume as Value }), { withMetadata: false });
      expect(pointOf(made).fields[0]?.[1] === value).toBe(true);
    },
  );
});

test("an event is a point of 'event' with its traits", () => {
  const point = pointOf(eventLine(makeEvent({ message_id: 'm"1' })));
  expect(point).toEqual({
    measurement: "event",
    tags: [["event_type", "compute.instance.create.end"]],
    fields: [
      ["message_id", 'm"1'],
      [
        "traits",
        '{"service": "compute", "vcpus": 2, "ratio": 1.5, "launched_at": "2026-01-02T03:04:16"}',
      ],
    ],
    timestamp: 1767323045678901059n,
  });
  const times = ["a", "b", "c"].map((message_id) => pointOf(eventLine(makeEvent({ message_id }))))
    .map(({ timestamp }) => timestamp);
  expect(new Set(times).size).toBe(3);
  expect(eventLine(makeEvent({ generated: new DateTimeValue(-(10n ** 17n)) }))).toHaveProperty(
    "why",
  );
});

test("a batch has the lines that can be, and knows their items", () => {
  const samples = [makeSample(), makeSample({ volume: null }), makeSample({ name: "é" })];
  const { batch, items, refused } = pointBatch(samples, {
    lineOf: (sample) => sampleLine(sample, { withMetadata: false }),
    what: ({ name }) => name,
  });
  expect([batch.count, items, refused.map(({ item }) => item)]).toEqual([2, [0, 2], [1]]);
  expect(batch.ends[1]).toBe(batch.body.length);
  expect(Buffer.from(batch.body.subarray(batch.ends[0])).toString()).toStartWith("é,");
});
