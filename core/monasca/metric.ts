/**
 * Pure. Monasca metric envelope -> line protocol, in ms: the plain encoder.
 *
 * It says what is right, for every layout of JSON; metric_scan.ts is the fast one and must give the
 * same bytes or the same refusal.
 */
import type { RecordBlock } from "../delivery/records.ts";
import type { ItemSinks, MessageEncoder, Refusal } from "../persist/encoder.ts";
import { dumpJson } from "../python/json_dump.ts";
import { floatRepr, NumberError, toFloat } from "../python/numbers.ts";
import { toText } from "../python/text.ts";
import { compareText, isTruthy, type PyDict, type PyValue } from "../python/values.ts";
import {
  checkKey,
  destinationOf,
  type LineOptions,
  measurementText,
  quoteField,
  tagText,
  timestampText,
  writeLine,
} from "./line_text.ts";
import { asObject, invalid, memberOf, messageOf, refusalOf, shown } from "./message.ts";

/** What all values of a series share. */
export interface MetricSeries {
  readonly destination: string;
  /** Measurement and tags, escaped, the tags sorted by name. */
  readonly key: string;
}

/** An encoder that decodes each message whole. */
export function createPlainMetricEncoder(options: LineOptions): MessageEncoder {
  return {
    encode: (block: RecordBlock, index: number, sinks: ItemSinks): Refusal | undefined =>
      refusalOf(() => {
        const { destination, line } = metricLine(messageOf(block, index), options);
        writeLine(sinks, destination, line).endLine(block, index);
      }),
  };
}

function metricLine(message: PyDict, options: LineOptions): { destination: string; line: string } {
  const metric = asObject(memberOf(message, "metric", "message"), "metric");
  const meta = asObject(memberOf(message, "meta", "message"), "meta");
  const { destination, key } = metricSeries(metric, meta, options);
  const value = valueText(memberOf(metric, "value", "metric"));
  const valueMeta = valueMetaText(metric.get("value_meta") ?? null);
  const time = timestampText(memberOf(metric, "timestamp", "metric"));
  return { destination, line: `${key} value=${value},value_meta=${valueMeta} ${time}` };
}

/**
 * Destination and series key of an envelope's `metric` and `meta`; throws RefusedError. Tenant and
 * region are tags that win over dimensions of the same name (as in Monasca Persister 9).
 */
export function metricSeries(metric: PyDict, meta: PyDict, options: LineOptions): MetricSeries {
  const name = memberOf(metric, "name", "metric");
  const region = memberOf(meta, "region", "meta");
  const tenantId = memberOf(meta, "tenantId", "meta");
  const dimensions = metric.get("dimensions");
  const tags: PyDict = new Map(
    dimensions === undefined ? [] : asObject(dimensions, "dimensions"),
  );
  tags.set("_tenant_id", tenantId).set("_region", region);
  const texts = [...tags.keys()].sort(compareText)
    .map((tag) => tagText(tag, tags.get(tag) ?? null, options));
  const key = [measurementText(name, options), ...texts].join(",");
  checkKey(key, "value_meta");
  return { destination: destinationOf(options, tenantId), key };
}

function valueText(value: PyValue): string {
  const float = valueOfMetric(value);
  if (!Number.isFinite(float)) {
    throw invalid(
      `Cannot store value '${shown(toText(value))}': InfluxDB takes neither NaN nor infinity, ` +
        "expected a finite number",
    );
  }
  return floatRepr(float);
}

function valueOfMetric(value: PyValue): number {
  try {
    return toFloat(value);
  } catch (error) {
    if (!(error instanceof NumberError)) throw error;
    throw invalid(
      `Cannot read value '${shown(toText(value))}': ${error.message}, expected a number`,
    );
  }
}

function valueMetaText(valueMeta: PyValue): string {
  if (!isTruthy(valueMeta)) return '"{}"';
  return quoteField(dumpJson(valueMeta, { ensureAscii: false }));
}
