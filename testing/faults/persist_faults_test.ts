/**
 * Edge (processes, net). The delivery promise of `tpctl persist` under faults, between a real Kafka and
 * a real InfluxDB: whatever is killed, stopped or frozen, afterwards every record is in InfluxDB,
 * expired or in the dead letters. `TPCTL_FAULTS_LONG=1` takes more records and longer outages.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { timeOf, valueOf } from "../bench/envelopes.ts";
import { sampleValue } from "../exposition.ts";
import { influxdbMissing } from "../servers/influxdb.ts";
import { kafkaMissing } from "../servers/kafka.ts";
import { type Ending, type Life, until } from "./life.ts";
import type { LedgerReport } from "./ledger.ts";
import { allSeries, type Fate, fateOf, retentionHours, seriesOf } from "./load.ts";
import {
  admin,
  type FaultGround,
  type More,
  persister,
  Scenario,
  seriesMax,
  startGround,
} from "./scenario.ts";

const missing = kafkaMissing() ?? influxdbMissing();
if (missing !== undefined) console.error(`skipped: ${missing}`);

const long = process.env.TPCTL_FAULTS_LONG === "1";
const testMs = long ? 900_000 : 180_000;
const outageMs = long ? 30_000 : 4_000;
/** Records that wait when an outage begins: more than the bound of what is read ahead (64 MiB). */
const waiting = long ? 1_000_000 : 200_000;
const pace = 4_000;
/** What a process may hold in the worst of times. */
const peakMbMax = 350;
/** Warnings and errors of one life, whatever happened in it. */
const warningsMax = 12;
/** The drain bound of the configuration, and what ending may take beside it. */
const drainSeconds = 15;
const endSeconds = 10;

