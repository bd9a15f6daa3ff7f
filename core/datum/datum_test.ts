/**
 * Edge (files). What detect.ts and read_datum.ts make of everything that telemetry is written as: what
 * an agent recorded, what our own publishers write, what is broken.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { makeEvent, makeSample } from "../../testing/samples.ts";
import { letterLine } from "../delivery/letter_text.ts";
import { LiteralError, loadLiteral } from "../notifications/load_literal.ts";
import { PyFloat, type Value } from "../notifications/value.ts";
import { dumpValue, valueRepr } from "../notifications/value_text.ts";
import {
  eventJson,
  eventLiteral,
  eventMessage,
  sampleJson,
  sampleLiteral,
  serializeEvent,
} from "../pipeline/messages.ts";
import { meterMessage } from "../pipeline/meter_message.ts";
import type { Datum } from "./datum.ts";
import { createDatumFilter } from "./datum_filter.ts";
import { detectForm } from "./detect.ts";
import { eventOf } from "./event_form.ts";
import type { Form } from "./forms.ts";
import { type DatumRefusal, membersOf, readData } from "./read_datum.ts";
import { sampleOf } from "./sample_form.ts";
import { parseDurationText, parseTimeText } from "./time_text.ts";

const captures = "testdata/captures";
const signer = { sign: () => "signature" };

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function formOf(text: string): Form | undefined {
  return detectForm(bytesOf(text));
}

/** The data of a text whose form is detected. */
function dataOf(text: string): readonly Datum[] {
  const form = formOf(text);
  if (form === undefined) throw new Error(`no form: ${text}`);
  const read = readData(form, bytesOf(text));
  if ("refusal" in read) throw new Error(read.refusal.reason);
  return read.data;
}

function refusalOf(form: Form, text: string): DatumRefusal | undefined {
  const read = readData(form, bytesOf(text));
  return "refusal" in read ? read.refusal : undefined;
}

const metric =
  '{"metric": {"name": "cpu.idle", "dimensions": {"hostname": "node-1"}, "timestamp": 1767323045678, ' +
  '"value": 1.5, "value_meta": null}, "meta": {"tenantId": "t1", "region": "r"}, "creation_time": 1767323046}';
const alarm =
  '{"alarm-transitioned": {"tenantId": "t1", "alarmId": "a1", "alarmName": "high cpu", "oldState": "OK", ' +
  '"newState": "ALARM", "timestamp": 1767323045678}}';
const monascaEvent =
  '{"event": {"event_type": "login", "timestamp": "2026-01-02T03:04:05Z", "payload": {}, "dimensions": {}}, ' +
  '"meta": {"project_id": "p1"}}';

