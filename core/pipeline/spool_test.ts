/**
 * Edge (files). The spool on disk: what is accepted comes out again, in order and unchanged, whatever
 * a crash leaves behind; one owner at a time.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { appendFile, cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { keepingLog } from "../../testing/publishers.ts";
import { upTo } from "../../testing/replay_world.ts";
import { tempFolder } from "../../testing/servers/server.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { openFileLocks } from "../files/file_lock.ts";
import { silentLog } from "../log/log.ts";
import { PyFloat } from "../notifications/value.ts";
import { dumpValue } from "../notifications/value_text.ts";
import { WrittenDict } from "../notifications/written_dict.ts";
import { createMetrics, type Metrics } from "../observe/metrics.ts";
import { DateTimeValue, type Event } from "./event.ts";
import type { Parcel } from "./parcel.ts";
import { createPipelineAccount } from "./pipeline_account.ts";
import type { Sample } from "./sample.ts";
import { openSpool, type SpoolDeps } from "./spool.ts";
import type { Spool } from "./spool_contract.ts";
import { encodeRecord } from "./spool_record.ts";

const locks = openFileLocks();

function deps(registry: Metrics = createMetrics()): SpoolDeps {
  return { clock: new VirtualClock(), log: silentLog, registry, locks, segmentBytesMax: 2000 };
}

function sampleOf(id: string, volume: Sample["volume"] = 1): Sample {
  return {
    name: "cpu",
    type: "gauge",
    unit: "ns",
    volume,
    user_id: null,
    user_name: null,
    project_id: "p",
    project_name: null,
    resource_id: "r",
    timestamp: "2026-01-01T00:00:00",
    resource_metadata: { nested: { list: [1, new PyFloat(2), 10n ** 20n, "é"] } },
    source: "openstack",
    id,
    monotonic_time: null,
  };
}

function parcelOf(items: readonly Sample[] | readonly Event[], more: Partial<Parcel> = {}): Parcel {
  const counts = createPipelineAccount(createMetrics()).items({
    source: "s",
    sink: "k",
    publisher: "p",
  });
  return {
    carries: "samples",
    items,
    origin: { source: { file: "f", line: 1 }, payload: new Uint8Array([0xff, 0x7b]) },
    way: { source: "s", sink: "k" },
    counts,
    onSettled: () => undefined,
    ...more,
  };
}

/** What becomes of a record's bytes. */
const damages: Readonly<Record<string, (record: Uint8Array) => void>> = {
  "with a wrong sum": (record) => record.fill(0xff, 20, 40),
  "with a wrong length": (record) => record.fill(0xff, 0, 3),
  "of another version": (record) => {
    const body = record.subarray(8);
    body.set(Buffer.from(`{"version":2,"x":"${"x".repeat(body.length - 20)}"}`));
    new DataView(record.buffer).setUint32(4, Bun.hash.crc32(body), true);
  },
};

const numbered = (n: number): Parcel => parcelOf([sampleOf(String(n))]);

async function drainAll(spool: Spool): Promise<number[]> {
  const ids: number[] = [];
  while (spool.records > 0) {
    const records = await spool.peek(3);
    for (const { items } of records) {
      ids.push(...items.map((item) => Number((item as Sample).id)));
    }
    await spool.release(records.length);
  }
  return ids;
}

