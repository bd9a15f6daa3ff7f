/**
 * Edge (net). Reads points back by InfluxQL, which InfluxDB 1.x, 2.x (buckets have a mapping of their own
 * name) and 3.x all answer at /query. For looking: the latest points, and those of a time on.
 */
import type { Influxdb2Endpoint, InfluxdbEndpoint } from "../config/endpoint.ts";
import { StoreError } from "../delivery/writer.ts";
import { drainBytesMax } from "../http/request.ts";
import type { Value } from "../notifications/value.ts";
import { type InfluxdbWriterDeps, openConnection } from "./connection.ts";
import {
  AnswerTooLong,
  type Asked,
  askInfluxql,
  fieldValue,
  type ResultSeries,
  rowTime,
} from "./influxql.ts";
import type { FieldValue, Point } from "./line_protocol.ts";
import { quoteIdentifier } from "./writer1.ts";

/** A point with its time in ns. */
export interface TimedPoint extends Point {
  readonly timestamp: bigint;
}

/** Which points. */
export interface PointQuery {
  readonly measurements: readonly string[];
  /** ns since the epoch, included. */
  readonly fromNs: bigint | undefined;
  /** ns since the epoch, included. */
  readonly untilNs: bigint | undefined;
  /** The newest so many over all of them; undefined: all. */
  readonly newest: number | undefined;
  /** No more than so many are read at all. */
  readonly pointsMax: number;
}

/** There are more points than were to be read. */
export class TooManyPoints extends Error {}

/** A store open for reading. */
export interface PointReader {
  readonly name: string;
  /** Sorted. Rejects with a StoreError. */
  measurements(): Promise<readonly string[]>;
  /** In the order of time. Rejects with a StoreError, or TooManyPoints. */
  points(query: PointQuery): Promise<TimedPoint[]>;
  close(): void;
}

/** Measurements asked for in one request. */
const measurementsPerRequest = 50;
/** Of the newest ones, about so many are held at once: each measurement may have them all. */
const newestRows = 100_000;
/** Rows of one measurement in one request. */
const rowsPerRequest = 2000;

/** Asks nothing yet. Rejects with a ConfigError where a TLS file cannot be used. */
export async function openPointReader(
  endpoint: InfluxdbEndpoint | Influxdb2Endpoint,
  deps: InfluxdbWriterDeps,
): Promise<PointReader> {
  const connection = await openConnection(endpoint, deps);
  const { scheme } = endpoint;
  const database = scheme === "influxdb" ? endpoint.database : endpoint.bucket;
  const asked: Asked = { connection, scheme, database, bytesMax: drainBytesMax };
  /** Tags by measurement, as far as they were asked for. */
  let tagKeys: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  return {
    name: connection.name,
    measurements: async () => {
      const found = await askInfluxql(asked, "SHOW MEASUREMENTS");
      // 1.x has no measurements in a database that is not there; a point of it is an error.
      if (found.length === 0) await askInfluxql(asked, 'SELECT * FROM "none" LIMIT 1');
      return found.flatMap(({ rows }) => rows.map(([name]) => String(name))).sort();
    },
    points: async (query) => {
      if (query.measurements.some((name) => !tagKeys.has(name))) {
        const found = await askInfluxql(asked, "SHOW TAG KEYS");
        const known = found.map(({ name, rows }): [string, ReadonlySet<string>] => [
          name,
          new Set(rows.map(([key]) => String(key))),
        ]);
        const untagged = query.measurements.map((name): [string, ReadonlySet<string>] => [
          name,
          new Set(),
        ]);
        tagKeys = new Map([...untagged, ...known]);
      }
      let points: TimedPoint[] = [];
      const { newest } = query;
      const perRequest = Math.max(
        1,
        Math.min(measurementsPerRequest, Math.floor(newestRows / (newest ?? 1))),
      );
      const asker: Asker = { asked, left: query.pointsMax };
      for (let i = 0; i < query.measurements.length; i += perRequest) {
        const measurements = query.measurements.slice(i, i + perRequest);
        for (const series of await select(asker, { ...query, measurements }, rowsPerRequest)) {
          const tags = tagKeys.get(series.name) ?? new Set<string>();
          for (const row of series.rows) points.push(pointOf(series, row, tags));
        }
        if (newest !== undefined) points = inOrder(points).slice(-newest);
      }
      return inOrder(points);
    },
    close: () => connection.close(),
  };
}

function inOrder(points: TimedPoint[]): TimedPoint[] {
  return points.sort((a, b) => Number(a.timestamp - b.timestamp));
}

/** The questions of one query. */
interface Asker {
  readonly asked: Asked;
  /** Rows that may still come. */
  left: number;
}

async function ask(asker: Asker, q: string): Promise<readonly ResultSeries[]> {
  const found = await askInfluxql(asker.asked, q);
  asker.left -= found.reduce((sum, { rows }) => sum + rows.length, 0);
  if (asker.left < 0) throw new TooManyPoints();
  return found;
}

