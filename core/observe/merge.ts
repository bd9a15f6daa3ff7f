/**
 * Pure. Adds up the snapshots of several processes, so that one port speaks for all of them:
 * counters and histograms are summed, gauges as each of them means.
 */
import {
  type FamilySnapshot,
  labelsKey,
  type MetricsSnapshot,
  type SeriesSnapshot,
} from "./metrics.ts";

/** Who a snapshot is from; `worker` becomes a label where a gauge is one process's own. */
export interface WorkerSnapshot {
  readonly worker: string;
  readonly families: MetricsSnapshot;
}

/** Gauges that are one process's own: they keep apart by a label `worker`. */
const perWorker: ReadonlySet<string> = new Set(["process_resident_memory_bytes"]);

/** Gauges that every process reads off the same thing: the largest stands. */
const shared: ReadonlySet<string> = new Set(["tpctl_build_info", "tpctl_dead_letter_bytes"]);

/** One snapshot for all; all other gauges (in flight, lag) are summed. */
export function mergeSnapshots(parts: readonly WorkerSnapshot[]): MetricsSnapshot {
  const merged = new Map<string, { family: FamilySnapshot; series: Map<string, SeriesSnapshot> }>();
  for (const { worker, families } of parts) {
    for (const family of families) {
      let into = merged.get(family.name);
      if (into === undefined) {
        into = { family, series: new Map() };
        merged.set(family.name, into);
      }
      for (const one of family.series) {
        const series = perWorker.has(family.name)
          ? { ...one, labels: { ...one.labels, worker } }
          : one;
        const key = labelsKey(series.labels);
        const before = into.series.get(key);
        into.series.set(key, before === undefined ? series : addSeries(family, before, series));
      }
    }
  }
  return [...merged.values()].map(({ family, series }) => ({
    ...family,
    series: [...series.values()],
  }));
}

/**
 * What of a snapshot outlives its process: counters and histograms, so that no counter of the whole
 * ever falls when a worker dies. What it had in flight counts as abandoned: the next owner of the
 * partition reads it again.
 */
export function retireSnapshot(families: MetricsSnapshot): MetricsSnapshot {
  const inFlight = families.find(({ name }) => name === "tpctl_records_in_flight");
  const abandoned: FamilySnapshot = {
    name: "tpctl_records_abandoned_total",
    help: "",
    type: "counter",
    series: inFlight?.series ?? [],
  };
  const kept = families.filter(({ type }) => type !== "gauge");
  return mergeSnapshots([{ worker: "", families: kept }, { worker: "", families: [abandoned] }]);
}

function addSeries(
  { name }: FamilySnapshot,
  a: SeriesSnapshot,
  b: SeriesSnapshot,
): SeriesSnapshot {
  if (shared.has(name)) return a.value >= b.value ? a : b;
  const { labels } = a;
  if (a.counts === undefined || b.counts === undefined) return { labels, value: a.value + b.value };
  const others = b.counts;
  return {
    labels,
    value: a.value + b.value,
    counts: a.counts.map((count, i) => count + (others[i] ?? 0)),
  };
}
