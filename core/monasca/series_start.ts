/**
 * Pure. Reads what surrounds timestamp, value and value_meta of an envelope, once per series.
 *
 * It proves by the plain decoder that the bytes before and behind are what the scanning encoder takes
 * them for, so that a message made of them and another timestamp, value and value_meta is decoded
 * alike.
 */
import { JsonError, loadJson } from "../python/json_load.ts";
import type { PyDict, PyValue } from "../python/values.ts";
import type { LineOptions } from "./line_text.ts";
import { RefusedError } from "./message.ts";
import { metricSeries } from "./metric.ts";
import type { SeriesBytes, SeriesStart } from "./series_cache.ts";

const METRIC_MEMBERS: ReadonlySet<string> = new Set(["name", "dimensions", "timestamp"]);

/**
 * The beginning of the series' lines; undefined where its messages must be decoded whole, because
 * they are refused or because the bytes around are not as supposed.
 */
export function readSeriesStart(
  view: DataView,
  key: SeriesBytes,
  options: LineOptions,
): SeriesStart | undefined {
  try {
    const head = textOf(view, key.headStart, key.headEnd);
    const tail = textOf(view, key.tailStart, key.tailEnd);
    const metric = metricOf(head);
    const meta = metaOf(tail);
    if (metric === undefined || meta === undefined) return undefined;
    const series = metricSeries(metric, meta, options);
    const text = `${series.key} value=`;
    if (!text.isWellFormed()) return undefined;
    return { destination: series.destination, text: new TextEncoder().encode(text) };
  } catch (error) {
    if (error instanceof JsonError || error instanceof RefusedError) return undefined;
    throw error;
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(view: DataView, start: number, end: number): string {
  try {
    return decoder.decode(new Uint8Array(view.buffer, view.byteOffset + start, end - start));
  } catch (error) {
    throw new JsonError("Cannot read JSON: invalid UTF-8, expected UTF-8 text", { cause: error });
  }
}

/** The metric whose members so far are in `head`, when the next one may be its timestamp. */
function metricOf(head: string): PyDict | undefined {
  const message = objectOf(loadJson(`${head}"timestamp": 0}}`));
  const metric = objectOf(message?.get("metric"));
  const known = message?.size === 1 && metric !== undefined && metric.has("timestamp") &&
    [...metric.keys()].every((name) => METRIC_MEMBERS.has(name));
  return known ? metric : undefined;
}

/** The meta in `tail`, when it ends the metric and goes on to where creation_time's digits stand. */
function metaOf(tail: string): PyDict | undefined {
  // Longer than the tail, so that the tail cannot hold a metric of its own with this very member.
  const mark = "-".repeat(tail.length);
  const message = objectOf(loadJson(`{"metric": {"mark": "${mark}"${tail}0}`));
  const metric = objectOf(message?.get("metric"));
  const meta = objectOf(message?.get("meta"));
  return metric?.size === 1 && metric.get("mark") === mark ? meta : undefined;
}

function objectOf(value: PyValue | undefined): PyDict | undefined {
  return value instanceof Map ? value : undefined;
}
