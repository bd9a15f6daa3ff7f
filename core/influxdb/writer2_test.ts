/**
 * Edge (processes, net). The InfluxDB 2.x writer: each example of the reaction table from a scripted
 * server, and one suite against 2.7.12's replayed answers and, where there is one, the real server.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Reaction, Writer } from "../delivery/writer.ts";
import { lineBatch } from "../../testing/batches.ts";
import { influxdb2Writer, refusalTo } from "../../testing/influxdb_writers.ts";
import { type ScriptedHttp, startScriptedHttp } from "../../testing/scripted_http.ts";
import { influxdb2Missing, startInfluxdb2 } from "../../testing/servers/influxdb2.ts";
import { startInfluxdb2Replay } from "../../testing/servers/influxdb2_replay.ts";
import { influxdbMissing, startInfluxdb } from "../../testing/servers/influxdb.ts";
import {
  bisect,
  conformanceLines,
  conformanceTimeMs,
  describeWriter,
  storeErrorOf,
} from "../../testing/writer_conformance.ts";
import { creation2, organization2, reactions2, tenantCreation2 } from "./reactions2.ts";

const missing = influxdb2Missing();
if (missing !== undefined) console.error(`optional: InfluxDB 2.x answers are replayed: ${missing}`);

const never = new AbortController().signal;
const nowMs = Date.now();

/** What the suite needs of an InfluxDB 2.x, real or replayed. */
interface Subject {
  readonly port: number;
  readonly tokens: { readonly all: string; readonly read: string; readonly write: string };
  /** Retention of a bucket in seconds; 0: for ever. */
  retentionOf(bucket: string): Promise<number>;
  /** Empties bucket "b" of what the conformance test wrote. */
  reset(): Promise<void>;
  /** What the conformance test wrote to bucket "b". */
  stored(): Promise<ReadonlyMap<string, string>>;
  stop(): Promise<void>;
  start(): Promise<void>;
  freeze(): void;
  thaw(): void;
  remove(): Promise<void>;
}

/** Rows that no server gives on demand: their examples are played by the scripted server. */
const playedOnly = [
  "200 from something else",
  "redirect",
  "no TLS, or a proxy's page",
  "proxy wants credentials",
  "request took too long to arrive",
  "too large",
  "too many requests, quota",
  "other refusals",
  "overload",
  "outage",
];

/** Rows that the suite below brings a server to. */
const provoked = [
  "no organization named",
  "refused, nothing stored",
  "token",
  "permissions",
  "organization not found",
  "bucket not found",
  "beyond retention",
  "refused in part",
  "nothing there",
];

test("every row of the table is provoked or played, and none twice", () => {
  const names = reactions2.map(({ name }) => name).toSorted();
  expect([...provoked, ...playedOnly].toSorted()).toEqual(names);
});

describe("each example of the table, played by a scripted server", () => {
  let scripted: ScriptedHttp;
  let writer: Writer;
  beforeAll(async () => {
    scripted = await startScriptedHttp();
    writer = await influxdb2Writer(scripted, { token: "s3cret-token", bucketPerTenant: true });
  });
  afterAll(() => scripted.stop());
  const examplesOf = (table: typeof reactions2) =>
    table.flatMap((row) =>
      row.examples.map((example) => [row.name, row.reaction, example] as const)
    );
  test.each(examplesOf(reactions2))("%s: %s", async (_, reaction, example) => {
    scripted.queue(example);
    const refusal = await refusalTo(["m v=1"], writer);
    expect(refusal.reaction).toBe(reaction);
    expect(refusal.message).toStartWith(
      `Cannot write to 'influxdb2://127.0.0.1:${scripted.port}/b': ${example.status} `,
    );
    expect(refusal.message).not.toContain("s3cret");
  });
  const found = { status: 200, body: '{"orgs":[{"id":"04"}]}' };
  test.each(examplesOf([...creation2, ...tenantCreation2.slice(0, 1)]))(
    "making a bucket, %s: %s",
    async (_, reaction, example) => {
      scripted.queue(found, example);
      expect((await storeErrorOf(writer.createDestination("b_t", never))).reaction).toBe(reaction);
    },
  );
  test.each(examplesOf([...tenantCreation2.slice(1), ...reactions2.filter(isFailure)]))(
    "finding the organization, %s: %s",
    async (_, reaction, example) => {
      scripted.queue(example);
      expect((await storeErrorOf(writer.createDestination("b_t", never))).reaction).toBe(reaction);
    },
  );
  test.each(examplesOf(organization2))(
    "finding the organization for the only bucket, %s: %s",
    async (
      _,
      reaction,
      example,
    ) => {
      const single = await influxdb2Writer(scripted, { token: "s3cret-token" });
      scripted.queue(example);
      expect((await storeErrorOf(single.createDestination("", never))).reaction).toBe(reaction);
    },
  );
});

