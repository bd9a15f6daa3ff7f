/**
 * Pure. The registry behind core/observe/registry.ts: one per process, made at start, read as a
 * snapshot. Turning snapshots into text is exposition.ts's business, adding up those of several
 * processes merge.ts's.
 */
import type { Counter, Gauge, Histogram, Labels, Registry } from "./registry.ts";

/** What the format knows of the kinds of metric. */
export type MetricType = "counter" | "gauge" | "histogram";

/** One series of a snapshot. Plain data: it travels between processes as JSON. */
export interface SeriesSnapshot {
  readonly labels: Labels;
  /** The value of a counter or gauge; the sum of all observations of a histogram. */
  readonly value: number;
  /** Histograms only: observations per bucket of `secondsBuckets`, the last one above all bounds. */
  readonly counts?: readonly number[];
}

/** All series of one name. */
export interface FamilySnapshot {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly series: readonly SeriesSnapshot[];
}

/** Families in the order of their first use, series likewise. */
export type MetricsSnapshot = readonly FamilySnapshot[];

/** A registry that can be read. */
export interface Metrics extends Registry {
  /** Everything as it is now. Gauges that stand at NaN (not known, or not ours any more) are left out. */
  snapshot(): MetricsSnapshot;
}

/**
 * Upper bounds of all histograms, in seconds. One row serves a write that takes a millisecond and a
 * datum that waited a day for its store to come back.
 */
export const secondsBuckets: readonly number[] = [
  0.001,
  0.0025,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
  30,
  60,
  300,
  1800,
  7200,
  86400,
];

interface Series {
  readonly labels: Labels;
  value: number;
  readonly counts: number[] | undefined;
}

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly series: Map<string, Series>;
}

const nameForm = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const labelForm = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** An empty registry. Asking for a name in two types, or by a name outside the format, throws. */
export function createMetrics(): Metrics {
  const families = new Map<string, Family>();
  return {
    counter: (name, help, labels = {}) =>
      counterOf(seriesOf(families, { name, help, type: "counter", labels })),
    gauge: (name, help, labels = {}) =>
      gaugeOf(seriesOf(families, { name, help, type: "gauge", labels })),
    histogram: (name, help, labels = {}) =>
      histogramOf(seriesOf(families, { name, help, type: "histogram", labels })),
    snapshot: () => [...families.values()].map(snapshotOf),
  };
}

/** The same for the same labels, in whatever order they were given. */
export function labelsKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0));
}

interface SeriesRequest {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly labels: Labels;
}

function seriesOf(families: Map<string, Family>, request: SeriesRequest): Series {
  const { name, help, type, labels } = request;
  let family = families.get(name);
  if (family === undefined) {
    if (!nameForm.test(name)) throw new TypeError(`Cannot register metric '${name}': bad name`);
    family = { name, help, type, series: new Map() };
    families.set(name, family);
  }
  if (family.type !== type) {
    throw new TypeError(`Cannot register metric '${name}': it is a ${family.type}, not a ${type}`);
  }
  const key = labelsKey(labels);
  let series = family.series.get(key);
  if (series === undefined) {
    const bad = Object.keys(labels).find((label) => !labelForm.test(label) || label === "le");
    if (bad !== undefined) {
      throw new TypeError(`Cannot register metric '${name}': bad label '${bad}'`);
    }
    series = {
      labels: { ...labels },
      value: type === "gauge" ? NaN : 0,
      counts: type === "histogram" ? new Array(secondsBuckets.length + 1).fill(0) : undefined,
    };
    family.series.set(key, series);
  }
  return series;
}

function counterOf(series: Series): Counter {
  return {
    add(by = 1): void {
      if (!(by >= 0)) throw new RangeError(`Cannot count by '${by}': expected 0 or more`);
      series.value += by;
    },
  };
}

function gaugeOf(series: Series): Gauge {
  return {
    set(value): void {
      series.value = value;
    },
  };
}

function histogramOf(series: Series): Histogram {
  const counts = series.counts ?? [];
  return {
    observe(value, count = 1): void {
      if (Number.isNaN(value)) return;
      const bucket = bucketOf(value);
      counts[bucket] = (counts[bucket] ?? 0) + count;
      series.value += value * count;
    },
  };
}

function bucketOf(value: number): number {
  const found = secondsBuckets.findIndex((bound) => value <= bound);
  return found < 0 ? secondsBuckets.length : found;
}

function snapshotOf(family: Family): FamilySnapshot {
  const { name, help, type } = family;
  const series: SeriesSnapshot[] = [];
  for (const { labels, value, counts } of family.series.values()) {
    if (type === "gauge" && Number.isNaN(value)) continue;
    series.push(counts === undefined ? { labels, value } : { labels, value, counts: [...counts] });
  }
  return { name, help, type, series };
}