describe("every form is detected and read", () => {
  const sample = makeSample();
  const event = makeEvent();
  const letter = new TextDecoder().decode(
    letterLine({
      source: { topic: "metrics", partition: 0, offset: 7, key: "k", timestamp: 5 },
      class: "rejected",
      reason: "no",
      destination: "influxdb://h:8086/mon",
      payload: bytesOf(metric),
    }, { command: "persist", nowMs: 0 }),
  ).trim();
  const kcat = JSON.stringify({
    ...{ topic: "metrics", partition: 0, offset: 1, tstype: "create", ts: 9, key: "k" },
    payload: metric,
  });
  const cases: readonly (readonly [what: string, text: string, form: Form, name: string])[] = [
    ["metric", metric, "metric", "cpu.idle"],
    ["metric with blanks", ` { "metric" :${metric.slice(11)}`, "metric", "cpu.idle"],
    ["metric behind its meta", `{"meta": {"metric": 1}, ${metric.slice(1)}`, "metric", "cpu.idle"],
    ["alarm", alarm, "alarm", "high cpu"],
    ["Monasca event", monascaEvent, "monasca_event", "login"],
    ["sample as file", sampleJson(sample), "sample", "vcpus"],
    ["sample as notifier", dumpValue(meterMessage(sample, signer)), "sample", "vcpus"],
    ["samples as http", `[${sampleJson(sample)}]`, "sample", "vcpus"],
    ["sample as Python", sampleLiteral(sample), "sample_literal", "vcpus"],
    ["event as file", eventJson(event), "event", event.event_type],
    ["event as http", dumpValue([serializeEvent(event)]), "event", event.event_type],
    ["event as notifier", dumpValue(eventMessage(event, signer)), "event", event.event_type],
    ["event as Python", eventLiteral(event), "event_literal", event.event_type],
    ["line", "cpu,resource_id=r1 value=1 1767323045678000000", "line", "cpu"],
    ["dead letter", letter, "letter", "cpu.idle"],
    ["kcat", kcat, "kcat", "cpu.idle"],
  ];
  for (const [what, text, form, name] of cases) {
    test(what, () => {
      expect(formOf(text)).toBe(form);
      expect(dataOf(text).map((datum) => datum.name)).toEqual([name]);
    });
  }

  test("their columns", () => {
    const [read] = dataOf(metric);
    expect({ ...read, members: undefined }).toEqual({
      ...{ kind: "metric", name: "cpu.idle", timeMs: 1767323045678, tenant: "t1" },
      ...{ resource: "node-1", value: 1.5, unit: "", members: undefined },
    });
    const at = 1767323045678.901;
    expect(dataOf(sampleLiteral(sample))[0]).toMatchObject({
      ...{ kind: "sample", timeMs: at, tenant: "project-1", value: 1, unit: "vcpu" },
    });
    expect(dataOf(eventJson(event))[0]).toMatchObject({ kind: "event", timeMs: at });
    expect(dataOf("m,project_id=p f=2i,value=3 1767323045678901234")[0]).toMatchObject({
      ...{ kind: "point", timeMs: at, tenant: "p", value: 3 },
      members: { timestamp: 1767323045678901234n },
    });
  });

  test("timestamps of lines in s, ms and us are told by their size", () => {
    for (const time of ["1767323045", "1767323045000", "1767323045000000", "1767323045000000000"]) {
      expect(dataOf(`m v=1 ${time}`)[0]?.timeMs).toBe(1767323045000);
    }
    expect(dataOf("# a comment")).toEqual([]);
  });
});

describe("what an agent recorded", () => {
  const files = [
    ["ceilometer-agent/create-end/file-json.log", "sample"],
    ["ceilometer-agent/create-end/file-repr.log", "sample_literal"],
    ["ceilometer-publishers-fixed/file-json.log", "sample"],
    ["ceilometer-publishers-fixed/file-repr.log", "sample_literal"],
  ] as const;
  for (const [path, form] of files) {
    test(path, () => {
      const lines = readFileSync(`${captures}/${path}`, "utf8").split("\n").filter(Boolean);
      expect(lines.length).toBeGreaterThan(2);
      for (const line of lines) {
        expect(formOf(line)).toBe(form);
        expect(dataOf(line)[0]?.timeMs).toBeGreaterThan(1.7e12);
      }
    });
  }

  test("the Python form of the file publisher holds the same as its JSON form", () => {
    const read = (name: string) =>
      readFileSync(`${captures}/ceilometer-publishers-fixed/${name}`, "utf8").split("\n")
        .filter(Boolean).map((line) => {
          const form = formOf(line);
          if (form === undefined) throw new Error(line);
          return membersOf(form, bytesOf(line)).map(sampleOf);
        });
    expect(read("file-repr.log")).toEqual(read("file-json.log"));
  });

  test("notifications; of a notifier's batch what it carries", () => {
    const body = (name: string) =>
      readFileSync(`${captures}/ceilometer-agent/${name}.body`, "utf8");
    expect(dataOf(body("create-end/amqp-01")).map(({ kind }) => kind)).toEqual(
      Array(5).fill("sample"),
    );
    expect(dataOf(body("create-end/amqp-00"))[0]).toMatchObject({
      kind: "event",
      name: "compute.instance.create.end",
    });
    const other = JSON.stringify({
      ...{ event_type: "compute.instance.exists", publisher_id: "n", priority: "INFO" },
      ...{ payload: { tenant_id: "t9" }, timestamp: "2026-01-02 03:04:05.000000" },
    });
    expect(dataOf(other)[0]).toMatchObject({
      ...{ kind: "notification", name: "compute.instance.exists", tenant: "t9" },
      timeMs: 1767323045000,
    });
    // What is shown of it can be read again: as it was sent, with its priority.
    const envelope = JSON.stringify({ "oslo.version": "2.0", "oslo.message": other });
    for (const text of [other, envelope]) {
      expect(dataOf(text)[0]?.members).toEqual(JSON.parse(other));
    }
  });
});

