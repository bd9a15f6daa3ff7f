/**
 * Pure. That encoded batches come back as they went in, whatever their bytes; that formats no broker of
 * today writes are read; and that bytes which are not what they say are told, and cost no more.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { crc32, gzipSync, zstdCompressSync } from "node:zlib";
import { keyOf, type RecordBlock, valueOf } from "../delivery/records.ts";
import { type AbortedTransaction, scanBatches } from "./batch_scan.ts";
import { readBlocks } from "./block_reader.ts";
import { crc32c } from "./crc32c.ts";
import { type BatchRecord, encodeBatch } from "./record_encode.ts";

const noSequence = { producerId: -1n, producerEpoch: -1, sequence: -1 };
const recordsAt = 61;

interface BatchOptions {
  readonly baseOffset?: number;
  readonly codec?: number;
  readonly pack?: (records: Buffer) => Buffer;
  /** Attribute bits beside the codec's. */
  readonly bits?: number;
  readonly producerId?: bigint;
}

/** A batch as a broker would hold it. */
function batchOf(records: readonly BatchRecord[], options: BatchOptions = {}): Buffer {
  const from = { ...noSequence, producerId: options.producerId ?? -1n };
  let batch = encodeBatch(records, from);
  if (options.pack !== undefined) {
    const packed = options.pack(batch.subarray(recordsAt));
    batch = Buffer.concat([batch.subarray(0, recordsAt), packed]);
    batch.writeInt32BE(batch.length - 12, 8);
  }
  batch.writeBigInt64BE(BigInt(options.baseOffset ?? 0), 0);
  batch.writeInt16BE((options.codec ?? 0) | (options.bits ?? 0), 21);
  batch.writeUInt32BE(crc32c(batch, 21), 17);
  return batch;
}

function textRecord(value: string): BatchRecord {
  return { key: null, value: Buffer.from(value), timestamp: 1_000 };
}

interface ReadOptions {
  readonly fetchOffset?: number;
  readonly endOffset?: number;
  readonly aborted?: readonly AbortedTransaction[];
}

function read(bytes: Uint8Array, options: ReadOptions = {}): RecordBlock[] {
  const { fetchOffset = 0, endOffset = Infinity, aborted = [] } = options;
  const scan = scanBatches(bytes, { fetchOffset, highWatermark: 1e9, aborted });
  const chunk = { topic: "t", partition: 1, fromOffset: fetchOffset, endOffset };
  return [...readBlocks({ ...chunk, bytes, batches: scan.batches, nextOffset: scan.nextOffset })];
}

/** Offsets with texts, over all blocks. */
function rowsOf(blocks: readonly RecordBlock[]): [number, string | null][] {
  return blocks.flatMap((block) =>
    Array.from(block.offsets, (offset, i): [number, string | null] => {
      const value = valueOf(block, i);
      return [offset, value === null ? null : Buffer.from(value).toString()];
    })
  );
}

