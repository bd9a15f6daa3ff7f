/**
 * Pure. Compares what a store has with what it must have, per series: which values are missing, which
 * are others, and how many it holds beside them.
 */
import type { FieldValue } from "../influxdb/line_protocol.ts";
import {
  columnValue,
  type ExpectedColumn,
  type ExpectedMeasurement,
  type ExpectedSeries,
  seriesKey,
} from "./expected_points.ts";

/** A point as a store gave it back. */
export interface ReadPoint {
  readonly tags: readonly (readonly [key: string, value: string])[];
  readonly timeNs: bigint;
  readonly fields: Iterable<readonly [name: string, value: FieldValue]>;
}

/** One difference, for people and for the report. */
export interface Difference {
  readonly store: string;
  readonly series: string;
  readonly field: string;
  /** ISO 8601. */
  readonly time: string;
  readonly expected: string;
  readonly found: string;
}

/** What came of it. */
export interface Comparison {
  readonly series: number;
  /** Values of fields that must be there. */
  readonly values: number;
  readonly missing: number;
  readonly different: number;
  /** Points of these series and times that the inputs do not have: somebody else's, perhaps. */
  readonly extra: number;
  /** Series that are not as they must be. */
  readonly series_wrong: number;
  /** The first ones. */
  readonly differences: readonly Difference[];
}

const differencesMax = 10;

/** Nothing compared yet. */
export class PointComparison {
  readonly #store: string;
  readonly #differences: Difference[] = [];
  readonly #wrong = new Set<ExpectedSeries>();
  #series = 0;
  #values = 0;
  #missing = 0;
  #different = 0;
  #extra = 0;

  /** The store's name stands in differences. */
  constructor(store: string) {
    this.#store = store;
  }

  /** A point of the measurement that the store has. */
  found({ series }: ExpectedMeasurement, point: ReadPoint): void {
    const expected = series.get(seriesKey(point.tags));
    let isExpected = false;
    for (const [name, value] of point.fields) {
      const column = expected?.fields.get(name);
      const at = column?.indexOf(point.timeNs) ?? -1;
      if (expected === undefined || column === undefined || at < 0) continue;
      isExpected = true;
      column.seen[at] = 1;
      if (Object.is(column.values[at], columnValue(value)) || isZero(column, at, value)) continue;
      this.#different++;
      this.#say(expected, name, {
        timeNs: point.timeNs,
        expected: expectedText(column, at, value),
        found: typeof value === "string" ? JSON.stringify(value) : String(value),
      });
    }
    if (!isExpected) this.#extra++;
  }

  /** All that the store has of the measurement was seen. */
  end({ series }: ExpectedMeasurement): void {
    for (const one of series.values()) {
      this.#series++;
      for (const [name, column] of one.fields) {
        this.#values += column.count;
        for (let i = 0; i < column.count; i++) {
          if (column.seen[i] === 1) continue;
          this.#missing++;
          const timeNs = column.times[i] ?? 0n;
          this.#say(one, name, { timeNs, expected: expectedText(column, i), found: "nothing" });
        }
      }
    }
  }

  result(): Comparison {
    return {
      series: this.#series,
      values: this.#values,
      missing: this.#missing,
      different: this.#different,
      extra: this.#extra,
      series_wrong: this.#wrong.size,
      differences: this.#differences,
    };
  }

  #say(
    series: ExpectedSeries,
    field: string,
    { timeNs, expected, found }: {
      readonly timeNs: bigint;
      readonly expected: string;
      readonly found: string;
    },
  ): void {
    this.#wrong.add(series);
    if (this.#differences.length >= differencesMax) return;
    const { measurement, tags } = series;
    const name = [measurement, ...tags.map(([key, value]) => `${key}=${value}`)].join(",");
    const time = new Date(Number(timeNs / 1_000_000n)).toISOString();
    this.#differences.push({ store: this.#store, series: name, field, time, expected, found });
  }
}

/** No store tells -0 from 0. */
function isZero(column: ExpectedColumn, at: number, value: FieldValue): boolean {
  return column.values[at] === 0 && (value === 0 || value === 0n);
}

/** Of a text only its hash is known. */
function expectedText(column: ExpectedColumn, at: number, found?: FieldValue): string {
  const value = column.values[at] ?? NaN;
  const isHash = typeof found === "string" || (found === undefined && value > 2 ** 48);
  return isHash ? "another text" : String(value);
}