describe("samples and events come back as they were", () => {
  test("from every form", () => {
    const sample = makeSample({
      volume: new PyFloat(3),
      resource_metadata: { "a'b": ['"', "\n\\é "] },
    });
    const event = makeEvent({ raw: { a: { b: null } } });
    for (
      const text of [
        sampleJson(sample),
        sampleLiteral(sample),
        dumpValue(meterMessage(sample, signer)),
      ]
    ) {
      expect(membersOf(formOf(text) ?? "line", bytesOf(text)).map(sampleOf)).toEqual([sample]);
    }
    for (const text of [eventJson(event), eventLiteral(event), dumpValue(serializeEvent(event))]) {
      expect(membersOf(formOf(text) ?? "line", bytesOf(text)).map(eventOf)).toEqual([event]);
    }
  });

  test("any value survives Python's repr", () => {
    const leaf = fc.oneof(
      fc.constant(null),
      fc.boolean(),
      fc.integer(),
      fc.string({ unit: "grapheme" }),
      fc.string({ unit: "binary" }),
      fc.double({ noNaN: true }).map((value): Value =>
        Number.isInteger(value) || !Number.isFinite(value) ? new PyFloat(value) : value
      ),
      fc.bigInt({ min: 2n ** 60n, max: 2n ** 70n }),
    );
    const { value } = fc.letrec<{ value: Value }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(
          fc.string({ maxLength: 5 }).filter((key) => key !== "__proto__"),
          tie("value"),
          {
            maxKeys: 4,
            noNullPrototype: true,
          },
        ),
      ),
    }));
    fc.assert(fc.property(value, (made) => {
      expect(loadLiteral(valueRepr(made))).toEqual(made);
    }));
  });
});

describe("Python literals", () => {
  test("datetimes become texts", () => {
    expect(
      loadLiteral(
        "[datetime.datetime(2026, 1, 2, 3, 4), datetime.datetime(2026, 1, 2, 3, 4, 5, 60)]",
      ),
    )
      .toEqual(["2026-01-02T03:04:00", "2026-01-02T03:04:05.000060"]);
    expect(loadLiteral("datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc)"))
      .toBe("2026-01-02T00:00:00+00:00");
    expect(loadLiteral("(1, u'x', -2.0, 7L, {'a': (),})")).toEqual([1, "x", new PyFloat(-2), 7, {
      a: [],
    }]);
  });

  test("what is none says where", () => {
    const bad: readonly (readonly [string, number])[] = [
      ["{'a': <object at 0x1>}", 6],
      ["{'a': __import__('os')}", 6],
      ["{'a': 1", 7],
      ["{'a': 'b", 8],
      ["'\\q'", 1],
    ];
    for (const [text, at] of bad) {
      try {
        loadLiteral(text);
        throw new Error("taken");
      } catch (error) {
        expect(error).toBeInstanceOf(LiteralError);
        expect((error as LiteralError).character).toBe(at);
      }
    }
  });
});

