/**
 * Pure. What an inflow of records commits, and what it says of its lag: counted from what is committed,
 * not from what was read.
 */
import { expect, test } from "bun:test";
import { recordBlock } from "../../testing/batches.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import type { Consumer, ConsumerEvents } from "../delivery/consumer.ts";
import type { Position, RecordBlock } from "../delivery/records.ts";
import { silentLog } from "../log/log.ts";
import { createMetrics } from "../observe/metrics.ts";
import { lagOf } from "../observe/progress.ts";
import { openRecordsInflow } from "./records_inflow.ts";

test("what was read and is not committed is behind; what is lost says nothing", async () => {
  const block = { ...recordBlock(["a", "b", "c"]), topic: "notifications" };
  const committed: Position[] = [];
  let told: ConsumerEvents | undefined;
  const open = (events: ConsumerEvents): Promise<Consumer> => {
    told = events;
    return Promise.resolve({
      async *blocks(): AsyncGenerator<RecordBlock, void, void> {
        yield await Promise.resolve(block);
      },
      commit(positions: readonly Position[]): Promise<void> {
        committed.push(...positions);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    });
  };
  const registry = createMetrics();
  const inflow = await openRecordsInflow({
    ...{ name: "kafka", open, registry, log: silentLog, clock: new VirtualClock(), drainMs: 0 },
    events: { onState: () => undefined, onTurn: () => undefined },
  });
  const lag = (): number | undefined => lagOf(registry.snapshot());
  const start = block.offsets[0] ?? 0;
  const end = block.nextOffset;
  told?.onAssigned([block]);
  told?.onLag({ ...block, nextOffset: start }, end - start);
  for await (const [first, second] of inflow.deliveries()) {
    told?.onLag({ ...block, nextOffset: end }, 0);
    expect(lag()).toBe(end - start);
    second?.ack();
    await inflow.flush();
    expect(lag()).toBe(end - start);
    first?.ack();
    await inflow.flush();
    expect(committed).toMatchObject([{ partition: block.partition, nextOffset: start + 2 }]);
    expect(lag()).toBe(end - start - 2);
  }
  told?.onLost([block]);
  expect(lag()).toBeUndefined();
  await inflow.close();
});

test("a commit that failed is made up for by the next one; an empty block moves the position", async () => {
  const block = { ...recordBlock(["a"]), topic: "notifications" };
  const empty = { ...block, count: 0, nextOffset: block.nextOffset + 5 };
  const committed: number[] = [];
  let isRefused = true;
  const open = (): Promise<Consumer> =>
    Promise.resolve({
      async *blocks(): AsyncGenerator<RecordBlock, void, void> {
        yield await Promise.resolve(block);
        yield await Promise.resolve(empty);
      },
      commit(positions: readonly Position[]): Promise<void> {
        if (isRefused) return Promise.reject(new Error("no room"));
        committed.push(...positions.map(({ nextOffset }) => nextOffset));
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    });
  const registry = createMetrics();
  const inflow = await openRecordsInflow({
    ...{ name: "files", open, registry, log: silentLog, clock: new VirtualClock(), drainMs: 0 },
    events: { onState: () => undefined, onTurn: () => undefined },
  });
  const deliveries = inflow.deliveries()[Symbol.asyncIterator]();
  const { value } = await deliveries.next();
  if (value !== undefined) value[0]?.ack();
  await expect(inflow.flush()).rejects.toThrow("no room");
  isRefused = false;
  await inflow.flush();
  await deliveries.next();
  await inflow.flush();
  await inflow.flush();
  expect(committed).toEqual([block.nextOffset, empty.nextOffset]);
  await inflow.close();
});