function isFailure({ status: [from] }: (typeof reactions2)[number]): boolean {
  return from >= 500 || from === 429;
}

describe("what goes over the wire", () => {
  let scripted: ScriptedHttp;
  beforeAll(async () => {
    scripted = await startScriptedHttp();
  });
  afterAll(() => scripted.stop());
  const last = () => scripted.requests.at(-1);

  test("organization, bucket, precision and token: the secret in a header", async () => {
    const writer = await influxdb2Writer(scripted, { token: "s3cret", bucket: "b & c", org: "ö" });
    await writer.write(lineBatch(["m v=1 1"]), never);
    expect(last()?.path).toBe("/api/v2/write");
    expect(Object.fromEntries(last()?.query ?? [])).toEqual({
      org: "ö",
      bucket: "b & c",
      precision: "ms",
    });
    expect(last()?.headers.get("authorization")).toBe("Token s3cret");
    await writer.write(lineBatch(["m v=1 1"], { destination: "b_t", precision: "ns" }), never);
    expect(last()?.query.get("bucket")).toBe("b_t");
    expect(last()?.query.get("precision")).toBe("ns");
  });
  test("a server without organizations or tokens is asked without them", async () => {
    await (await influxdb2Writer(scripted, { org: "" })).write(lineBatch(["m v=1 1"]), never);
    expect(last()?.query.has("org")).toBe(false);
    expect(last()?.headers.has("authorization")).toBe(false);
  });
});

function describeInfluxdb2(
  title: string,
  options: { readonly keepsData: boolean; readonly start: () => Promise<Subject> },
): void {
  describe(title, () => {
    let server: Subject;
    let writer: Writer;
    beforeAll(async () => {
      server = await options.start();
      writer = await influxdb2Writer(server, { token: server.tokens.all }, { timeoutMs: 5000 });
    }, 30_000);
    afterAll(() => server.remove());
    const expectReaction = async (reaction: Reaction, words: string, lines: readonly string[]) => {
      const refusal = await refusalTo(lines, writer);
      expect([refusal.reaction, refusal.message]).toEqual([
        reaction,
        expect.stringContaining(words),
      ]);
    };

    test("takes lines, plain and gzipped", async () => {
      const lines = Array.from({ length: 100 }, (_, i) => `plain,i=${i} v=${i} ${nowMs}`);
      await writer.write(lineBatch(lines), never);
      const gzip = await influxdb2Writer(server, { token: server.tokens.all, gzip: "always" });
      await gzip.write(lineBatch(lines), never);
      await writer.ping(never);
    });
    test("refused, nothing stored; refused in part; halving names each bad line", async () => {
      const conflict = (v: string) => `conflict,h=a v=${v} ${nowMs}`;
      await writer.write(lineBatch([conflict("1")]), never);
      await expectReaction("bisect", "unable to parse 'junk'", ["junk", `m v=1 ${nowMs}`]);
      await expectReaction("bisect", "invalid number", [`m v=NaN ${nowMs}`]);
      await expectReaction("bisect", "value out of range", ["m v=1 99999999999999999999"]);
      await expectReaction("bisect", "reserved tag key", [`m,time=1 v=1 ${nowMs}`]);
      await expectReaction("bisect", "already exists as type float", [conflict('"x"')]);
      await expectReaction("bisect", "invalid field name", [`m time=1 ${nowMs}`]);
      const batch = lineBatch([`m v=1 ${nowMs}`, "junk", conflict('"x"'), `m v=2 ${nowMs}`]);
      expect(await bisect(writer, batch)).toEqual([1, 2]);
    });
    test("token: none, wrong; permissions: one that only reads", async () => {
      for (const token of [undefined, "wrong", server.tokens.read]) {
        const on = await influxdb2Writer(server, { token });
        expect((await refusalTo(["m v=1"], on)).reaction).toBe("hold");
        expect((await storeErrorOf(on.ping(never))).reaction).toBe("hold");
      }
    });
    test("organization not found, no organization named, bucket not found", async () => {
      const token = server.tokens.all;
      for (const org of ["nope", ""]) {
        const on = await influxdb2Writer(server, { token, org });
        expect((await refusalTo(["m v=1"], on)).reaction).toBe("hold");
        expect((await storeErrorOf(on.ping(never))).reaction).toBe("hold");
      }
      const nope = await influxdb2Writer(server, { token, org: "nope" });
      expect((await storeErrorOf(nope.createDestination("x", never))).reaction).toBe("hold");
      expect((await refusalTo(["m v=1"], writer, "nope")).reaction).toBe("create");
      await (await influxdb2Writer(server, { token, bucket: "nope" })).ping(never);
    });
    test("a new bucket gets its retention, older lines expire, one that exists is left", async () => {
      const token = server.tokens.all;
      const hour = await influxdb2Writer(server, { token, newBucketRetentionHours: 1 });
      await hour.createDestination("b_hour", never);
      expect(await server.retentionOf("b_hour")).toBe(3600);
      const old = `m v=1 ${nowMs - 7_200_000}`;
      const refusal = await refusalTo([old], hour, "b_hour");
      expect([refusal.reaction, refusal.message]).toEqual([
        "expired",
        expect.stringContaining("Retention Policy Lower Bound"),
      ]);
      const longer = await influxdb2Writer(server, { token, newBucketRetentionHours: 48 });
      await longer.createDestination("b_hour", never);
      expect(await server.retentionOf("b_hour")).toBe(3600);
      await writer.createDestination("b_ever ü/ 🌡️", never);
      expect(await server.retentionOf("b_ever ü/ 🌡️")).toBe(0);
      const line = lineBatch([`m v=1 ${nowMs}`], { destination: "b_ever ü/ 🌡️" });
      await writer.write(line, never);
    });
    test("a bucket that cannot be made: the name's fault, or that of the token's rights", async () => {
      expect((await storeErrorOf(writer.createDestination('b"x', never))).reaction).toBe("bisect");
      for (const bucketPerTenant of [true, false]) {
        const on = await influxdb2Writer(server, { token: server.tokens.write, bucketPerTenant });
        await on.write(lineBatch([`m v=1 ${nowMs}`]), never);
        const refusal = await storeErrorOf(on.createDestination("b_new", never));
        expect(refusal.reaction).toBe(bucketPerTenant ? "hold_destination" : "hold");
      }
    });

    describeWriter({
      title: "the InfluxDB 2.x writer",
      create: () => influxdb2Writer(server, { token: server.tokens.all, bucket: "b" }),
      batchOf: conformanceLines,
      refused: { key: "", text: "an empty tag value", timeMs: conformanceTimeMs },
      secrets: ["operator-token"],
      reset: () => server.reset(),
      stored: options.keepsData ? () => server.stored() : "the replay keeps no data",
      outage: { begin: () => server.stop(), end: () => server.start() },
      silence: {
        begin: () => Promise.resolve(server.freeze()),
        end: () => Promise.resolve(server.thaw()),
      },
    });
  });
}

