/**
 * Edge (files, processes). The SQLite writer against real files: the shared contract, what overwrites
 * what, several processes, kill -9, and every way in which a file cannot be used.
 */
import { afterAll, describe, expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { documentBatch, lineBatch } from "../../testing/batches.ts";
import { tempFolder } from "../../testing/servers/server.ts";
import { mountSmallDisk, smallDiskMissing } from "../../testing/servers/small_disk.ts";
import {
  bisect,
  conformanceLines,
  conformanceTimeMs,
  describeWriter,
  storeErrorOf,
} from "../../testing/writer_conformance.ts";
import { systemClock } from "../clock.ts";
import { PartialWriteError, type Writer } from "../delivery/writer.ts";
import { ConfigError } from "../errors.ts";
import type { FieldValue } from "../influxdb/line_protocol.ts";
import { openSqliteReader, type StoredPoint } from "./reader.ts";
import { createSqliteWriter } from "./writer.ts";

const folder = await tempFolder("sqlite");
const mounted = join(folder.path, "small");
const noMount = smallDiskMissing();
if (noMount !== undefined) console.error(`skipped: ${noMount}`);
const disk = noMount === undefined ? mountSmallDisk(mounted, "1m") : undefined;
afterAll(async () => {
  disk?.remove();
  await folder.remove();
});

let files = 0;
let path = "";

const open = (file = path): Promise<Writer> =>
  createSqliteWriter({ path: file }, { clock: systemClock });
const freshPath = (): string => join(folder.path, `${++files}.db`);
const never = (): AbortSignal => new AbortController().signal;

async function pointsIn(file: string): Promise<StoredPoint[]> {
  const reader = await openSqliteReader(file);
  const points = [...reader.points()];
  reader.close();
  return points;
}

describeWriter({
  title: "SQLite",
  create: () => open(),
  batchOf: (items) => conformanceLines(items),
  reset: () => {
    path = freshPath();
    return Promise.resolve();
  },
  stored: async () => {
    const points = await pointsIn(path);
    return new Map(
      points.map(({ series, fields }) => [series.tags.key ?? "", String(fields.get("text"))]),
    );
  },
  refused: "line protocol that InfluxDB refuses is tested below; conformance lines are all valid",
  outage: "a file does not go away; locks, full disks and removed files are tested below",
  silence: "SQLite answers on our own thread",
  secrets: [],
});

describe("points", () => {
  test("same series and time overwrite field by field, whatever the order of the tags", async () => {
    const file = freshPath();
    const writer = await open(file);
    await writer.write(
      lineBatch(['m,a=1,b=2 value=1,note="old",n=7i 1000', "m,a=1,b=2 value=5 2000"]),
      never(),
    );
    await writer.write(
      lineBatch(['m,b=2,a=1 value=2,note="new",f=3 1000000000'], { precision: "ns" }),
      never(),
    );
    await writer.close();
    const [first, second, ...rest] = await pointsIn(file);
    expect(rest).toEqual([]);
    expect(first?.timeNs).toBe(1_000_000_000n);
    expect(first?.fields).toEqual(
      new Map<string, FieldValue>([
        ["value", 2],
        ["note", "new"],
        ["n", 7n],
        ["f", 3],
      ]),
    );
    expect(second?.fields).toEqual(new Map([["value", 5]]));
  });

  test("a value of another type takes the older one's place, both ways", async () => {
    const file = freshPath();
    const writer = await open(file);
    await writer.write(lineBatch(["m value=1.5 1", "m value=9i 2"]), never());
    await writer.write(lineBatch(["m value=8i 1", "m value=2.5 2"]), never());
    await writer.close();
    const points = await pointsIn(file);
    expect(points.map(({ fields }) => fields.get("value"))).toEqual([8n, 2.5]);
  });

  test("databases are kept apart", async () => {
    const file = freshPath();
    const writer = await open(file);
    for (const destination of ["mon_a", "mon_b"]) {
      await writer.write(lineBatch(["m value=1 1"], { destination }), never());
    }
    await writer.close();
    expect((await pointsIn(file)).map(({ series }) => series.database)).toEqual(["mon_a", "mon_b"]);
  });

  test("a line that is none is named with its reason, all others are stored", async () => {
    const file = freshPath();
    const writer = await open(file);
    const far = `m value=1 ${10n ** 14n}`;
    const batch = lineBatch(["m value=1 1", "no line", "m value=2 2", "m value=nan 3", far]);
    expect(await bisect(writer, batch)).toEqual([1, 3, 4]);
    const failure = await writer.write(batch, never()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PartialWriteError);
    expect(failure).toMatchObject({
      reaction: "bisect",
      refused: [{ item: 1, reaction: "bisect" }, { item: 3 }, { item: 4 }],
    });
    expect(String(failure)).toContain("stored 2 of 5: Cannot read line 'no line'");
    await writer.close();
    expect(await pointsIn(file)).toHaveLength(2);
  });

  test("more series than are remembered keep their points apart", async () => {
    const file = freshPath();
    const writer = await open(file);
    const line = (_: unknown, i: number): string => `m,n=${i} value=${i} 1`;
    const batch = lineBatch(Array.from({ length: 51_000 }, line));
    await writer.write(batch, never());
    await writer.write(batch, never());
    await writer.close();
    const points = await pointsIn(file);
    expect(points).toHaveLength(51_000);
    expect(points.every(({ series, fields }) => series.tags.n === String(fields.get("value"))))
      .toBe(true);
  }, 30_000);

  test("views answer a person's questions", async () => {
    const file = freshPath();
    const writer = await open(file);
    await writer.write(
      lineBatch([
        `cpu,_tenant_id=t1,host=a value=0.5,value_meta="{}" 1600000000123`,
        `alarm_state_history,tenant_id=t2 alarm_id="x",old_state="OK",new_state="ALARM" 1600000000000`,
        `event,event_type=e2 message_id="m",traits="{\\"project_id\\": \\"p2\\"}" 1600000001000`,
        `event,event_type=e3 message_id="n",traits="cut off" 1600000002000`,
      ]),
      never(),
    );
    await writer.write(
      documentBatch([{
        index: "i",
        id: "1",
        json: '{"@timestamp":"2020","event_type":"e","project_id":"p"}',
      }, { index: "i", id: "2", json: "[".repeat(5000) }]),
      never(),
    );
    await writer.close();
    const database = new Database(file, { readonly: true });
    const all = (sql: string): unknown[] => database.query(sql).all();
    expect(
      all("SELECT time, measurement, tenant, value, value_meta FROM measurements LIMIT 1 OFFSET 1"),
    )
      .toEqual([{
        time: "2020-09-13T12:26:40.123Z",
        measurement: "cpu",
        tenant: "t1",
        value: 0.5,
        value_meta: "{}",
      }]);
    expect(all("SELECT tenant, alarm_id, old_state, new_state FROM alarm_transitions")).toEqual([
      { tenant: "t2", alarm_id: "x", old_state: "OK", new_state: "ALARM" },
    ]);
    expect(all("SELECT time, event_type, tenant, id FROM events")).toEqual([
      { time: "2020", event_type: "e", tenant: "p", id: "1" },
      { time: "2020-09-13T12:26:41.000Z", event_type: "e2", tenant: "p2", id: "m" },
      { time: "2020-09-13T12:26:42.000Z", event_type: "e3", tenant: null, id: "n" },
    ]);
    database.close();
  });
});

test("a document with the index and id of an older one replaces it", async () => {
  const file = freshPath();
  const writer = await open(file);
  const document = { index: "i", id: "1", json: '{"n":1}' };
  const other = { ...document, index: "j" };
  await writer.write(documentBatch([document, other]), never());
  await writer.write(documentBatch([{ ...document, json: '{"n":2}' }]), never());
  await writer.close();
  const reader = await openSqliteReader(file);
  expect(reader.documents("i")).toEqual(new Map([["1", '{"n":2}']]));
  expect(reader.documentCounts()).toEqual([
    { index: "i", documents: 1 },
    { index: "j", documents: 1 },
  ]);
  reader.close();
});

describe("several processes", () => {
  const child = join(import.meta.dir, "../../testing/sqlite_child.ts");
  const spawn = (file: string, name: string, batches: number): Bun.Subprocess<"ignore", "pipe"> =>
    Bun.spawn([process.execPath, child, file, name, String(batches)], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    });

  test("write the same new file side by side, and nothing is lost", async () => {
    const file = freshPath();
    const children = ["a", "b", "c"].map((name) => spawn(file, name, 20));
    expect(await Promise.all(children.map((process) => process.exited))).toEqual([0, 0, 0]);
    expect(await pointsIn(file)).toHaveLength(3 * 20 * 500);
  }, 60_000);

  test(
    "kill -9 in mid write keeps every batch that was resolved, and no half of another",
    async () => {
      const file = freshPath();
      for (let round = 0; round < 5; round++) {
        const process = spawn(file, `r${round}`, 100_000);
        let told = "";
        const decoder = new TextDecoder();
        for await (const chunk of process.stdout) {
          told += decoder.decode(chunk);
          if (told.split("\n").length > 10 + round * 7) break;
        }
        process.kill("SIGKILL");
        await process.exited;
        const resolved = told.split("\n").length - 1;
        const reader = await openSqliteReader(file);
        const points = [...reader.points({ measurement: `r${round}` })].length;
        reader.close();
        expect(points).toBeGreaterThanOrEqual(resolved * 500);
        expect(points % 500).toBe(0);
      }
    },
    60_000,
  );

  test("a lock that stays is a retry, and the batch goes in once it is gone", async () => {
    const file = freshPath();
    const writer = await open(file);
    const other = new Database(file);
    other.run("BEGIN IMMEDIATE");
    const batch = lineBatch(["fresh,a=1 value=1 1"]);
    const refusal = await storeErrorOf(writer.write(batch, never()));
    expect(refusal.reaction).toBe("retry");
    expect(refusal.message).toContain("another process keeps the database locked");
    other.run("ROLLBACK");
    other.close();
    await writer.write(batch, never());
    await writer.close();
    expect(await pointsIn(file)).toHaveLength(1);
  }, 30_000);
});

