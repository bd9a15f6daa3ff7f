/**
 * Edge (net). The InfluxDB 1.x writer against a scripted server: each example of the reaction table, what
 * goes over the wire, and connections that fail. What the real server does is writer1_real_test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { GzipChoice } from "../config/endpoint.ts";
import type { Writer } from "../delivery/writer.ts";
import { lineBatch } from "../../testing/batches.ts";
import { influxdb1Writer, refusalTo } from "../../testing/influxdb_writers.ts";
import { type ScriptedHttp, startScriptedHttp } from "../../testing/scripted_http.ts";
import { storeErrorOf } from "../../testing/writer_conformance.ts";
import { usesGzip } from "./line_request.ts";
import { creation1, reactions1, tenantCreation1 } from "./reactions1.ts";
import { createDatabaseStatement, quoteIdentifier } from "./writer1.ts";

const persister = { user: "mon_persister", password: 's3cret "пароль' };
const never = new AbortController().signal;

/** Rows that no real server gives on demand: their examples are played by the scripted server. */
const playedOnly = [
  "200 from something else",
  "redirect",
  "compressed request unreadable",
  "bad request in plain text",
  "nothing there",
  "proxy wants credentials",
  "request took too long to arrive",
  "too many requests",
  "other refusals",
  "overload",
  "outage",
];

/** Rows that the real server is brought to, in writer1_real_test.ts and tls_test.ts. */
const provoked = [
  "no TLS, or a proxy's page",
  "beyond retention",
  "limits",
  "no database named",
  "refused lines",
  "credentials",
  "grants",
  "database not found",
  "too large",
  "retention policy not found",
];

test("every row of the table is provoked or played, and none twice", () => {
  const names = reactions1.map(({ name }) => name).toSorted();
  expect([...provoked, ...playedOnly].toSorted()).toEqual(names);
});

describe("each example of the table, played by a scripted server", () => {
  let scripted: ScriptedHttp;
  let writer: Writer;
  beforeAll(async () => {
    scripted = await startScriptedHttp();
    writer = await influxdb1Writer(scripted, { credentials: persister, databasePerTenant: true });
  });
  afterAll(() => scripted.stop());
  const examples = reactions1.flatMap((row) =>
    row.examples.map((example) => [row.name, row.reaction, example] as const)
  );
  test.each(examples)("%s: %s", async (_, reaction, example) => {
    scripted.queue(example);
    const refusal = await refusalTo(["m v=1"], writer);
    expect(refusal.reaction).toBe(reaction);
    expect(refusal.message).toStartWith(
      `Cannot write to 'influxdb://127.0.0.1:${scripted.port}/mon': ${example.status} `,
    );
    expect(refusal.message).not.toContain(persister.password);
  });
  const creations = [...creation1, ...tenantCreation1].flatMap((row) =>
    row.examples.map((example) => [row.name, row.reaction, example] as const)
  );
  test.each(creations)("creation, %s: %s", async (_, reaction, { status, body }) => {
    const result = body.replace(/.*/s, (text) => `{"results":[${text}]}`);
    scripted.queue({ status, body: status === 200 ? result : body });
    scripted.queue({ status: 200, body: '{"results":[{"statement_id":0}]}' });
    const refusal = await storeErrorOf(writer.createDestination("mon_t", never));
    expect(refusal.reaction).toBe(reaction);
  });
  test("creation answered by no InfluxDB", async () => {
    scripted.queue({ status: 200, body: "<html>" }, { status: 200, body: "<html>" });
    const refusal = await storeErrorOf(writer.createDestination("mon_t", never));
    expect(refusal.reaction).toBe("retry");
    expect(refusal.message).toContain("no answer to a query: <html>");
  });
});