describe("record batches", () => {
  const bytes = fc.option(fc.uint8Array({ maxLength: 300 }), { nil: null });
  const records = fc.array(
    fc.record({
      key: bytes,
      value: bytes,
      timestamp: fc.oneof(fc.nat(), fc.integer({ min: 0, max: 4_000_000_000_000 })),
    }),
    { minLength: 1, maxLength: 200 },
  );
  const packs = [
    { codec: 0, pack: (plain: Buffer): Buffer => plain },
    { codec: 1, pack: (plain: Buffer): Buffer => gzipSync(plain) },
    { codec: 4, pack: (plain: Buffer): Buffer => zstdCompressSync(plain) },
  ];

  test("come back as they went in, several at a time, packed or not", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(records, fc.constantFrom(...packs)), { minLength: 1, maxLength: 5 }),
        (batches) => {
          let baseOffset = 5_000_000_000;
          const log = Buffer.concat(batches.map(([of, how]) => {
            const batch = batchOf(of, { ...how, baseOffset });
            baseOffset += of.length;
            return batch;
          }));
          const blocks = read(log, { fetchOffset: 5_000_000_000 });
          const found = blocks.flatMap((block) =>
            Array.from({ length: block.count }, (_, i) => ({
              key: keyOf(block, i),
              value: valueOf(block, i),
              timestamp: block.timestamps[i] ?? NaN,
            }))
          );
          const hex = (part: Uint8Array | null): string | undefined =>
            part === null ? undefined : Buffer.from(part).toString("hex");
          const plain = (each: BatchRecord): string =>
            `${each.timestamp} ${hex(each.key)} ${hex(each.value)}`;
          expect(found.map(plain)).toEqual(batches.flatMap(([of]) => of.map(plain)));
          expect(blocks.at(-1)?.nextOffset).toBe(baseOffset);
          expect(rowsOf(blocks).map(([offset]) => offset - 5_000_000_000))
            .toEqual(found.map((_, i) => i));
        },
      ),
      { numRuns: 60 },
    );
  });

  test("are read from the middle on, up to an end, without a cut-off tail", () => {
    const first = batchOf(["a", "b", "c"].map(textRecord));
    const second = batchOf(["d", "e", "f"].map(textRecord), { baseOffset: 3 });
    const tail = batchOf([textRecord("g")], { baseOffset: 6 }).subarray(0, 70);
    const blocks = read(Buffer.concat([first, second, tail]), { fetchOffset: 1, endOffset: 5 });
    expect(rowsOf(blocks)).toEqual([[1, "b"], [2, "c"], [3, "d"], [4, "e"]]);
    expect(blocks.at(-1)?.nextOffset).toBe(5);
  });

  test("of aborted transactions are left out, those between and behind are not", () => {
    const part = (value: string, baseOffset: number, producerId: bigint): Buffer =>
      batchOf([textRecord(value)], { baseOffset, producerId, bits: 16 });
    const marker = (type: number, baseOffset: number, producerId: bigint): Buffer =>
      batchOf([{ key: Buffer.from([0, 0, 0, type]), value: Buffer.alloc(6), timestamp: 0 }], {
        baseOffset,
        producerId,
        bits: 48,
      });
    const log = Buffer.concat([
      part("a1", 0, 7n),
      part("c1", 1, 8n),
      batchOf([textRecord("plain")], { baseOffset: 2 }),
      marker(0, 3, 7n),
      part("c2", 4, 7n),
      marker(1, 5, 7n),
      marker(1, 6, 8n),
    ]);
    const blocks = read(log, { aborted: [{ producerId: 7, firstOffset: 0 }] });
    expect(rowsOf(blocks)).toEqual([[1, "c1"], [2, "plain"], [4, "c2"]]);
    expect(blocks.at(-1)?.nextOffset).toBe(7);
  });

  test("that hold nothing for us still move the position", () => {
    const control = batchOf([{ key: Buffer.from([0, 0, 0, 1]), value: null, timestamp: 0 }], {
      bits: 48,
      baseOffset: 9,
    });
    const blocks = read(control, { fetchOffset: 9 });
    expect(blocks.map(({ count, nextOffset }) => [count, nextOffset])).toEqual([[0, 10]]);
  });

  test("carry the broker's time of appending where they say so", () => {
    const batch = batchOf([textRecord("a"), { ...textRecord("b"), timestamp: 9_000 }], { bits: 8 });
    expect([...read(batch)[0]?.timestamps ?? []]).toEqual([9_000, 9_000]);
  });
});

