/**
 * Edge (net). Reads points back by InfluxQL, which InfluxDB 1.x, 2.x (buckets have a mapping of their own
 * name) and 3.x all answer at /query. For looking: the latest points, and those of a time on.
 */
import type { Influxdb2Endpoint, InfluxdbEndpoint } from "../config/endpoint.ts";
import { StoreError } from "../delivery/writer.ts";
import { drainBytesMax } from "../http/request.ts";
import { loadValue } from "../notifications/load_value.ts";
import { isDict, PyFloat, type Value } from "../notifications/value.ts";
import { type Connection, type InfluxdbWriterDeps, openConnection } from "./connection.ts";
import type { FieldValue, Point } from "./line_protocol.ts";
import { reactions1 } from "./reactions1.ts";
import { reactions2 } from "./reactions2.ts";
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
  /** Of each measurement, the newest so many; undefined: all. */
  readonly newest: number | undefined;
}

/** A store open for reading. */
export interface PointReader {
  readonly name: string;
  /** Sorted. Rejects with a StoreError. */
  measurements(): Promise<readonly string[]>;
  /** In the order of time. Rejects with a StoreError. */
  points(query: PointQuery): Promise<TimedPoint[]>;
  close(): void;
}

/** Measurements asked for in one request. */
const measurementsPerRequest = 50;
/** Rows of one measurement in one request. */
const rowsPerRequest = 2000;

/** Asks nothing yet. Rejects with a ConfigError where a TLS file cannot be used. */
export async function openPointReader(
  endpoint: InfluxdbEndpoint | Influxdb2Endpoint,
  deps: InfluxdbWriterDeps,
): Promise<PointReader> {
  const connection = await openConnection(endpoint, deps);
  const table = endpoint.scheme === "influxdb" ? reactions1 : reactions2;
  const database = endpoint.scheme === "influxdb" ? endpoint.database : endpoint.bucket;
  const asker = { connection, table, database };
  /** Tags by measurement, as far as they were asked for. */
  let tagKeys: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  return {
    name: connection.name,
    measurements: async () => {
      const found = await ask(asker, "SHOW MEASUREMENTS");
      // 1.x has no measurements in a database that is not there; a point of it is an error.
      if (found.length === 0) await ask(asker, 'SELECT * FROM "none" LIMIT 1');
      return found.flatMap(({ rows }) => rows.map(([name]) => String(name))).sort();
    },
    points: async (query) => {
      if (query.measurements.some((name) => !tagKeys.has(name))) {
        const found = await ask(asker, "SHOW TAG KEYS");
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
      const points: TimedPoint[] = [];
      for (let i = 0; i < query.measurements.length; i += measurementsPerRequest) {
        const measurements = query.measurements.slice(i, i + measurementsPerRequest);
        for (const series of await select(asker, { ...query, measurements }, rowsPerRequest)) {
          const tags = tagKeys.get(series.name) ?? new Set<string>();
          for (const row of series.rows) points.push(pointOf(series, row, tags));
        }
      }
      return points.sort((a, b) => Number(a.timestamp - b.timestamp));
    },
    close: () => connection.close(),
  };
}

interface Asker {
  readonly connection: Connection;
  readonly table: Parameters<Connection["refusal"]>[0];
  readonly database: string;
}

interface ResultSeries {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

/** The answer was longer than is taken in one piece. */
class TooLong extends Error {}

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
    found = await ask(asker, statement(page, limit));
  } catch (error) {
    if (!(error instanceof TooLong)) throw error;
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
  const last = timeOf(rows.at(-1));
  const kept = rows.filter((row) => timeOf(row) !== last);
  const next = { ...page, measurements: [name] };
  if (kept.length === 0) return await select(asker, next, rowsMax * 4);
  const behind = page.newest === undefined
    ? { ...next, fromNs: last }
    : { ...next, untilNs: last, newest: page.newest - kept.length };
  return [{ ...series, rows: kept }, ...await select(asker, behind, rowsMax)];
}

function statement({ measurements, fromNs, newest, untilNs }: PointQuery, limit: number): string {
  const bounds = [
    ...fromNs === undefined ? [] : [`time >= ${fromNs}`],
    ...untilNs === undefined ? [] : [`time <= ${untilNs}`],
  ];
  const where = bounds.length === 0 ? "" : ` WHERE ${bounds.join(" AND ")}`;
  const order = newest === undefined ? "ASC" : "DESC";
  return `SELECT * FROM ${measurements.map(quoteIdentifier).join(", ")}${where} ` +
    `ORDER BY time ${order} LIMIT ${limit}`;
}

function timeOf(row: readonly Value[] | undefined): bigint {
  return BigInt(String(row?.[0] ?? 0));
}

async function ask(asker: Asker, q: string): Promise<readonly ResultSeries[]> {
  const { connection, table, database } = asker;
  const query = new URLSearchParams({ db: database, epoch: "ns", q });
  const what = `read '${connection.name}'`;
  const answer = await connection.send("GET", `/query?${query}`, { keptBytesMax: drainBytesMax });
  if (answer.status !== 200) throw connection.refusal(table, answer, what);
  if (Buffer.byteLength(answer.text) >= drainBytesMax) throw new TooLong();
  const body = loadValue(answer.text);
  const results = isDict(body) ? body.results : undefined;
  const [result] = Array.isArray(results) ? results : [];
  if (!isDict(result)) throw new StoreError(`Cannot ${what}: its answer has no results`, "hold");
  if (typeof result.error === "string") {
    throw new StoreError(`Cannot ${what}: ${result.error}`, "hold");
  }
  return (Array.isArray(result.series) ? result.series : []).map(seriesOf);
}

function tooLong({ connection: { name } }: Asker): StoreError {
  const text = `Cannot read '${name}': one point has more than ${drainBytesMax} bytes`;
  return new StoreError(text, "hold");
}

function seriesOf(series: Value): ResultSeries {
  const { name = "", columns = [], values = [] } = isDict(series) ? series : {};
  return {
    name: String(name),
    columns: Array.isArray(columns) ? columns.map(String) : [],
    rows: Array.isArray(values) ? values.filter((row) => Array.isArray(row)) : [],
  };
}

function pointOf(
  { name, columns }: ResultSeries,
  row: readonly Value[],
  tagKeys: ReadonlySet<string>,
): TimedPoint {
  const tags: [string, string][] = [];
  const fields: [string, FieldValue][] = [];
  for (const [i, column] of columns.entries()) {
    const value = row[i] ?? null;
    if (column === "time" || value === null) continue;
    if (tagKeys.has(column)) tags.push([column, String(value)]);
    else fields.push([column, fieldOf(value)]);
  }
  return { measurement: name, tags, fields, timestamp: timeOf(row) };
}

function fieldOf(value: Value): FieldValue {
  if (value instanceof PyFloat) return value.value;
  return typeof value === "object" ? JSON.stringify(value) : value;
}
