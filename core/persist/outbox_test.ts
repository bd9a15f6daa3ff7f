/**
 * Pure. When gathered lines become requests: seldom small ones while there is more to come, and none
 * that waits longer than it may.
 */
import { expect, test } from "bun:test";
import type { Delivery, Outcomes } from "../delivery/deliver.ts";
import { createGatherer } from "../delivery/gather.ts";
import type { GatheredBatch } from "../delivery/gathered.ts";
import type { RecordBlock } from "../delivery/records.ts";
import { TrackedBlock } from "../delivery/tracked_block.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { Outbox } from "./outbox.ts";

const lingerMs = 200;
const full = 10;

function blockOf(count: number): RecordBlock {
  const column = (): Int32Array => new Int32Array(count).fill(-1);
  return {
    ...{ topic: "t", partition: 0, count, bytes: new Uint8Array(0), nextOffset: count },
    ...{ offsets: new Float64Array(count), timestamps: new Float64Array(count) },
    ...{ valueStarts: column(), valueEnds: column(), keyStarts: column(), keyEnds: column() },
  };
}

/** An outbox before a store whose answers the test gives; the store has one slot. */
class Rig {
  readonly clock = new VirtualClock();
  readonly sent: string[] = [];
  readonly outbox: Outbox;
  #answers: (() => void)[] = [];
  #gatherer = createGatherer({ precision: "ms", requestItemsMax: full, requestBytesMax: 1e6 });

  constructor() {
    const delivery: Partial<Delivery> = {
      writer: { concurrency: 1 } as Delivery["writer"],
      active: () => this.#answers.length,
      isHeld: () => false,
      deliver: ({ destination, count }: GatheredBatch) => {
        this.sent.push(`${destination} ${count}`);
        return new Promise((resolve) => this.#answers.push(resolve));
      },
    };
    this.outbox = new Outbox({ lingerMs, batchRecordsMax: 1000 }, {
      delivery: delivery as Delivery,
      gatherer: this.#gatherer,
      outcomes: {} as Outcomes,
      clock: this.clock,
      signal: new AbortController().signal,
      onDone: () => this.outbox.review(),
      onFailure: (error) => {
        throw error;
      },
    });
  }

  gather(destination: string, count: number): void {
    const block = blockOf(count);
    this.#gatherer.begin(new TrackedBlock(block), this.clock.monotonic());
    for (let i = 0; i < count; i++) this.#gatherer.lines(destination).endLine(block, i);
    this.outbox.review();
  }

  async answer(): Promise<void> {
    this.#answers.shift()?.();
    await this.pass(0);
  }

  async pass(ms: number): Promise<void> {
    await this.clock.run(this.clock.sleep(ms));
  }
}

test("lines go at once where nothing is under way, and wait for more where something is", async () => {
  const rig = new Rig();
  rig.gather("a", 3);
  await rig.pass(lingerMs / 2);
  expect(rig.sent).toEqual(["a 3"]);
  rig.gather("a", 4);
  await rig.pass(lingerMs / 2);
  expect(rig.sent).toEqual(["a 3"]);
  await rig.pass(lingerMs / 2);
  expect(rig.sent).toEqual(["a 3", "a 4"]);
});

test("the wait is counted from the lines' own beginning, not from that of full requests", async () => {
  const rig = new Rig();
  rig.gather("a", full + 1);
  for (let i = 0; i < 20; i++) {
    await rig.pass(lingerMs / 4);
    await rig.answer();
    rig.gather("a", full);
  }
  expect(new Set(rig.sent)).toEqual(new Set([`a ${full}`]));
});

test("a busy destination does not keep a quiet one waiting", async () => {
  const rig = new Rig();
  rig.gather("quiet", 1);
  for (let i = 0; i < 6; i++) {
    rig.gather("busy", full);
    await rig.pass(lingerMs / 4);
    await rig.answer();
  }
  expect(rig.sent).toContain("quiet 1");
});

test("what would stand in line is kept back until there is room", async () => {
  const rig = new Rig();
  rig.gather("a", full);
  rig.gather("a", full);
  rig.gather("a", 2);
  await rig.pass(5 * lingerMs);
  expect(rig.sent).toEqual([`a ${full}`, `a ${full}`]);
  rig.gather("a", 3);
  await rig.answer();
  await rig.pass(1);
  expect(rig.sent.at(-1)).toBe("a 5");
});