describe("bytes that are not what they say", () => {
  const good = batchOf([textRecord("good")], { baseOffset: 9 });

  test.each([
    ["a wrong checksum", (batch: Buffer) => batch.writeUInt8(1, 70), /checksum is/],
    [
      "an unknown codec",
      (batch: Buffer) => reseal(batch, () => batch.writeInt16BE(7, 21)),
      /codec 7/,
    ],
    [
      "no gzip where it says gzip",
      (batch: Buffer) => reseal(batch, () => batch.writeInt16BE(1, 21)),
      /gzip/,
    ],
    [
      "no zstd where it says zstd",
      (batch: Buffer) => reseal(batch, () => batch.writeInt16BE(4, 21)),
      /zstd/,
    ],
    [
      "too many records",
      (batch: Buffer) => reseal(batch, () => batch.writeInt32BE(2 ** 30, 57)),
      /record 3/,
    ],
    [
      "a record that is too long",
      (batch: Buffer) => reseal(batch, () => batch.writeUInt8(126, 61)),
      /record 0/,
    ],
    ["an unknown format", (batch: Buffer) => batch.writeInt8(3, 16), /format 3/],
  ])("are told and cost one batch: %s", (_, spoil, reason) => {
    const bad = batchOf(["a", "b", "c"].map(textRecord), { baseOffset: 6 });
    spoil(bad);
    const before = batchOf([textRecord("before")], { baseOffset: 5 });
    const blocks = read(Buffer.concat([before, bad, good]), { fetchOffset: 5 });
    const [first, second, third] = blocks;
    expect(blocks.length).toBe(3);
    expect(rowsOf(first === undefined ? [] : [first])).toEqual([[5, "before"]]);
    expect(second?.corrupt).toMatch(reason);
    expect(second?.corrupt).toContain("offsets 6 to 8 of topic 't', partition 1");
    expect(second === undefined ? null : valueOf(second, 0)).toEqual(
      new Uint8Array(
        reason.source.match(/checksum|format|codec 7/) ? bad : bad.subarray(recordsAt),
      ),
    );
    expect(rowsOf(third === undefined ? [] : [third])).toEqual([[9, "good"]]);
    expect(third?.nextOffset).toBe(10);
  });

  test("never throw, never stand still, whatever they are", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(fc.tuple(fc.nat({ max: 140 }), fc.integer({ min: 0, max: 255 })), {
          maxLength: 4,
        }),
        (tail, edits) => {
          const log = Buffer.concat([batchOf([textRecord("x")]), good, tail]);
          for (const [at, byte] of edits) log[at] = byte;
          const blocks = read(log);
          for (const block of blocks) expect(block.nextOffset).toBeGreaterThanOrEqual(0);
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** Changes a batch and makes its checksum right again. */
function reseal(batch: Buffer, change: () => void): void {
  change();
  batch.writeUInt32BE(crc32c(batch, 21), 17);
}

describe("old message sets", () => {
  function message(
    value: string,
    options: { offset: number; magic: number; codec?: number },
  ): Buffer {
    const body = Buffer.from(value, "latin1");
    const header = options.magic === 0 ? 18 : 26;
    const bytes = Buffer.alloc(header + 8 + body.length);
    bytes.writeBigInt64BE(BigInt(options.offset), 0);
    bytes.writeInt32BE(bytes.length - 12, 8);
    bytes.writeInt8(options.magic, 16);
    bytes.writeInt8(options.codec ?? 0, 17);
    if (options.magic === 1) bytes.writeBigInt64BE(1_500_000_000_000n, 18);
    bytes.writeInt32BE(-1, header);
    bytes.writeInt32BE(body.length, header + 4);
    body.copy(bytes, header + 8);
    bytes.writeUInt32BE(crc32(bytes.subarray(16)), 12);
    return bytes;
  }

  test.each([0, 1])("of format %d are read, single and packed", (magic) => {
    // Format 1 counts from 0 within a packed set, format 0 has the log's own offsets.
    const base = magic === 0 ? 10 : 0;
    const inner = [0, 1, 2].map((i) => message(`packed ${i}`, { offset: base + i, magic }));
    const packed = gzipSync(Buffer.concat(inner)).toString("latin1");
    const log = Buffer.concat([
      message("single", { offset: 9, magic }),
      message(packed, { offset: 12, magic, codec: 1 }),
    ]);
    const blocks = read(log, { fetchOffset: 9 });
    const expected = [[9, "single"], [10, "packed 0"], [11, "packed 1"], [12, "packed 2"]];
    expect(rowsOf(blocks)).toEqual(expected as [number, string][]);
    expect(blocks[1]?.timestamps[0]).toBe(magic === 0 ? NaN : 1_500_000_000_000);
    expect(blocks.at(-1)?.nextOffset).toBe(13);
  });

  test("with a wrong checksum are told", () => {
    const bad = message("bad", { offset: 3, magic: 1 });
    bad.writeUInt8(0, bad.length - 1);
    const log = Buffer.concat([bad, message("good", { offset: 4, magic: 1 })]);
    const blocks = read(log, { fetchOffset: 3 });
    expect(blocks[0]?.corrupt).toContain("checksum");
    expect(rowsOf(blocks.slice(1))).toEqual([[4, "good"]]);
  });
});

test("the checksum is CRC-32C at any length and alignment", () => {
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
  const bytes = new Uint8Array(200).map((_, i) => i * 37);
  const plain = (part: Uint8Array): number => {
    let crc = -1;
    for (const byte of part) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0x82f63b78 & -(crc & 1));
    }
    return ~crc >>> 0;
  };
  for (let start = 0; start < 20; start++) {
    for (const end of [start, start + 1, start + 17, 199]) {
      expect(crc32c(bytes, start, end)).toBe(plain(bytes.subarray(start, end)));
    }
  }
});
