/**
 * Edge (net). The publishers otlphttp and opentelemetryhttp against a scripted server: what they send,
 * what its answers mean. What a collector makes of otlphttp stands in otlphttp_collector_test.ts.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { PartialWriteError } from "../core/delivery/writer.ts";
import { ConfigError } from "../core/errors.ts";
import { loadValue } from "../core/notifications/load_value.ts";
import { type Dict, PyFloat, type Value } from "../core/notifications/value.ts";
import { describePublisher } from "../testing/publisher_conformance.ts";
import { makePublisher } from "../testing/publishers.ts";
import { dictOf, makeEvent, makeSample } from "../testing/samples.ts";
import { type ScriptedHttp, startScriptedHttp } from "../testing/scripted_http.ts";
import { storeErrorOf } from "../testing/writer_conformance.ts";
import { opentelemetryhttpKind } from "./opentelemetryhttp.ts";
import { otlphttpKind } from "./otlphttp.ts";

const signal = new AbortController().signal;
let server: ScriptedHttp;
beforeAll(async () => {
  server = await startScriptedHttp();
});
beforeEach(() => {
  server.requests.splice(0);
  server.otherwise(() => ({ status: 200, body: "{}" }));
});
afterAll(() => server.stop());

function urlOf(scheme: string, rest = ""): string {
  return `${scheme}://user:pa55@${server.origin.slice("http://".length)}${rest}`;
}

/** All objects with the member, however deep, in order. */
function having(value: Value, name: string): Dict[] {
  if (Array.isArray(value)) return value.flatMap((item) => having(item, name));
  if (typeof value !== "object" || value === null || value instanceof PyFloat) return [];
  const inside = Object.values(value).flatMap((item) => having(item, name));
  return Object.hasOwn(value, name) ? [value, ...inside] : inside;
}

function resourceIds(text: string): string[] {
  return having(loadValue(text), "key").filter(({ key }) => key === "resource_id")
    .map(({ value }) => String(dictOf(value).string_value));
}

describePublisher({
  title: "opentelemetryhttp",
  takes: ["samples"],
  create: () =>
    makePublisher(opentelemetryhttpKind, urlOf("opentelemetryhttp", "/v1/metrics?timeout=1")),
  reset: () => void server.requests.splice(0),
  received: () => Promise.resolve(server.requests.flatMap(({ text }) => resourceIds(text))),
  order: "kept",
  many: 100,
  refusal: {
    begin: () => server.otherwise(() => ({ status: 400, body: "no" })),
    end: () => server.otherwise(() => ({ status: 200 })),
  },
  outage: { begin: () => server.stop(), end: () => server.listen() },
  silence: {
    begin: () => server.otherwise(() => "silence"),
    end: () => server.otherwise(() => ({ status: 200 })),
  },
  secrets: ["pa55"],
});

