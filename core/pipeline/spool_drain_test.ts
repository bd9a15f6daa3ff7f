/**
 * Pure. A spool's disk that fails while the spool is drained: everything still gets to the far end,
 * and the process goes on.
 */
import { expect, test } from "bun:test";
import { memorySpool, scripted, World } from "../../testing/pipeline_world.ts";
import { keepingLog } from "../../testing/publishers.ts";
import { makeSample } from "../../testing/samples.ts";
import { createMetrics } from "../observe/metrics.ts";
import { Lane } from "./lane.ts";
import { createPipelineAccount } from "./pipeline_account.ts";
import type { Spool } from "./spool_contract.ts";

/** The spool, whose reads and releases fail in turn. */
function onBadDisk(spool: Spool, failures: number): Spool {
  let left = failures;
  const fail = <T>(act: () => Promise<T>): Promise<T> =>
    left > 0 && left-- % 2 === 0 ? Promise.reject(new Error("EIO: i/o error, read")) : act();
  return {
    get records(): number {
      return spool.records;
    },
    append: (parcels) => spool.append(parcels),
    peek: (itemsMax) => fail(() => spool.peek(itemsMax)),
    release: async (count) => {
      await spool.release(count);
      await fail(() => Promise.resolve());
    },
    adopt: () => spool.adopt(),
    close: () => spool.close(),
  };
}

test("a disk that fails is tried again, said once, and ends nothing", async () => {
  const world = new World(["retry"]);
  const { clock } = world;
  const lines: string[] = [];
  const failures: unknown[] = [];
  const lane = new Lane(
    {
      ...{ carries: "samples", policy: "spool", concurrency: 1, queueParcelsMax: 10 },
      gather: undefined,
    },
    {
      ...{ name: "p", clock, log: keepingLog(lines), registry: createMetrics() },
      publisher: scripted("p", world),
      spool: onBadDisk(memorySpool([], clock), 12),
      random: () => 0.5,
      signal: new AbortController().signal,
      sendLetter: () => undefined,
      onState: () => undefined,
      onTurn: () => undefined,
      onFailure: (error) => void failures.push(error),
    },
  );
  const labels = { source: "s", sink: "k", publisher: "p" };
  const counts = createPipelineAccount(createMetrics()).items(labels);
  for (let n = 0; n < 10; n++) {
    lane.offer({
      ...{ carries: "samples", items: [makeSample({ id: `${n}` })], counts },
      origin: { source: { file: "f", line: n }, payload: new Uint8Array(0) },
      way: { source: "s", sink: "k" },
      onSettled: () => undefined,
    });
  }
  await clock.run((async () => {
    while (!lane.idle || lane.spooled > 0) await clock.sleep(10);
  })());
  await clock.run(lane.close());
  expect(failures).toEqual([]);
  expect([...world.accepted.get("p")?.keys() ?? []].map(Number)).toEqual([
    ...Array.from({ length: 10 }, (_, n) => n),
  ]);
  expect(lines.filter((line) => line.startsWith("error: Cannot")).length).toBeGreaterThan(0);
});