async function startReplay(): Promise<Subject> {
  const { scripted, buckets } = await startInfluxdb2Replay();
  return {
    port: scripted.port,
    tokens: { all: "all", read: "read", write: "write" },
    retentionOf: (bucket) => Promise.resolve(buckets.get(bucket) ?? NaN),
    reset: () => Promise.resolve(),
    stored: () => Promise.resolve(new Map()),
    stop: () => scripted.stop(),
    start: () => scripted.listen(),
    freeze: () => scripted.freeze(),
    thaw: () => scripted.thaw(),
    remove: () => scripted.stop(),
  };
}

async function startReal(): Promise<Subject> {
  const server = await startInfluxdb2();
  const bucketId = await server.bucketId("b");
  const measurement = "tpctl_conformance";
  return {
    port: server.port,
    tokens: {
      all: server.token,
      read: await server.tokenFor("read", bucketId),
      write: await server.tokenFor("write", bucketId),
    },
    retentionOf: async (bucket) => {
      const answer = await server.api("GET", `/api/v2/buckets/${await server.bucketId(bucket)}`);
      const { retentionRules } = answer as { readonly retentionRules: { everySeconds: number }[] };
      return retentionRules[0]?.everySeconds ?? 0;
    },
    reset: async () => {
      await server.api("POST", "/api/v2/delete?org=tp&bucket=b", {
        start: "2000-01-01T00:00:00Z",
        stop: "2100-01-01T00:00:00Z",
        predicate: `_measurement="${measurement}"`,
      });
    },
    stored: async () => {
      const rows = await server.query(`SELECT "key", "text" FROM ${measurement}`, "b");
      return new Map(rows.map(({ key, text }) => [String(key), String(text)]));
    },
    stop: () => server.stop(),
    start: () => server.start(),
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    remove: () => server.remove(),
  };
}

describeInfluxdb2("against the replayed InfluxDB 2.7", { keepsData: false, start: startReplay });
if (missing === undefined) {
  describeInfluxdb2("against a real InfluxDB 2.7", { keepsData: true, start: startReal });
}

describe.skipIf(influxdbMissing() !== undefined)("against a server of the wrong dialect", () => {
  test("nothing there: InfluxDB 1.6 has no /api/v2/write, which holds", async () => {
    const server = await startInfluxdb();
    try {
      const refusal = await refusalTo(["m v=1"], await influxdb2Writer(server, { token: "t" }));
      expect([refusal.reaction, refusal.message]).toEqual([
        "hold",
        expect.stringContaining(
          "404 page not found, expected an InfluxDB 2.x or 3.x at this address",
        ),
      ]);
    } finally {
      await server.remove();
    }
  });
});
