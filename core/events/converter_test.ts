/**
 * Pure. Which definition makes an event, what is refused and why, and what no notification may do.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Notification } from "../notifications/notification.ts";
import { type Dict, PyFloat, type Value } from "../notifications/value.ts";
import { isoDateTime } from "../pipeline/datetime_text.ts";
import { DateTimeValue } from "../pipeline/event.ts";
import { parseIsoTime } from "../python/iso_time.ts";
import { loadYaml } from "../yaml/load.ts";
import { EventConverter, type EventOptions, type EventOutcome } from "./converter.ts";
import { readEventDefinitions } from "./event_definitions.ts";
import { dateTimeOf } from "./trait_definition.ts";

function converterOf(text: string, options: Partial<EventOptions> = {}): EventConverter {
  const { root } = loadYaml(text, "d.yaml");
  const read = root && readEventDefinitions(root);
  expect(read?.problems ?? []).toEqual([]);
  const defaults = { dropUnmatchedNotifications: false, storeRaw: [] };
  return new EventConverter(read?.definitions ?? [], { ...defaults, ...options });
}

function notification(event_type: string, payload: Value, more: Dict = {}): Notification {
  const message = {
    ctxt: {},
    publisher_id: "svc.host",
    event_type,
    payload,
    metadata: { message_id: "m1", timestamp: "2026-01-02 03:04:05.000600", ...more },
  };
  return { priority: "info", ...message, message };
}

function traitsOf(outcome: EventOutcome): Record<string, unknown> {
  if (outcome.kind !== "event") return { [outcome.kind]: "why" in outcome ? outcome.why : "" };
  const own = outcome.event.traits.filter(({ name }) => name !== "service");
  return Object.fromEntries(own.map(({ name, value }) => [
    name,
    value instanceof DateTimeValue ? isoDateTime(value) : value,
  ]));
}

const types = converterOf(`
- event_type: a
  traits:
    text: {fields: payload.v}
    int: {fields: payload.i, type: int}
    float: {fields: payload.f, type: float}
    time: {fields: payload.t, type: datetime}
`);

describe("values", () => {
  test("take the type of their trait", () => {
    const payload = { v: true, i: "12", f: "2", t: "2026-05-06T07:08:09.5+02:00" };
    expect(traitsOf(types.convert(notification("a", payload)))).toEqual({
      text: "True",
      int: 12,
      float: new PyFloat(2),
      time: "2026-05-06T05:08:09.500000",
    });
  });

  test("empty text is a value for text alone; null never is one", () => {
    const empty = { v: "", i: "", f: "", t: "" };
    expect(traitsOf(types.convert(notification("a", empty)))).toEqual({ text: "" });
    const nothing = { v: null, i: null, f: null, t: null };
    expect(traitsOf(types.convert(notification("a", nothing)))).toEqual({});
  });

  test("text is cut at 255 code points", () => {
    const { text } = traitsOf(types.convert(notification("a", { v: "😀".repeat(300) })));
    expect(text).toBe("😀".repeat(255));
  });

  test("one that cannot be converted refuses the event", () => {
    for (const payload of [{ i: "1.5" }, { f: "x" }, { t: "soon" }, { t: 5 }, { i: [1] }]) {
      expect(types.convert(notification("a", payload)).kind).toBe("refused");
    }
    const early = notification("a", { t: "0001-01-01T00:00:00+02:00" });
    expect(traitsOf(types.convert(early))).toEqual({ refused: "date value out of range" });
    expect(types.convert(notification("a", {}, { timestamp: null })).kind).toBe("refused");
  });
});

describe("definitions", () => {
  const text = "- {event_type: 'a.*', traits: {first: payload.v}}\n" +
    "- {event_type: ['a.b', '!a.b.c'], traits: {second: payload.v}}\n";

  test("the last that matches makes the event", () => {
    const converter = converterOf(text);
    expect(traitsOf(converter.convert(notification("a.b", { v: 1 })))).toEqual({ second: "1" });
    expect(traitsOf(converter.convert(notification("a.c", { v: 1 })))).toEqual({ first: "1" });
    expect(traitsOf(converter.convert(notification("b", { v: 1 })))).toEqual({});
  });

  test("what none matches is left where that is asked for", () => {
    const converter = converterOf(text, { dropUnmatchedNotifications: true });
    expect(converter.convert(notification("b", {})).kind).toBe("unmatched");
    const only = converterOf("- {event_type: '!a', traits: {}}\n", {
      dropUnmatchedNotifications: true,
    });
    expect(["a", "b"].map((type) => only.convert(notification(type, {})).kind)).toEqual([
      "unmatched",
      "event",
    ]);
  });

  test("the notification is kept for the priorities that are asked for", () => {
    const converter = converterOf(text, { storeRaw: ["error"] });
    const info = notification("a.b", {});
    const rawOf = (one: Notification) => {
      const outcome = converter.convert(one);
      return outcome.kind === "event" ? outcome.event.raw : undefined;
    };
    expect(rawOf(info)).toEqual({});
    expect(rawOf({ ...info, priority: "error" })).toBe(info.message);
  });
});

test("times are read alike by the short way and the long", () => {
  const time = fc.tuple(
    fc.constantFrom("0001", "1684", "1899", "1900", "1969", "2026", "2199", "2200", "9999"),
    ...[12, 31, 23, 59, 59].map((max) => fc.integer({ min: 0, max })),
    fc.constantFrom("", ".000001", ".999999", ".5"),
  );
  fc.assert(fc.property(time, ([year, ...rest]) => {
    const [month, day, hour, minute, second] = rest.map((part) => String(part).padStart(2, "0"));
    const text = `${year}-${month}-${day} ${hour}:${minute}:${second}${rest.at(-1)}`;
    const expected = parseIsoTime(text)?.microseconds;
    if (expected === undefined) expect(() => dateTimeOf(text)).toThrow();
    else expect(dateTimeOf(text).microseconds).toBe(expected);
  }));
});

test("no payload crashes it", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (payload, timestamp) => {
      const more = { timestamp: timestamp as Value };
      const outcome = types.convert(notification("a", payload as Value, more));
      expect(["event", "refused"]).toContain(outcome.kind);
    }),
  );
});
