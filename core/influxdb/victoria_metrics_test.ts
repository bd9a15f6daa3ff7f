/**
 * Edge (processes, net). Both InfluxDB writers against a real VictoriaMetrics: lines arrive by either
 * endpoint, and what it answers unlike InfluxDB is no reason to stop.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { lineBatch } from "../../testing/batches.ts";
import { influxdb1Writer, influxdb2Writer } from "../../testing/influxdb_writers.ts";
import {
  startVictoriaMetrics,
  type VictoriaMetrics,
  victoriaMetricsMissing,
} from "../../testing/servers/victoria_metrics.ts";
import { bisect } from "../../testing/writer_conformance.ts";

const missing = victoriaMetricsMissing();
if (missing !== undefined) console.error(`VictoriaMetrics tests skipped: ${missing}`);

const never = new AbortController().signal;
const nowMs = Date.now();

describe.skipIf(missing !== undefined)("against a real VictoriaMetrics", () => {
  let server: VictoriaMetrics;
  beforeAll(async () => {
    server = await startVictoriaMetrics();
  });
  afterAll(() => server.remove());
  const writer1 = (gzip: "always" | "never") =>
    influxdb1Writer(server, { credentials: { user: "u", password: "p" }, gzip });
  const writer2 = (gzip: "always" | "never") =>
    influxdb2Writer(server, { bucket: "mon", token: "t", gzip });

  test.each(
    [
      ["/write", "never", writer1],
      ["/write", "always", writer1],
      ["/api/v2/write", "never", writer2],
      ["/api/v2/write", "always", writer2],
    ] as const,
  )("lines arrive by %s, gzip %s, in ms and in ns", async (path, gzip, create) => {
    const writer = await create(gzip);
    const name = `cpu${path.replace(/\W/g, "_")}_${gzip}`;
    await writer.ping(never);
    const lines = Array.from({ length: 200 }, (_, i) => `${name},host=h${i} value=${i}.5 ${nowMs}`);
    await writer.write(lineBatch(lines, { destination: "mon_t1" }), never);
    const ns = lineBatch([`${name},host=ns value=7 ${nowMs}000000`], { precision: "ns" });
    await writer.write(ns, never);
    const series = await server.exported(`{__name__="${name}_value"}`, 201);
    const stored = series.map(({ metric, values, timestamps }) =>
      `${metric.host} ${values} ${timestamps}`
    );
    const expected = lines.map((_, i) => `h${i} ${i}.5 ${nowMs}`);
    expect(stored.toSorted()).toEqual([...expected, `ns 7 ${nowMs}`].toSorted());
    const databases = new Set(series.map(({ metric }) => metric.db));
    expect([...databases].toSorted()).toEqual(path === "/write" ? ["mon", "mon_t1"] : [undefined]);
    expect(await server.invalidRows()).toBe(0);
  });

  test("a line that is longer than it takes is refused as data, and the others are stored", async () => {
    const writer = await writer1("never");
    const long = `m,t=${"x".repeat(2_000_000)} v=1 ${nowMs}`;
    const batch = lineBatch([`beside v=1 ${nowMs}`, long, `beside,i=1 v=1 ${nowMs}`]);
    expect(await bisect(writer, batch)).toEqual([1]);
    expect(await server.exported('{__name__="beside_v"}', 2)).toHaveLength(2);
  });
});
