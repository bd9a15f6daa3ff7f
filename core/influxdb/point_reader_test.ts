/**
 * Edge (net). Points read page by page from a scripted store that answers InfluxQL as InfluxDB does: none is
 * left out, none comes twice, and what cannot be taken in one piece is asked for in smaller ones.
 */
import { afterEach, describe, expect, test } from "bun:test";
import type { ScriptedHttp } from "../../testing/scripted_http.ts";
import { type ScriptedRow, startScriptedInfluxql } from "../../testing/scripted_influxql.ts";
import { systemClock } from "../clock.ts";
import { parseStore } from "../config/endpoint_url.ts";
import { openPointReader, type PointReader, TooManyPoints } from "./point_reader.ts";

let server: ScriptedHttp | undefined;
let reader: PointReader | undefined;
afterEach(async () => {
  reader?.close();
  await server?.stop();
});

/** A store with one measurement of these rows. */
async function storeOf(rows: readonly ScriptedRow[]): Promise<PointReader> {
  const found = server = await startScriptedInfluxql(rows);
  const endpoint = parseStore(`influxdb://127.0.0.1:${found.port}/mon`, {
    ...{ password: undefined, influxToken: undefined },
  });
  if (endpoint.scheme !== "influxdb") throw new Error("no InfluxDB");
  return reader = await openPointReader(endpoint, { clock: systemClock });
}

const all = {
  ...{ measurements: ["cpu"], fromNs: undefined, untilNs: undefined, newest: undefined },
  pointsMax: Infinity,
};
const hosts = (count: number, time: bigint, note = ""): ScriptedRow[] =>
  Array.from({ length: count }, (_, i) => ({ time, host: `h${i}`, note }));

describe("points", () => {
  test("of one time that no answer holds, between others", async () => {
    // 5000 rows of 1200 bytes are more than one answer may have.
    const rows = [...hosts(3, 1n), ...hosts(5000, 2n, "x".repeat(1200)), ...hosts(2500, 3n)];
    const store = await storeOf(rows);
    const points = await store.points(all);
    expect(points.length).toBe(rows.length);
    const names = new Set(points.map(({ tags, timestamp }) => `${timestamp} ${tags[0]?.[1]}`));
    expect(names.size).toBe(rows.length);
    expect(points.map(({ timestamp }) => timestamp)).toEqual(rows.map(({ time }) => time));
  });

  test("the newest of them", async () => {
    const store = await storeOf([...hosts(10, 1n), ...hosts(3000, 2n), ...hosts(2, 3n)]);
    const newest = await store.points({ ...all, newest: 2500 });
    expect(newest.length).toBe(2500);
    expect(newest.map(({ timestamp }) => timestamp)).toEqual([
      ...Array.from({ length: 2498 }, () => 2n),
      ...[3n, 3n],
    ]);
  });

  test("that are more than were to be read", async () => {
    const store = await storeOf(hosts(5000, 1n).map((row, i) => ({ ...row, time: BigInt(i) })));
    await expect(store.points({ ...all, pointsMax: 4000 })).rejects.toBeInstanceOf(TooManyPoints);
    expect((await store.points({ ...all, pointsMax: 6000 })).length).toBe(5000);
  });
});

test("an answer that is no JSON, and one that is a part, are errors of the store", async () => {
  const store = await storeOf([]);
  server?.queue({ status: 200, body: "<html>" });
  await expect(store.measurements()).rejects.toThrow("its answer is no JSON");
  const series = '"series":[{"name":"m","columns":["name"],"values":[["a"]],"partial":true}]';
  server?.queue({ status: 200, body: `{"results":[{${series},"partial":true}]}` });
  await expect(store.measurements()).rejects.toThrow("its answer was cut off");
  server?.queue({ status: 200, body: `{"results":[{${series}}]}` });
  expect(await store.measurements()).toEqual(["a"]);
});
