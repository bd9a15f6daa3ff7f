/**
 * Edge (net, sqlite files). Reads back what a run has stored, measurement by measurement, in slices of
 * time, so that memory stays small: InfluxDB 1.x and 2.x by InfluxQL, SQLite from its file.
 */
import type { Clock } from "../clock.ts";
import {
  endpointName,
  type Influxdb2Endpoint,
  type InfluxdbEndpoint,
  type SqliteEndpoint,
  type StoreEndpoint,
} from "../config/endpoint.ts";
import { RunError, UsageError } from "../errors.ts";
import { type Connection, openConnection } from "../influxdb/connection.ts";
import type { FieldValue } from "../influxdb/line_protocol.ts";
import { quoteIdentifier } from "../influxdb/writer1.ts";
import { loadValue } from "../notifications/load_value.ts";
import { type Dict, isDict, PyFloat, type Value } from "../notifications/value.ts";
import { JsonError } from "../python/json_load.ts";
import { openSqliteReader, type SqliteReader, type StoredSeries } from "../sqlite/reader.ts";
import type { ReadPoint } from "./compare_points.ts";
import type { ExpectedMeasurement } from "./expected_points.ts";

/** Points of one answer, about. */
const pointsPerSlice = 20_000n;
/** An answer is never so long, unless points are huge. */
const answerBytesMax = 256 * 1024 * 1024;
const queryMsMax = 300_000;

/** A store open for reading. */
export interface BackReader {
  /** The points of the measurements, of each from its first expected time to its last. */
  points(expected: readonly ExpectedMeasurement[]): AsyncIterable<FoundPoint>;
  /** Ids of the documents of an index. */
  documentIds(index: string): ReadonlySet<string>;
  close(): void;
}

/** A point, and what it is one of. */
export interface FoundPoint {
  readonly expected: ExpectedMeasurement;
  readonly point: ReadPoint;
}

type Readable = InfluxdbEndpoint | Influxdb2Endpoint | SqliteEndpoint;

/** Whether it can be read back. */
export function isReadable(store: StoreEndpoint): store is Readable {
  return store.scheme === "influxdb" || store.scheme === "influxdb2" || store.scheme === "sqlite";
}

/** Throws a UsageError where a store cannot be read back. */
export function checkReadable(stores: readonly StoreEndpoint[]): void {
  const bad = stores.find((store) => !isReadable(store));
  if (bad === undefined) return;
  throw new UsageError(
    `Cannot use --verify with '${endpointName(bad)}': it is not read back, expected influxdb, ` +
      "influxdb2 or sqlite",
  );
}

/** Opens it. Rejects with a ConfigError. */
export async function openBackReader(
  store: Readable,
  deps: { readonly clock: Clock },
): Promise<BackReader> {
  if (store.scheme === "sqlite") return sqliteReader(await openSqliteReader(store.path));
  const connection = await openConnection(store, {
    ...deps,
    timeoutMs: queryMsMax,
  });
  const database = store.scheme === "influxdb" ? store.database : store.bucket;
  return {
    async *points(all): AsyncGenerator<FoundPoint> {
      for (const expected of all) {
        for await (const point of influxPoints(connection, database, expected)) {
          yield { expected, point };
        }
      }
    },
    documentIds: () => new Set(),
    close: () => connection.close(),
  };
}

function sqliteReader(reader: SqliteReader): BackReader {
  const tagsOf = rememberedTags();
  return {
    // One pass over the file for all: its points stand in the order of time.
    async *points(all): AsyncGenerator<FoundPoint> {
      const places = new Map(all.map((one) => [`${one.destination}\0${one.measurement}`, one]));
      const fromNs = all.reduce(
        (first, one) => one.firstNs < first ? one.firstNs : first,
        2n ** 63n - 1n,
      );
      const lastNs = all.reduce((last, one) => one.lastNs > last ? one.lastNs : last, -(2n ** 63n));
      for (const { series, timeNs, fields } of reader.points({ fromNs, untilNs: lastNs + 1n })) {
        const expected = places.get(`${series.database}\0${series.measurement}`);
        if (expected === undefined) continue;
        if (timeNs < expected.firstNs || timeNs > expected.lastNs) continue;
        yield { expected, point: { tags: tagsOf(series), timeNs, fields } };
      }
    },
    documentIds: (index) => new Set(reader.documents(index).keys()),
    close: () => reader.close(),
  };
}

/** Points of a series share its tags. */
function rememberedTags(): (series: StoredSeries) => ReadPoint["tags"] {
  const known = new WeakMap<StoredSeries, ReadPoint["tags"]>();
  return (series) => {
    const tags = known.get(series) ?? Object.entries(series.tags);
    known.set(series, tags);
    return tags;
  };
}

async function* influxPoints(
  connection: Connection,
  database: string,
  { destination, measurement, firstNs, lastNs, points }: ExpectedMeasurement,
): AsyncGenerator<ReadPoint> {
  const slices = BigInt(points) / pointsPerSlice + 1n;
  const width = (lastNs - firstNs) / slices + 1n;
  for (let from = firstNs; from <= lastNs; from += width) {
    const until = from + width <= lastNs ? from + width : lastNs + 1n;
    const statement = `SELECT * FROM ${quoteIdentifier(measurement)} WHERE time >= ${from} AND ` +
      `time < ${until} GROUP BY *`;
    const query = new URLSearchParams({
      db: destination === "" ? database : destination,
      epoch: "ns",
      q: statement,
    });
    const answer = await connection.send("GET", `/query?${query}`, {
      keptBytesMax: answerBytesMax,
    });
    if (answer.status !== 200) throw cannotRead(connection, `${answer.status} ${answer.text}`);
    yield* seriesPoints(connection, answerOf(connection, answer.text));
  }
}

function answerOf(connection: Connection, text: string): Value {
  try {
    return loadValue(text);
  } catch (error) {
    if (error instanceof JsonError) throw cannotRead(connection, error.message);
    throw error;
  }
}

function* seriesPoints(connection: Connection, answer: Value): Generator<ReadPoint> {
  const results = isDict(answer) && Array.isArray(answer["results"]) ? answer["results"] : [];
  for (const result of results) {
    if (!isDict(result)) continue;
    const { error, series } = result;
    if (typeof error === "string") throw cannotRead(connection, error);
    for (const one of Array.isArray(series) ? series : []) if (isDict(one)) yield* rowsOf(one);
  }
}

function* rowsOf({ tags, columns, values }: Dict): Generator<ReadPoint> {
  const names = Array.isArray(columns) ? columns.map(String) : [];
  const pairs = Object.entries(isDict(tags) ? tags : {})
    .map(([key, value]) => [key, String(value)] as const);
  for (const row of Array.isArray(values) ? values : []) {
    if (!Array.isArray(row)) continue;
    const [time = 0, ...rest] = row;
    const fields: (readonly [string, FieldValue])[] = [];
    for (const [i, value] of rest.entries()) {
      const field = fieldOf(value);
      if (field !== undefined) fields.push([names[i + 1] ?? "", field]);
    }
    yield { tags: pairs, timeNs: BigInt(time as number | bigint), fields };
  }
}

/** Undefined: the point has no such field. */
function fieldOf(value: Value): FieldValue | undefined {
  if (value instanceof PyFloat) return value.value;
  const isField = typeof value === "string" || typeof value === "boolean" ||
    typeof value === "number" || typeof value === "bigint";
  return isField ? value : undefined;
}

function cannotRead({ name }: Connection, why: string): RunError {
  return new RunError(
    `Cannot read back from '${name}': ${
      why.trim().slice(0, 200)
    }, expected the points that were sent`,
  );
}
