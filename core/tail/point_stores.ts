/**
 * Edge (net, sqlite files). InfluxDB and SQLite as stores to look into. Each one's code is loaded only when
 * it is used.
 */
import type { Clock } from "../clock.ts";
import type { Influxdb2Endpoint, InfluxdbEndpoint, SqliteEndpoint } from "../config/endpoint.ts";
import type { Datum } from "../datum/datum.ts";
import { pointDatum } from "../datum/line_datum.ts";
import type { TimedPoint } from "../influxdb/point_reader.ts";
import type { StoredPoint } from "../sqlite/reader.ts";
import type { PointStore } from "./store_source.ts";

/** Whether points of a measurement can be wanted at all. */
export type NameTest = (measurement: string) => boolean;

const nsPerMs = 1_000_000n;
/** Long times are read span by span, each about so many points long. */
const pointsWanted = 10_000;
const spanMsFirst = 60_000;
const spanFactor = 4;
/** A span with more points is read in shorter ones: a long empty one may end in all there is. */
const pointsMax = 20_000;
const crowdedFactor = 64;
/** Rows of a file handed on at a time. */
const rowsPerBatch = 1000;

/** Rejects with a ConfigError or StoreError where it cannot be read. */
export async function openInfluxdbStore(
  endpoint: InfluxdbEndpoint | Influxdb2Endpoint,
  { clock, isWanted }: { readonly clock: Clock; readonly isWanted: NameTest },
): Promise<PointStore> {
  const { openPointReader, TooManyPoints } = await import("../influxdb/point_reader.ts");
  const reader = await openPointReader(endpoint, { clock });
  const wanted = async (): Promise<string[]> => (await reader.measurements()).filter(isWanted);
  await wanted();
  return {
    latest: async (count) => {
      const points = await reader.points({
        measurements: await wanted(),
        fromNs: undefined,
        untilNs: undefined,
        newest: count,
        pointsMax: Infinity,
      });
      return points.map(timedDatum);
    },
    async *since(fromMs): AsyncGenerator<readonly Datum[], void, void> {
      const nowMs = clock.now();
      let spanMs = spanMsFirst;
      for (let at = Math.max(0, Math.floor(fromMs));;) {
        const isLast = at + spanMs >= nowMs;
        const points = await reader.points({
          measurements: await wanted(),
          fromNs: BigInt(at) * nsPerMs,
          untilNs: isLast ? undefined : BigInt(at + spanMs) * nsPerMs - 1n,
          newest: undefined,
          pointsMax: spanMs > 1 ? pointsMax : Infinity,
        }).catch((error: unknown) => {
          if (error instanceof TooManyPoints) return undefined;
          throw error;
        });
        if (points === undefined) {
          spanMs = Math.max(1, Math.floor(spanMs / crowdedFactor));
          continue;
        }
        if (points.length > 0) yield points.map(timedDatum);
        if (isLast) return;
        at += spanMs;
        if (points.length < pointsWanted / spanFactor) spanMs *= spanFactor;
        else if (points.length > pointsWanted) {
          spanMs = Math.max(1, Math.floor(spanMs / spanFactor));
        }
      }
    },
    close: () => reader.close(),
  };
}

/** Rejects with a ConfigError where it cannot be opened. */
export async function openSqliteStore(
  { path }: SqliteEndpoint,
  isWanted: NameTest,
): Promise<PointStore> {
  const { openSqliteReader } = await import("../sqlite/reader.ts");
  const reader = await openSqliteReader(path);
  const dataOf = (points: readonly StoredPoint[]): Datum[] =>
    points.filter(({ series }) => isWanted(series.measurement)).map(storedDatum);
  return {
    latest: (count) => Promise.resolve(reader.latest(count).map(storedDatum)),
    async *since(fromMs): AsyncGenerator<readonly Datum[], void, void> {
      let rows: StoredPoint[] = [];
      for (const point of reader.points({ fromNs: BigInt(Math.floor(fromMs)) * nsPerMs })) {
        rows.push(point);
        if (rows.length < rowsPerBatch) continue;
        yield dataOf(rows);
        rows = [];
      }
      yield dataOf(rows);
    },
    close: () => reader.close(),
  };
}

function timedDatum(point: TimedPoint): Datum {
  return pointDatum(point, point.timestamp);
}

function storedDatum({ series, fields, timeNs }: StoredPoint): Datum {
  const { measurement, tags } = series;
  return pointDatum({ measurement, tags: Object.entries(tags), fields: [...fields] }, timeNs);
}
