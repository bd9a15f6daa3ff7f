/**
 * Edge (net, processes). A topic of a real Kafka looked at: from its end, its last N, since a time, through
 * new partitions and deleted records; nothing of it shows on the cluster. And a group's lag.
 */
import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from "bun:test";
import { Kafka as Client } from "kafkajs";
import { eventually } from "../../testing/program.ts";
import { brokersOf } from "../../testing/kafka_reading.ts";
import { type Kafka, kafkaMissing, sharedKafka } from "../../testing/servers/kafka.ts";
import { closeTailings, sampleLine, sampleTime, startTailing } from "../../testing/tailing.ts";
import { systemClock } from "../clock.ts";
import { GroupLag } from "../kafka/group_lag.ts";
import { TopicReader } from "../kafka/topic_reader.ts";
import { silentLog } from "../log/log.ts";
import { Intake } from "./intake.ts";
import { openKafkaTail } from "./kafka_source.ts";

setDefaultTimeout(60_000);
const missing = kafkaMissing();
if (missing !== undefined) console.error(`skipped: ${missing}`);

describe.skipIf(missing !== undefined)("a topic", () => {
  let kafka: Kafka;
  let made = 0;
  beforeAll(async () => {
    kafka = await sharedKafka();
  }, 120_000);
  afterEach(closeTailings);

  async function topicOf(partitions: number): Promise<{ topic: string; url: string }> {
    const topic = `tail-${made++}`;
    await kafka.admin.createTopic(topic, { partitions });
    return { topic, url: `kafka://${kafka.brokers[0]}/${topic}` };
  }

  /** Sample n in partition n modulo `partitions`, at its own time. */
  function records(from: number, to: number, partitions: number): Parameters<
    Kafka["admin"]["produce"]
  >[1] {
    return Array.from({ length: to - from }, (_, i) => ({
      value: sampleLine(from + i),
      partition: (from + i) % partitions,
      timestamp: sampleTime(from + i).getTime(),
    }));
  }

  test("from its end on, live", async () => {
    const { topic, url } = await topicOf(3);
    await kafka.admin.produce(topic, records(0, 30, 3));
    const tailing = await startTailing(url);
    await Bun.sleep(1000);
    await kafka.admin.produce(topic, records(30, 60, 3));
    await tailing.came(30);
    expect(tailing.values().toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 30 }, (_, i) => 30 + i),
    );
    expect(tailing.live.every((live) => live)).toBe(true);
  });

  test("the last N over all partitions first, then live", async () => {
    const { topic, url } = await topicOf(3);
    await kafka.admin.produce(topic, records(0, 50, 3));
    const tailing = await startTailing(url, { last: "4" });
    await tailing.came(4);
    expect(tailing.values()).toEqual([46, 47, 48, 49]);
    await kafka.admin.produce(topic, records(50, 51, 3));
    await tailing.came(5);
    expect(tailing.live).toEqual([false, false, false, false, true]);
  });

  test("the last N are those that pass the filters, however far back; --no-follow ends", async () => {
    const { topic, url } = await topicOf(2);
    const rare = (n: number) => n < 2 ? sampleLine(n, { name: "rare" }) : sampleLine(n);
    const lines = Array.from({ length: 6000 }, (_, n) => rare(n));
    await kafka.admin.produceLines(topic, lines, { partition: 1 });
    const tailing = await startTailing(url, { last: "2", meters: ["rare"], follow: false });
    await tailing.ended;
    expect(tailing.values()).toEqual([0, 1]);
    const all = await startTailing(url, { last: "all", follow: false });
    await all.ended;
    expect(all.data.length).toBe(6000);
    const default10 = await startTailing(url, { follow: false });
    await default10.ended;
    expect(default10.values()).toEqual(Array.from({ length: 10 }, (_, i) => 5990 + i));
  });

  test("since a time, found by offsets", async () => {
    const { topic, url } = await topicOf(3);
    await kafka.admin.produce(topic, records(0, 90, 3));
    const since = sampleTime(75).toISOString();
    const tailing = await startTailing(url, { since, follow: false });
    await tailing.ended;
    expect(tailing.values().toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 15 }, (_, i) => 75 + i),
    );
    const last = await startTailing(url, { since, last: "3", follow: false });
    await last.ended;
    expect(last.values()).toEqual([87, 88, 89]);
    const future = await startTailing(url, { since: sampleTime(99).toISOString(), follow: false });
    await future.ended;
    expect(future.data).toEqual([]);
  });

  test("gzip, tombstones and records that say nothing", async () => {
    const { topic, url } = await topicOf(1);
    const values = [sampleLine(1), null, "nonsense", "{}", sampleLine(2)];
    await kafka.admin.produce(topic, values.map((value) => ({ value })), "gzip");
    const tailing = await startTailing(url, { last: "all", follow: false });
    await tailing.ended;
    expect(tailing.values()).toEqual([1, 2]);
    expect(tailing.intake.unreadable.count).toBe(2);
  });

  test("partitions that are added while it is looked at", async () => {
    const { topic } = await topicOf(1);
    await kafka.admin.produce(topic, records(0, 1, 1));
    const options = { brokers: brokersOf(kafka.brokers), clientId: "test", topic };
    const reader = new TopicReader({ ...options, timing: { metadataMs: 200 } }, {
      ...{ clock: systemClock, log: silentLog },
      ...{ onState: () => undefined, onNote: () => undefined },
    });
    const intake = new Intake({ filter: {}, where: undefined, share: 1 }, Math.random);
    const events = { intake, onNote: () => undefined, onTrouble: () => undefined };
    const source = openKafkaTail(reader, { last: 1, sinceMs: undefined, follow: true }, events);
    const values: number[] = [];
    const run = async (): Promise<void> => {
      for await (const { data } of source.batches()) values.push(...data.map(({ value }) => value));
    };
    const running = run();
    await eventually(() => values.length > 0 ? true : undefined);
    await kafka.admin.addPartitions(topic, 2);
    await kafka.admin.produceLines(topic, [sampleLine(7)], { partition: 1 });
    await eventually(() => values.length > 1 ? true : undefined);
    expect(values).toEqual([0, 7]);
    await source.close();
    await running;
  });

  test("an empty topic, and one whose records were deleted", async () => {
    const { topic, url } = await topicOf(2);
    const empty = await startTailing(url, { last: "5", follow: false });
    await empty.ended;
    expect(empty.data).toEqual([]);
    await kafka.admin.produce(topic, records(0, 20, 2));
    await kafka.admin.deleteRecords(topic, 0, 8);
    const tailing = await startTailing(url, { last: "all", follow: false });
    await tailing.ended;
    expect(tailing.values().toSorted((a, b) => a - b)).toEqual(
      [1, 3, 5, 7, 9, 11, 13, 15, 16, 17, 18, 19],
    );
  });

  test("records that are gone before they are read are said", async () => {
    const { topic } = await topicOf(1);
    await kafka.admin.produce(topic, records(0, 20, 1));
    await kafka.admin.deleteRecords(topic, 0, 8);
    const notes: string[] = [];
    const options = { brokers: brokersOf(kafka.brokers), clientId: "test", topic };
    const reader = new TopicReader(options, {
      ...{ clock: systemClock, log: silentLog, onState: () => undefined },
      onNote: (note) => void notes.push(note),
    });
    await reader.open();
    let count = 0;
    for await (const block of reader.range(new Map([[0, 2]]), new Map([[0, 20]]))) {
      count += block.count;
    }
    reader.close();
    expect(count).toBe(12);
    expect(notes).toEqual([expect.stringContaining("were deleted before they were read")]);
  });

  test("no group is made, no offset is committed", async () => {
    const { topic, url } = await topicOf(1);
    await kafka.admin.produce(topic, records(0, 5, 1));
    const client = new Client({ brokers: [...kafka.brokers], logLevel: 0 });
    const admin = client.admin();
    await admin.connect();
    const before = (await admin.listGroups()).groups.map(({ groupId }) => groupId).sort();
    const tailing = await startTailing(`${url}?group=nobody-${topic}`, { last: "all" });
    await tailing.came(5);
    const after = (await admin.listGroups()).groups.map(({ groupId }) => groupId).sort();
    await admin.disconnect();
    expect(after).toEqual(before);
    expect(tailing.notes).toEqual([expect.stringContaining("is not joined")]);
  });

  test("a topic that is not there, a broker that is not there", async () => {
    const { url } = await topicOf(1);
    const gone = await startTailing(`${url}-not`);
    await expect(gone.ended).rejects.toThrow(
      /^Cannot read topic 'tail-\d+-not': it does not exist/,
    );
    const nobody = await startTailing("kafka://127.0.0.1:1/t");
    await expect(nobody.ended).rejects.toThrow("expected a listening broker");
  });

  test("the lag of a group, which nobody joins", async () => {
    const { topic } = await topicOf(3);
    await kafka.admin.produce(topic, records(0, 30, 3));
    const group = `lag-${topic}`;
    await kafka.admin.setCommittedOffset(group, topic, { partition: 1, offset: 4 });
    const options = { brokers: brokersOf(kafka.brokers), clientId: "test" };
    const lag = new GroupLag(options, { topic, group });
    expect(await lag.ask()).toEqual([
      { partition: 0, position: undefined, start: 0, end: 10 },
      { partition: 1, position: 4, start: 0, end: 10 },
      { partition: 2, position: undefined, start: 0, end: 10 },
    ]);
    lag.close();
    const other = new GroupLag(options, { topic: `${topic}-not`, group });
    await expect(other.ask()).rejects.toThrow("it does not exist");
    other.close();
  });
});

afterAll(closeTailings);