describe("spool", () => {
  test("gives samples and events back as they were put in, with their notification", async () => {
    await using folder = await tempFolder("spool");
    const options = { folder: join(folder.path, "p"), bytesMax: 1e6, name: "p" };
    const event: Event = {
      message_id: "m",
      event_type: "e",
      generated: new DateTimeValue(1_700_000_000_123_456n),
      traits: [
        { name: "a", type: 3, value: new PyFloat(1) },
        { name: "b", type: 4, value: new DateTimeValue(-5n) },
        { name: "c", type: 1, value: "text" },
      ],
      raw: { payload: { x: null } },
    };
    const source = { exchange: "nova", routing_key: "notifications.info", message_id: "" };
    const origin = { source, payload: new Uint8Array([0, 255, 10]) };
    const samples = [sampleOf("1", new PyFloat(3)), sampleOf("2", 2n ** 70n)];
    const spool = await openSpool(options, deps());
    expect(await spool.append([parcelOf(samples)])).toBe(true);
    expect(await spool.append([parcelOf([event], { carries: "events", origin })])).toBe(true);
    await spool.close();

    const again = await openSpool(options, deps());
    const [first, second] = await again.peek(10);
    expect(first?.items).toEqual(samples);
    expect(second?.items).toEqual([event]);
    expect(second?.origin.source).toEqual(source);
    expect([...second?.origin.payload ?? []]).toEqual([0, 255, 10]);
    await again.release(2);
    await again.close();
    expect(await readdir(options.folder)).toEqual([]);
  });

  test("a sample whose metadata are still text is put in like any other", () => {
    const made = sampleOf("1");
    const text = dumpValue(made.resource_metadata);
    const { resource_metadata: _, ...members } = made;
    const written = {
      ...members,
      written_metadata: new WrittenDict(text),
      get resource_metadata(): never {
        throw new Error("made for nothing");
      },
    };
    expect(encodeRecord(parcelOf([written, made]), 5)).toEqual(
      encodeRecord(parcelOf([made, made]), 5),
    );
  });

  test("has one owner at a time; what a dead one left is taken over", async () => {
    await using folder = await tempFolder("spool");
    const options = { folder: join(folder.path, "p"), bytesMax: 1e6, name: "p" };
    const first = await openSpool(options, deps());
    await first.append([numbered(1)]);
    const second = await openSpool(options, deps());
    expect(second.records).toBe(0);
    await second.append([numbered(2)]);
    await first.close();
    await second.adopt();
    expect(await drainAll(second)).toEqual([1, 2]);
    await second.close();
  });

  test("takes nothing more when it is full, and something again when it was drained", async () => {
    await using folder = await tempFolder("spool");
    const options = { folder: join(folder.path, "p"), bytesMax: 3000, name: "p" };
    const spool = await openSpool(options, deps());
    let taken = 0;
    while (await spool.append([numbered(taken)])) taken++;
    expect(taken).toBeGreaterThan(2);
    expect(taken).toBeLessThan(10);
    await drainAll(spool);
    expect(await spool.append([numbered(99)])).toBe(true);
    await spool.close();
  });

  test("loses nothing accepted, whatever a crash leaves of the last write", async () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ add: fc.integer({ min: 1, max: 8 }) }) },
      { weight: 2, arbitrary: fc.record({ drain: fc.integer({ min: 1, max: 6 }) }) },
      {
        weight: 2,
        arbitrary: fc.record({ tornBytes: fc.nat(900) }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        await using root = await tempFolder("spool");
        let life = 0;
        let folder = join(root.path, "0");
        let spool = await openSpool({ folder, bytesMax: 1e9, name: "p" }, deps());
        let next = 0;
        let released = 0;
        for (const one of steps) {
          if ("add" in one) {
            await spool.append(Array.from({ length: one.add }, () => numbered(next++)));
          } else if ("drain" in one) {
            const records = await spool.peek(one.drain);
            expect(records.map(({ items }) => Number((items[0] as Sample).id)))
              .toEqual(records.map((_, i) => released + i));
            const done = Math.ceil(records.length / 2);
            await spool.release(done);
            released += done;
          } else {
            const copy = join(root.path, String(++life));
            await cp(folder, copy, { recursive: true }).catch(() => undefined);
            await spool.close();
            await tear(copy, one.tornBytes, numbered(next));
            folder = copy;
            spool = await openSpool({ folder, bytesMax: 1e9, name: "p" }, deps());
          }
          expect(spool.records).toBe(next - released);
        }
        const rest = await drainAll(spool);
        expect(rest).toEqual(Array.from({ length: next - released }, (_, i) => released + i));
        await spool.close();
      }),
      { numRuns: 60 },
    );
  });

  for (const [name, change] of Object.entries(damages)) {
    test(`a record ${name} is passed over alone, and kept for people`, async () => {
      await using root = await tempFolder("spool");
      const folder = join(root.path, "p");
      const spool = await openSpool({ folder, bytesMax: 1e9, name: "p" }, deps());
      await spool.append(upTo(9).map(numbered));
      await spool.close();
      const path = join(folder, "queue-1", "000000000001.seg");
      const records = upTo(9).map((n) => encodeRecord(numbered(n), 0));
      for (const [i, record] of records.entries()) if (i % 4 === 1) change(record);
      await writeFile(path, Buffer.concat(records));
      const again = await openSpool({ folder, bytesMax: 1e9, name: "p" }, deps());
      expect(await drainAll(again)).toEqual([0, 2, 3, 4, 6, 7, 8]);
      await again.close();
      expect(await readFile(`${path}.damaged`)).toEqual(Buffer.concat(records));
    });
  }

  test.each<[string, (text: string) => string]>([
    ["torn", (text) => text.slice(0, 4)],
    ["of another segment", (text) => text.replace(/"segment":\d+/, '"segment":99')],
    ["before the beginning", (text) => text.replace(/"offset":/, '"offset":-')],
    ["behind the end", (text) => text.replace(/"offset":/, '"offset":9')],
    ["no object", () => "null"],
  ])("what was released may come again when its position is %s, nothing is left out", async (
    _,
    change,
  ) => {
    await using root = await tempFolder("spool");
    const folder = join(root.path, "p");
    const spool = await openSpool({ folder, bytesMax: 1e9, name: "p" }, deps());
    await spool.append([numbered(0), numbered(1), numbered(2)]);
    await spool.peek(1);
    await spool.release(1);
    const copy = join(root.path, "copy");
    await cp(folder, copy, { recursive: true });
    const position = join(copy, "queue-1", "position");
    await writeFile(position, change(await readFile(position, "utf8")));
    const again = await openSpool({ folder: copy, bytesMax: 1e9, name: "p" }, deps());
    expect(await drainAll(again)).toEqual([0, 1, 2]);
    await spool.close();
    await again.close();
  });

  test("removed while it is in use, it takes what comes into a new place", async () => {
    await using root = await tempFolder("spool");
    const folder = join(root.path, "p");
    const lines: string[] = [];
    const spool = await openSpool({ folder, bytesMax: 1e9, name: "p" }, {
      ...deps(),
      log: keepingLog(lines),
    });
    await spool.append([numbered(0), numbered(1)]);
    await spool.peek(1);
    await rm(folder, { recursive: true });
    await spool.append([numbered(2)]);
    expect(lines).toEqual([expect.stringContaining("removed while it was in use")]);
    await spool.close();
    const again = await openSpool({ folder, bytesMax: 1e9, name: "p" }, deps());
    expect(await drainAll(again)).toEqual([2]);
    await again.close();
  });

  test("a last segment of nothing but noise is no write that a crash cut off: it is kept", async () => {
    await using root = await tempFolder("spool");
    const folder = join(root.path, "p");
    const spool = await openSpool({ folder, bytesMax: 1e9, name: "p" }, deps());
    await spool.append([numbered(0)]);
    await spool.close();
    const path = join(folder, "queue-1", "000000000001.seg");
    const noise = new Uint8Array(500).fill(0xa5);
    await writeFile(path, noise);
    const again = await openSpool({ folder, bytesMax: 1e9, name: "p" }, deps());
    expect(again.records).toBe(0);
    await again.close();
    expect(new Uint8Array(await readFile(`${path}.damaged`))).toEqual(noise);
  });
});

/** As a crash in the middle of an append leaves it: a part of a record behind the last segment. */
async function tear(folder: string, bytes: number, parcel: Parcel): Promise<void> {
  const record = encodeRecord(parcel, 1);
  const part = record.subarray(0, Math.min(bytes, record.length - 1));
  for (const queue of await readdir(folder).catch(() => [])) {
    const names = (await readdir(join(folder, queue))).filter((name) => name.endsWith(".seg"));
    const last = names.sort().at(-1);
    if (last !== undefined) await appendFile(join(folder, queue, last), part);
  }
}
