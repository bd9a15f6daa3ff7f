/**
 * Edge (net). All points of a store since a time, as tail asks for them: in spans that fit memory, also where
 * a long empty span ends in all there is.
 */
import { expect, test } from "bun:test";
import { startScriptedInfluxql } from "../../testing/scripted_influxql.ts";
import { systemClock } from "../clock.ts";
import { parseStore } from "../config/endpoint_url.ts";
import { openInfluxdbStore } from "./point_stores.ts";

test("since 1970, of a store whose points are of one day", async () => {
  const count = 60_000;
  const rows = Array.from({ length: count }, (_, i) => ({
    time: 1_700_000_000_000_000_000n + BigInt(i) * 1_400_000_000n,
    host: "h",
    note: "",
  }));
  const server = await startScriptedInfluxql(rows);
  const endpoint = parseStore(`influxdb://127.0.0.1:${server.port}/mon`, {
    ...{ password: undefined, influxToken: undefined },
  });
  if (endpoint.scheme !== "influxdb") throw new Error("no InfluxDB");
  const store = await openInfluxdbStore(endpoint, { clock: systemClock, isWanted: () => true });
  const times: number[] = [];
  for await (const data of store.since(0)) {
    expect(data.length).toBeLessThanOrEqual(20_000);
    for (const { timeMs } of data) times.push(timeMs);
  }
  store.close();
  await server.stop();
  expect(times).toEqual(rows.map(({ time }) => Number(time / 1000n) / 1000));
}, 60_000);
