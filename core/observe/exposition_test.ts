/**
 * Pure. What Prometheus would read: every exposition is parsed back by a strict reader of the text
 * format and compared with what was counted.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { formatExposition } from "./exposition.ts";
import { createMetrics, secondsBuckets } from "./metrics.ts";
import { type ExpositionSample, parseExposition } from "../../testing/exposition.ts";

describe("exposition", () => {
  test("counters, gauges and labels stand as they were counted", () => {
    const metrics = createMetrics();
    metrics.counter("tpctl_records_received_total", "Records.", { topic: "metrics" }).add(3);
    metrics.counter("tpctl_records_received_total", "Records.", { topic: "metrics" }).add();
    metrics.counter("tpctl_records_received_total", "Records.", { topic: "events" });
    metrics.gauge("tpctl_kafka_lag", "Lag.", { topic: "metrics", partition: "0" }).set(1e21);
    const families = parseExposition(formatExposition(metrics.snapshot()));
    expect(families).toEqual([
      {
        name: "tpctl_records_received_total",
        help: "Records.",
        type: "counter",
        samples: [
          sample("tpctl_records_received_total", 4, { topic: "metrics" }),
          sample("tpctl_records_received_total", 0, { topic: "events" }),
        ],
      },
      {
        name: "tpctl_kafka_lag",
        help: "Lag.",
        type: "gauge",
        samples: [sample("tpctl_kafka_lag", 1e21, { topic: "metrics", partition: "0" })],
      },
    ]);
  });

  test("histograms are cumulative, with sum and count", () => {
    const metrics = createMetrics();
    const histogram = metrics.histogram("tpctl_write_seconds", "Writes.");
    histogram.observe(0.001);
    histogram.observe(0.3, 2);
    histogram.observe(1e6);
    histogram.observe(NaN);
    const [family] = parseExposition(formatExposition(metrics.snapshot()));
    const bucket = (le: string) => family?.samples.find(({ labels }) => labels.le === le)?.value;
    expect(bucket("0.001")).toBe(1);
    expect(bucket("0.25")).toBe(1);
    expect(bucket("0.5")).toBe(3);
    expect(bucket("86400")).toBe(3);
    expect(bucket("+Inf")).toBe(4);
    const value = (name: string) => family?.samples.find((one) => one.name === name)?.value;
    expect(value("tpctl_write_seconds_count")).toBe(4);
    expect(value("tpctl_write_seconds_sum")).toBeCloseTo(1_000_000.601, 6);
    expect(family?.samples.length).toBe(secondsBuckets.length + 3);
  });

  test("any help and label text comes back as it was", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme" }), fc.string(), (text, help) => {
      const metrics = createMetrics();
      metrics.counter("a_total", help, { text }).add(2);
      const [family] = parseExposition(formatExposition(metrics.snapshot()));
      expect(family?.help).toBe(help);
      expect(family?.samples).toEqual([sample("a_total", 2, { text })]);
    }));
  });

  test("a gauge that is not known, or not any more, is left out with its family", () => {
    const metrics = createMetrics();
    const lag = metrics.gauge("tpctl_kafka_lag", "Lag.", { partition: "0" });
    expect(formatExposition(metrics.snapshot())).toBe("");
    lag.set(5);
    expect(formatExposition(metrics.snapshot())).toContain('tpctl_kafka_lag{partition="0"} 5\n');
    lag.set(NaN);
    expect(formatExposition(metrics.snapshot())).toBe("");
  });

  test("defects of the caller are refused", () => {
    const metrics = createMetrics();
    metrics.counter("a_total", "A.");
    expect(() => metrics.gauge("a_total", "A.")).toThrow("it is a counter, not a gauge");
    expect(() => metrics.counter("a-b", "A.")).toThrow("bad name");
    expect(() => metrics.counter("b_total", "B.", { "a-b": "1" })).toThrow("bad label 'a-b'");
    expect(() => metrics.histogram("c_seconds", "C.", { le: "1" })).toThrow("bad label 'le'");
    expect(() => metrics.counter("a_total", "A.").add(-1)).toThrow(RangeError);
  });
});

function sample(
  name: string,
  value: number,
  labels: Readonly<Record<string, string>> = {},
): ExpositionSample {
  return { name, value, labels };
}
