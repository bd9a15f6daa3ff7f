/**
 * Pure. A sample as a Monasca metric: the JSON that `POST /v2.0/metrics` takes, by a field mapping.
 * Members, their order and the text 'None' for what is missing are ceilosca's.
 */
import type { Dict, Value } from "../notifications/value.ts";
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
  const dimensions = dimensionMaker(mapping, place);
  const common = remembered(mapping.common);
  const byMeter = new Map([...mapping.byMeter].map(([meter, fields]) => [
    meter,
    remembered(fields),
  ]));
  return (sample) => {
    const time = timestampMs(sample.timestamp);
    if (time === undefined) {
      return { why: `its timestamp is ${valueRepr(sample.timestamp)}, expected an ISO 8601 time` };
    }
    try {
      const valueMeta = byMeter.get(sample.name) ?? common;
      const value = isTrue(sample.volume) ? sample.volume : 0;
      const json = `{"name": ${dumpValue(sample.name)}, "timestamp": ${time}, "value": ${
        dumpValue(value)
      }, "dimensions": {${dimensions(sample)}}, "value_meta": ${
        valueMeta(sample.resource_metadata)
      }}`;
      return { json };
    } catch (error) {
      const isRefusal = error instanceof MappingError || error instanceof PythonError ||
        error instanceof JsonError;
      if (!isRefusal) throw error;
      return { why: error.message };
    }
  };
}

/** The members of `dimensions`; one that the mapping names wins over one of ours. */
function dimensionMaker(
  { dimensions }: FieldMapping,
  { controlPlane, cluster, cloudName }: MetricPlace,
): (sample: Sample) => string {
  const ours = {
    datasource: "ceilometer",
    control_plane: controlPlane || noValue,
    cluster: cluster || noValue,
    cloud_name: cloudName || noValue,
  };
  const makers = new Map<string, (members: Dict) => string>();
  for (const [name, value] of Object.entries(ours)) {
    const text = `${dumpValue(name)}: ${dumpValue(value)}`;
    makers.set(name, () => text);
  }
  for (const name of dimensions) {
    const begin = `${dumpValue(name)}: `;
    const missing = `${begin}"${noValue}"`;
    makers.set(name, (members) => {
      const value = Object.hasOwn(members, name) ? members[name] ?? null : null;
      return isTrue(value) ? begin + dumpValue(value) : missing;
    });
  }
  const all = [...makers.values()];
  return (sample) => {
    const members = sampleDict(sample);
    return all.map((make) => make(members)).join(", ");
  };
}

/** The JSON of value_meta; samples of one notification share their metadata, and so its text. */
function remembered(fields: readonly MetadataField[]): (metadata: Dict) => string {
  const known = new WeakMap<Dict, string>();
  return (metadata) => {
    const text = known.get(metadata) ?? valueMeta(metadata, fields);
    known.set(metadata, text);
    return text;
  };
}

/** Without metadata nothing is looked for, not even to say that it is missing. */
function valueMeta(metadata: Dict, fields: readonly MetadataField[]): string {
  if (!isTrue(metadata)) return "{}";
  const members = fields.map((field) =>
    `${dumpValue(field.name)}: ${dumpValue(field.of(metadata))}`
  );
  return `{${members.join(", ")}}`;
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
