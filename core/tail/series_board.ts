/**
 * Pure. What passed, per series: count, rate of the last minute, last, least and greatest value, and the
 * last values for a sparkline. Bounded: beyond so many series the silent ones give way, and where none
 * is silent new ones are only counted.
 */
import type { Datum } from "../datum/datum.ts";
import { labelsOf } from "./describe.ts";

/** How many values a sparkline may show. */
export const valuesKept = 64;
const seriesMaxDefault = 10_000;
const windowSeconds = 60;

/** One series as it stands. */
export interface SeriesRow {
  readonly name: string;
  readonly unit: string;
  readonly tenant: string;
  readonly resource: string;
  /** What else tells it from others: Monasca's dimensions, a point's tags. */
  readonly labels: string;
  readonly count: number;
  /** Data per second over the last minute, or since it began where that is less. */
  readonly rate: number;
  /** NaN where no datum had a value. */
  readonly last: number;
  readonly min: number;
  readonly max: number;
  /** The last values in order; where it has none, data per second. */
  readonly values: readonly number[];
}

interface Series {
  readonly name: string;
  readonly unit: string;
  readonly tenant: string;
  readonly resource: string;
  readonly labels: string;
  count: number;
  last: number;
  min: number;
  max: number;
  readonly bornSecond: number;
  /** The second that the newest place of `perSecond` stands for. */
  second: number;
  /** The second of the last datum. */
  heardSecond: number;
  /** Data in each of the last seconds, by second modulo its length. */
  readonly perSecond: Uint32Array;
  readonly values: number[];
}

/** The same text for data of the same series. */
export function seriesKey({ name, resource, tenant }: Datum, labels: string): string {
  return `${name}\n${resource}\n${tenant}\n${labels}`;
}

/** Counts data by series. */
export class SeriesBoard {
  #series = new Map<string, Series>();
  #seriesMax: number;
  #sweptSecond = -1;
  #total = 0;
  /** Data of series that found no room. */
  #unfollowed = 0;

  constructor(seriesMax: number = seriesMaxDefault) {
    this.#seriesMax = seriesMax;
  }

  get total(): number {
    return this.#total;
  }

  get size(): number {
    return this.#series.size;
  }

  get unfollowed(): number {
    return this.#unfollowed;
  }

  /** `nowMs` only goes forward. */
  add(datum: Datum, nowMs: number): void {
    this.#total++;
    const second = Math.floor(nowMs / 1000);
    const series = this.#find(datum, second);
    if (series === undefined) {
      this.#unfollowed++;
      return;
    }
    advance(series, second);
    const place = second % windowSeconds;
    series.perSecond[place] = (series.perSecond[place] ?? 0) + 1;
    series.count++;
    series.heardSecond = second;
    const { value } = datum;
    if (Number.isNaN(value)) return;
    series.last = value;
    // Math.min would make NaN of the first one.
    if (!(series.min <= value)) series.min = value;
    if (!(series.max >= value)) series.max = value;
    if (series.values.length >= valuesKept * 2) series.values.splice(0, valuesKept);
    series.values.push(value);
  }

  /** All series as they are now, in no order. */
  rows(nowMs: number): SeriesRow[] {
    const second = Math.floor(nowMs / 1000);
    return Array.from(this.#series.values(), (series) => rowOf(series, second));
  }

  #find(datum: Datum, second: number): Series | undefined {
    const { name, tenant, resource, unit } = datum;
    const labels = labelsOf(datum);
    const key = seriesKey(datum, labels);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size >= this.#seriesMax) this.#sweep(second);
    if (this.#series.size >= this.#seriesMax) return undefined;
    const series: Series = {
      ...{ name, unit, tenant, resource, labels },
      ...{ count: 0, last: NaN, min: NaN, max: NaN, bornSecond: second, second },
      heardSecond: second,
      perSecond: new Uint32Array(windowSeconds),
      values: [],
    };
    this.#series.set(key, series);
    return series;
  }

  /** Lets go of what was silent for a minute; at most once a second, because it looks at all. */
  #sweep(second: number): void {
    if (second === this.#sweptSecond) return;
    this.#sweptSecond = second;
    for (const [key, series] of this.#series) {
      if (second - series.heardSecond >= windowSeconds) this.#series.delete(key);
    }
  }
}

/** Empties the places of the seconds that went by without a datum. */
function advance(series: Series, second: number): void {
  const from = Math.max(series.second + 1, second - windowSeconds + 1);
  for (let each = from; each <= second; each++) series.perSecond[each % windowSeconds] = 0;
  series.second = Math.max(series.second, second);
}

function rowOf(series: Series, second: number): SeriesRow {
  advance(series, second);
  const { name, unit, tenant, resource, labels, count, last, min, max } = series;
  const inWindow = series.perSecond.reduce((sum, each) => sum + each, 0);
  const seconds = Math.min(windowSeconds, Math.max(1, second - series.bornSecond));
  const values = series.values.length > 0 ? series.values.slice(-valuesKept) : perSecond(series);
  const rate = inWindow / seconds;
  return { name, unit, tenant, resource, labels, count, last, min, max, rate, values };
}

/** Oldest first, since it began. */
function perSecond({ perSecond: counts, second, bornSecond }: Series): number[] {
  const seconds = Math.min(windowSeconds, second - bornSecond + 1);
  return Array.from(
    { length: seconds },
    (_, i) => counts[(second - seconds + 1 + i) % windowSeconds] ?? 0,
  );
}
