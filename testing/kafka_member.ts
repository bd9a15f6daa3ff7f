/**
 * Edge (net, files, processes). A member of a consumer group as a process of its own, to be ended in any
 * way by a test: appends `partition first last count` to a file for each block once it is "written",
 * which takes a while, and commits what is written every 200 ms and when its partitions go.
 *
 * Arguments: broker, topic, group, file, ms per block.
 */
import { appendFileSync } from "node:fs";
import { systemClock } from "../core/clock.ts";
import type { Position } from "../core/delivery/records.ts";
import { createKafkaConsumer } from "../core/kafka/consumer.ts";
import { silentLog } from "../core/log/log.ts";
import { brokersOf } from "./kafka_reading.ts";

const [broker = "", topic = "", group = "", file = "", blockMs = "0"] = process.argv.slice(2);
const commitMs = 200;
const written = new Map<number, Position>();
let writing: Promise<void> = Promise.resolve();
let stopped = false;

function commitWritten(): Promise<void> {
  const positions = [...written.values()];
  written.clear();
  return consumer.commit(positions);
}

const consumer = createKafkaConsumer({
  brokers: brokersOf([broker]),
  clientId: "tpctl-tests",
  topics: [topic],
  groupId: group,
  timing: { sessionMs: 3_000, heartbeatMs: 200 },
}, {
  clock: systemClock,
  log: silentLog,
  events: {
    onAssigned: () => written.clear(),
    onRevoked: async () => {
      await writing;
      await commitWritten();
    },
    onLost: () => written.clear(),
    onState: ignore,
    onTurn: ignore,
    onLag: ignore,
    onGap: ignore,
  },
});

async function stop(): Promise<void> {
  stopped = true;
  clearInterval(timer);
  await writing;
  await commitWritten();
  await consumer.close();
}

process.on("SIGTERM", () => void stop());
const timer = setInterval(() => void commitWritten(), commitMs);
for await (const block of consumer.blocks()) {
  if (stopped) break;
  writing = Bun.sleep(Number(blockMs)).then(() => {
    const { partition, offsets, count } = block;
    appendFileSync(file, `${partition} ${offsets[0]} ${offsets[count - 1]} ${count}\n`);
    written.set(partition, block);
  });
  await writing;
}

function ignore(): void {}
