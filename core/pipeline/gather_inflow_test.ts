/**
 * Pure. Gathering notifications before they are handled, on a virtual clock.
 */
import { describe, expect, test } from "bun:test";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { gatherInflow } from "./gather_inflow.ts";
import type { Incoming, Inflow } from "./inflow.ts";

function incoming(n: number, size = 1): Incoming {
  return {
    bytes: new Uint8Array(size),
    topic: String(n),
    source: { file: "in", line: n },
    corrupt: undefined,
    again: undefined,
    identity: () => undefined,
    isOpen: () => true,
    ack: () => true,
    requeue: undefined,
  };
}

type Step = number | readonly Incoming[];

/** Waits so many ms for a number, hands the lists on. */
function inflowOf(steps: readonly Step[], clock: VirtualClock): Inflow {
  return {
    name: "in",
    async *deliveries(): AsyncGenerator<readonly Incoming[], void, void> {
      for (const step of steps) {
        if (typeof step === "number") await clock.sleep(step);
        else yield step;
      }
    },
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

interface Batch {
  readonly topics: string;
  readonly atMs: number;
}

function batchesOf(steps: readonly Step[], messagesMax: number): Promise<Batch[]> {
  const clock = new VirtualClock();
  const gathered = gatherInflow(inflowOf(steps, clock), { messagesMax, waitMs: 1000 }, clock);
  const collect = async (): Promise<Batch[]> => {
    const batches: Batch[] = [];
    for await (const batch of gathered.deliveries()) {
      const topics = batch.map(({ topic }) => topic).join(" ");
      batches.push({ topics, atMs: clock.monotonic() });
    }
    return batches;
  };
  return clock.run(collect());
}

const one = (n: number): readonly Incoming[] => [incoming(n)];

describe("a batch", () => {
  test("is handled as soon as it has its notifications", async () => {
    expect(await batchesOf([one(1), 300, one(2), 300, one(3), 300, one(4)], 2)).toEqual([
      { topics: "1 2", atMs: 300 },
      { topics: "3 4", atMs: 900 },
    ]);
  });

  test("waits no longer than it may, counted from its first notification", async () => {
    const steps = [5000, one(1), 600, one(2), 600, one(3), 600, one(4)];
    expect(await batchesOf(steps, 9)).toEqual([
      { topics: "1 2", atMs: 6000 },
      { topics: "3 4", atMs: 6800 },
    ]);
  });

  test("holds nothing back that has come together", async () => {
    const three = [incoming(1), incoming(2), incoming(3)];
    expect(await batchesOf([three, 300, one(4)], 2)).toEqual([
      { topics: "1 2 3", atMs: 0 },
      { topics: "4", atMs: 300 },
    ]);
  });

  test("waits for no more when it is large", async () => {
    const large = [incoming(1, 16 * 1024 * 1024)];
    expect(await batchesOf([large, 300, one(2)], 2)).toEqual([
      { topics: "1", atMs: 0 },
      { topics: "2", atMs: 300 },
    ]);
  });

  test("is nothing that one notification waits for", () => {
    const clock = new VirtualClock();
    const inflow = inflowOf([], clock);
    expect(gatherInflow(inflow, { messagesMax: 1, waitMs: 1000 }, clock)).toBe(inflow);
  });

  test("is given up at a close, without a word after it", async () => {
    const clock = new VirtualClock();
    const inflow = inflowOf([one(1), 1e9], clock);
    const gathered = gatherInflow(inflow, { messagesMax: 2, waitMs: 1e8 }, clock);
    const pull = gathered.deliveries()[Symbol.asyncIterator]().next();
    await gathered.close();
    expect((await clock.run(pull)).value).toHaveLength(1);
    expect(clock.monotonic()).toBe(0);
  });
});

test("the source's failure is the batch's", async () => {
  const clock = new VirtualClock();
  const failing: Inflow = {
    ...inflowOf([], clock),
    async *deliveries(): AsyncGenerator<readonly Incoming[], void, void> {
      yield one(1);
      await clock.sleep(10);
      throw new Error("gone");
    },
  };
  const gathered = gatherInflow(failing, { messagesMax: 2, waitMs: 1000 }, clock);
  const pull = gathered.deliveries()[Symbol.asyncIterator]().next();
  await expect(clock.run(pull)).rejects.toThrow("gone");
});