describe("what goes over the wire", () => {
  let scripted: ScriptedHttp;
  beforeAll(async () => {
    scripted = await startScriptedHttp();
  });
  afterAll(() => scripted.stop());
  const last = () => scripted.requests.at(-1);

  test("database, precision and credentials: the secret in a header, nothing else of it", async () => {
    const writer = await influxdb1Writer(scripted, {
      credentials: persister,
      database: "mon & on",
    });
    await writer.write(lineBatch(["m v=1 1"]), never);
    expect(last()?.path).toBe("/write");
    expect(Object.fromEntries(last()?.query ?? [])).toEqual({ db: "mon & on", precision: "ms" });
    const encoded = Buffer.from(`${persister.user}:${persister.password}`).toString("base64");
    expect(last()?.headers.get("authorization")).toBe(`Basic ${encoded}`);
    await writer.write(lineBatch(["m v=1 1"], { destination: "mon_t/1", precision: "ns" }), never);
    expect(Object.fromEntries(last()?.query ?? [])).toEqual({ db: "mon_t/1", precision: "n" });
  });
  test("no credentials, no header", async () => {
    await (await influxdb1Writer(scripted)).write(lineBatch(["m v=1"]), never);
    expect(last()?.headers.get("authorization")).toBeNull();
  });
  test("gzip: not on loopback unless told to, and never for a small body", async () => {
    const large = lineBatch(Array.from({ length: 500 }, (_, i) => `m,h=host${i} v=${i} 1`));
    const encodings = async (gzip: GzipChoice, host = "127.0.0.1") => {
      const writer = await influxdb1Writer(scripted, { gzip, host });
      const seen = [];
      for (const batch of [large, lineBatch(["m v=1 1"])]) {
        await writer.write(batch, never);
        seen.push(last()?.headers.get("content-encoding"));
        expect(last()?.text).toBe(new TextDecoder().decode(batch.body));
      }
      return seen;
    };
    expect(await encodings("auto")).toEqual([null, null]);
    expect(await encodings("auto", "localhost")).toEqual([null, null]);
    expect(await encodings("never")).toEqual([null, null]);
    expect(await encodings("always")).toEqual(["gzip", null]);
  });
  test("gzip on auto: towards another machine", () => {
    const hosts = ["127.0.0.1", "127.3.2.1", "localhost", "::1", "10.0.0.1", "127.0.0.1.example"];
    const zipped = hosts.filter((host) => usesGzip("auto", host));
    expect(zipped).toEqual(["10.0.0.1", "127.0.0.1.example"]);
  });
  test("more than any server takes is split without asking; a single line is asked", async () => {
    const writer = await influxdb1Writer(scripted);
    const long = `m v="${"x".repeat(13_000_000)}"`;
    const asked = scripted.requests.length;
    const refusal = await refusalTo([long, long], writer);
    expect(refusal.reaction).toBe("split");
    expect(scripted.requests.length).toBe(asked);
    await writer.write(lineBatch([long.replace("x", long)]), never);
    expect(scripted.requests.length).toBe(asked + 1);
  });
  test("connections are kept, and an idle one that the server drops is no failure", async () => {
    const writer = await influxdb1Writer(scripted);
    await writer.write(lineBatch(["m v=1"]), never);
    const first = last()?.connection;
    await writer.write(lineBatch(["m v=1"]), never);
    expect(last()?.connection).toBe(first);
    scripted.dropConnections();
    await Bun.sleep(20);
    await writer.write(lineBatch(["m v=1"]), never);
    expect(last()?.connection).not.toBe(first);
  });
});

describe("connections that fail are retryable, and say how", () => {
  const faults: readonly [string, Parameters<ScriptedHttp["queue"]>[0], string][] = [
    ["reset", "reset", "connection closed before the answer was complete (ECONNRESET)"],
    ["closed", "close", "connection closed before the answer was complete (ECONNRESET)"],
    ["half an answer", "half", "connection closed before the answer was complete (ECONNRESET)"],
    ["no answer", "silence", "no answer in time (TimeoutError)"],
    ["a late answer", { status: 204, delayMs: 2000 }, "no answer in time (TimeoutError)"],
  ];
  test.each(faults)("%s", async (_, fault, words) => {
    const scripted = await startScriptedHttp();
    try {
      const writer = await influxdb1Writer(scripted, { credentials: persister }, {
        timeoutMs: 250,
      });
      await writer.write(lineBatch(["m v=1"]), never);
      scripted.queue(fault);
      const refusal = await refusalTo(["m v=1"], writer);
      expect(refusal.reaction).toBe("retry");
      expect(refusal.message).toBe(
        `Cannot reach 'influxdb://127.0.0.1:${scripted.port}/mon': ${words}, expected an answer`,
      );
      await writer.write(lineBatch(["m v=1"]), never);
    } finally {
      await scripted.stop();
    }
  });
  test("refused, and an unknown name", async () => {
    const scripted = await startScriptedHttp();
    await scripted.stop();
    const refused = await refusalTo(["m v=1"], await influxdb1Writer(scripted));
    expect([refused.reaction, refused.message]).toEqual([
      "retry",
      `Cannot reach 'influxdb://127.0.0.1:${scripted.port}/mon': connection refused ` +
      "(ECONNREFUSED), expected a server that listens there",
    ]);
    const unknown = await refusalTo(
      ["m v=1"],
      await influxdb1Writer(scripted, { host: "no.invalid" }),
    );
    expect(unknown.reaction).toBe("retry");
  });
});

test("the statement that makes a database", () => {
  expect(createDatabaseStatement("mon", 0)).toBe('CREATE DATABASE "mon"');
  expect(createDatabaseStatement('m"o\\n', 3)).toBe(
    'CREATE DATABASE "m\\"o\\\\n" WITH DURATION 3h REPLICATION 1 NAME "3h"',
  );
});

test("nothing in a quoted identifier can end it: it reads back as it was", () => {
  const characters = ['"', "\\", "\n", "n", "'", ";", "-", " ", "\0", "ü", "🌡"];
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...characters) }), (name) => {
    const quoted = quoteIdentifier(name);
    expect(quoted.at(0)).toBe('"');
    const inner = quoted.slice(1, -1);
    expect(inner.replace(/\\[\s\S]/g, "")).not.toMatch(/["\n]/);
    const plain = inner.replace(/\\(.)/g, (_, escaped) => escaped === "n" ? "\n" : escaped);
    expect(plain).toBe(name);
  }));
});
