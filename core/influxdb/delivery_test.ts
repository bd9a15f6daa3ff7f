/**
 * Edge (processes, net). The delivery loop over the InfluxDB 1.x writer and a real server, one database
 * per tenant: what becomes of each line when tenants are new, impossible, expired and in conflict.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { systemClock } from "../clock.ts";
import { createDelivery } from "../delivery/deliver.ts";
import { type GatheredBatch } from "../delivery/gathered.ts";
import type { Writer } from "../delivery/writer.ts";
import { silentLog } from "../log/log.ts";
import { createMetrics } from "../observe/metrics.ts";
import { lineBatch } from "../../testing/batches.ts";
import { influxdb1Writer } from "../../testing/influxdb_writers.ts";
import { type Influxdb, influxdbMissing, startInfluxdb } from "../../testing/servers/influxdb.ts";

const missing = influxdbMissing();
if (missing !== undefined) console.error(`InfluxDB delivery tests skipped: ${missing}`);

const nowMs = Date.now();

function gathered(lines: readonly string[], destination: string): GatheredBatch {
  const none = { blocks: [], ordinals: new Int32Array(0), indexes: new Int32Array(0) };
  return { ...lineBatch(lines, { destination }), origins: { ...none, count: lines.length } };
}

/** Drives one batch to its end: how many lines were written and expired, and why others were refused. */
async function deliver(writer: Writer, batch: GatheredBatch): Promise<{
  readonly written: number;
  readonly expired: number;
  readonly refused: readonly string[];
}> {
  const told = { written: 0, expired: 0, refused: [] as string[] };
  const delivery = createDelivery({
    writer,
    clock: systemClock,
    log: silentLog,
    registry: createMetrics(),
    random: () => 0,
    onState: () => {},
  });
  await delivery.deliver(batch, {
    written: ({ count }) => void (told.written += count),
    expired: ({ count }) => void (told.expired += count),
    refused: (_, why) => void told.refused.push(`${why.class}: ${why.reason}`),
    onTurn: () => {},
  }, new AbortController().signal);
  return told;
}

describe.skipIf(missing !== undefined)("delivery into a database per tenant", () => {
  let server: Influxdb;
  let writer: Writer;
  beforeAll(async () => {
    server = await startInfluxdb();
    writer = await influxdb1Writer(server, {
      databasePerTenant: true,
      newDatabaseRetentionHours: 1,
    });
  });
  afterAll(() => server.remove());

  test("a new tenant's database is made with its retention, and the batch is whole", async () => {
    const lines = Array.from({ length: 1000 }, (_, i) => `m,i=${i} v=${i} ${nowMs}`);
    expect(await deliver(writer, gathered(lines, "mon_new"))).toEqual({
      written: 1000,
      expired: 0,
      refused: [],
    });
    const [policy] = await server.query('SHOW RETENTION POLICIES ON "mon_new"');
    expect(policy).toMatchObject({ name: "1h", default: true });
    expect((await server.query("SELECT count(v) FROM m", "mon_new"))[0]?.count).toBe(1000);
  });

  test("expired, conflicting and unreadable lines among good ones each get their own end", async () => {
    const good = Array.from({ length: 300 }, (_, i) => `mixed,i=${i} v=${i} ${nowMs}`);
    await deliver(writer, gathered([`mixed v=0 ${nowMs}`], "mon_mixed"));
    const bad = [`mixed v="x" ${nowMs}`, "junk", `mixed v=1 ${nowMs - 7_200_000}`];
    const lines = [...good.slice(0, 50), ...bad, ...good.slice(50), `mixed,time=1 v=1 ${nowMs}`];
    const { written, expired, refused } = await deliver(writer, gathered(lines, "mon_mixed"));
    expect([written, expired]).toEqual([300, 1]);
    expect(refused).toEqual([
      expect.stringContaining("rejected: "),
      expect.stringContaining("unable to parse 'junk': missing fields"),
      expect.stringContaining("invalid tag key"),
    ]);
    expect(refused[0]).toContain("is type string, already exists as type float");
    expect((await server.query("SELECT count(v) FROM mixed", "mon_mixed"))[0]?.count).toBe(301);
  });

  test("a tenant whose database cannot be is refused, line by line, and holds nobody", async () => {
    const lines = Array.from({ length: 20 }, (_, i) => `m,i=${i} v=${i} ${nowMs}`);
    const { written, refused } = await deliver(writer, gathered(lines, "mon_a/b"));
    expect(written).toBe(0);
    expect(refused).toHaveLength(20);
    expect(refused[0]).toContain("Cannot create database 'mon_a/b'");
    expect(refused[0]).toContain("200 invalid name");
  });

  test("a line that no server takes is too large, and the ones beside it are written", async () => {
    const small = await startInfluxdb({ maxBodySize: 10_000 });
    try {
      const lines = [
        `m v=1 ${nowMs}`,
        `m,i=1 t="${"x".repeat(20_000)}" ${nowMs}`,
        `m,i=2 v=1 ${nowMs}`,
      ];
      const on = await influxdb1Writer(small);
      const { written, refused } = await deliver(on, gathered(lines, "mon"));
      expect(written).toBe(2);
      expect(refused).toEqual([expect.stringContaining("too_large: ")]);
    } finally {
      await small.remove();
    }
  });
});
