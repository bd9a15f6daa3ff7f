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
import { StoreError } from "../delivery/writer.ts";
import { RunError, UsageError } from "../errors.ts";
import { openConnection } from "../influxdb/connection.ts";
import {
  AnswerTooLong,
  type Asked,
  askInfluxql,
  fieldValue,
  type ResultSeries,
  rowTime,
} from "../influxdb/influxql.ts";
import type { FieldValue } from "../influxdb/line_protocol.ts";
import { quoteIdentifier } from "../influxdb/writer1.ts";
import { openSqliteReader, type SqliteReader, type StoredSeries } from "../sqlite/reader.ts";
import type { ReadPoint } from "./compare_points.ts";
import type { ExpectedMeasurement } from "./expected_points.ts";

/** Points of one answer, about. */
const pointsPerSlice = 20_000n;
/** A slice with a longer answer is halved. */
const answerBytesMax = 64 * 1024 * 1024;
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
  const { scheme } = store;
  const own = scheme === "influxdb" ? store.database : store.bucket;
  return {
    async *points(all): AsyncGenerator<FoundPoint> {
      for (const expected of all) {
        const database = expected.destination === "" ? own : expected.destination;
        const asked = { connection, scheme, database, bytesMax: answerBytesMax };
        for await (const point of influxPoints(asked, expected)) yield { expected, point };
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
  asked: Asked,
  expected: ExpectedMeasurement,
): AsyncGenerator<ReadPoint> {
  const { firstNs, lastNs, points } = expected;
  const slices = BigInt(points) / pointsPerSlice + 1n;
  const width = (lastNs - firstNs) / slices + 1n;
  for (let from = firstNs; from <= lastNs; from += width) {
    const until = from + width <= lastNs ? from + width : lastNs + 1n;
    yield* slicePoints(asked, expected.measurement, [from, until]);
  }
}

/** Halves the slice where its answer is too long: points may lie close together. */
async function* slicePoints(
  asked: Asked,
  measurement: string,
  [from, until]: readonly [from: bigint, until: bigint],
): AsyncGenerator<ReadPoint> {
  const { connection: { name }, bytesMax } = asked;
  const statement = `SELECT * FROM ${quoteIdentifier(measurement)} WHERE time >= ${from} AND ` +
    `time < ${until} GROUP BY *`;
  let found: readonly ResultSeries[];
  try {
    found = await askInfluxql(asked, statement);
  } catch (error) {
    if (error instanceof StoreError) throw new RunError(error.message, { cause: error });
    if (!(error instanceof AnswerTooLong)) throw error;
    if (until - from <= 1n) {
      throw new RunError(
        `Cannot read back from '${name}': the points of '${measurement}' at one time have more ` +
          `than ${bytesMax} bytes`,
      );
    }
    const middle = (from + until) / 2n;
    yield* slicePoints(asked, measurement, [from, middle]);
    return yield* slicePoints(asked, measurement, [middle, until]);
  }
  for (const series of found) yield* rowsOf(series);
}

function* rowsOf({ tags, columns, rows }: ResultSeries): Generator<ReadPoint> {
  for (const row of rows) {
    const fields: (readonly [string, FieldValue])[] = [];
    for (const [i, value] of row.entries()) {
      const field = i === 0 ? undefined : fieldValue(value);
      if (field !== undefined) fields.push([columns[i] ?? "", field]);
    }
    yield { tags, timeNs: rowTime(row), fields };
  }
}
