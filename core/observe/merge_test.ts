/**
 * Pure. One port for all workers: what their snapshots come to together, and after one of them died.
 */
import { expect, test } from "bun:test";
import { formatExposition } from "./exposition.ts";
import { mergeSnapshots, retireSnapshot } from "./merge.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { sampleValue } from "../../testing/exposition.ts";

test("counters and histograms are summed, gauges as each of them means", () => {
  const text = formatExposition(mergeSnapshots([
    { worker: "1", families: overTheWire(worked(10, 0.2)) },
    { worker: "2", families: overTheWire(worked(5, 3)) },
  ]));
  expect(sampleValue(text, "tpctl_records_received_total", { topic: "metrics" })).toBe(15);
  expect(sampleValue(text, "tpctl_records_in_flight", { topic: "metrics" })).toBe(4);
  expect(sampleValue(text, "tpctl_write_seconds_count")).toBe(2);
  expect(sampleValue(text, "tpctl_write_seconds_bucket", { le: "1" })).toBe(1);
  expect(sampleValue(text, "tpctl_write_seconds_sum")).toBeCloseTo(3.2);
  expect(sampleValue(text, "tpctl_dead_letter_bytes")).toBe(100);
  expect(sampleValue(text, "tpctl_build_info")).toBe(1);
  expect(sampleValue(text, "process_resident_memory_bytes", { worker: "1" })).toBe(1000);
  expect(sampleValue(text, "process_resident_memory_bytes", { worker: "2" })).toBe(1000);
});

test("a dead worker's counters stay, and what it had in flight counts as abandoned", () => {
  const dead = worked(10, 0.2);
  dead.counter("tpctl_records_abandoned_total", "Abandoned.", { topic: "metrics" }).add(1);
  const retired = retireSnapshot(overTheWire(dead));
  const text = formatExposition(mergeSnapshots([
    { worker: "1", families: retired },
    { worker: "1", families: overTheWire(worked(4, 3)) },
  ]));
  expect(sampleValue(text, "tpctl_records_received_total")).toBe(14);
  expect(sampleValue(text, "tpctl_records_abandoned_total", { topic: "metrics" })).toBe(3);
  expect(sampleValue(text, "tpctl_records_in_flight")).toBe(2);
  expect(sampleValue(text, "tpctl_write_seconds_count")).toBe(2);
  expect(text).toContain("# HELP tpctl_records_abandoned_total Abandoned.\n");
});

test("pipeline: one worker that is cut off is seen, a dead one's notifications come again", () => {
  const pipeline = (up: number, oldest: number): Metrics => {
    const metrics = createMetrics();
    metrics.gauge("tpctl_publisher_up", "U.", { publisher: "p" }).set(up);
    metrics.gauge("tpctl_spool_oldest_seconds", "O.", { publisher: "p" }).set(oldest);
    metrics.gauge("tpctl_notifications_in_flight", "F.", { topic: "t" }).set(3);
    metrics.counter("tpctl_notifications_requeued_total", "R.", { topic: "t" }).add(1);
    return metrics;
  };
  const text = formatExposition(mergeSnapshots([
    { worker: "1", families: retireSnapshot(overTheWire(pipeline(1, 9))) },
    { worker: "1", families: overTheWire(pipeline(1, 5)) },
    { worker: "2", families: overTheWire(pipeline(0, 7)) },
  ]));
  expect(sampleValue(text, "tpctl_publisher_up")).toBe(0);
  expect(sampleValue(text, "tpctl_spool_oldest_seconds")).toBe(7);
  expect(sampleValue(text, "tpctl_notifications_in_flight")).toBe(6);
  expect(sampleValue(text, "tpctl_notifications_requeued_total")).toBe(6);
});

function worked(received: number, seconds: number): Metrics {
  const metrics = createMetrics();
  metrics.counter("tpctl_records_received_total", "R.", { topic: "metrics" }).add(received);
  metrics.gauge("tpctl_records_in_flight", "F.", { topic: "metrics" }).set(2);
  metrics.histogram("tpctl_write_seconds", "W.").observe(seconds);
  metrics.gauge("tpctl_dead_letter_bytes", "D.").set(100);
  metrics.gauge("tpctl_build_info", "B.", { version: "1" }).set(1);
  metrics.gauge("process_resident_memory_bytes", "M.").set(1000);
  return metrics;
}

function overTheWire(metrics: Metrics): ReturnType<Metrics["snapshot"]> {
  return JSON.parse(JSON.stringify(metrics.snapshot()));
}
