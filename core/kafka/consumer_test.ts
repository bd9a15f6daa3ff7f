/**
 * Edge (net, processes). What a Kafka log may hold and do, against real brokers: codecs, transactions,
 * compaction, truncation, new partitions, large records; and that a consumer ends as it should.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Reading, startReading } from "../../testing/kafka_reading.ts";
import {
  type Kafka,
  kafkaMissing,
  type KafkaVersion,
  sharedKafka,
} from "../../testing/servers/kafka.ts";

setDefaultTimeout(60_000);
const missing = kafkaMissing();
if (missing !== undefined) console.error(`skipped: ${missing}`);
const versions: readonly KafkaVersion[] = ["4.4.0", "3.9.2"];

describe.skipIf(missing !== undefined).each([...versions])("a consumer of Kafka %s", (version) => {
  let kafka: Kafka;
  const readings: Reading[] = [];
  let made = 0;
  beforeAll(async () => {
    kafka = await sharedKafka(version);
  }, 120_000);
  afterAll(async () => {
    await Promise.all(readings.map((reading) => reading.close()));
  });

  async function topicOf(options: Parameters<Kafka["admin"]["createTopic"]>[1]): Promise<string> {
    const topic = `consumer-${made++}`;
    await kafka.admin.createTopic(topic, options);
    return topic;
  }

  function read(topic: string, options: Partial<Parameters<typeof startReading>[0]> = {}): Reading {
    const reading = startReading({ brokers: kafka.brokers, topics: [topic], ...options });
    readings.push(reading);
    return reading;
  }

  test("reads what every codec wrote, once each, and ends at the end", async () => {
    const topic = await topicOf({ partitions: 3 });
    const expected: string[] = [];
    for (const codec of ["none", "gzip", "snappy", "lz4", "zstd"] as const) {
      const lines = Array.from({ length: 2_000 }, (_, i) => `${codec} ${i} ${"x".repeat(i % 300)}`);
      await kafka.admin.produceLines(topic, lines, { codec });
      expected.push(...lines);
    }
    const reading = read(topic, { once: true });
    await reading.ended;
    expect(reading.records.map(({ value }) => value).sort()).toEqual(expected.sort());
    expect(reading.states.at(-1)).toBe("ready");
  });

  test("gives keys, null values and timestamps as they were sent", async () => {
    const topic = await topicOf({});
    await kafka.admin.produce(topic, [
      { key: "k", value: "v", timestamp: 1_700_000_000_123 },
      { key: null, value: null, timestamp: 1_600_000_000_000 },
      { key: "", value: "", timestamp: 1_700_000_000_124 },
    ]);
    const reading = startReading({ brokers: kafka.brokers, topics: [topic], once: true });
    await reading.ended;
    await reading.consumer.close();
    expect(reading.records).toEqual([
      { partition: 0, offset: 0, key: "k", value: "v", timestamp: 1_700_000_000_123 },
      { partition: 0, offset: 1, key: null, value: null, timestamp: 1_600_000_000_000 },
      { partition: 0, offset: 2, key: "", value: "", timestamp: 1_700_000_000_124 },
    ]);
  });

  test("leaves out aborted transactions and moves past what it left out", async () => {
    const topic = await topicOf({});
    for (const end of ["abort", "commit", "abort", "commit", "abort"] as const) {
      const records = [1, 2, 3].map((i) => ({ value: `${end} ${i}` }));
      await kafka.admin.produceTransaction(topic, records, end);
    }
    const reading = read(topic, { once: true, groupId: `${topic}-group` });
    await reading.ended;
    const committed = ["commit 1", "commit 2", "commit 3"];
    expect(reading.records.map(({ value }) => value)).toEqual([...committed, ...committed]);
    await reading.commit();
    const ends = await kafka.admin.endOffsets(topic);
    expect(await kafka.admin.committedOffsets(`${topic}-group`, topic)).toEqual(ends);
  }, 60_000);

  test("reads a compacted log with its gaps", async () => {
    const topic = await topicOf({
      config: {
        "cleanup.policy": "compact",
        "segment.ms": "100",
        "min.cleanable.dirty.ratio": "0.01",
      },
    });
    for (let round = 0; round < 8; round++) {
      const records = Array.from({ length: 50 }, (_, i) => ({
        key: `k${i}`,
        value: `${round}`,
      }));
      await kafka.admin.produce(topic, records);
      await Bun.sleep(150);
    }
    await Bun.sleep(4_000);
    const reading = read(topic, { once: true });
    await reading.ended;
    const offsets = reading.records.map(({ offset }) => offset);
    expect(offsets.length).toBeLessThan(400);
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
    expect(offsets.at(-1)).toBe(399);
    expect(reading.gaps).toEqual([]);
  }, 60_000);

  test.each([["earliest", 60, 40], ["latest", 100, 0]] as const)(
    "says which records were deleted before they were read, and goes on at the %s",
    async (outOfRange, next, count) => {
      const topic = await topicOf({});
      const groupId = `${topic}-group`;
      await kafka.admin.produceLines(topic, Array.from({ length: 100 }, (_, i) => `${i}`));
      await kafka.admin.setCommittedOffset(groupId, topic, { partition: 0, offset: 10 });
      await kafka.admin.deleteRecords(topic, 0, 60);
      const reading = read(topic, { groupId, outOfRange, once: true });
      await reading.ended;
      expect(reading.gaps).toEqual([[0, 10, next]]);
      expect(reading.records.length).toBe(count);
      const said = reading.logged.filter(([level]) => level === "error").map(([, text]) => text);
      expect(said).toEqual([
        `records 10 to 59 of topic '${topic}', partition 0 were deleted before they were read; ` +
        `going on at its ${outOfRange} offset ${next}`,
      ]);
    },
  );

  test("stops at a position that is not in the log where told to", async () => {
    const topic = await topicOf({});
    await kafka.admin.produceLines(topic, ["a", "b"]);
    await kafka.admin.setCommittedOffset(`${topic}-group`, topic, { partition: 0, offset: 50 });
    const reading = read(topic, { groupId: `${topic}-group`, outOfRange: "fail" });
    const said = await reading.ended.then(() => "", (error: Error) => error.message);
    readings.pop();
    await reading.consumer.close();
    expect(said).toBe(
      `Cannot go on reading: topic '${topic}', partition 0 ends at 2, before our position 50: ` +
        "it was truncated or made anew, expected position 50",
    );
  });

  test("waits for a topic that does not exist yet, and says so once", async () => {
    const topic = `consumer-late-${made++}`;
    const reading = read(topic);
    await reading.until(
      "it is missed",
      () => reading.states.some((state) => state.includes("not")),
    );
    await Bun.sleep(1_000);
    const warned = reading.logged.filter(([level]) => level === "warning").map(([, text]) => text);
    expect(warned).toEqual([
      `Cannot read topic '${topic}': it does not exist, expected one that was created`,
    ]);
    await kafka.admin.createTopic(topic);
    await kafka.admin.produceLines(topic, ["late"]);
    await reading.until("it is read", () => reading.records.length === 1);
    expect(reading.states.at(-1)).toBe("ready");
  });

  test("reads what is there of its topics where it may, and the others once they are made", async () => {
    const [there, late] = [await topicOf({}), `consumer-late-${made++}`];
    const groupId = `${there}-group`;
    const topics = [late, there];
    const reading = startReading({ brokers: kafka.brokers, topics, groupId, topicsMayLack: true });
    readings.push(reading);
    await kafka.admin.produceLines(there, ["there"]);
    await reading.until("it is read", () => reading.records.length === 1);
    expect(reading.states.at(-1)).toBe("ready");
    await kafka.admin.createTopic(late);
    await kafka.admin.produceLines(late, ["late"]);
    await reading.until("both are read", () => reading.records.length === 2);
    expect(reading.logged.filter(([level]) => level !== "info")).toEqual([]);
    expect(reading.logged.filter(([, text]) => text.includes(late))).toHaveLength(1);
  });

  test("reads partitions that are added while it runs, from their beginning", async () => {
    const topic = await topicOf({ partitions: 1 });
    const reading = read(topic);
    await reading.until("it is ready", () => reading.states.at(-1) === "ready");
    await kafka.admin.addPartitions(topic, 3);
    await kafka.admin.produceLines(topic, ["new"], { partition: 2 });
    await reading.until("the new one is read", () => reading.records.length === 1);
    expect(reading.assigned).toEqual([0, 1, 2]);
  });

  test("reads a record of 10 MB among small ones", async () => {
    const topic = await topicOf({ config: { "max.message.bytes": "11000000" } });
    const large = "x".repeat(10_000_000);
    await kafka.admin.produce(topic, [{ value: "before" }]);
    await kafka.admin.produce(topic, [{ value: large }]);
    await kafka.admin.produce(topic, [{ value: "after" }]);
    const reading = read(topic, { once: true });
    await reading.ended;
    const sizes = reading.records.map(({ value }) => value?.length);
    expect(sizes).toEqual([6, 10_000_000, 5]);
  });

  test("goes on where it committed, and has left the group once it is closed", async () => {
    const topic = await topicOf({ partitions: 2 });
    const groupId = `${topic}-group`;
    await kafka.admin.produceLines(topic, ["a", "b", "c"], { partition: 1 });
    const first = read(topic, { groupId });
    await first.until("all is read", () => first.records.length === 3);
    await first.close();
    expect(await kafka.admin.groupMembers(groupId)).toBe(0);
    expect(await kafka.admin.committedOffsets(groupId, topic)).toEqual(new Map([[1, 3]]));
    await kafka.admin.produceLines(topic, ["d"], { partition: 1 });
    const second = read(topic, { groupId, once: true });
    await second.ended;
    expect(second.records).toMatchObject([{ partition: 1, offset: 3, value: "d" }]);
  });

  test("bytes stay as they are until they are given back", async () => {
    const topic = await topicOf({ partitions: 3 });
    const lines = Array.from({ length: 40_000 }, (_, i) => `${i} ${"x".repeat(500 + i % 300)}`);
    await kafka.admin.produceLines(topic, lines.slice(0, 30_000));
    await kafka.admin.produceLines(topic, lines.slice(30_000), { codec: "gzip" });
    // 20 blocks are more than the answers that are read ahead.
    const reading = read(topic, { once: true, heldBlocks: 20 });
    await reading.ended;
    const found = reading.records.map(({ value }) => value);
    expect(found.sort()).toEqual(lines.sort());
  });

  test("goes on fetching and heartbeating while nobody pulls, within its bound", async () => {
    const topic = await topicOf({ partitions: 2 });
    const groupId = `${topic}-group`;
    await kafka.admin.produceLines(topic, Array.from({ length: 30_000 }, () => "x".repeat(1_000)));
    const timing = { sessionMs: 1_500, heartbeatMs: 300 };
    const reading = startReading({ brokers: kafka.brokers, topics: [topic], groupId, timing });
    readings.push(reading);
    const blocks = reading.consumer.blocks()[Symbol.asyncIterator]();
    await blocks.next();
    await Bun.sleep(3_000);
    expect(await kafka.admin.groupMembers(groupId)).toBe(1);
    expect(reading.lost).toEqual([]);
    await reading.until("all is read", () => reading.records.length > 25_000);
  });
});
