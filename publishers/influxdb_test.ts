/**
 * Edge (net, processes, files). The influxdb publisher against a real InfluxDB 1.x: the conformance
 * test, a database that is made, refusals; for influxdb2 the request, whose answers are the writer's
 * own tests.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "../core/errors.ts";
import { DateTimeValue } from "../core/pipeline/event.ts";
import type { Publisher } from "../core/pipeline/publisher.ts";
import { describePublisher, markedSample } from "../testing/publisher_conformance.ts";
import { makePublisher } from "../testing/publishers.ts";
import { makeEvent, makeSample } from "../testing/samples.ts";
import { startScriptedHttp } from "../testing/scripted_http.ts";
import { type Influxdb, influxdbMissing, startInfluxdb } from "../testing/servers/influxdb.ts";
import { storeErrorOf } from "../testing/writer_conformance.ts";
import { influxdbKind } from "./influxdb.ts";

setDefaultTimeout(120_000);
const missing = influxdbMissing();
if (missing !== undefined) console.error(`InfluxDB tests skipped: ${missing}`);

const signal = new AbortController().signal;
const secrets = { password: undefined, influxToken: "t0ken" };

function open(url: string): Publisher {
  return makePublisher(influxdbKind, url, { settings: { secrets } });
}

describe.skipIf(missing !== undefined)("against a real InfluxDB", () => {
  let influxdb: Influxdb;
  const database = "published";
  let isRefusing = false;
  beforeAll(async () => {
    influxdb = await startInfluxdb();
  });
  afterAll(() => influxdb?.remove());

  const openDatabase = (query = ""): Publisher =>
    open(`influxdb://user:pa55@127.0.0.1:${influxdb.port}/${database}${query}`);
  const wipe = async (): Promise<void> => void await influxdb.query(`DROP DATABASE ${database}`);

  describePublisher({
    title: "influxdb",
    takes: ["samples", "events"],
    create: () => openDatabase("?timeout=5"),
    reset: wipe,
    received: async (carries) => {
      const [from, column] = carries === "samples"
        ? ["vcpus", "resource_id"]
        : ["event", "message_id"];
      const databases = await influxdb.query("SHOW DATABASES");
      if (databases.every(({ name }) => name !== database)) return [];
      return (await influxdb.query(`SELECT * FROM ${from}`, database))
        .map((row) => String(row[column]));
    },
    sampleOf: (mark, n) => ({
      ...markedSample(mark, n),
      volume: isRefusing ? "none" : n,
      timestamp: `2026-01-02T03:04:05.${String(n).padStart(6, "0")}`,
    }),
    eventOf: (mark, n) => {
      const ms = isRefusing ? 10n ** 17n : 1_767_323_045_000_000n + BigInt(n);
      return makeEvent({ message_id: mark, generated: new DateTimeValue(ms) });
    },
    order: "points are read in the order of their times",
    refusal: {
      begin: () => void (isRefusing = true),
      end: () => void (isRefusing = false),
    },
    outage: { begin: () => influxdb.stop(), end: () => influxdb.start() },
    silence: { begin: () => influxdb.freeze(), end: () => influxdb.thaw() },
    secrets: ["pa55", "t0ken"],
  });

  test("a field of another type is the server's refusal, of that sample only", async () => {
    await wipe();
    const url = `http://127.0.0.1:${influxdb.port}`;
    await influxdb.query(`CREATE DATABASE ${database}`);
    await fetch(`${url}/write?db=${database}`, {
      method: "POST",
      body: 'cpu value="text" 1767323045000000000',
    });
    const publisher = openDatabase();
    const samples = [makeSample({ name: "cpu" }), makeSample()];
    const error = await storeErrorOf(publisher.publishSamples(samples, signal));
    expect(error.reaction).toBe("bisect");
    expect(error.message).toContain("field type conflict");
    await publisher.close();
  });
});

test("influxdb2 is asked with its organization and token, wherever the token stands", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tpctl-influxdb2-"));
  const server = await startScriptedHttp();
  writeFileSync(join(folder, "token"), "fr0m-file\n");
  const url = `${server.origin.replace("http", "influxdb2")}/bucket?org=o&metadata`;
  for (const query of ["", `&token_file=${join(folder, "token")}`]) {
    const publisher = open(url + query);
    expect(publisher.name).toBe(`${server.origin.replace("http", "influxdb2")}/bucket`);
    await publisher.publishSamples([makeSample()], signal);
    await publisher.close();
  }
  await server.stop();
  rmSync(folder, { recursive: true });
  expect(server.requests.map(({ headers }) => headers.get("authorization")))
    .toEqual(["Token t0ken", "Token fr0m-file"]);
  const [request] = server.requests;
  expect(`${request?.path}?${request?.query}`).toBe(
    "/api/v2/write?org=o&bucket=bucket&precision=ns",
  );
  expect(request?.text).toBe(
    "vcpus,project_id=project-1,resource_id=11111111-2222-4333-8444-555555555555," +
      "source=openstack,type=gauge,unit=vcpu,user_id=user-1 value=1," +
      'metadata="{\\"host\\": \\"compute-1\\"}" 1767323045678901000\n',
  );
});

test.each([
  ["influxdb://h:8086", "names no database"],
  ["influxdb2://h:8086?org=o", "names no bucket"],
  ["influxdb://h/db?precision=s", "'precision'"],
  ["influxdbs://h/db?ca=/no/such.pem", "/no/such.pem"],
  ["influxdb2://h/b?token_file=/no/such", "/no/such"],
  ["influxdb://u:hidden@h/", "names no database"],
])("%s is a configuration error", (url, words) => {
  expect(() => open(url)).toThrow(ConfigError);
  expect(() => open(url)).toThrow(words);
  expect(() => open(url)).not.toThrow("hidden");
});
