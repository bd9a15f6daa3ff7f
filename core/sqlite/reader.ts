/**
 * Edge (sqlite files). Reads back what writer.ts stored: counts, latest points, points of a time range. Made
 * for the demo's picture, `replay --verify` and `tail`; it never writes, and a person uses SQL.
 */
import type { Database, SQLQueryBindings } from "bun:sqlite";
import type { FieldValue } from "../influxdb/line_protocol.ts";
import { openForReading } from "./database.ts";
import { fieldsFromJson } from "./fields.ts";

/** A set of tags, as the row of `series` has it. */
export interface StoredSeries {
  readonly id: number;
  readonly database: string;
  readonly measurement: string;
  /** `_tenant_id`, `tenant_id` or `project_id` of the tags; null where there is none. */
  readonly tenant: string | null;
  readonly tags: Readonly<Record<string, string>>;
}

/** A point with its series. */
export interface StoredPoint {
  readonly series: StoredSeries;
  readonly timeNs: bigint;
  /** All fields, `value` among them. */
  readonly fields: ReadonlyMap<string, FieldValue>;
}

/** One measurement of one tenant in one database. */
export interface MeasurementSummary {
  readonly database: string;
  readonly measurement: string;
  readonly tenant: string | null;
  readonly series: number;
  readonly points: number;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  /** Points with a float field `value`; min, mean and max are over them, null where there is none. */
  readonly valued: number;
  readonly min: number | null;
  readonly mean: number | null;
  readonly max: number | null;
  /** The series with the most points (of several the one with the widest range), and how many. */
  readonly busiestSeries: number;
  readonly busiestPoints: number;
}

/** Which points; what is left out does not matter. */
export interface PointFilter {
  readonly database?: string;
  readonly measurement?: string;
  readonly seriesId?: number;
  /** ns since the epoch, included. */
  readonly fromNs?: bigint;
  /** ns since the epoch, excluded. */
  readonly untilNs?: bigint;
}

/** An SQLite store open for reading; other processes may write meanwhile. */
export interface SqliteReader {
  /** Sorted by database, measurement, tenant. Reads the whole file. */
  summaries(): MeasurementSummary[];
  /** Documents per index, sorted by index. */
  documentCounts(): { readonly index: string; readonly documents: number }[];
  /** Document JSON texts of one index, by id. */
  documents(index: string): Map<string, string>;
  /** Sorted by id. */
  series(): StoredSeries[];
  /**
   * In time order, then by series id, read as they are pulled. A series that appears while the
   * iteration runs is included. Any number of iterations may run side by side.
   */
  points(filter?: PointFilter): Iterable<StoredPoint>;
  /** The float values of each of these series in time order, in one pass over the file. */
  values(seriesIds: readonly number[]): Map<number, number[]>;
  /** The newest `count` points by their own time, oldest first. */
  latest(count: number, filter?: PointFilter): StoredPoint[];
  close(): void;
}

/** Opens a file that tpctl has written; rejects with a ConfigError that says why it cannot be. */
export async function openSqliteReader(path: string): Promise<SqliteReader> {
  const database = await openForReading(path);
  const series = new Map<number, StoredSeries>();
  return {
    summaries: () => summariesOf(database),
    documentCounts: () =>
      rowsOf<{ index_name: string; documents: bigint }>(
        database,
        "SELECT index_name, count(*) AS documents FROM documents GROUP BY 1 ORDER BY 1",
      ).map((row) => ({ index: row.index_name, documents: Number(row.documents) })),
    documents: (index) =>
      new Map(
        database.query<{ id: string; document: string }, [string]>(
          "SELECT id, document FROM documents WHERE index_name = ? ORDER BY id",
        ).all(index).map((row) => [row.id, row.document]),
      ),
    series: () => rowsOf<SeriesRow>(database, "SELECT * FROM series ORDER BY id").map(seriesOf),
    *points(filter = {}): Generator<StoredPoint> {
      const { where, values } = conditionOf(filter);
      const query = database.prepare<PointRow, SQLQueryBindings[]>(
        `${selectPoints} ${where} ORDER BY p.time, p.series`,
      );
      try {
        for (const row of query.iterate(...values)) yield pointOf(database, series, row);
      } finally {
        query.finalize();
      }
    },
    latest(count, filter = {}): StoredPoint[] {
      const { where, values } = conditionOf(filter);
      return database.query<PointRow, SQLQueryBindings[]>(
        `${selectPoints} ${where} ORDER BY p.time DESC, p.series DESC LIMIT ?`,
      ).all(...values, count).map((row) => pointOf(database, series, row)).reverse();
    },
    values: (seriesIds) => valuesOf(database, seriesIds),
    close: () => database.close(),
  };
}