describe("what is broken", () => {
  test("has no form, or a form and a reason with its column", () => {
    for (
      const text of ["", "hello", "{}", "[]", '{"a": 1}', "cpu value", "\u{feff}x", '{"name": 1}']
    ) {
      expect(formOf(text)).toBeUndefined();
    }
    const cut = sampleJson(makeSample()).slice(0, 141);
    expect(formOf(cut)).toBe("sample");
    expect(refusalOf("sample", cut)).toMatchObject({ class: "decode", column: 142 });
    expect(refusalOf("sample_literal", "{'name': 'a', ?")).toMatchObject({ column: 15 });
    expect(refusalOf("sample", '{"name": "a"}')).toMatchObject({ class: "invalid" });
    expect(refusalOf("metric", '{"metric": 1}')?.reason).toContain("its 'metric' is int");
    expect(refusalOf("event", '{"event_type": "e", "generated": "x"}')?.reason).toContain(
      "ISO 8601",
    );
    expect(refusalOf("line", "cpu value=")?.class).toBe("decode");
  });

  test("no bytes make it throw", () => {
    const text = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.tuple(fc.constantFrom(metric, alarm, sampleLiteral(makeSample())), fc.nat()).map((
        [whole, n],
      ) => bytesOf(whole.slice(0, n % whole.length))),
    );
    fc.assert(fc.property(text, (bytes) => {
      const form = detectForm(bytes);
      if (form !== undefined) readData(form, bytes);
    }));
  });
});

describe("filter", () => {
  const [datum] = dataOf(metric);
  const [event] = dataOf(eventJson(makeEvent()));
  if (datum === undefined || event === undefined) throw new Error("nothing read");

  test("by name, tenant and time", () => {
    expect(createDatumFilter({})).toBeUndefined();
    expect(createDatumFilter({ meters: [], tenants: [] })).toBeUndefined();
    expect(createDatumFilter({ meters: ["disk*", "cpu.*"] })?.(datum)).toBe(true);
    expect(createDatumFilter({ meters: ["cpu.*"] })?.(event)).toBe(false);
    expect(createDatumFilter({ meters: ["x"], events: ["compute.*"] })?.(event)).toBe(true);
    expect(createDatumFilter({ events: ["*"] })?.(datum)).toBe(false);
    expect(createDatumFilter({ tenants: ["t[12]"] })?.(datum)).toBe(true);
    expect(createDatumFilter({ sinceMs: datum.timeMs, untilMs: datum.timeMs + 1 })?.(datum)).toBe(
      true,
    );
    expect(createDatumFilter({ untilMs: datum.timeMs })?.(datum)).toBe(false);
    expect(createDatumFilter({ sinceMs: 1 })?.({ ...datum, timeMs: NaN })).toBe(true);
  });
});

describe("times as typed", () => {
  const now = Date.UTC(2026, 0, 2, 3, 4, 5);
  const times: readonly (readonly [string, string])[] = [
    ["now", "2026-01-02T03:04:05.000Z"],
    ["today", "2026-01-02T00:00:00.000Z"],
    ["Yesterday", "2026-01-01T00:00:00.000Z"],
    ["2h ago", "2026-01-02T01:04:05.000Z"],
    ["1 day ago", "2026-01-01T03:04:05.000Z"],
    ["-1d12h", "2025-12-31T15:04:05.000Z"],
    ["1767323045", "2026-01-02T03:04:05.000Z"],
    ["1767323045.5", "2026-01-02T03:04:05.500Z"],
    ["1767323045500", "2026-01-02T03:04:05.500Z"],
    ["2026-01-02", "2026-01-02T00:00:00.000Z"],
    ["2026-01-02T03:04+01:00", "2026-01-02T02:04:00.000Z"],
    ["2026-01-02 03:04:05z", "2026-01-02T03:04:05.000Z"],
  ];
  for (const [text, expected] of times) {
    test(text, () => {
      expect(new Date(parseTimeText("--since", text, now)).toISOString()).toBe(expected);
    });
  }

  test("durations", () => {
    expect(
      ["90s", "2h", "1d", "1d12h", "-1.5 hours", "250ms", "+2m"].map((text) =>
        parseDurationText("--shift", text)
      ),
    ).toEqual([90_000, 7_200_000, 86_400_000, 129_600_000, -5_400_000, 250, 120_000]);
  });

  test("anything else names the flag and what is expected", () => {
    for (const text of ["", "soon", "ago", "2 fortnights ago", "2026-13-01", "12"]) {
      expect(() => parseTimeText("--since", text, now)).toThrow(
        /Cannot use --since '.*expected ISO/s,
      );
    }
    for (const text of ["", "5", "1x", "h"]) {
      expect(() => parseDurationText("--shift", text)).toThrow(
        /Cannot use --shift .*expected a number/s,
      );
    }
  });
});
