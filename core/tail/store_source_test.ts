/**
 * Edge (net, processes, sqlite files). The latest points of real stores, and those that come: each once, late
 * ones too.
 */
import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from "bun:test";
import { join } from "node:path";
import { lineBatch } from "../../testing/batches.ts";
import { type ScriptedRequest, startScriptedHttp } from "../../testing/scripted_http.ts";
import { type Influxdb, influxdbMissing, startInfluxdb } from "../../testing/servers/influxdb.ts";
import { tempFolder } from "../../testing/servers/server.ts";
import { closeTailings, startTailing } from "../../testing/tailing.ts";
import { systemClock } from "../clock.ts";
import { createSqliteWriter } from "../sqlite/writer.ts";
import { jsonLines } from "./json_lines.ts";

setDefaultTimeout(60_000);
const missing = influxdbMissing();
if (missing !== undefined) console.error(`skipped: looking into InfluxDB: ${missing}`);
const never = new AbortController().signal;
afterEach(closeTailings);

/** Line n a second after line n - 1, in ms. */
function line(n: number, measurement = `m${n % 3}`): string {
  return `${measurement},_tenant_id=t1,hostname=h${n % 2} value=${n} ${
    1_700_000_000_000 + n * 1000
  }`;
}

const lines = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => line(from + i));

describe("SQLite", () => {
  test("the latest, all since, and what comes", async () => {
    await using folder = await tempFolder("tail-sqlite");
    const path = join(folder.path, "t.db");
    const writer = await createSqliteWriter({ path }, { clock: systemClock });
    await writer.write(lineBatch(lines(0, 3000)), never);
    const latest = await startTailing(`sqlite:${path}`, { last: "3" });
    await latest.ended;
    expect(latest.values()).toEqual([2997, 2998, 2999]);
    expect(latest.data[2]).toMatchObject({
      kind: "point",
      name: "m2",
      tenant: "t1",
      resource: "h1",
    });
    const rare = await startTailing(`sqlite:${path}`, { last: "2", where: "value < 5" });
    await rare.ended;
    expect(rare.values()).toEqual([3, 4]);
    const since = await startTailing(`sqlite:${path}`, { since: "1700000000", meters: ["m1"] });
    await since.ended;
    expect(since.data.length).toBe(1000);
    const following = await startTailing(`sqlite:${path}`, { last: "1", follow: true });
    await following.came(1);
    await writer.write(lineBatch([line(2990, "late"), ...lines(3000, 3002)]), never);
    await following.came(4);
    expect(following.values()).toEqual([2999, 2990, 3000, 3001]);
    await closeTailings();
    await writer.close();
  });

  test("a file that is none", async () => {
    await expect(startTailing("sqlite:/dev/null/x.db")).rejects.toThrow("Cannot open SQLite file");
  });
});

