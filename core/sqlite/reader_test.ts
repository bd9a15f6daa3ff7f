/**
 * Edge (sqlite files). What is read back: counts and ranges, filters, latest points, and a reader beside
 * a writer.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { lineBatch } from "../../testing/batches.ts";
import { tempFolder } from "../../testing/servers/server.ts";
import { systemClock } from "../clock.ts";
import type { Writer } from "../delivery/writer.ts";
import { openForReading } from "./database.ts";
import { openSqliteReader, type SqliteReader } from "./reader.ts";
import { createSqliteWriter } from "./writer.ts";

const folder = await tempFolder("sqlite-reader");
const path = join(folder.path, "r.db");
const never = new AbortController().signal;
let writer: Writer;
let reader: SqliteReader;

beforeAll(async () => {
  writer = await createSqliteWriter({ path }, { clock: systemClock });
  const cpu = ["a", "b"].flatMap((host) =>
    [1, 2, 3].slice(host === "a" ? 0 : 1).map((n) =>
      `cpu,_tenant_id=t1,host=${host} value=${n} ${n}`
    )
  );
  const others = [
    "cpu,project_id=t2 value=10 9",
    'alarm_state_history,tenant_id=t1 new_state="OK" 5',
  ];
  await writer.write(lineBatch([...cpu, ...others]), never);
  await writer.write(lineBatch(["cpu value=7 4"], { destination: "mon_x" }), never);
  reader = await openSqliteReader(path);
});
afterAll(async () => {
  reader.close();
  await writer.close();
  await folder.remove();
});

const ms = (n: number): bigint => BigInt(n) * 1_000_000n;

test("summaries per database, measurement and tenant", () => {
  const none = { valued: 0, min: null, mean: null, max: null };
  const rows = reader.summaries().map(({ busiestSeries, ...rest }) => ({
    ...rest,
    busiest: reader.series().find(({ id }) => id === busiestSeries)?.tags.host,
  }));
  expect(rows).toEqual([
    {
      database: "",
      measurement: "alarm_state_history",
      tenant: "t1",
      series: 1,
      points: 1,
      firstNs: ms(5),
      lastNs: ms(5),
      ...none,
      busiestPoints: 1,
      busiest: undefined,
    },
    {
      database: "",
      measurement: "cpu",
      tenant: "t1",
      series: 2,
      points: 5,
      firstNs: ms(1),
      lastNs: ms(3),
      valued: 5,
      min: 1,
      mean: 2.2,
      max: 3,
      busiestPoints: 3,
      busiest: "a",
    },
    {
      database: "",
      measurement: "cpu",
      tenant: "t2",
      series: 1,
      points: 1,
      firstNs: ms(9),
      lastNs: ms(9),
      valued: 1,
      min: 10,
      mean: 10,
      max: 10,
      busiestPoints: 1,
      busiest: undefined,
    },
    {
      database: "mon_x",
      measurement: "cpu",
      tenant: null,
      series: 1,
      points: 1,
      firstNs: ms(4),
      lastNs: ms(4),
      valued: 1,
      min: 7,
      mean: 7,
      max: 7,
      busiestPoints: 1,
      busiest: undefined,
    },
  ]);
});

test("points in time order, by database, measurement, series and half-open range", () => {
  const times = (filter: Parameters<SqliteReader["points"]>[0]): number[] =>
    [...reader.points(filter)].map(({ timeNs }) => Number(timeNs / 1_000_000n));
  expect(times({})).toEqual([1, 2, 2, 3, 3, 4, 5, 9]);
  expect(times({ database: "mon_x" })).toEqual([4]);
  expect(times({ measurement: "cpu", database: "" })).toEqual([1, 2, 2, 3, 3, 9]);
  expect(times({ fromNs: ms(2), untilNs: ms(4) })).toEqual([2, 2, 3, 3]);
  const series = reader.series().find(({ tags }) => tags.host === "b");
  expect(times({ seriesId: series?.id ?? -1 })).toEqual([2, 3]);
  expect(times({ measurement: "none" })).toEqual([]);
  expect(reader.values([series?.id ?? -1])).toEqual(new Map([[series?.id ?? -1, [2, 3]]]));
});

test("the latest points, oldest first", () => {
  expect(reader.latest(2).map(({ series }) => series.measurement)).toEqual([
    "alarm_state_history",
    "cpu",
  ]);
  expect(reader.latest(1, { untilNs: ms(4) })[0]?.timeNs).toBe(ms(3));
});

test("a reader sees what a writer beside it has stored since, with its new series", async () => {
  const before = [...reader.points({ measurement: "late" })];
  await writer.write(lineBatch(["late,a=b value=1 1"]), never);
  const [point, ...rest] = reader.points({ measurement: "late" });
  expect([before, rest]).toEqual([[], []]);
  expect(point?.series.tags).toEqual({ a: "b" });
});

test("of series with as many points the one with the widest range counts as the busiest", async () => {
  const values = [["flat", 5, 5, 5], ["wide", 0, 1, 0], ["narrow", 5, 5, 5.5]];
  const lines = values.flatMap(([host, ...row]) =>
    row.map((value, i) => `tie,host=${host} value=${value} ${i}`)
  );
  await writer.write(lineBatch(lines), never);
  const summary = reader.summaries().find(({ measurement }) => measurement === "tie");
  const busiest = reader.series().find(({ id }) => id === summary?.busiestSeries);
  expect(busiest?.tags).toEqual({ host: "wide" });
});

test("a reader that was the last to close leaves no log beside the file, and cannot write", async () => {
  await using own = await tempFolder("sqlite-reader-alone");
  const file = join(own.path, "alone.db");
  const filling = await createSqliteWriter({ path: file }, { clock: systemClock });
  await filling.write(lineBatch(["m value=1 1"]), never);
  await filling.close();
  const alone = await openSqliteReader(file);
  expect(alone.summaries()).toHaveLength(1);
  alone.close();
  expect(await readdir(own.path)).toEqual(["alone.db"]);
  const database = await openForReading(file);
  expect(() => database.run("DELETE FROM points")).toThrow("readonly");
  database.close();
});
