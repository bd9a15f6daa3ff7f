/**
 * Pure. A sample as Ceilometer's opentelemetryhttp publisher writes it, mistakes included: seconds in
 * `*_unix_nano`, `counter` where OTLP has `sum`, snake_case, offsets from UTC ignored. Correct OTLP is
 * metrics_json.ts.
 *
 * Facts: ceilometer/publisher/opentelemetry_http.py.
 */
import type { Value } from "../notifications/value.ts";
import { dumpValue, valueRepr } from "../notifications/value_text.ts";
import type { Sample } from "../pipeline/sample.ts";
import { parseIsoTime } from "../python/iso_time.ts";

/** The body for one sample, or why it can be none. */
export function referenceJson(
  sample: Sample,
): { readonly json: string } | { readonly why: string } {
  const { name, type, unit, volume, timestamp } = sample;
  if (typeof unit !== "string") return { why: `its unit is ${valueRepr(unit)}, expected a text` };
  const time = typeof timestamp === "string" ? parseIsoTime(timestamp) : undefined;
  if (time === undefined) {
    return { why: `its timestamp is ${valueRepr(timestamp)}, expected an ISO 8601 time` };
  }
  const seconds = Number(floorDiv(time.microseconds, 1_000_000n)) + time.offsetMinutes * 60;
  const point = {
    attributes: [
      attribute("resource_id", sample.resource_id),
      attribute("user_id", sample.user_id),
      attribute("project_id", sample.project_id),
    ],
    start_time_unix_nano: seconds,
    time_unix_nano: seconds,
    as_double: volume,
    flags: 0,
  };
  const metric: Value = {
    name: name.replaceAll(".", "_"),
    description: `${name} unit:${unit}`,
    unit,
    [type === "cumulative" ? "counter" : "gauge"]: { data_points: [point] },
  };
  const scope = { name: "ceilometer", version: "v1" };
  return {
    json: dumpValue({ resource_metrics: [{ scope_metrics: [{ scope, metrics: [metric] }] }] }),
  };
}

function attribute(key: string, value: Value): Value {
  return { key, value: { string_value: value } };
}

function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}