describe.skipIf(missing !== undefined)("persist under faults", () => {
  let ground: FaultGround;
  beforeAll(async () => {
    ground = await startGround();
  }, testMs);
  afterAll(() => ground[Symbol.asyncDispose]());

  /** Ends a life as a supervisor does; that must always go well. */
  async function endWell(life: Life, bound = drainSeconds): Promise<Ending> {
    const ending = await life.term();
    expect(ending.code).toBe(0);
    expect(ending.seconds).toBeLessThan(bound + endSeconds);
    const { received, written, expired, dead_lettered, abandoned, in_flight } = ending
      .account as Record<string, number>;
    const sum = [written, expired, dead_lettered, abandoned, in_flight]
      .reduce<number>((all, one) => all + (one ?? NaN), 0);
    expect(sum).toBe(received ?? NaN);
    expect(life.peakMb()).toBeLessThan(peakMbMax);
    return ending;
  }

  /** Everything has come, once, and as it was sent. */
  function expectWhole(report: LedgerReport, count: number): void {
    expect(report).toMatchObject({
      produced: count,
      missing: 0,
      missingExamples: [],
      wrong: [],
      stray: [],
    });
    expect(report.stored + report.expired + report.letters).toBe(count);
    expect(report.expired).toBeGreaterThan(0);
    expect(report.letters).toBeGreaterThan(0);
  }

  /** Points of the test's own. */
  function writeLines(database: string, lines: readonly string[]): Promise<Response> {
    return fetch(`${ground.influxdb.origin}/write?db=${database}&precision=ms`, {
      method: "POST",
      headers: { Authorization: `Basic ${btoa(`${admin.user}:${admin.password}`)}` },
      body: lines.join("\n"),
    });
  }

  /** Few lines, none of them a stack trace or a secret. */
  function expectQuiet(life: Life): void {
    const loud = life.log().filter(({ levelname }) => levelname !== "INFO");
    if (loud.length > warningsMax) expect(loud.map(({ message }) => message)).toEqual([]);
    expect(life.program.stderr()).not.toMatch(/\n\s+at |Secret/);
  }

  async function closeBooks(scenario: Scenario, life: Life, count: number): Promise<LedgerReport> {
    await scenario.settled(long ? 300_000 : 60_000);
    await until("lag 0", 10_000, async () => {
      const text = await life.metrics();
      return text !== "" && sampleValue(text, "tpctl_kafka_lag") === 0 ? true : undefined;
    });
    await endWell(life);
    const report = await scenario.ledger();
    print(scenario, report, life);
    expectWhole(report, count);
    expectQuiet(life);
    return report;
  }

  /** Sits an outage out and watches the memory in its second half. */
  async function outage(life: Life): Promise<void> {
    await Bun.sleep(outageMs / 2);
    const early = life.currentMb();
    let late = early;
    for (const end = performance.now() + outageMs / 2; performance.now() < end;) {
      await Bun.sleep(100);
      late = Math.max(late, life.currentMb());
    }
    console.error(`outage: ${Math.round(early)} MB, then at most ${Math.round(late)} MB`);
    expect(late).toBeLessThan(early + 100);
    expect(late).toBeLessThan(peakMbMax);
  }

  function print({ name }: Scenario, report: LedgerReport, life: Life): void {
    const peak = Math.round(life.peakMb());
    const lines = life.log().filter(({ levelname }) => levelname !== "INFO").length;
    console.error(
      `${name}: ${report.produced} records = ${report.stored} stored + ${report.expired} expired + ` +
        `${report.letters} letters, ${report.missing} missing, ${report.repeatedLetters} letters ` +
        `repeated; last life: ${peak} MB at most, ${lines} warnings and errors`,
    );
  }

  /** Random moments, the same again with the seed that is printed. */
  function chance(
    seed = Number(process.env.TPCTL_FAULTS_SEED ?? Date.now() % 100_000),
  ): () => number {
    console.error(`TPCTL_FAULTS_SEED=${seed}`);
    let state = seed + 1;
    return () => (state = state * 48271 % 2147483647) / 2147483647;
  }

  test("kill -9 at 20 random moments: alone, as parent, as one of three workers", async () => {
    const random = chance();
    const scenario = await Scenario.create("kills", ground);
    const feeder = scenario.feed({ pace, upTo: Infinity });
    const kill = async (life: Life): Promise<void> => {
      await life.kill();
      if (!long) await scenario.evict();
    };
    for (let i = 0; i < 12; i++) {
      await using life = await scenario.start();
      if (i % 4 !== 0) await until("a share", 30_000, () => joined(life));
      await Bun.sleep(random() * 2000);
      await kill(life);
    }
    const three: More = { metrics: "num_processors = 3" };
    for (let i = 0; i < 4; i++) {
      await using life = await scenario.start(three);
      await until("a share", 30_000, () => joined(life));
      await Bun.sleep(random() * 2000);
      const workers = await until("three", 10_000, () => ofLength(life.workers(), 3));
      process.kill(workers[Math.floor(random() * 3)] ?? 0, "SIGKILL");
      await Bun.sleep(random() * 2000);
      await kill(life);
    }
    await using life = await scenario.start(three);
    await closeBooks(scenario, life, await feeder.finish());
  }, testMs);

  test("Kafka restarted, then killed", async () => {
    const scenario = await Scenario.create("broker", ground);
    const [node] = ground.kafka.nodes;
    const feeder = scenario.feed({ pace, upTo: Infinity });
    await using life = await scenario.start();
    await feeder.reached(pace * 2);
    await node?.stop();
    await Bun.sleep(long ? outageMs : 500);
    await node?.start();
    await feeder.reached(feeder.count + pace * 2);
    await node?.kill();
    await Bun.sleep(long ? outageMs : 500);
    await node?.start();
    await feeder.reached(feeder.count + pace);
    await closeBooks(scenario, life, await feeder.finish());
    expect(life.log().filter(({ levelname }) => levelname === "ERROR")).toEqual([]);
  }, testMs);

  test("InfluxDB stopped, then frozen: memory stays flat, the log short", async () => {
    const scenario = await Scenario.create("store", ground);
    const { influxdb } = ground;
    const feeder = scenario.feed({ pace: Infinity, upTo: waiting });
    await feeder.reached(waiting / 2);
    await influxdb.stop();
    await using life = await scenario.start();
    await outage(life);
    await influxdb.start();
    await until("ready again", 30_000, async () => await life.isReady() || undefined);
    influxdb.freeze();
    await outage(life);
    influxdb.thaw();
    await closeBooks(scenario, life, await feeder.finish());
  }, testMs);

  test("SIGTERM during an outage ends with 0 within the drain bound", async () => {
    const scenario = await Scenario.create("term", ground);
    const count = await scenario.feed({ pace: Infinity, upTo: 20_000 }).finish();
    ground.influxdb.freeze();
    await using first = await scenario.start({ tpctl: "drain_seconds = 2" });
    await until("records under way", 30_000, async () => {
      const text = await first.metrics();
      return sampleValue(text, "tpctl_records_in_flight") > 0 ? true : undefined;
    });
    const { account } = await endWell(first, 2);
    expect(account).toMatchObject({ written: 0, complete: false });
    ground.influxdb.thaw();
    await using second = await scenario.start();
    await closeBooks(scenario, second, count);
  }, testMs);

  test("the ledger itself sees what is taken away and what was never sent", async () => {
    const scenario = await Scenario.create("ledger", ground);
    const count = await scenario.feed({ pace: Infinity, upTo: 3_000 }).finish();
    await using life = await scenario.start();
    const { letters } = await closeBooks(scenario, life, count);
    const { influxdb, folder } = ground;
    const [{ measurement, tags } = seriesOf(0), stranger = seriesOf(1)] = allSeries();
    const where = Object.entries(tags).map(([name, value]) => `"${name}" = '${value}'`);
    const drop = `DROP SERIES FROM "${measurement}" WHERE ${where.join(" AND ")}`;
    await influxdb.query(drop, scenario.name);
    await rm(join(folder, `${scenario.name}-state`, "dead-letters"), { recursive: true });
    const pairs = Object.entries(stranger.tags).map(([name, value]) => `${name}=${value}`);
    const line = `${stranger.measurement},${pairs.join(",")} value=-1 ${timeOf(1)}`;
    expect((await writeLines(scenario.name, [line])).status).toBe(204);
    const report = await scenario.ledger();
    expect(report.missing).toBe(letters + 2);
    expect(report.missingExamples[0]).toBe("0: nowhere, expected stored");
    expect(report.wrong).toEqual([`1: -1, expected ${valueOf(1)}`]);
  }, testMs);

  test("a second instance that comes, goes, comes again and is killed", async () => {
    const scenario = await Scenario.create("rebalance", ground);
    const feeder = scenario.feed({ pace, upTo: Infinity });
    await using life = await scenario.start();
    await until("a share", 30_000, () => joined(life));
    {
      await using second = await scenario.start();
      await until("a share", 30_000, () => joined(second));
      await Bun.sleep(1500);
      await endWell(second);
    }
    await Bun.sleep(1000);
    {
      await using third = await scenario.start();
      await until("a share", 30_000, () => joined(third));
      await Bun.sleep(1000);
      await third.kill();
    }
    await closeBooks(scenario, life, await feeder.finish());
  }, testMs);

  test("a password that is changed for a while holds, and nothing is skipped", async () => {
    const scenario = await Scenario.create("password", ground);
    const setPassword = (password: string): Promise<unknown> =>
      ground.influxdb.query(`SET PASSWORD FOR "${persister.user}" = '${password}'`);
    const feeder = scenario.feed({ pace, upTo: Infinity });
    await using life = await scenario.start();
    await until("ready", 30_000, async () => await life.isReady() || undefined);
    await setPassword("another");
    await until("not ready", 30_000, async () => await life.isReady() ? undefined : true);
    await Bun.sleep(outageMs);
    await setPassword(persister.password);
    await closeBooks(scenario, life, await feeder.finish());
  }, testMs);

  test("a full tenant and one with a type conflict do not hold the others", async () => {
    const scenario = await Scenario.create("tenants", ground);
    const { influxdb, kafka } = ground;
    const tenants = [...new Set(allSeries().map(({ tenant }) => tenant))];
    const [full = "", conflicted = ""] = tenants;
    const databases = tenants.map((tenant) => `${scenario.name}_${tenant}`);
    const hours = retentionHours(Date.now());
    for (const tenant of [full, conflicted]) {
      const database = `"${scenario.name}_${tenant}"`;
      await influxdb.query(`CREATE DATABASE ${database} WITH DURATION ${hours}h REPLICATION 1`);
    }
    const text = `load.avg_1_min value="text" ${timeOf(0)}`;
    const filler = Array.from(
      { length: seriesMax - 100 },
      (_, i) => `filler,n=${i} v=1 ${timeOf(0)}`,
    );
    expect((await writeLines(`${scenario.name}_${full}`, filler)).status).toBe(204);
    expect((await writeLines(`${scenario.name}_${conflicted}`, [text])).status)
      .toBe(204);
    const count = await scenario.feed({ pace: Infinity, upTo: 40_000 }).finish();
    const fate = (i: number): Fate => {
      const { tenant, measurement } = seriesOf(i);
      const conflict = tenant === conflicted && measurement === "load.avg_1_min";
      return conflict && fateOf(i) === "stored" ? "letter" : fateOf(i);
    };
    await using life = await scenario.start({ influxdb: "db_per_tenant = true" });
    const open = await until("all others stored", 60_000, async () => {
      const report = await scenario.ledger(fate, databases);
      return report.missing < count / tenants.length ? report : undefined;
    });
    expect(open.missing).toBeGreaterThan(0);
    expect(await kafka.admin.groupMembers(scenario.name)).toBe(1);
    await influxdb.query("DROP MEASUREMENT filler", `${scenario.name}_${full}`);
    await scenario.settled();
    await endWell(life);
    const report = await scenario.ledger(fate, databases);
    print(scenario, report, life);
    expectWhole(report, count);
    expectQuiet(life);
  }, testMs);
});

/** True once a share of the partitions was dealt to this process or one of its workers. */
function joined(life: Life): true | undefined {
  return life.program.stderr().includes("joined group") ? true : undefined;
}

function ofLength<T>(list: readonly T[], length: number): readonly T[] | undefined {
  return list.length === length ? list : undefined;
}