describe.skipIf(missing !== undefined)("InfluxDB 1.x", () => {
  let influxdb: Influxdb;
  let url: string;
  beforeAll(async () => {
    influxdb = await startInfluxdb();
    await influxdb.query('CREATE DATABASE "tail"');
    url = `influxdb://127.0.0.1:${influxdb.port}/tail`;
    await write(lines(0, 9000));
  });
  afterAll(async () => {
    await closeTailings();
    await influxdb?.remove();
  });

  async function write(some: readonly string[]): Promise<void> {
    const path = `${influxdb.origin}/write?db=tail&precision=ms`;
    const answer = await fetch(path, { method: "POST", body: some.join("\n") });
    expect(answer.status).toBe(204);
  }

  test("the latest of all measurements, tags and fields apart", async () => {
    const tailing = await startTailing(url, { last: "4" });
    await tailing.ended;
    expect(tailing.values()).toEqual([8996, 8997, 8998, 8999]);
    expect(jsonLines.lines(tailing.data.slice(-1))).toBe(
      '{"measurement":"m2","tags":{"_tenant_id":"t1","hostname":"h1"},"fields":{"value":8999.0},' +
        '"timestamp":1700008999000000000}\n',
    );
  });

  test("more than one answer holds, in the order of time, each once", async () => {
    const all = await startTailing(url, { since: "1700000000" });
    await all.ended;
    expect(all.values()).toEqual(Array.from({ length: 9000 }, (_, n) => n));
    const many = await startTailing(url, { last: "7000" });
    await many.ended;
    expect(many.values()).toEqual(Array.from({ length: 7000 }, (_, i) => 2000 + i));
    const one = await startTailing(url, { last: "2500", meters: ["m1"] });
    await one.ended;
    expect(one.data.length).toBe(2500);
  });

  test("points of one time that an answer cuts through", async () => {
    const same = Array.from({ length: 5000 }, (_, n) => `same,n=${n} value=${n} 1700000000000`);
    await write(same);
    const tailing = await startTailing(url, { since: "1700000000", meters: ["same"] });
    await tailing.ended;
    expect(new Set(tailing.values()).size).toBe(5000);
    expect(tailing.data.length).toBe(5000);
  });

  test("what comes, late points too, and an outage in between", async () => {
    const tailing = await startTailing(url, { last: "1", meters: ["m?", "late"], follow: true });
    await tailing.came(1);
    await write([line(8990, "late"), ...lines(9000, 9002)]);
    await tailing.came(4);
    await influxdb.stop();
    await Bun.sleep(2500);
    await influxdb.start();
    await write(lines(9002, 9003));
    await tailing.came(5);
    expect(tailing.values()).toEqual([8999, 8990, 9000, 9001, 9002]);
    // In whichever words the server went away; said once, and once more when it is back.
    expect(tailing.troubles).toEqual([expect.stringMatching(/^Cannot /), undefined]);
  });

  test("a database that is not there", async () => {
    const gone = `influxdb://127.0.0.1:${influxdb.port}/nope`;
    await expect(startTailing(gone)).rejects.toThrow(/^Cannot read '.*\/nope': database not found/);
  });
});

describe("InfluxDB 2.x", () => {
  const series = {
    "SHOW MEASUREMENTS": { name: "measurements", columns: ["name"], values: [["cpu"], ["mem"]] },
    "SHOW TAG KEYS": { name: "cpu", columns: ["tagKey"], values: [["host"]] },
    "SELECT": {
      name: "cpu",
      columns: ["time", "host", "note", "value"],
      values: [["1700000000000000001", "a", null, 1.5], ["1700000000000000002", "b", "x", 2]],
    },
  };

  /** As 2.7 answers InfluxQL of a bucket: 401 without a token, one series per statement. */
  function answer({ query, headers, path }: ScriptedRequest): { status: number; body: string } {
    if (headers.get("authorization") !== "Token secret") {
      return { status: 401, body: '{"code":"unauthorized","message":"unauthorized access"}' };
    }
    const q = query.get("q") ?? "";
    const kind = Object.keys(series).find((each) => q.startsWith(each)) ?? "";
    const found = Object.entries(series).find(([each]) => each === kind)?.[1];
    if (path !== "/query" || query.get("db") !== "b" || found === undefined) {
      return { status: 404, body: '{"code":"not found","message":"path not found"}' };
    }
    const text = JSON.stringify({ results: [{ statement_id: 0, series: [found] }] });
    return { status: 200, body: text.replace(/"(17\d{17})"/g, "$1") };
  }

  test("a bucket is asked by InfluxQL, with the token", async () => {
    const server = await startScriptedHttp({ otherwise: answer });
    const url = `influxdb2://127.0.0.1:${server.port}/b?org=tp`;
    const tailing = await startTailing(url, { meters: ["cpu"] }, { influxToken: "secret" });
    await tailing.ended;
    expect(jsonLines.lines(tailing.data).split("\n")).toEqual([
      '{"measurement":"cpu","tags":{"host":"a"},"fields":{"value":1.5},' +
      '"timestamp":1700000000000000001}',
      '{"measurement":"cpu","tags":{"host":"b"},"fields":{"note":"x","value":2.0},' +
      '"timestamp":1700000000000000002}',
      "",
    ]);
    expect(server.requests.some(({ query }) => query.get("q")?.includes('"mem"'))).toBe(false);
    await expect(startTailing(url, {}, { influxToken: "wrong" })).rejects.toThrow(/401/);
    await server.stop();
  });
});