/** Halves what it asks for where an answer is too long, and goes on where one was full. */
async function select(
  asker: Asker,
  page: PointQuery,
  rowsMax: number,
): Promise<readonly ResultSeries[]> {
  const { measurements, newest } = page;
  const limit = Math.min(rowsMax, newest ?? rowsMax);
  let found: readonly ResultSeries[];
  try {
    found = await ask(asker, statement(page, { limit }));
  } catch (error) {
    if (!(error instanceof AnswerTooLong)) throw error;
    if (measurements.length === 1 && limit === 1) throw tooLong(asker);
    if (measurements.length === 1) {
      return await select(asker, page, Math.max(1, Math.floor(limit / 4)));
    }
    const half = Math.ceil(measurements.length / 2);
    const parts = [measurements.slice(0, half), measurements.slice(half)];
    const both: ResultSeries[] = [];
    for (const part of parts) {
      both.push(...await select(asker, { ...page, measurements: part }, rowsMax));
    }
    return both;
  }
  const whole: ResultSeries[] = [];
  for (const series of found) {
    if (series.rows.length < limit || limit === newest) whole.push(series);
    else whole.push(...await goOn(asker, page, { series, rowsMax }));
  }
  return whole;
}

/** A full answer may have cut through the points of its last time: these are asked for again. */
async function goOn(
  asker: Asker,
  page: PointQuery,
  { series, rowsMax }: { readonly series: ResultSeries; readonly rowsMax: number },
): Promise<readonly ResultSeries[]> {
  const { name, rows } = series;
  const last = rowTime(rows.at(-1));
  const next = { ...page, measurements: [name] };
  const kept = rows.filter((row) => rowTime(row) !== last);
  // Where the answer is of one time alone, all of that time is asked for, piece by piece.
  const whole = kept.length > 0
    ? [{ ...series, rows: kept }]
    : await ofOneTime(asker, name, { time: last, rowsMax });
  const isKept = kept.length > 0;
  if (page.newest === undefined) {
    const behind = { ...next, fromNs: isKept ? last : last + 1n };
    return [...whole, ...await select(asker, behind, rowsMax)];
  }
  const newest = page.newest - whole.reduce((sum, each) => sum + each.rows.length, 0);
  if (newest <= 0) return whole;
  const before = { ...next, untilNs: isKept ? last : last - 1n, newest };
  return [...whole, ...await select(asker, before, rowsMax)];
}

/** Everything of a measurement at one time, however many series it has. */
async function ofOneTime(
  asker: Asker,
  name: string,
  { time, rowsMax }: { readonly time: bigint; readonly rowsMax: number },
): Promise<readonly ResultSeries[]> {
  const bounds = { measurements: [name], fromNs: time, untilNs: time, newest: undefined };
  const all: ResultSeries[] = [];
  let limit = rowsMax;
  for (let offset = 0;;) {
    try {
      const [found] = await ask(asker, statement(bounds, { limit, offset }));
      if (found !== undefined) all.push(found);
      const count = found?.rows.length ?? 0;
      if (count < limit) return all;
      offset += count;
    } catch (error) {
      if (!(error instanceof AnswerTooLong)) throw error;
      if (limit === 1) throw tooLong(asker);
      limit = Math.max(1, Math.floor(limit / 4));
    }
  }
}

function statement(
  { measurements, fromNs, newest, untilNs }: Omit<PointQuery, "pointsMax">,
  { limit, offset = 0 }: { readonly limit: number; readonly offset?: number },
): string {
  const bounds = [
    ...fromNs === undefined ? [] : [`time >= ${fromNs}`],
    ...untilNs === undefined ? [] : [`time <= ${untilNs}`],
  ];
  const where = bounds.length === 0 ? "" : ` WHERE ${bounds.join(" AND ")}`;
  const order = newest === undefined ? "ASC" : "DESC";
  return `SELECT * FROM ${measurements.map(quoteIdentifier).join(", ")}${where} ` +
    `ORDER BY time ${order} LIMIT ${limit}${offset === 0 ? "" : ` OFFSET ${offset}`}`;
}

function tooLong({ asked: { connection: { name }, bytesMax } }: Asker): StoreError {
  return new StoreError(`Cannot read '${name}': one point has more than ${bytesMax} bytes`, "hold");
}

function pointOf(
  { name, columns }: ResultSeries,
  row: readonly Value[],
  tagKeys: ReadonlySet<string>,
): TimedPoint {
  const tags: [string, string][] = [];
  const fields: [string, FieldValue][] = [];
  for (const [i, column] of columns.entries()) {
    const value = fieldValue(row[i] ?? null);
    if (column === "time" || value === undefined) continue;
    if (tagKeys.has(column)) tags.push([column, String(value)]);
    else fields.push([column, value]);
  }
  return { measurement: name, tags, fields, timestamp: rowTime(row) };
}
