/**
 * Edge (processes). That the Kafka fixture starts both versions, takes and counts records, and survives
 * what tests do to its nodes.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Kafka, kafkaMissing, type KafkaVersion, startKafka } from "./kafka.ts";

const missing = kafkaMissing();
if (missing !== undefined) console.error(`skipped: ${missing}`);
const versions: readonly KafkaVersion[] = ["4.4.0", "3.9.2"];

describe.skipIf(missing !== undefined).each([...versions])("the Kafka %s fixture", (version) => {
  let kafka: Kafka;
  beforeAll(async () => {
    kafka = await startKafka({ version });
  }, 120_000);
  afterAll(() => kafka?.stop());

  test("keeps acknowledged records over a kill", async () => {
    await kafka.admin.createTopic("kept", { partitions: 2 });
    await kafka.admin.produce("kept", [{ value: "a", partition: 0 }, { value: "b", partition: 1 }]);
    await kafka.admin.produceLines("kept", ["c", "d", "e"], { codec: "gzip", partition: 1 });
    await kafka.nodes[0]?.kill();
    await kafka.nodes[0]?.start();
    expect(await kafka.admin.endOffsets("kept")).toEqual(new Map([[0, 1], [1, 4]]));
  }, 60_000);

  test("refuses a topic that is there", async () => {
    await kafka.admin.createTopic("taken");
    await kafka.admin.produce("taken", [{ value: "a" }]);
    const again = kafka.admin.createTopic("taken");
    await expect(again).rejects.toThrow("Cannot create topic 'taken': there is one of this name");
  }, 60_000);
});
