/**
 * Pure. The values of series over time, for a picture at the end. Bounded: so many series, the first that
 * came, and of each so many points: a longer history keeps the least and the greatest of each run.
 */
import type { Datum } from "../datum/datum.ts";
import { labelsOf } from "./describe.ts";
import { seriesKey } from "./series_board.ts";

/** One measured value. */
export interface HistoryPoint {
  readonly timeMs: number;
  readonly value: number;
}

/** One series with its points in the order of time. */
export interface HistorySeries {
  readonly name: string;
  readonly unit: string;
  readonly tenant: string;
  readonly resource: string;
  readonly labels: string;
  /** Of all its points, also those that were let go. */
  readonly count: number;
  readonly points: readonly HistoryPoint[];
}

interface Kept extends Omit<HistorySeries, "points"> {
  count: number;
  points: HistoryPoint[];
}

const seriesMaxDefault = 500;
const pointsMaxDefault = 4000;

/** Collects what has a value and a time. */
export class ChartHistory {
  #series = new Map<string, Kept>();
  #seriesMax: number;
  #pointsMax: number;
  #left = new Set<number>();

  constructor(seriesMax: number = seriesMaxDefault, pointsMax: number = pointsMaxDefault) {
    this.#seriesMax = seriesMax;
    this.#pointsMax = pointsMax;
  }

  /** How many series, by a hash of their names, found no room; a lower bound beyond 100,000. */
  get seriesLeft(): number {
    return this.#left.size;
  }

  add(datum: Datum): void {
    const { name, unit, tenant, resource, timeMs, value } = datum;
    if (!Number.isFinite(value) || Number.isNaN(timeMs)) return;
    const labels = labelsOf(datum);
    const key = seriesKey(datum, labels);
    let series = this.#series.get(key);
    if (series === undefined) {
      if (this.#series.size >= this.#seriesMax) {
        if (this.#left.size < leftMax) this.#left.add(hashOf(key));
        return;
      }
      series = { name, unit, tenant, resource, labels, count: 0, points: [] };
      this.#series.set(key, series);
    }
    series.count++;
    series.points.push({ timeMs, value });
    if (series.points.length > this.#pointsMax) series.points = thinned(inOrder(series.points));
  }

  /** The busiest first. */
  series(): HistorySeries[] {
    return [...this.#series.values()]
      .toSorted((a, b) => b.count - a.count)
      .map((series) => ({ ...series, points: inOrder(series.points) }));
  }
}

const leftMax = 100_000;

function hashOf(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

function inOrder(points: readonly HistoryPoint[]): HistoryPoint[] {
  return points.toSorted((a, b) => a.timeMs - b.timeMs);
}

const runLength = 4;

/** Of every four points the least and the greatest, in their order: half as many, no peak lost. */
function thinned(points: readonly HistoryPoint[]): HistoryPoint[] {
  const kept: HistoryPoint[] = [];
  for (let i = 0; i < points.length; i += runLength) {
    const run = points.slice(i, i + runLength);
    const low = run.reduce((a, b) => b.value < a.value ? b : a);
    const high = run.reduce((a, b) => b.value > a.value ? b : a);
    kept.push(...run.filter((point) => point === low || point === high));
  }
  return kept;
}
