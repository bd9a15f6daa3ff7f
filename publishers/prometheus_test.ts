/**
 * Edge (net, processes). The prometheus publisher against a real Pushgateway, and against a scripted
 * server for what a Pushgateway does not do.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { PartialWriteError } from "../core/delivery/writer.ts";
import type { Publisher } from "../core/pipeline/publisher.ts";
import { describePublisher, markedSample } from "../testing/publisher_conformance.ts";
import { makePublisher } from "../testing/publishers.ts";
import { makeEvent, makeSample } from "../testing/samples.ts";
import { type ScriptedHttp, startScriptedHttp } from "../testing/scripted_http.ts";
import {
  type Pushgateway,
  pushgatewayMissing,
  startPushgateway,
} from "../testing/servers/pushgateway.ts";
import { storeErrorOf } from "../testing/writer_conformance.ts";
import { prometheusKind } from "./prometheus.ts";

const missing = pushgatewayMissing();
if (missing !== undefined) console.error(`Pushgateway tests skipped: ${missing}`);

const signal = new AbortController().signal;

interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** All pushed series that have a resource; the gateway's own have none. */
async function seriesOf(gateway: Pushgateway): Promise<Series[]> {
  return (await gateway.metrics()).split("\n").flatMap((line) => {
    const [, name, inside = "", value] = /^([a-zA-Z_:][^{ ]*)\{(.*)\} (\S+)$/.exec(line) ?? [];
    const labels = Object.fromEntries(
      [...inside.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text]) => [
        label ?? "",
        JSON.parse(`"${text}"`) as string,
      ]),
    );
    const isOurs = name !== undefined && Object.hasOwn(labels, "resource_id") &&
      !name.startsWith("push_");
    return isOurs ? [{ name, labels, value: Number(value) }] : [];
  });
}

describe.skipIf(missing !== undefined)("against a real Pushgateway", () => {
  let gateway: Pushgateway;
  let isRefusing = false;
  beforeAll(async () => {
    gateway = await startPushgateway();
  });
  afterAll(() => gateway.remove());

  const open = (path = "/metrics/job/ceilometer?timeout=1&max_retries=0"): Publisher =>
    makePublisher(prometheusKind, `prometheus://user:pa55@127.0.0.1:${gateway.port}${path}`);

  describePublisher({
    title: "prometheus",
    takes: ["samples"],
    create: () => open(),
    reset: () => gateway.wipe(),
    // It keeps the last value of a series: a mark that came twice is there once.
    received: async () => (await seriesOf(gateway)).map(({ labels }) => labels.resource_id ?? ""),
    order: "a Pushgateway sorts what it serves",
    many: 100,
    marks: [
      "größe 温度 \u{1F321}\uFE0F",
      'a"b\\c',
      "x,y=z w",
      "line\nbreak",
      "100%",
      "a&b=c?d#e",
      "node-1/port-é",
      "..",
      "@base64/YQ",
    ],
    // Of a type that the name has not yet: that is what a Pushgateway refuses.
    sampleOf: (mark, n) => ({
      ...markedSample(mark, n),
      type: isRefusing ? "cumulative" : "gauge",
    }),
    refusal: {
      begin: async () => {
        await open().publishSamples([markedSample("first")], signal);
        isRefusing = true;
      },
      end: () => void (isRefusing = false),
    },
    outage: { begin: () => gateway.stop(), end: () => gateway.start() },
    silence: { begin: () => gateway.freeze(), end: () => gateway.thaw() },
    secrets: ["pa55"],
  });

  test("the last value of each series is the last sent, whatever other resources sent", async () => {
    await gateway.wipe();
    const publisher = open();
    const last = new Map<string, number>();
    for (let n = 0; n < 400; n++) {
      const sample = makeSample({
        name: ["cpu", "memory.usage", "disk.root-size"][n % 3] ?? "",
        resource_id: `r-${(n * 7) % 20}`,
        type: n % 3 === 0 ? "cumulative" : "gauge",
        volume: n / 4,
      });
      await publisher.publishSamples([{ ...sample, volume: -1 }, sample], signal);
      last.set(`${sample.name.replace(/[.-]/g, "_")} ${sample.resource_id}`, n / 4);
    }
    const got = await seriesOf(gateway);
    expect(new Map(got.map(({ name, labels, value }) => [`${name} ${labels.resource_id}`, value])))
      .toEqual(last);
    expect(await gateway.metrics()).toContain("# TYPE cpu counter");
    await publisher.close();
  });

  test("a URL with a grouping is one push into that group", async () => {
    await gateway.wipe();
    const publisher = open("/metrics/job/ceilometer/instance/i1?x=1");
    const samples = ["a", "b"].map((mark) => markedSample(mark));
    await publisher.publishSamples(samples, signal);
    const got = await seriesOf(gateway);
    expect(got.map(({ labels }) => [labels.resource_id, labels.instance])).toEqual([
      ["a", "i1"],
      ["b", "i1"],
    ]);
    await publisher.close();
  });

  test("a metric of another type than before is refused, not lost", async () => {
    await gateway.wipe();
    const publisher = open();
    await publisher.publishSamples([makeSample()], signal);
    const other = makeSample({ type: "cumulative", resource_id: "other" });
    const error = await storeErrorOf(publisher.publishSamples([other], signal));
    expect(error.reaction).toBe("bisect");
    expect(error.message).toContain("is not a");
    await publisher.close();
  });

  test.each(["", "/metrics", "/nowhere"])("a path that is none (%j) is held", async (path) => {
    const publisher = open(`${path}?timeout=5`);
    const error = await storeErrorOf(publisher.publishSamples([makeSample()], signal));
    expect(error.reaction).toBe("hold");
    expect(error.message).toContain("expected a Pushgateway's path");
    await publisher.close();
  });
});

describe("the request", () => {
  let server: ScriptedHttp;
  beforeAll(async () => {
    server = await startScriptedHttp();
  });
  afterAll(() => server.stop());

  test("has the group behind the path, the query behind both, and the format's type", async () => {
    const url = `prometheus://u:p@${server.origin.slice(7)}/metrics/job/x?y=1&ssl=false`;
    await makePublisher(prometheusKind, url).publishSamples([makeSample()], signal);
    const [request] = server.requests.splice(0);
    expect([request?.path, `${request?.query}`]).toEqual([
      `/metrics/job/x/resource_id/${makeSample().resource_id}`,
      "y=1",
    ]);
    expect(request?.headers.get("content-type")).toBe("text/plain; version=0.0.4");
    expect(request?.headers.get("authorization")).toBe(`Basic ${btoa("u:p")}`);
  });

  test("leaves out samples without a number, by name", async () => {
    const url = `prometheus://${server.origin.slice(7)}/metrics/job/x`;
    const samples = [makeSample({ volume: null }), makeSample(), makeSample({ volume: "x" })];
    const error = await storeErrorOf(
      makePublisher(prometheusKind, url).publishSamples(samples, signal),
    );
    expect(error instanceof PartialWriteError && error.refused.map(({ item }) => item))
      .toEqual([0, 2]);
    expect(server.requests.splice(0)).toHaveLength(1);
  });

  test("is never one of events", () => {
    const url = `prometheus://${server.origin.slice(7)}/metrics/job/x`;
    const publisher = makePublisher(prometheusKind, url, { carries: "events" });
    expect(publisher.publishEvents([makeEvent()], signal)).rejects.toThrow("takes no events");
  });
});