describe("a disk or file that fails", () => {
  test.skipIf(noMount !== undefined)(
    "full: held with a clear text, goes on with space",
    async () => {
      const file = join(mounted, "full.db");
      const writer = await open(file);
      const ballast = join(mounted, "ballast");
      writeFileSync(ballast, new Uint8Array(600_000));
      const lines = (from: number): string[] =>
        Array.from({ length: 1000 }, (_, i) => `full,n=${from + i} value=${i} ${from + i}`);
      let stored = 0;
      let refusal: Awaited<ReturnType<typeof storeErrorOf>> | undefined;
      for (; refusal === undefined && stored < 20_000; stored += refusal === undefined ? 1000 : 0) {
        const failure = await writer.write(lineBatch(lines(stored)), never()).catch((error) =>
          error
        );
        if (failure !== undefined) refusal = await storeErrorOf(Promise.reject(failure));
      }
      expect(refusal?.message).toContain(`Cannot write to sqlite:${file}: disk full`);
      expect(refusal?.reaction).toBe("hold");
      expect((await storeErrorOf(writer.write(lineBatch(lines(stored)), never()))).reaction)
        .toBe("hold");
      writeFileSync(ballast, "");
      await writer.write(lineBatch(lines(stored)), never());
      await writer.close();
      const points = await pointsIn(file);
      expect(points).toHaveLength(stored + 1000);
      expect(new Set(points.map(({ series }) => series.tags.n)).size).toBe(stored + 1000);
    },
  );

  test("removed or replaced while in use: held, never written into the void", async () => {
    const file = freshPath();
    const writer = await open(file);
    renameSync(file, `${file}.away`);
    const batch = lineBatch(["m value=1 1"]);
    const refusal = await storeErrorOf(writer.write(batch, never()));
    expect(refusal.reaction).toBe("hold");
    expect(refusal.message).toContain("removed or replaced");
    expect((await storeErrorOf(writer.ping(never()))).reaction).toBe("hold");
    renameSync(`${file}.away`, file);
    await writer.write(batch, never());
    await writer.close();
  });

  test("damaged while in use: held, and said", async () => {
    const file = freshPath();
    const first = await open(file);
    const lines = Array.from({ length: 3000 }, (_, i) => `m,n=${i} value=1 ${i}`);
    await first.write(lineBatch(lines), never());
    await first.close();
    const bytes = new Uint8Array(await Bun.file(file).arrayBuffer());
    bytes.fill(0xff, 4096 * 2);
    writeFileSync(file, bytes);
    const writer = await open(file);
    const refusal = await storeErrorOf(writer.write(lineBatch(lines), never()));
    expect(refusal.reaction).toBe("hold");
    expect(refusal.message).toContain("the database is damaged");
    await writer.close();
  });
});

