/**
 * Pure. `ExpectedPoints`: what a store must hold after a run, gathered from the lines that the encoder
 * writes: per series and field a column of times and values, 16 bytes each. A text counts by its hash.
 */
import type { Document } from "../delivery/batch.ts";
import type { RecordBlock } from "../delivery/records.ts";
import { type FieldValue, parseFields, parseSeries, parseTime } from "../influxdb/line_protocol.ts";
import { type LineSpans, scanLine } from "../influxdb/line_scan.ts";
import type { ItemSinks, LineSink } from "../persist/encoder.ts";
import { LineBuffer } from "../persist/line_buffer.ts";

/** One field of one series, in the order of its times, the last value of each. */
export class ExpectedColumn {
  times = new BigInt64Array(4);
  values = new Float64Array(4);
  /** Which of them the store was seen to have. */
  seen = new Uint8Array(0);
  count = 0;

  add(time: bigint, value: number): void {
    if (this.count === this.times.length) {
      const [times, values] = [new BigInt64Array(2 * this.count), new Float64Array(2 * this.count)];
      times.set(this.times);
      values.set(this.values);
      [this.times, this.values] = [times, values];
    }
    this.times[this.count] = time;
    this.values[this.count] = value;
    this.count++;
  }

  /** Sorts; of values at one time the last one stays, as in a store. */
  settle(): void {
    const { times, values, count } = this;
    const timeOf = (i: number): bigint => times[i] ?? 0n;
    let isSorted = true;
    for (let i = 1; i < count && isSorted; i++) isSorted = timeOf(i - 1) < timeOf(i);
    if (!isSorted) {
      const order = Array.from({ length: count }, (_, i) => i);
      order.sort((a, b) => timeOf(a) < timeOf(b) ? -1 : timeOf(a) > timeOf(b) ? 1 : a - b);
      const last = order.filter((at, i) => {
        const next = order[i + 1];
        return next === undefined || timeOf(next) !== timeOf(at);
      });
      this.times = BigInt64Array.from(last, timeOf);
      this.values = Float64Array.from(last, (at) => values[at] ?? NaN);
      this.count = last.length;
    }
    this.seen = new Uint8Array(this.count);
  }

  /** Where the time stands; -1 if nowhere. */
  indexOf(time: bigint): number {
    let [low, high] = [0, this.count - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.times[middle] ?? 0n;
      if (found === time) return middle;
      if (found < time) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }
}

/** A series with its fields. */
export interface ExpectedSeries {
  readonly measurement: string;
  readonly tags: readonly (readonly [key: string, value: string])[];
  readonly fields: Map<string, ExpectedColumn>;
}

/** One measurement in one destination. */
export interface ExpectedMeasurement {
  readonly destination: string;
  readonly measurement: string;
  /** By `seriesKey`. */
  readonly series: Map<string, ExpectedSeries>;
  firstNs: bigint;
  lastNs: bigint;
  points: number;
}

/** The same for the same tags, in whatever order; remembered by the list of them. */
export function seriesKey(tags: readonly (readonly [key: string, value: string])[]): string {
  const key = knownKeys.get(tags) ?? keyOf(tags);
  knownKeys.set(tags, key);
  return key;
}

const knownKeys = new WeakMap<object, string>();

function keyOf(tags: readonly (readonly [key: string, value: string])[]): string {
  const kept = tags.filter(([, value]) => value !== "");
  return JSON.stringify(kept.toSorted(([a], [b]) => a < b ? -1 : 1));
}

/** A value as a column holds it. */
export function columnValue(value: FieldValue): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  return typeof value === "boolean" ? Number(value) : Number(BigInt(Bun.hash(value)) >> 11n);
}

/** Takes what the encoder writes. */
export class ExpectedPoints implements ItemSinks {
  readonly measurements = new Map<string, ExpectedMeasurement>();
  /** Ids of documents by index. */
  readonly documents = new Map<string, Set<string>>();
  readonly #line = new CapturedLine((destination, line) => this.#point(destination, line));
  /** By the bytes of a series' key, which are the same line after line. */
  readonly #known = new Map<string, readonly [ExpectedMeasurement, ExpectedSeries]>();

  lines(destination: string): LineSink {
    return this.#line.begin(destination);
  }

  document(_block: RecordBlock, _index: number, { index, id }: Document): void {
    const ids = this.documents.get(index) ?? new Set();
    this.documents.set(index, ids.add(id));
  }

  /** Everything is in. */
  settle(): void {
    for (const { series } of this.measurements.values()) {
      for (const { fields } of series.values()) {
        for (const column of fields.values()) column.settle();
      }
    }
  }

  #point(destination: string, line: Uint8Array): void {
    const spans = scanLine(line, 0, line.length);
    const time = parseTime(line, spans) ?? 0n;
    const [measurement, { fields }] = this.#seriesOf(destination, line, spans);
    measurement.points++;
    if (time < measurement.firstNs) measurement.firstNs = time;
    if (time > measurement.lastNs) measurement.lastNs = time;
    for (const [name, value] of parseFields(line, spans)) {
      let column = fields.get(name);
      if (column === undefined) fields.set(name, column = new ExpectedColumn());
      column.add(time, columnValue(value));
    }
  }

  #seriesOf(
    destination: string,
    line: Uint8Array,
    spans: LineSpans,
  ): readonly [ExpectedMeasurement, ExpectedSeries] {
    const key = Buffer.from(
      line.buffer,
      line.byteOffset + spans.keyStart,
      spans.keyEnd - spans.keyStart,
    );
    const bytes = `${destination}\0${key.toString("latin1")}`;
    const known = this.#known.get(bytes);
    if (known !== undefined) return known;
    const { measurement, tags } = parseSeries(line, spans);
    const place = `${destination}\0${measurement}`;
    const found = this.measurements.get(place) ?? {
      ...{ destination, measurement, series: new Map<string, ExpectedSeries>(), points: 0 },
      ...{ firstNs: 2n ** 63n, lastNs: -(2n ** 63n) },
    };
    this.measurements.set(place, found);
    const id = seriesKey(tags);
    const series = found.series.get(id) ?? { measurement, tags, fields: new Map() };
    found.series.set(id, series);
    const both = [found, series] as const;
    this.#known.set(bytes, both);
    return both;
  }
}

/** A line while it is written. */
class CapturedLine extends LineBuffer implements LineSink {
  #destination = "";
  readonly #onLine: (destination: string, line: Uint8Array) => void;

  constructor(onLine: (destination: string, line: Uint8Array) => void) {
    super();
    this.#onLine = onLine;
  }

  begin(destination: string): this {
    this.#destination = destination;
    this.length = 0;
    return this;
  }

  endLine(): void {
    this.#onLine(this.#destination, this.written);
    this.length = 0;
  }
}
