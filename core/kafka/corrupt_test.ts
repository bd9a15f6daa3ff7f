/**
 * Edge (net, files, processes). That bytes which no client can read, in a real broker's segments, neither
 * stop the flow nor vanish: they come out as corrupt blocks, with one message each.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Reading, startReading } from "../../testing/kafka_reading.ts";
import {
  type Kafka,
  kafkaMissing,
  type KafkaVersion,
  startKafka,
} from "../../testing/servers/kafka.ts";

setDefaultTimeout(60_000);
const missing = kafkaMissing();
if (missing !== undefined) console.error(`skipped: ${missing}`);
const versions: readonly KafkaVersion[] = ["4.4.0", "3.9.2"];
const magicAt = 16;

describe.skipIf(missing !== undefined).each([...versions])(
  "corrupt bytes in Kafka %s",
  (version) => {
    let kafka: Kafka;
    beforeAll(async () => {
      kafka = await startKafka({ version });
      for (const topic of ["value", "codec", "magic", "size"]) {
        await kafka.admin.createTopic(topic);
        for (const value of ["first", "second", "third", "fourth"]) {
          const codec = topic === "codec" ? "gzip" : "none";
          await kafka.admin.produce(topic, [{ value }, { value: `${value} too` }], codec);
        }
      }
      await kafka.nodes[0]?.stop();
      // The second batch of each log; a clean stop means that the broker does not look at it again.
      await edit("value", (log, at) => log.writeUInt8(33, log.indexOf("second", at)));
      await edit("codec", (log, at) => log.writeUInt8(99, at + 75));
      await edit("magic", (log, at) => log.writeUInt8(9, at + magicAt));
      await kafka.nodes[0]?.start();
      // With this one a broker does not even start; it has to happen while it runs.
      await edit("size", (log, at) => log.writeInt32BE(5, at + 8));
    });
    afterAll(() => kafka?.stop());

    async function edit(topic: string, change: (log: Buffer, at: number) => void): Promise<void> {
      const folder = kafka.nodes[0]?.dataFolder ?? "";
      const file = join(folder, `${topic}-0`, "00000000000000000000.log");
      const log = await readFile(file);
      change(log, 12 + log.readInt32BE(8));
      await writeFile(file, log);
    }

    async function readAll(topic: string): Promise<Reading> {
      const reading = startReading({ brokers: kafka.brokers, topics: [topic], once: true });
      await reading.ended;
      await reading.commit();
      await reading.consumer.close();
      return reading;
    }

    test.each(["value", "codec"])("a wrong checksum (%s) costs that batch only", async (topic) => {
      const reading = await readAll(topic);
      const values = reading.records.filter(({ offset }) => offset !== 2).map(({ value }) => value);
      const after = ["third", "third too", "fourth", "fourth too"];
      expect(values).toEqual(["first", "first too", ...after]);
      expect(reading.corrupt.length).toBe(1);
      expect(reading.corrupt[0]).toMatch(
        new RegExp(
          "^Cannot read the record batch at offsets 2 to 3 of " +
            `topic '${topic}', partition 0: its checksum is [0-9a-f]{8}, expected [0-9a-f]{8}$`,
        ),
      );
      const errors = reading.logged.filter(([level]) => level === "error").map(([, text]) => text);
      expect(errors).toEqual(reading.corrupt);
      const raw = reading.records.find(({ offset }) => offset === 2)?.value ?? "";
      expect(raw.length).toBeGreaterThan(60);
    });

    test("an unknown format costs that batch only", async () => {
      const reading = await readAll("magic");
      const values = reading.records.map(({ value }) => value);
      expect(values.filter((value) => value?.startsWith("f"))).toEqual([
        "first",
        "first too",
        "fourth",
        "fourth too",
      ]);
      expect(reading.corrupt).toEqual([
        "Cannot read the record batch at offsets 2 to 3 of topic 'magic', partition 0: " +
        "its format 9 is unknown",
      ]);
    });

    test("what the broker itself cannot read is given up, up to where it can", async () => {
      await kafka.admin.setCommittedOffset("size-group", "size", { partition: 0, offset: 2 });
      const topics = ["size"];
      const options = { brokers: kafka.brokers, topics, groupId: "size-group", once: true };
      const reading = startReading(options);
      await reading.ended;
      await reading.commit();
      await reading.consumer.close();
      // What the broker gives once before it notices differs by version.
      expect(reading.corrupt[0]).toContain("at offsets 2 to ");
      expect(reading.corrupt.at(-1)).toMatch(
        /to 7 of topic 'size', partition 0: the broker cannot read it: .* \(CORRUPT_MESSAGE\)$/,
      );
      expect(await kafka.admin.committedOffsets("size-group", "size")).toEqual(new Map([[0, 8]]));
    });
  },
);
