/**
 * Pure. Shows what becomes of a message that cannot be stored, and that lines read back as InfluxDB
 * reads them hold what the message held.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { recordBlock } from "../../testing/batches.ts";
import { keptItems } from "../../testing/item_sinks.ts";
import { type FieldValue, parseLine } from "../influxdb/line_protocol.ts";
import type { MessageEncoder } from "../persist/encoder.ts";
import { createAlarmEncoder } from "./alarm.ts";
import { createEventEncoder, documentId } from "./event.ts";
import { createPlainMetricEncoder } from "./metric.ts";

const options = { database: "mon", perTenant: true, trailingBackslash: "refuse" } as const;
const metrics = createPlainMetricEncoder(options);
const alarms = createAlarmEncoder(options);
const events = createEventEncoder({ indexName: "events", today: () => new Date("2031-02-03") });

function encode(encoder: MessageEncoder, message: unknown): {
  reason: string;
  line: string;
  destination: string;
  items: ReturnType<typeof keptItems>;
} {
  const items = keptItems();
  const text = typeof message === "string" ? message : JSON.stringify(message);
  const refusal = encoder.encode(recordBlock([text]), 0, items);
  const reason = refusal === undefined ? "" : `${refusal.class}: ${refusal.reason}`;
  if (refusal !== undefined) expect(items.kept.length + items.documents.length).toBe(0);
  return { reason, items, line: "", destination: "", ...items.kept[0] };
}

const metric = { name: "cpu", dimensions: { host: "a" }, timestamp: 1, value: 2, value_meta: null };
const meta = { tenantId: "t", region: "r" };

describe("a metric that InfluxDB would refuse, or keep under another name, is refused before", () => {
  const faults: readonly (readonly [string, unknown, string])[] = [
    ["no JSON", "abc", "decode: Cannot read JSON at character 0: 'a', expected a value"],
    ["cut JSON", '{"metric": {', "decode: Cannot read JSON at character 12: the end"],
    ["deep JSON", "[".repeat(1e6), "decode: Cannot read JSON at character 990: nested too deeply"],
    ["a list", [], "invalid: Cannot read message: it is list, expected an object"],
    ["no meta", { metric }, "invalid: Cannot read message: it has no 'meta'"],
    [
      "no tenant",
      { metric, meta: { region: "r" } },
      "invalid: Cannot read meta: it has no 'tenantId'",
    ],
    [
      "null dimensions",
      { metric: { ...metric, dimensions: null }, meta },
      "dimensions: it is null",
    ],
    [
      "NaN",
      `{"metric": {"name": "n", "timestamp": 1, "value": NaN}, "meta": ${JSON.stringify(meta)}}`,
      "invalid: Cannot store value 'nan': InfluxDB takes neither NaN nor infinity",
    ],
    ["infinity", { metric: { ...metric, value: "-inf" }, meta }, "Cannot store value '-inf'"],
    ["a word", { metric: { ...metric, value: "x" }, meta }, "Cannot read value 'x': not a number"],
    ["late", { metric: { ...metric, timestamp: 9223372036855 }, meta }, "Cannot store timestamp"],
    ["no name", { metric: { ...metric, name: "" }, meta }, "Cannot store metric name ''"],
    ["a comment", { metric: { ...metric, name: "#c" }, meta }, "takes the line for a comment"],
    ["a tab first", { metric: { ...metric, name: "\tc" }, meta }, "drops a tab or NUL"],
    [
      "a line break",
      { metric: { ...metric, dimensions: { a: "b\nc" } }, meta },
      "Cannot store value of dimension 'a' 'b\nc': a line break",
    ],
    [
      "an empty tag",
      { metric: { ...metric, dimensions: { a: "" } }, meta },
      "Cannot store value of dimension 'a' '': it is empty",
    ],
    [
      "an empty tag name",
      { metric: { ...metric, dimensions: { "": "a" } }, meta },
      "Cannot store dimension name '': it is empty",
    ],
    ["time", { metric: { ...metric, dimensions: { time: "1" } }, meta }, "dimension name 'time'"],
    ["an empty tenant", { metric, meta: { ...meta, tenantId: "" } }, "dimension '_tenant_id' ''"],
    ["a last backslash", { metric: { ...metric, name: "C:\\" }, meta }, "follows a backslash"],
    ["half a pair", { metric: { ...metric, name: "\ud800" }, meta }, "half of a surrogate pair"],
    ["a long key", { metric: { ...metric, name: "n".repeat(65535) }, meta }, "its key has 65"],
  ];
  for (const [name, message, reason] of faults) {
    test(name, () => expect(encode(metrics, message).reason).toContain(reason));
  }
});

test("a tenant's lines go to a database of its own", () => {
  expect(encode(metrics, { metric, meta })).toMatchObject({
    destination: "mon_t",
    line: 'cpu,_region=r,_tenant_id=t,host=a value=2.0,value_meta="{}" 1',
  });
});

test("an alarm transition is refused for what it lacks and for a tenant without a name", () => {
  expect(encode(alarms, {}).reason).toContain("it has no 'alarm-transitioned'");
  expect(encode(alarms, { "alarm-transitioned": {} }).reason).toContain("it has no 'tenantId'");
  expect(encode(alarms, { "alarm-transitioned": { tenantId: "" } }).reason).toContain("is empty");
});

describe("an event", () => {
  const event = { event_type: "x", timestamp: "2024-05-06T07", payload: {}, dimensions: null };
  const indexFor = (timestamp: unknown): string | undefined =>
    encode(events, { event: { ...event, timestamp }, meta: { project_id: "p" } }).items
      .documents[0]?.index;

  test("goes to the index of its date, without one to today's", () => {
    expect(indexFor("2024-02-29 23:59")).toBe("events-p-2024-02-29");
    expect(indexFor("2024-02- 9")).toBe("events-p-2024-02-09");
    for (
      const none of [null, "", 0, "2023-02-29", "0000-01-01", "2024-13-01", "6/5/2024", "2024"]
    ) {
      expect(indexFor(none)).toBe("events-p-2031-02-03");
    }
  });

  test("has an id made of its index and its bytes", () => {
    const text = JSON.stringify({ event, meta: { project_id: "p" } });
    const { items } = encode(events, text);
    expect(items.documents[0]?.id).toBe(documentId("events-p-2024-05-06", Buffer.from(text)));
    expect(encode(events, `${text} `).items.documents[0]?.id).not.toBe(items.documents[0]?.id);
  });

  test("is refused for a date that is no text, and for numbers that JSON has no name for", () => {
    const meta = { project_id: "p" };
    const odd = { ...event, timestamp: 1700000000 };
    expect(encode(events, { event: odd, meta }).reason).toContain("expected text that begins with");
    const nan = JSON.stringify({ event, meta }).replace('"payload":{}', '"payload":{"a":[NaN]}');
    expect(encode(events, nan).reason).toContain("invalid: Cannot write number 'NaN'");
  });
});

const letters = [..."ab ,=\\\"'é😀\t\r\n#\0\u2028:{}"];
const text = fc.array(fc.constantFrom(...letters), { maxLength: 6 }).map((each) => each.join(""));
/** Nothing that Python takes for false; that would be stored as "{}". */
const json = fc.jsonValue({ maxDepth: 3 }).filter((value) =>
  Boolean(value) && JSON.stringify(value).length > 2
);

