/**
 * Edge (net, processes). The remotewrite publisher against a real VictoriaMetrics, and against a
 * scripted server for what that does not refuse.
 */
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from "bun:test";
import { PartialWriteError } from "../core/delivery/writer.ts";
import { ConfigError } from "../core/errors.ts";
import { PyFloat } from "../core/notifications/value.ts";
import type { Publisher } from "../core/pipeline/publisher.ts";
import { describePublisher, markedSample, unicodeMarks } from "../testing/publisher_conformance.ts";
import { makePublisher } from "../testing/publishers.ts";
import { makeEvent, makeSample } from "../testing/samples.ts";
import { type ScriptedHttp, startScriptedHttp } from "../testing/scripted_http.ts";
import {
  startVictoriaMetrics,
  type VictoriaMetrics,
  victoriaMetricsMissing,
} from "../testing/servers/victoria_metrics.ts";
import { storeErrorOf } from "../testing/writer_conformance.ts";
import { remotewriteKind } from "./remotewrite.ts";

setDefaultTimeout(60_000);
const missing = victoriaMetricsMissing();
if (missing !== undefined) console.error(`VictoriaMetrics tests skipped: ${missing}`);

const signal = new AbortController().signal;
const open = (address: string, rest = ""): Publisher =>
  makePublisher(remotewriteKind, `remotewrite://user:pa55@${address}${rest}`);

describe.skipIf(missing !== undefined)("against a real VictoriaMetrics", () => {
  let server: VictoriaMetrics;
  let runs = 0;
  beforeAll(async () => {
    server = await startVictoriaMetrics();
  });
  afterAll(() => server?.remove());
  const address = (): string => `127.0.0.1:${server.port}`;

  describePublisher({
    title: "remotewrite",
    takes: ["samples"],
    create: () => open(address(), "?timeout=1&max_retries=0"),
    reset: () => void runs++,
    received: async (_, count) =>
      (await server.exported(`{__name__="run_${runs}"}`, count))
        .map(({ metric }) => metric.resource_id ?? ""),
    sampleOf: (mark, n) => ({ ...markedSample(mark, n), name: `run.${runs}` }),
    order: "series have no order among each other",
    marks: [...unicodeMarks, "line\nbreak", "back\\"],
    refusal: "it refuses nothing that is written well",
    outage: "shown with a scripted server",
    silence: { begin: () => server.freeze(), end: () => server.thaw() },
    secrets: ["pa55"],
  });

  test("values and times are exact, labels those that are not empty", async () => {
    const at = (volume: number, timestamp: string) =>
      makeSample({ name: "disk.root size", volume, timestamp, user_id: null });
    const samples = [
      at(0.1, "2026-01-02T03:04:07.0005"),
      at(-12345.5, "2026-01-02T03:04:06"),
      at(5, "2026-01-02T03:04:05.678901+00:00"),
      at(6, "2026-01-02T05:04:05.678+02:00"),
      at(7, "2025-12-31"),
    ];
    const publisher = open(address());
    await publisher.publishSamples(samples, signal);
    const [series] = await server.exported('{__name__="disk_root_size"}', 1);
    expect(series?.metric).toEqual({
      __name__: "disk_root_size",
      project_id: "project-1",
      resource_id: makeSample().resource_id as string,
      source: "openstack",
      type: "gauge",
      unit: "vcpu",
    });
    expect(series?.timestamps).toEqual([
      1767139200000,
      1767323045678,
      1767323046000,
      1767323047000,
    ]);
    expect(series?.values).toEqual([7, 6, -12345.5, 0.1]);
    await publisher.close();
  });
});

describe("against a scripted server", () => {
  let server: ScriptedHttp;
  beforeAll(async () => {
    server = await startScriptedHttp();
  });
  beforeEach(() => {
    server.requests.splice(0);
    server.otherwise(() => ({ status: 204 }));
  });
  afterAll(() => server.stop());
  const address = (): string => server.origin.slice("http://".length);

  test("the request says what it is", async () => {
    await open(address()).publishSamples([makeSample()], signal);
    const [request] = server.requests;
    expect(`${request?.method} ${request?.path}`).toBe("POST /api/v1/write");
    const names = ["content-type", "content-encoding", "x-prometheus-remote-write-version"];
    expect(names.map((name) => request?.headers.get(name)))
      .toEqual(["application/x-protobuf", "snappy", "0.1.0"]);
  });

  test("what is no number or has no time is left out, by name", async () => {
    const samples = [
      makeSample({ volume: null }),
      makeSample({ volume: new PyFloat(Infinity) }),
      makeSample({ timestamp: "never" }),
    ];
    const error = await storeErrorOf(open(address()).publishSamples(samples, signal));
    expect(error instanceof PartialWriteError && error.refused.map(({ item }) => item))
      .toEqual([0, 2]);
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    [400, "out of order sample\n", "bisect"],
    [404, "remote write receiver needs to be enabled", "hold"],
    [429, "slow down", "retry"],
    [503, "", "retry"],
  ])("%i %j: %s", async (status, body, reaction) => {
    server.otherwise(() => ({ status, body }));
    const error = await storeErrorOf(open(address()).publishSamples([makeSample()], signal));
    expect<string>(error.reaction).toBe(reaction);
    expect(error.message).toContain(body.trim());
    expect(error.message).not.toContain("pa55");
  });

  test("one that is away is an outage", async () => {
    await server.stop();
    const publisher = open(address());
    expect((await storeErrorOf(publisher.publishSamples([makeSample()], signal))).reaction)
      .toBe("retry");
    await server.listen();
    await publisher.publishSamples([makeSample()], signal);
    expect(server.requests).toHaveLength(1);
  });

  test("events and unknown options are errors", () => {
    expect(() => open(address(), "/?batch=1")).toThrow(ConfigError);
    expect(open(address()).publishEvents([makeEvent()], signal)).rejects.toThrow("no events");
  });
});
