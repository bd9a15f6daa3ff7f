/**
 * Pure. A sample as a Monasca metric: the JSON that `POST /v2.0/metrics` takes, by a field mapping.
 * Members, their order and the text 'None' for what is missing are ceilosca's.
 */
import { type Dict, isDict, type Value } from "../notifications/value.ts";
import { isTrue, PythonError } from "../notifications/value_rules.ts";
import { dumpValue, valueRepr } from "../notifications/value_text.ts";
import { sampleDict } from "../pipeline/messages.ts";
import type { Sample } from "../pipeline/sample.ts";
import { parseIsoTime } from "../python/iso_time.ts";
import { JsonError } from "../python/json_load.ts";
import { type FieldMapping, MappingError, type MetadataField, noValue } from "./field_mapping.ts";

/** `[monasca]`'s names of where we are; an empty one is 'None'. */
export interface MetricPlace {
  readonly controlPlane: string;
  readonly cluster: string;
  readonly cloudName: string;
}

/** The JSON of a metric, or why the sample can be none. */
export type MadeMetric = { readonly json: string } | { readonly why: string };

/** Compiles the mapping into a function of a sample. */
export function metricMaker(
  mapping: FieldMapping,
  place: MetricPlace,
): (sample: Sample) => MadeMetric {
  const fixed = {
    datasource: "ceilometer",
    control_plane: place.controlPlane || noValue,
    cluster: place.cluster || noValue,
    cloud_name: place.cloudName || noValue,
  };
  return (sample) => {
    const time = timestampMs(sample.timestamp);
    if (time === undefined) {
      return { why: `its timestamp is ${valueRepr(sample.timestamp)}, expected an ISO 8601 time` };
    }
    try {
      const fields = mapping.byMeter.get(sample.name) ?? mapping.common;
      const metric = {
        name: sample.name,
        timestamp: time,
        value: isTrue(sample.volume) ? sample.volume : 0,
        dimensions: { ...fixed, ...dimensionsOf(sample, mapping.dimensions) },
        value_meta: valueMeta(sample.resource_metadata, fields),
      };
      return { json: dumpValue(metric) };
    } catch (error) {
      const isRefusal = error instanceof MappingError || error instanceof PythonError ||
        error instanceof JsonError;
      if (!isRefusal) throw error;
      return { why: error.message };
    }
  };
}

function dimensionsOf(sample: Sample, names: readonly string[]): Dict {
  const members = sampleDict(sample);
  return Object.fromEntries(names.map((name) => {
    const value = Object.hasOwn(members, name) ? members[name] ?? null : null;
    return [name, isTrue(value) ? value : noValue];
  }));
}

/** Without metadata nothing is looked for, not even to say that it is missing. */
function valueMeta(metadata: Value, fields: readonly MetadataField[]): Dict {
  if (!isDict(metadata) || !isTrue(metadata)) return {};
  return Object.fromEntries(fields.map((field) => [field.name, field.of(metadata)]));
}

/**
 * Whole ms since the epoch by Python's float arithmetic, which the reference cuts off. It counts from
 * midnight of 1970 in the time's own zone, so that an offset from UTC does not matter; metrics of both
 * would otherwise not be the same series of times.
 */
function timestampMs(timestamp: Value): number | undefined {
  const time = typeof timestamp === "string" ? parseIsoTime(timestamp) : undefined;
  if (time === undefined) return undefined;
  const localUs = Number(time.microseconds) + time.offsetMinutes * 60_000_000;
  return Math.trunc(localUs / 1e6 * 1000);
}
