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

/** Gauges that every process reads off the same thing, and the age of the oldest: the largest stands. */
const largest: ReadonlySet<string> = new Set([
  "tpctl_build_info",
  "tpctl_dead_letter_bytes",
  "tpctl_spool_left_bytes",
  "tpctl_spool_oldest_seconds",
]);

/** Gauges that say whether all is well: it is where it is for every process. */
const smallest: ReadonlySet<string> = new Set(["tpctl_publisher_up"]);

/** What a dead process had in flight, and the counter that it counts with: it comes again. */
const comesAgain: readonly (readonly [gauge: string, counter: string])[] = [
  ["tpctl_records_in_flight", "tpctl_records_abandoned_total"],
  ["tpctl_notifications_in_flight", "tpctl_notifications_requeued_total"],
];

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
 * ever falls when a worker dies. What it had in flight counts as abandoned, or given back: the next
 * owner of the partition or another consumer of the queue reads it again.
 */
export function retireSnapshot(families: MetricsSnapshot): MetricsSnapshot {
  const again = comesAgain.flatMap(([gauge, counter]): FamilySnapshot[] => {
    const inFlight = families.find(({ name }) => name === gauge);
    const { series } = inFlight ?? { series: [] };
    return series.length === 0 ? [] : [{ name: counter, help: "", type: "counter", series }];
  });
  const kept = families.filter(({ type }) => type !== "gauge");
  return mergeSnapshots([{ worker: "", families: kept }, { worker: "", families: again }]);
}

function addSeries(
  { name }: FamilySnapshot,
  a: SeriesSnapshot,
  b: SeriesSnapshot,
): SeriesSnapshot {
  if (largest.has(name)) return a.value >= b.value ? a : b;
  if (smallest.has(name)) return a.value <= b.value ? a : b;
  const { labels } = a;
  if (a.counts === undefined || b.counts === undefined) return { labels, value: a.value + b.value };
  const others = b.counts;
  return {
    labels,
    value: a.value + b.value,
    counts: a.counts.map((count, i) => count + (others[i] ?? 0)),
  };
}
