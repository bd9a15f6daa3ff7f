/**
 * Edge (net, files, processes). That members of a group may come, go and die under load: nothing is
 * lost, and nothing is read twice as long as they go in an orderly way.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { startReading } from "../../testing/kafka_reading.ts";
import { type Kafka, kafkaMissing, sharedKafka } from "../../testing/servers/kafka.ts";
import { type TempFolder, tempFolder } from "../../testing/servers/server.ts";

setDefaultTimeout(90_000);
const missing = kafkaMissing();
if (missing !== undefined) console.error(`skipped: ${missing}`);
const program = join(import.meta.dir, "../../testing/kafka_member.ts");
const partitions = 6;
const records = 60_000;
const blockMs = 60;
const living: Bun.Subprocess[] = [];

describe.skipIf(missing !== undefined)("a consumer group", () => {
  let folder: TempFolder;
  beforeAll(async () => {
    folder = await tempFolder("rebalance");
  });
  afterAll(async () => {
    for (const member of living) member.kill("SIGKILL");
    await folder.remove();
  });

  interface Members {
    start(): Bun.Subprocess;
    /** How often each of the topic's offsets was written, once all were at least once. */
    finish(): Promise<{ readonly missing: number; readonly repeated: number }>;
  }

  async function membersOf(kafka: Kafka, topic: string): Promise<Members> {
    await kafka.admin.createTopic(topic, { partitions });
    for (let partition = 0; partition < partitions; partition++) {
      const lines = Array.from({ length: records / partitions }, (_, i) => `${i}`.padEnd(1_000));
      await kafka.admin.produceLines(topic, lines, { partition });
    }
    const file = join(folder.path, topic);
    await Bun.write(file, "");
    const members: Bun.Subprocess[] = [];
    const count = async (): Promise<{ missing: number; repeated: number }> => {
      const times = new Map<string, number>();
      let total = 0;
      for (const line of (await readFile(file, "utf8")).trim().split("\n")) {
        const [partition, first = 0, last = -1] = line.split(" ").map(Number);
        for (let offset = first; offset <= last; offset++, total++) {
          times.set(`${partition} ${offset}`, 1);
        }
      }
      return { missing: records - times.size, repeated: total - times.size };
    };
    return {
      start: () => {
        const argv = [process.execPath, program, kafka.brokers[0] ?? "", topic, topic, file];
        const member = Bun.spawn([...argv, String(blockMs)], { stderr: "inherit" });
        members.push(member);
        living.push(member);
        return member;
      },
      finish: async () => {
        const deadline = performance.now() + 60_000;
        let counted = await count();
        while (counted.missing > 0 && performance.now() < deadline) {
          await Bun.sleep(200);
          counted = await count();
        }
        for (const member of members) member.kill("SIGTERM");
        expect(await Promise.all(members.map((member) => member.exited))).toContain(0);
        return await count();
      },
    };
  }

  test.each(["4.4.0", "3.9.2"] as const)(
    "of Kafka %s reads everything once while members come and go",
    async (version) => {
      const members = await membersOf(await sharedKafka(version), "orderly");
      members.start();
      await Bun.sleep(1_500);
      const second = members.start();
      await Bun.sleep(1_500);
      members.start();
      await Bun.sleep(1_500);
      second.kill("SIGTERM");
      expect(await second.exited).toBe(0);
      await Bun.sleep(500);
      members.start();
      expect(await members.finish()).toEqual({ missing: 0, repeated: 0 });
    },
  );

  test("loses nothing when a member is killed, and repeats only what it had not committed", async () => {
    const members = await membersOf(await sharedKafka(), "killed");
    members.start();
    const second = members.start();
    await Bun.sleep(2_500);
    second.kill("SIGKILL");
    const { missing: lost, repeated } = await members.finish();
    expect(lost).toBe(0);
    expect(repeated).toBeLessThan(10_000);
  });

  test("takes in a librdkafka client, which shares partitions by the same rule", async () => {
    const kafka = await sharedKafka();
    await kafka.admin.createTopic("mixed", { partitions: 4 });
    const reading = startReading({ brokers: kafka.brokers, topics: ["mixed"], groupId: "mixed" });
    await reading.until("all are ours", () => reading.assigned.length === 4);
    const argv = ["kcat", "-b", kafka.brokers[0] ?? "", "-G", "mixed", "mixed", "-u", "-f", "%s\n"];
    const other = Bun.spawn(argv, { stdout: "pipe", stderr: "ignore" });
    await reading.until("two are theirs", () => reading.assigned.length === 2);
    const lines = Array.from({ length: 400 }, (_, i) => `line ${i}`);
    for (let partition = 0; partition < 4; partition++) {
      await kafka.admin.produceLines("mixed", lines, { partition });
    }
    await reading.until("our half is read", () => reading.records.length === 800);
    other.kill("SIGTERM");
    await other.exited;
    await reading.until("all are ours again", () => reading.assigned.length === 4);
    expect(reading.logged.filter(([level]) => level !== "info")).toEqual([]);
    await reading.close();
  });

  test("loses its partitions to others after a freeze, and says so", async () => {
    const kafka = await sharedKafka();
    await kafka.admin.createTopic("frozen-member", { partitions: 1 });
    await kafka.admin.produceLines("frozen-member", ["a", "b"]);
    const timing = { sessionMs: 1_000, heartbeatMs: 5_000 };
    const topics = ["frozen-member"];
    const reading = startReading({
      brokers: kafka.brokers,
      topics,
      groupId: "frozen-member",
      timing,
    });
    await reading.until("it is lost", () => reading.lost.length === 1);
    expect(reading.lost).toEqual([0]);
    expect(reading.logged.some(([, text]) => text.includes("partitions are lost"))).toBe(true);
    await reading.until("it is ours again", () => reading.assigned.length === 1);
    await reading.consumer.close();
  });
});
