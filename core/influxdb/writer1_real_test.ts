/**
 * Edge (processes, net). The InfluxDB 1.x writer against the real server: the conformance test, each row of
 * the reaction table that the server can be brought to, databases made, kills and stand-stills.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Reaction, Writer } from "../delivery/writer.ts";
import { lineBatch } from "../../testing/batches.ts";
import { influxdb1Writer, refusalTo } from "../../testing/influxdb_writers.ts";
import { type Influxdb, influxdbMissing, startInfluxdb } from "../../testing/servers/influxdb.ts";
import {
  bisect,
  conformanceLines,
  conformanceTimeMs,
  describeWriter,
  storeErrorOf,
} from "../../testing/writer_conformance.ts";
import { quoteIdentifier } from "./writer1.ts";

const missing = influxdbMissing();
if (missing !== undefined) console.error(`InfluxDB 1.x tests skipped: ${missing}`);

const admin = { user: "root", password: "root password" };
const persister = { user: "mon_persister", password: 's3cret "пароль' };
const nobody = { user: "nobody", password: "nobody" };
const never = new AbortController().signal;
const nowMs = Date.now();

describe.skipIf(missing !== undefined)("against a real InfluxDB 1.x", () => {
  let server: Influxdb;
  let writer: Writer;
  beforeAll(async () => {
    server = await startInfluxdb({ auth: true, admin, maxBodySize: 1_000_000 });
    await server.query(
      `CREATE USER "${admin.user}" WITH PASSWORD '${admin.password}' WITH ALL PRIVILEGES`,
    );
    await server.query(
      `CREATE USER "${persister.user}" WITH PASSWORD '${persister.password}' WITH ALL PRIVILEGES`,
    );
    await server.query(`CREATE USER "${nobody.user}" WITH PASSWORD '${nobody.password}'`);
    await server.query("CREATE DATABASE mon");
    writer = await influxdb1Writer(server, { credentials: persister }, { timeoutMs: 5000 });
  });
  afterAll(() => server.remove());

  describeWriter({
    title: "the InfluxDB 1.x writer",
    create: () => influxdb1Writer(server, { credentials: persister, database: "conformance" }),
    batchOf: conformanceLines,
    reset: async () => {
      await server.query("DROP DATABASE conformance");
      await server.query("CREATE DATABASE conformance");
    },
    stored: async () => {
      const rows = await server.query('SELECT "key", "text" FROM tpctl_conformance', "conformance");
      return new Map(rows.map(({ key, text }) => [String(key), String(text)]));
    },
    refused: { key: "", text: "an empty tag value", timeMs: conformanceTimeMs },
    outage: { begin: () => server.stop(), end: () => server.start() },
    silence: {
      begin: () => Promise.resolve(server.freeze()),
      end: () => Promise.resolve(server.thaw()),
    },
    secrets: [persister.password],
  });

  const expectReaction = async (
    reaction: Reaction,
    words: string,
    lines: readonly string[],
    destination = "mon",
  ) => {
    const refusal = await refusalTo(lines, writer, destination);
    expect([refusal.reaction, refusal.message]).toEqual([reaction, expect.stringContaining(words)]);
  };

  test("refused lines: halving leaves the good ones stored and names each bad one", async () => {
    const now = (v: string) => `conflict,h=a v=${v} ${nowMs}`;
    await writer.write(lineBatch([now("1")]), never);
    await expectReaction("bisect", "unable to parse 'm': missing fields", ["m"]);
    await expectReaction("bisect", "already exists as type float", [now('"x"')]);
    await expectReaction("bisect", "invalid tag key", [`m,time=1 v=1 ${nowMs}`]);
    await expectReaction("bisect", "invalid field name", [`m time=1 ${nowMs}`]);
    await expectReaction("bisect", "time outside range", ["m v=1 99999999999999999"]);
    await expectReaction("bisect", "invalid number", [`m v=NaN ${nowMs}`]);
    await expectReaction("bisect", "duplicate tags", [`m,a=1,a=2 v=1 ${nowMs}`]);
    const batch = lineBatch([
      `mixed,i=0 v=0 ${nowMs}`,
      "junk",
      `mixed,i=1 v=1 ${nowMs}`,
      now('"hides the parse error beside it"'),
      now("true"),
      `mixed,i=2 v=2 ${nowMs}`,
      `mixed,time=1 v=3 ${nowMs}`,
    ]);
    expect(await bisect(writer, batch)).toEqual([1, 3, 4, 6]);
    const stored = await server.query("SELECT i, v FROM mixed", "mon");
    expect(stored.map(({ v }) => v).toSorted()).toEqual([0, 1, 2]);
  });

  test("beyond retention: expired, also when others of the batch are refused", async () => {
    await server.query("CREATE DATABASE short WITH DURATION 1h REPLICATION 1 NAME short");
    const old = `m,h=a v=1 ${nowMs - 7_200_000}`;
    await expectReaction("expired", "points beyond retention policy", [old], "short");
    const batch = lineBatch([old, `m,h=b v=2 ${nowMs}`, "junk"], { destination: "short" });
    expect(await bisect(writer, batch)).toEqual([0, 2]);
    expect(await server.query("SELECT v FROM m", "short")).toHaveLength(1);
  });

  test("limits: they hold that database and no other", async () => {
    const limited = await startInfluxdb({ maxSeriesPerDatabase: 3, maxValuesPerTag: 2 });
    try {
      await limited.query("CREATE DATABASE full");
      await limited.query("CREATE DATABASE mon");
      const on = await influxdb1Writer(limited);
      await on.write(lineBatch([`m,h=a v=1 ${nowMs}`, `m,h=b v=1 ${nowMs}`]), never);
      const byTag = await refusalTo([`m,h=c v=1 ${nowMs}`], on);
      expect([byTag.reaction, byTag.message]).toEqual([
        "hold_destination",
        expect.stringContaining("max-values-per-tag limit exceeded (2/2)"),
      ]);
      const series = ["m1", "m2", "m3"].map((name) => `${name} v=1 ${nowMs}`);
      await on.write(lineBatch(series, { destination: "full" }), never);
      const bySeries = await refusalTo([`m4 v=1 ${nowMs}`], on, "full");
      expect([bySeries.reaction, bySeries.message]).toEqual([
        "hold_destination",
        expect.stringContaining("max-series-per-database limit exceeded"),
      ]);
      await on.write(lineBatch([`m,h=a v=2 ${nowMs}`]), never);
    } finally {
      await limited.remove();
    }
  });

  test("too large: split, with and without gzip", async () => {
    const text = "compressible ".repeat(8000);
    const lines = Array.from({ length: 15 }, (_, i) => `m,i=${i} t="${text}" ${nowMs}`);
    for (const gzip of ["never", "always"] as const) {
      const on = await influxdb1Writer(server, { credentials: persister, gzip });
      if (gzip === "never") expect((await refusalTo(lines, on)).reaction).toBe("split");
      else await on.write(lineBatch(lines), never);
    }
    await expectReaction("split", "413", [`m t="${"x".repeat(1_100_000)}" ${nowMs}`]);
  });

  test("credentials: none, wrong, unknown user", async () => {
    for (
      const credentials of [undefined, { ...persister, password: "x" }, { user: "x", password: "" }]
    ) {
      const on = await influxdb1Writer(server, { credentials });
      expect((await refusalTo(["m v=1"], on)).reaction).toBe("hold");
      expect((await storeErrorOf(on.ping(never))).reaction).toBe("hold");
      expect((await storeErrorOf(on.createDestination("mon_x", never))).reaction).toBe("hold");
    }
  });

  test("grants: a user without any holds; of many databases it holds the one it cannot make", async () => {
    for (const databasePerTenant of [false, true]) {
      const on = await influxdb1Writer(server, { credentials: nobody, databasePerTenant });
      expect((await refusalTo(["m v=1"], on)).reaction).toBe("hold");
      const refusal = await storeErrorOf(on.createDestination("mon_x", never));
      expect([refusal.reaction, refusal.message]).toEqual([
        databasePerTenant ? "hold_destination" : "hold",
        expect.stringContaining("requires admin privilege"),
      ]);
    }
  });

  test("database not found, no database named, retention policy not found", async () => {
    await expectReaction("create", "database not found", ["m v=1"], "nope");
    const unnamed = await influxdb1Writer(server, { credentials: persister, database: "" });
    expect((await refusalTo(["m v=1"], unnamed)).reaction).toBe("hold");
    await server.query("CREATE DATABASE bare");
    await server.query("DROP RETENTION POLICY autogen ON bare");
    await expectReaction("hold", "retention policy not found", ["m v=1"], "bare");
  });

  test("without users yet, a missing database cannot be made and nothing is skipped", async () => {
    const fresh = await startInfluxdb({ auth: true });
    try {
      const on = await influxdb1Writer(fresh);
      expect((await refusalTo(["m v=1"], on)).reaction).toBe("create");
      const refusal = await storeErrorOf(on.createDestination("mon", never));
      expect([refusal.reaction, refusal.message]).toEqual([
        "hold",
        expect.stringContaining("create admin user first or disable authentication"),
      ]);
    } finally {
      await fresh.remove();
    }
  });

  describe("a new database", () => {
    const policies = (database: string) =>
      server.query(`SHOW RETENTION POLICIES ON ${quoteIdentifier(database)}`);
    const on = (hours: number) =>
      influxdb1Writer(server, { credentials: persister, newDatabaseRetentionHours: hours });

    test("gets the configured retention as its default, and takes writes", async () => {
      const creator = await on(48);
      await creator.createDestination("mon_48", never);
      const [policy, ...others] = await policies("mon_48");
      expect(policy).toMatchObject({
        name: "48h",
        duration: "48h0m0s",
        replicaN: 1,
        default: true,
      });
      expect(others).toEqual([]);
      await creator.write(lineBatch([`m v=1 ${nowMs}`], { destination: "mon_48" }), never);
    });
    test("gets the server's own without one", async () => {
      await (await on(0)).createDestination("mon_0", never);
      expect((await policies("mon_0")).map(({ name }) => name)).toEqual(["autogen"]);
    });
    test("that exists is left as it is, whoever made it and however often", async () => {
      await server.query("CREATE DATABASE mon_own WITH DURATION 7d REPLICATION 1 NAME own");
      const before = await policies("mon_own");
      await Promise.all(
        [await on(48), await on(0)].map((creator) => creator.createDestination("mon_own", never)),
      );
      expect(await policies("mon_own")).toEqual(before);
    });
    test("may have any name that the server takes, and none breaks out of the statement", async () => {
      const creator = await on(24);
      for (const name of ['mon_x"; DROP DATABASE mon; --', "mon_ü 温度 🌡️", "mon_'a'", "mon_a b"]) {
        await creator.createDestination(name, never);
        await creator.write(lineBatch([`m v=1 ${nowMs}`], { destination: name }), never);
        expect(await server.query("SELECT v FROM m", name)).toHaveLength(1);
      }
      const names = (await server.query("SHOW DATABASES")).map(({ name }) => name);
      expect(names).toContain("mon");
      expect(names).toContain('mon_x"; DROP DATABASE mon; --');
    });
    test("with a name that it refuses is the data's fault", async () => {
      const creator = await on(24);
      for (const name of ["mon_a/b", "mon_\\", "mon_\n", "mon_\0", `mon_${"x".repeat(300)}`]) {
        const refusal = await storeErrorOf(creator.createDestination(name, never));
        expect([name, refusal.reaction]).toEqual([name, "bisect"]);
      }
    });
  });

  test("killed and started again: what was acknowledged is there, the writer goes on", async () => {
    await writer.write(lineBatch([`kept,h=a v=1 ${nowMs}`]), never);
    await server.kill();
    expect((await refusalTo([`kept,h=b v=1 ${nowMs}`], writer)).reaction).toBe("retry");
    await server.start();
    await writer.write(lineBatch([`kept,h=b v=1 ${nowMs}`]), never);
    expect(await server.query("SELECT v FROM kept", "mon")).toHaveLength(2);
  });

  test("frozen: the write ends at its timeout and succeeds after the thaw", async () => {
    const impatient = await influxdb1Writer(server, { credentials: persister }, { timeoutMs: 300 });
    server.freeze();
    try {
      const refusal = await refusalTo([`frozen v=1 ${nowMs}`], impatient);
      expect([refusal.reaction, refusal.message]).toEqual([
        "retry",
        expect.stringContaining("no answer in time"),
      ]);
    } finally {
      server.thaw();
    }
    await impatient.write(lineBatch([`frozen v=1 ${nowMs}`]), never);
  });
});