describe("otlphttp", () => {
  test("sends one request of metrics with all points, as OTLP has them in JSON", async () => {
    const samples = [
      makeSample({ name: "cpu", type: "cumulative", unit: "ns", volume: 2n ** 60n, source: null }),
      makeSample({
        name: "cpu",
        type: "cumulative",
        unit: "ns",
        volume: 7,
        user_id: null,
        timestamp: "2026-01-02T05:04:05.000001+02:00",
      }),
      makeSample({ type: "delta", volume: new PyFloat(2) }),
      makeSample({ volume: "1.5", unit: null }),
      makeSample({ volume: new PyFloat(NaN), unit: "é\ud800" }),
    ];
    await makePublisher(otlphttpKind, urlOf("otlphttp")).publishSamples(samples, signal);
    const [request] = server.requests;
    expect([request?.path, request?.headers.get("content-type")]).toEqual([
      "/v1/metrics",
      "application/json",
    ]);
    const attribute = (key: string, stringValue: unknown) => ({ key, value: { stringValue } });
    const { resource_id, project_id, user_id } = makeSample();
    const ids = [attribute("resource_id", resource_id), attribute("project_id", project_id)];
    const user = attribute("user_id", user_id);
    const source = attribute("source", "openstack");
    const attributes = [...ids, user, source];
    const timeUnixNano = "1767323045678901000";
    expect(JSON.parse(request?.text ?? "")).toEqual({
      resourceMetrics: [{
        resource: { attributes: [attribute("service.name", "ceilometer")] },
        scopeMetrics: [{
          scope: { name: "tpctl" },
          metrics: [
            {
              name: "cpu",
              unit: "ns",
              sum: {
                aggregationTemporality: 2,
                isMonotonic: true,
                dataPoints: [
                  { attributes: [...ids, user], timeUnixNano, asInt: "1152921504606846976" },
                  { attributes: [...ids, source], timeUnixNano: "1767323045000001000", asInt: "7" },
                ],
              },
            },
            {
              name: "vcpus",
              unit: "vcpu",
              sum: {
                aggregationTemporality: 1,
                isMonotonic: false,
                dataPoints: [{ attributes, timeUnixNano, asDouble: 2 }],
              },
            },
            { name: "vcpus", gauge: { dataPoints: [{ attributes, timeUnixNano, asDouble: 1.5 }] } },
            {
              name: "vcpus",
              unit: "é\ufffd",
              gauge: { dataPoints: [{ attributes, timeUnixNano, asDouble: "NaN" }] },
            },
          ],
        }],
      }],
    });
  });

  test.each([
    ['{"partialSuccess": {"rejectedDataPoints": "2", "errorMessage": "too old"}}', "bisect"],
    ['{"partialSuccess": {"rejectedDataPoints": 1}}', "bisect"],
    ['{"partialSuccess": {"rejectedDataPoints": "0", "errorMessage": "a warning"}}', undefined],
    ['{"partialSuccess": {}}', undefined],
    ["", undefined],
    ["null", undefined],
  ])("the answer %s: %s", async (body, reaction) => {
    server.otherwise(() => ({ status: 200, body }));
    const publisher = makePublisher(otlphttpKind, urlOf("otlphttp"));
    const outcome = publisher.publishSamples([makeSample()], signal);
    if (reaction === undefined) return await outcome;
    expect<string>((await storeErrorOf(outcome)).reaction).toBe(reaction);
  });

  test("a path where nobody takes metrics is held", async () => {
    server.otherwise(() => ({ status: 404 }));
    const publisher = makePublisher(otlphttpKind, urlOf("otlphttp", "/x"));
    const error = await storeErrorOf(publisher.publishSamples([makeSample()], signal));
    expect(error.reaction).toBe("hold");
    expect(error.message).toContain("/v1/metrics");
  });

  test("an unknown option is an error", () => {
    expect(() => makePublisher(otlphttpKind, urlOf("otlphttp", "/?batch=1"))).toThrow(ConfigError);
  });
});

describe.each([otlphttpKind, opentelemetryhttpKind])("both", (kind) => {
  const scheme = kind.schemes[0] ?? "";
  test("leave out what can be no data point, by name", async () => {
    const isOurs = kind === otlphttpKind;
    const bad = isOurs ? makeSample({ volume: null }) : makeSample({ unit: null });
    const samples = [bad, makeSample({ timestamp: "never" }), makeSample()];
    const publisher = makePublisher(kind, urlOf(scheme));
    const error = await storeErrorOf(publisher.publishSamples(samples, signal));
    expect(error instanceof PartialWriteError && error.refused.map(({ item }) => item))
      .toEqual([0, 1]);
    expect(server.requests).toHaveLength(1);
  });

  test("take no events", () => {
    const publisher = makePublisher(kind, urlOf(scheme), { carries: "events" });
    expect(publisher.publishEvents([makeEvent()], signal)).rejects.toThrow("takes no events");
  });
});