interface SeriesRow {
  readonly id: bigint;
  readonly database: string;
  readonly measurement: string;
  readonly tenant: string | null;
  readonly tags: string;
}

interface PointRow {
  readonly time: bigint;
  readonly series: bigint;
  readonly value: number | null;
  readonly fields: string | null;
}

const selectPoints = "SELECT p.time, p.series, p.value, p.fields FROM points p";

const selectSummaries = `
WITH counted AS (
  SELECT series, count(*) AS points, min(time) AS first, max(time) AS last,
    min(value) AS low, max(value) AS high, sum(value) AS total, count(value) AS valued
  FROM points GROUP BY series
), ranked AS (
  SELECT s.database, s.measurement, s.tenant, c.*, row_number() OVER (
    PARTITION BY s.database, s.measurement, s.tenant
      ORDER BY c.points DESC, c.high - c.low DESC, c.series) AS rank
  FROM counted c JOIN series s ON s.id = c.series
)
SELECT database, measurement, tenant, count(*) AS series, sum(points) AS points,
  min(first) AS firstNs, max(last) AS lastNs, sum(valued) AS valued, min(low) AS min,
  max(high) AS max, sum(total) / sum(valued) AS mean, max(points) AS busiestPoints,
  max(iif(rank = 1, series, NULL)) AS busiestSeries
FROM ranked GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`;

interface SummaryRow {
  readonly database: string;
  readonly measurement: string;
  readonly tenant: string | null;
  readonly series: bigint;
  readonly points: bigint;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  readonly valued: bigint;
  readonly min: number | null;
  readonly mean: number | null;
  readonly max: number | null;
  readonly busiestSeries: bigint;
  readonly busiestPoints: bigint;
}

function summariesOf(database: Database): MeasurementSummary[] {
  return rowsOf<SummaryRow>(database, selectSummaries).map((row) => ({
    ...row,
    series: Number(row.series),
    points: Number(row.points),
    valued: Number(row.valued),
    busiestSeries: Number(row.busiestSeries),
    busiestPoints: Number(row.busiestPoints),
  }));
}

function valuesOf(database: Database, seriesIds: readonly number[]): Map<number, number[]> {
  const values = new Map<number, number[]>(seriesIds.map((id) => [id, []]));
  const query = database.query<{ series: bigint; value: number }, [string]>(
    `SELECT series, value FROM points
     WHERE series IN (SELECT value FROM json_each(?)) AND value IS NOT NULL ORDER BY time`,
  );
  for (const { series, value } of query.iterate(JSON.stringify(seriesIds))) {
    values.get(Number(series))?.push(value);
  }
  return values;
}

function conditionOf(filter: PointFilter): { where: string; values: SQLQueryBindings[] } {
  const { database, measurement, seriesId, fromNs, untilNs } = filter;
  const ofSeries: string[] = [];
  const ofPoints: string[] = [];
  const values: SQLQueryBindings[] = [];
  const add = (to: string[], text: string, value: SQLQueryBindings | undefined): void => {
    if (value === undefined) return;
    to.push(text);
    values.push(value);
  };
  add(ofPoints, "p.time >= ?", fromNs);
  add(ofPoints, "p.time < ?", untilNs);
  add(ofPoints, "p.series = ?", seriesId);
  add(ofSeries, "database = ?", database);
  add(ofSeries, "measurement = ?", measurement);
  if (ofSeries.length > 0) {
    ofPoints.push(`p.series IN (SELECT id FROM series WHERE ${ofSeries.join(" AND ")})`);
  }
  return { where: ofPoints.length === 0 ? "" : `WHERE ${ofPoints.join(" AND ")}`, values };
}

function pointOf(
  database: Database,
  known: Map<number, StoredSeries>,
  row: PointRow,
): StoredPoint {
  const id = Number(row.series);
  let series = known.get(id);
  if (series === undefined) {
    const found = database.query<SeriesRow, [number]>("SELECT * FROM series WHERE id = ?").get(id);
    if (found === null) throw new Error(`points of series ${id}, which is not in the file`);
    series = seriesOf(found);
    known.set(id, series);
  }
  const fields = row.fields === null ? new Map<string, FieldValue>() : fieldsFromJson(row.fields);
  if (row.value !== null) fields.set("value", row.value);
  return { series, timeNs: row.time, fields };
}

function seriesOf(row: SeriesRow): StoredSeries {
  const tags: Record<string, string> = JSON.parse(row.tags);
  const { database, measurement, tenant } = row;
  return { id: Number(row.id), database, measurement, tenant, tags };
}

function rowsOf<Row>(database: Database, query: string): Row[] {
  return database.query<Row, []>(query).all();
}
