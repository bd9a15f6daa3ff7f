/**
 * Edge (net). Reading only: the same Kafka client as `persist`, which counts what it is given and does
 * nothing else. Usage: `bun bare_consumer.ts BROKER TOPIC GROUP`; reads to the ends that the topic
 * has now and prints the count.
 */
import { systemClock } from "../../core/clock.ts";
import type { ConsumerEvents } from "../../core/delivery/consumer.ts";
import { createKafkaConsumer } from "../../core/kafka/consumer.ts";
import { silentLog } from "../../core/log/log.ts";
import { brokersOf } from "../kafka_reading.ts";

/** Nobody here wants to hear anything. */
const deaf: ConsumerEvents = {
  onAssigned: () => {},
  onRevoked: () => Promise.resolve(),
  onLost: () => {},
  onState: () => {},
  onTurn: () => {},
  onLag: () => {},
  onGap: () => {},
};

async function main(broker: string, topic: string, groupId: string): Promise<void> {
  const consumer = createKafkaConsumer(
    { brokers: brokersOf([broker]), clientId: "tpctl-bench", topics: [topic], groupId, once: true },
    { events: deaf, log: silentLog, clock: systemClock },
  );
  let count = 0;
  for await (const block of consumer.blocks()) {
    count += block.count;
    block.release?.();
  }
  await consumer.close();
  console.log(count);
}

const [broker, topic, group] = process.argv.slice(2);
if (broker === undefined || topic === undefined || group === undefined) {
  throw new Error("Usage: bare_consumer.ts BROKER TOPIC GROUP");
}
await main(broker, topic, group);
