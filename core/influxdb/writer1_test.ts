import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { join } from "node:path";
import { systemClock } from "../clock.ts";
import type { InfluxdbEndpoint, Tls } from "../config/endpoint.ts";
import type { Reaction, StoreError, Writer } from "../delivery/writer.ts";
import { ConfigError } from "../errors.ts";
import { lineBatch } from "../../testing/batches.ts";
import { type ScriptedHttp, startScriptedHttp } from "../../testing/scripted_http.ts";
import { type Influxdb, influxdbMissing, startInfluxdb } from "../../testing/servers/influxdb.ts";
import { selfSignedCertificate } from "../../testing/servers/certificate.ts";
import { tempFolder } from "../../testing/servers/server.ts";
import {
  bisect,
  conformanceLines,
  conformanceTimeMs,
  describeWriter,
  storeErrorOf,
} from "../../testing/writer_conformance.ts";
import type { InfluxdbWriterDeps } from "./connection.ts";
import { creation1, reactions1, tenantCreation1 } from "./reactions1.ts";
import { createDatabaseStatement, createInfluxdb1Writer, quoteIdentifier } from "./writer1.ts";

const missing = influxdbMissing();
if (missing !== undefined) console.error(`InfluxDB 1.x tests skipped: ${missing}`);

const admin = { user: "root", password: "root password" };
const persister = { user: "mon_persister", password: 's3cret "пароль' };
const nobody = { user: "nobody", password: "nobody" };
const never = new AbortController().signal;
const nowMs = Date.now();

function endpointOf(
  server: { readonly port: number },
  changes: Partial<InfluxdbEndpoint> = {},
): InfluxdbEndpoint {
  return {
    scheme: "influxdb",
    host: "127.0.0.1",
    port: server.port,
    tls: undefined,
    credentials: undefined,
    database: "mon",
    databasePerTenant: false,
    newDatabaseRetentionHours: 0,
    requestLinesMax: 5000,
    ...changes,
  };
}

function writerOn(
  server: { readonly port: number },
  changes: Partial<InfluxdbEndpoint> = {},
  deps: Partial<InfluxdbWriterDeps> = {},
): Promise<Writer> {
  return createInfluxdb1Writer(endpointOf(server, changes), { clock: systemClock, ...deps });
}

async function refusalTo(
  lines: readonly string[],
  writer: Writer,
  destination = "",
): Promise<StoreError> {
  return await storeErrorOf(writer.write(lineBatch(lines, { destination }), never));
}

/** Rows that no real server gives on demand: their examples are played by the scripted server. */
const playedOnly = [
  "200 from something else",
  "redirect",
  "compressed request unreadable",
  "no TLS, or a proxy's page",
  "bad request in plain text",
  "nothing there",
  "proxy wants credentials",
  "request took too long to arrive",
  "too many requests",
  "other refusals",
  "overload",
  "outage",
];

