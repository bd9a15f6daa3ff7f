/**
 * Pure. Samples as an OTLP/HTTP ExportMetricsServiceRequest in protobuf's JSON: one metric for each
 * name, unit and type, a data point for each sample with its own time.
 *
 * Facts: opentelemetry-proto 1.x, metrics.proto and the JSON mapping (lowerCamelCase, 64-bit integers
 * as text, enums as numbers).
 */
import type { RefusedItem } from "../delivery/writer.ts";
import { PyFloat, type Value } from "../notifications/value.ts";
import { floatOf, PythonError } from "../notifications/value_rules.ts";
import { valueRepr, valueStr } from "../notifications/value_text.ts";
import type { Sample } from "../pipeline/sample.ts";
import { parseIsoTime } from "../python/iso_time.ts";

/** AggregationTemporality in metrics.proto. */
const temporality = { delta: 1, cumulative: 2 } as const;

const int64Max = 2n ** 63n - 1n;

/** The request's body, undefined where no sample can be said; and which cannot. */
export interface MetricsRequest {
  readonly body: string | undefined;
  readonly refused: readonly RefusedItem[];
}

interface Metric {
  readonly name: string;
  readonly unit?: string;
  readonly points: unknown[];
  readonly type: string;
}

/** Cumulative samples are monotonic sums, deltas are delta sums, all others gauges. */
export function metricsRequest(samples: readonly Sample[]): MetricsRequest {
  const metrics = new Map<string, Metric>();
  const refused: RefusedItem[] = [];
  for (const [item, sample] of samples.entries()) {
    const point = pointOf(sample);
    if ("why" in point) {
      const reason = `Cannot make a data point of a sample of '${sample.name}': ${point.why}`;
      refused.push({ item, reaction: "bisect", reason });
      continue;
    }
    const { name, type } = sample;
    const unit = sample.unit === null ? {} : { unit: valueStr(sample.unit).toWellFormed() };
    const key = JSON.stringify([name, type, unit]);
    const metric = metrics.get(key) ?? { name: name.toWellFormed(), ...unit, type, points: [] };
    metrics.set(key, metric);
    metric.points.push(point);
  }
  if (metrics.size === 0) return { body: undefined, refused };
  const scopeMetrics = [{
    scope: { name: "tpctl" },
    metrics: [...metrics.values()].map(metricJson),
  }];
  const resource = { attributes: [attribute("service.name", "ceilometer")] };
  return { body: JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics }] }), refused };
}

function metricJson({ points, type, ...named }: Metric): unknown {
  if (type !== "cumulative" && type !== "delta") {
    return { ...named, gauge: { dataPoints: points } };
  }
  const sum = {
    dataPoints: points,
    aggregationTemporality: temporality[type],
    isMonotonic: type === "cumulative",
  };
  return { ...named, sum };
}

function pointOf(sample: Sample): Record<string, unknown> | { readonly why: string } {
  const { timestamp } = sample;
  const time = typeof timestamp === "string" ? parseIsoTime(timestamp) : undefined;
  if (time === undefined || time.microseconds < 0n) {
    return { why: `its timestamp is ${valueRepr(timestamp)}, expected a time since 1970` };
  }
  try {
    const attributes = (["resource_id", "project_id", "user_id", "source"] as const)
      .filter((name) => sample[name] !== null)
      .map((name) => attribute(name, valueStr(sample[name])));
    return {
      attributes,
      timeUnixNano: String(time.microseconds * 1000n),
      ...numberJson(sample.volume),
    };
  } catch (error) {
    if (!(error instanceof PythonError)) throw error;
    return { why: error.message };
  }
}

/** Whole numbers as int64, where they fit; what JSON has no number for as text. */
function numberJson(volume: Value): Record<string, unknown> {
  if (typeof volume === "bigint" || (typeof volume === "number" && Number.isInteger(volume))) {
    const whole = BigInt(volume);
    if (whole <= int64Max && whole >= -int64Max - 1n) return { asInt: String(whole) };
  }
  const value = volume instanceof PyFloat ? volume.value : floatOf(volume);
  return { asDouble: Number.isFinite(value) ? value : String(value) };
}

function attribute(key: string, text: string): unknown {
  return { key, value: { stringValue: text.toWellFormed() } };
}
