/**
 * Pure. Samples in Prometheus' text format 0.0.4, for one push: TYPE lines before the first sample of
 * a metric, UTF-8, label values escaped, each series once. Lines, labels and their order are
 * Ceilometer's.
 *
 * Facts: ceilometer/publisher/prometheus.py, which escapes nothing and writes latin-1.
 */
import { PyFloat, type Value } from "../notifications/value.ts";
import { floatOf, PythonError } from "../notifications/value_rules.ts";
import { valueStr } from "../notifications/value_text.ts";
import type { Sample } from "../pipeline/sample.ts";
import { metricName } from "./names.ts";

/** A delta is neither: it has no TYPE line. */
const types: ReadonlyMap<string, string> = new Map([
  ["cumulative", "counter"],
  ["gauge", "gauge"],
]);

/** The body of a push; of samples of one series the last, since a push with two is refused. */
export function pushText(samples: readonly Sample[]): string {
  const lines = new Map<string, string>();
  for (const sample of samples) {
    const name = metricName(sample.name);
    const type = types.get(sample.type);
    const typeLine = `# TYPE ${name} `;
    if (type !== undefined && !lines.has(typeLine)) lines.set(typeLine, `${typeLine}${type}\n`);
    const series = `${name}{resource_id="${labelValue(sample.resource_id)}", user_id="${
      labelValue(sample.user_id)
    }", project_id="${labelValue(sample.project_id)}"}`;
    lines.set(series, `${series} ${volumeText(sample.volume)}\n`);
  }
  return [...lines.values()].join("");
}

/** Why the sample's volume is no number, or undefined. */
export function volumeProblem({ name, volume }: Sample): string | undefined {
  try {
    floatOf(volume);
    return undefined;
  } catch (error) {
    if (!(error instanceof PythonError)) throw error;
    return `Cannot write a sample of '${name}' for Prometheus: ${error.message}`;
  }
}

/** Null is the text None, as in Python. */
function labelValue(value: Value): string {
  return valueStr(value).toWellFormed()
    .replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

/** Text that Prometheus reads as Python does, and is written as it came. */
const plainNumber = /^-?[0-9]+(\.[0-9]+)?$/;

function volumeText(volume: Value): string {
  if (typeof volume === "string" && plainNumber.test(volume)) return volume;
  const isPlain = typeof volume === "number" || typeof volume === "bigint";
  return valueStr(isPlain || volume instanceof PyFloat ? volume : new PyFloat(floatOf(volume)));
}