/** Rows that the real server is brought to below; each test is named after its row. */
const provoked = [
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
    writer = await writerOn(scripted, { credentials: persister, databasePerTenant: true });
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
    const writer = await writerOn(scripted, { credentials: persister, database: "mon & on" });
    await writer.write(lineBatch(["m v=1 1"]), never);
    expect(last()?.path).toBe("/write");
    expect(Object.fromEntries(last()?.query ?? [])).toEqual({ db: "mon & on", precision: "ms" });
    const encoded = Buffer.from(`${persister.user}:${persister.password}`).toString("base64");
    expect(last()?.headers.get("authorization")).toBe(`Basic ${encoded}`);
    await writer.write(lineBatch(["m v=1 1"], { destination: "mon_t/1", precision: "ns" }), never);
    expect(Object.fromEntries(last()?.query ?? [])).toEqual({ db: "mon_t/1", precision: "n" });
  });
  test("no credentials, no header", async () => {
    await (await writerOn(scripted)).write(lineBatch(["m v=1"]), never);
    expect(last()?.headers.get("authorization")).toBeNull();
  });
  test("gzip: not on loopback unless told to, and never for a small body", async () => {
    const large = lineBatch(Array.from({ length: 500 }, (_, i) => `m,h=host${i} v=${i} 1`));
    const encodings = async (gzip: InfluxdbWriterDeps["gzip"]) => {
      const writer = await writerOn(scripted, {}, gzip === undefined ? {} : { gzip });
      const seen = [];
      for (const batch of [large, lineBatch(["m v=1 1"])]) {
        await writer.write(batch, never);
        seen.push(last()?.headers.get("content-encoding"));
        expect(last()?.text).toBe(new TextDecoder().decode(batch.body));
      }
      return seen;
    };
    expect(await encodings(undefined)).toEqual([null, null]);
    expect(await encodings("never")).toEqual([null, null]);
    expect(await encodings("always")).toEqual(["gzip", null]);
  });
  test("more than any server takes is split without asking; a single line is asked", async () => {
    const writer = await writerOn(scripted);
    const long = `m v="${"x".repeat(13_000_000)}"`;
    const asked = scripted.requests.length;
    const refusal = await refusalTo([long, long], writer);
    expect(refusal.reaction).toBe("split");
    expect(scripted.requests.length).toBe(asked);
  });
  test("connections are kept, and an idle one that the server drops is no failure", async () => {
    const writer = await writerOn(scripted);
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
      const writer = await writerOn(scripted, { credentials: persister }, { timeoutMs: 250 });
      // Bun repeats by itself what fails on a kept connection: the fault meets it on every one.
      scripted.otherwise(() => fault);
      const refusal = await refusalTo(["m v=1"], writer);
      expect(refusal.reaction).toBe("retry");
      expect(refusal.message).toBe(
        `Cannot reach 'influxdb://127.0.0.1:${scripted.port}/mon': ${words}, expected an answer`,
      );
      scripted.otherwise(() => ({ status: 204 }));
      await writer.write(lineBatch(["m v=1"]), never);
    } finally {
      await scripted.stop();
    }
  });
  test("refused, and an unknown name", async () => {
    const scripted = await startScriptedHttp();
    await scripted.stop();
    const refused = await refusalTo(["m v=1"], await writerOn(scripted));
    expect([refused.reaction, refused.message]).toEqual([
      "retry",
      `Cannot reach 'influxdb://127.0.0.1:${scripted.port}/mon': connection refused ` +
      "(ECONNREFUSED), expected a server that listens there",
    ]);
    const unknown = await refusalTo(["m v=1"], await writerOn(scripted, { host: "no.invalid" }));
    expect(unknown.reaction).toBe("retry");
  });
});

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
    writer = await writerOn(server, { credentials: persister }, { timeoutMs: 5000 });
  });
  afterAll(() => server.remove());

  describeWriter({
    title: "the InfluxDB 1.x writer",
    create: () => writerOn(server, { credentials: persister, database: "conformance" }),
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
      const on = await writerOn(limited);
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
      const on = await writerOn(server, { credentials: persister }, { gzip });
      if (gzip === "never") expect((await refusalTo(lines, on)).reaction).toBe("split");
      else await on.write(lineBatch(lines), never);
    }
    await expectReaction("split", "413", [`m t="${"x".repeat(1_100_000)}" ${nowMs}`]);
  });

  test("credentials: none, wrong, unknown user", async () => {
    for (
      const credentials of [undefined, { ...persister, password: "x" }, { user: "x", password: "" }]
    ) {
      const on = await writerOn(server, { credentials });
      expect((await refusalTo(["m v=1"], on)).reaction).toBe("hold");
      expect((await storeErrorOf(on.ping(never))).reaction).toBe("hold");
      expect((await storeErrorOf(on.createDestination("mon_x", never))).reaction).toBe("hold");
    }
  });

  test("grants: a user without any holds; of many databases it holds the one it cannot make", async () => {
    for (const databasePerTenant of [false, true]) {
      const on = await writerOn(server, { credentials: nobody, databasePerTenant });
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
    const unnamed = await writerOn(server, { credentials: persister, database: "" });
    expect((await refusalTo(["m v=1"], unnamed)).reaction).toBe("hold");
    await server.query("CREATE DATABASE bare");
    await server.query("DROP RETENTION POLICY autogen ON bare");
    await expectReaction("hold", "retention policy not found", ["m v=1"], "bare");
  });

  test("without users yet, a missing database cannot be made and nothing is skipped", async () => {
    const fresh = await startInfluxdb({ auth: true });
    try {
      const on = await writerOn(fresh);
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
      writerOn(server, { credentials: persister, newDatabaseRetentionHours: hours });

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
    const impatient = await writerOn(server, { credentials: persister }, { timeoutMs: 300 });
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

describe.skipIf(missing !== undefined)("against a real InfluxDB 1.x with TLS", () => {
  let server: Influxdb;
  beforeAll(async () => {
    server = await startInfluxdb({ https: true });
    await server.query("CREATE DATABASE mon");
  });
  afterAll(() => server.remove());
  const tls = (changes: Partial<Tls>): Tls => ({
    caFile: undefined,
    certFile: undefined,
    keyFile: undefined,
    verify: true,
    verifyGiven: true,
    ...changes,
  });

  test("a certificate that does not verify holds, and names the options that settle it", async () => {
    const on = await writerOn(server, { tls: tls({}) });
    const refusal = await refusalTo(["m v=1"], on);
    expect(refusal.reaction).toBe("hold");
    expect(refusal.message).toContain("its certificate does not verify");
    expect(refusal.message).toContain("[influxdb] ca_file, or verify_ssl = false");
  });
  test("it is taken with its CA, or when nobody asks", async () => {
    const { certificate } = server;
    for (const changes of [{ caFile: certificate?.certFile }, { verify: false }]) {
      const on = await writerOn(server, { tls: tls(changes) });
      await on.write(lineBatch([`m v=1 ${nowMs}`]), never);
    }
  });
  test("another CA does not verify it", async () => {
    await using folder = await tempFolder("ca");
    const other = await selfSignedCertificate(folder.path, "other");
    const on = await writerOn(server, { tls: tls({ caFile: other.certFile }) });
    expect((await refusalTo(["m v=1"], on)).reaction).toBe("hold");
  });
  test("plain HTTP to it, or TLS to a plain server, is the operator's to mend", async () => {
    const plain = await refusalTo(["m v=1"], await writerOn(server));
    expect(["hold", "retry"]).toContain(plain.reaction);
    const scripted = await startScriptedHttp();
    try {
      const on = await writerOn(scripted, { tls: tls({}) });
      expect((await refusalTo(["m v=1"], on)).reaction).toBe("hold");
    } finally {
      await scripted.stop();
    }
  });
  test("a TLS file that cannot be used is a configuration error that names it", async () => {
    await using folder = await tempFolder("ca");
    const notPem = join(folder.path, "not.pem");
    await Bun.write(notPem, "not PEM");
    for (const path of [notPem, join(folder.path, "missing.pem")]) {
      const failure = await writerOn(server, { tls: tls({ caFile: path }) }).catch((error) =>
        error
      );
      expect(failure).toBeInstanceOf(ConfigError);
      expect(failure.message).toContain(`Cannot read CA file '${path}'`);
    }
    const half = await writerOn(server, { tls: tls({ certFile: notPem }) }).catch((error) => error);
    expect(half).toBeInstanceOf(ConfigError);
  });
});

test("the statement that makes a database", () => {
  expect(createDatabaseStatement("mon", 0)).toBe('CREATE DATABASE "mon"');
  expect(createDatabaseStatement('m"o\\n', 3)).toBe(
    'CREATE DATABASE "m\\"o\\\\n" WITH DURATION 3h REPLICATION 1 NAME "3h"',
  );
});

test("nothing in a quoted identifier can end it: it reads back as it was", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (name) => {
    const quoted = quoteIdentifier(name);
    expect(quoted.at(0)).toBe('"');
    const inner = quoted.slice(1, -1);
    expect(inner.replace(/\\[\s\S]/g, "")).not.toMatch(/["\n]/);
    const plain = inner.replace(/\\(.)/g, (_, escaped) => escaped === "n" ? "\n" : escaped);
    expect(plain).toBe(name);
  }));
});