test("what a metric's line holds is read back from it", () => {
  const message = fc.record({
    name: text,
    dimensions: fc.dictionary(text, text, { maxKeys: 4 }),
    value: fc.double({ noNaN: true, noDefaultInfinity: true }),
    value_meta: json,
    timestamp: fc.integer(),
  });
  fc.assert(
    fc.property(message, (metric) => {
      const { line, reason } = encode(metrics, { metric, meta });
      if (reason !== "") return;
      const point = parseLine(Buffer.from(line));
      const fields = new Map<string, FieldValue>(point.fields);
      expect(point.measurement).toBe(doubled(metric.name));
      expect(Object.fromEntries(point.tags)).toEqual({
        ...Object.fromEntries(
          Object.entries(metric.dimensions).map(([key, value]) => [doubled(key), doubled(value)]),
        ),
        _tenant_id: "t",
        _region: "r",
      });
      expect(fields.get("value")).toBe(metric.value + 0);
      expect(JSON.parse(String(fields.get("value_meta")))).toEqual(plainJson(metric.value_meta));
      expect(point.timestamp).toBe(BigInt(metric.timestamp));
    }),
    { numRuns: 2000 },
  );
});

/** Backslashes in names and tags come back doubled: Monasca Persister's way of writing them. */
function doubled(raw: string): string {
  return raw.replaceAll("\\", "\\\\");
}

function plainJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
