/**
 * Edge (processes, net). The otlphttp publisher against an OpenTelemetry collector: what it has read is
 * read back from what it exports. Where no collector is at hand its replay stands in, which reads by
 * the published schema.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { PyFloat } from "../core/notifications/value.ts";
import type { Publisher } from "../core/pipeline/publisher.ts";
import type { OtlpPoint } from "../testing/otlp_request.ts";
import { describePublisher } from "../testing/publisher_conformance.ts";
import { makePublisher } from "../testing/publishers.ts";
import { makeSample } from "../testing/samples.ts";
import {
  type OtelCollector,
  otelCollectorMissing,
  startOtelCollector,
} from "../testing/servers/otel_collector.ts";
import { storeErrorOf } from "../testing/writer_conformance.ts";
import { otlphttpKind } from "./otlphttp.ts";

const missing = otelCollectorMissing();
if (missing !== undefined) {
  console.error(`optional: a collector's answers are replayed: ${missing}`);
}

const signal = new AbortController().signal;
let collector: OtelCollector;
beforeAll(async () => {
  collector = await startOtelCollector();
});
beforeEach(() => {
  collector.forget();
  collector.answer(200);
});
afterAll(() => collector.remove());

function open(rest = ""): Publisher {
  return makePublisher(otlphttpKind, `otlphttp://user:pa55@127.0.0.1:${collector.port}${rest}`);
}

describePublisher({
  title: "otlphttp to a collector",
  takes: ["samples"],
  create: () => open("?timeout=1&max_retries=0"),
  reset: () => collector.forget(),
  received: () =>
    Promise.resolve(collector.points().map(({ attributes }) => attributes.resource_id ?? "")),
  order: "kept",
  many: 1000,
  refusal: { begin: () => collector.answer(400), end: () => collector.answer(200) },
  outage: { begin: () => collector.stop(), end: () => collector.start() },
  silence: { begin: () => collector.freeze(), end: () => collector.thaw() },
  secrets: ["pa55"],
});

describe("a collector reads", () => {
  const point: OtlpPoint = {
    name: "vcpus",
    unit: "vcpu",
    kind: "gauge",
    service: "ceilometer",
    scope: "tpctl",
    attributes: {
      resource_id: "11111111-2222-4333-8444-555555555555",
      project_id: "project-1",
      user_id: "user-1",
      source: "openstack",
    },
    timeUnixNano: 1_767_323_045_678_901_000n,
    value: 1n,
  };

  test("kinds, units, times and values as they are meant", async () => {
    const cumulative = { name: "cpu", type: "cumulative", unit: "ns" };
    await open().publishSamples([
      makeSample({ ...cumulative, volume: 2n ** 60n }),
      makeSample({ ...cumulative, volume: 7, timestamp: "2026-01-02T05:04:05.000001+02:00" }),
      makeSample({ type: "delta", volume: -(2n ** 63n) }),
      makeSample({ unit: null, volume: "1.5" }),
      makeSample({ unit: "é\ud800", volume: new PyFloat(1e300), user_id: null }),
      makeSample({ name: "温度", volume: new PyFloat(-Infinity) }),
      makeSample({ name: "nan", volume: new PyFloat(NaN) }),
      makeSample({ name: "wide", volume: 2n ** 64n }),
    ], signal);
    const cpu = { ...point, name: "cpu", unit: "ns", kind: "monotonic cumulative sum" } as const;
    const { user_id: _, ...noUser } = point.attributes;
    expect([...collector.points()]).toEqual([
      { ...cpu, value: 2n ** 60n },
      { ...cpu, value: 7n, timeUnixNano: 1_767_323_045_000_001_000n },
      { ...point, kind: "delta sum", value: -(2n ** 63n) },
      { ...point, unit: "", value: 1.5 },
      { ...point, unit: "é\ufffd", value: 1e300, attributes: noUser },
      { ...point, name: "温度", value: -Infinity },
      { ...point, name: "nan", value: NaN },
      { ...point, name: "wide", value: 2 ** 64 },
    ]);
  });

  test("any sample that has a number and a time", async () => {
    const text = fc.string({ unit: "binary", minLength: 1 });
    const samples = fc.array(
      fc.record({
        name: text,
        unit: fc.option(text),
        type: fc.constantFrom("gauge", "delta", "cumulative"),
        volume: fc.oneof(fc.integer(), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)),
        resource_id: text,
      }),
      { minLength: 1, maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(samples, async (given) => {
        collector.forget();
        await open().publishSamples(given.map(makeSample), signal);
        const wanted = given.map(({ name, unit, volume, resource_id }) =>
          [name, unit ?? "", BigInt(volume), resource_id].join("\n")
        );
        const got = collector.points().map(({ name, unit, value, attributes }) =>
          [name, unit, value, attributes.resource_id].join("\n")
        );
        expect(got.sort()).toEqual(wanted.sort());
      }),
      { numRuns: 50 },
    );
  });
});

test.each([[400, "bisect"], [401, "hold"], [429, "retry"], [500, "retry"], [503, "retry"]])(
  "a collector whose far end answered %i: %s",
  async (status, reaction) => {
    collector.answer(status);
    const error = await storeErrorOf(open().publishSamples([makeSample()], signal));
    expect<string>(error.reaction).toBe(reaction);
    expect(error.message).toContain(`${status}`);
  },
);

test("a path that a collector does not have is held", async () => {
  const error = await storeErrorOf(open("/v1/metric").publishSamples([makeSample()], signal));
  expect(error.reaction).toBe("hold");
  expect(error.message).toContain("404 page not found");
});