describe("a file that cannot be used is one configuration error", () => {
  const refusalOf = async (file: string): Promise<string> => {
    const failure = await open(file).then(() => undefined, (error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    return String(failure instanceof Error ? failure.message : failure);
  };

  test("no database", async () => {
    const file = freshPath();
    writeFileSync(
      file,
      "this is a text and not a database, and it is longer than a header is".repeat(9),
    );
    expect(await refusalOf(file)).toBe(
      `Cannot open SQLite file '${file}': the file is not a SQLite database (SQLITE_NOTADB), ` +
        "expected a SQLite file that this user may use",
    );
  });

  test("another program's database, left as it was", async () => {
    const file = freshPath();
    const other = new Database(file);
    other.run("CREATE TABLE theirs (a)");
    other.close();
    const before = await Bun.file(file).bytes();
    expect(await refusalOf(file)).toContain("it is another program's database");
    expect(await Bun.file(file).bytes()).toEqual(before);
  });

  test("a newer schema", async () => {
    const file = freshPath();
    await (await open(file)).close();
    const newer = new Database(file);
    newer.run("PRAGMA user_version = 2");
    newer.close();
    expect(await refusalOf(file)).toBe(
      `Cannot open SQLite file '${file}': its schema has version 2, made by a newer tpctl, ` +
        "expected version 1 at most, or a newer tpctl",
    );
  });

  test("a folder, and a path in no folder", async () => {
    expect(await refusalOf(folder.path)).toContain("it is a folder, expected a file");
    const nowhere = join(folder.path, "no", "where.db");
    expect(await refusalOf(nowhere)).toContain("the folder");
    expect(await openSqliteReader(freshPath()).catch((error) => String(error))).toContain(
      "it does not exist",
    );
  });

  test.skipIf(noMount !== undefined)("a file on a disk that is mounted read-only", async () => {
    const file = join(mounted, "readonly.db");
    await (await open(file)).close();
    disk?.remount("ro");
    try {
      expect(await refusalOf(file)).toContain("the file is read-only");
    } finally {
      disk?.remount("rw");
    }
  });
});

test("after close the file stands alone, without a log beside it", async () => {
  const file = freshPath();
  const writer = await open(file);
  await writer.write(lineBatch([`m value=1 ${conformanceTimeMs}`]), never());
  await writer.close();
  expect(await Bun.file(`${file}-wal`).exists()).toBe(false);
  expect(await pointsIn(file)).toHaveLength(1);
});
