/**
 * Edge (clock). When it is over: at the end of the source, when somebody has seen enough, when the source fails; and
 * that nothing that hangs is waited for.
 */
import { describe, expect, test } from "bun:test";
import { sampleDatum } from "../../testing/data.ts";
import { systemClock } from "../clock.ts";
import { ChartHistory } from "./chart_history.ts";
import { orOver, runTail } from "./run_tail.ts";
import type { TailBatch, TailSource } from "./source.ts";
import type { TailView } from "./view.ts";

type Batches = AsyncGenerator<TailBatch, void, void>;

const batch: TailBatch = { data: [sampleDatum({})], live: false };
const forEver = new Promise<never>(() => undefined);

function parts(batches: () => AsyncGenerator<TailBatch, void, void>): {
  source: TailSource;
  view: TailView;
  happened: string[];
} {
  const happened: string[] = [];
  const note = (text: string) => (): Promise<void> => {
    happened.push(text);
    return Promise.resolve();
  };
  return {
    happened,
    source: { batches, close: note("source closed") },
    view: {
      show: ({ data }) => note(`${data.length} shown`)(),
      trouble: () => undefined,
      atEnd: note("at end"),
      close: note("view closed"),
    },
  };
}

describe("looking ends", () => {
  test("at the end of the source, everything shown and closed", async () => {
    const { source, view, happened } = parts(async function* (): Batches {
      yield batch;
      yield await Promise.resolve(batch);
    });
    const history = new ChartHistory();
    const signal = new AbortController().signal;
    await runTail(source, view, { clock: systemClock, signal, history });
    expect(happened.slice(0, 4)).toEqual(["1 shown", "1 shown", "at end", "view closed"]);
    expect(happened).toContain("source closed");
    expect(history.series()[0]?.count).toBe(2);
  });

  test("when somebody has seen enough, whatever the source waits for", async () => {
    const enough = new AbortController();
    const { source, view, happened } = parts(async function* (): Batches {
      yield batch;
      setTimeout(() => enough.abort(), 10);
      await forEver;
    });
    const deps = { clock: systemClock, signal: enough.signal, history: undefined };
    await runTail(source, view, deps);
    expect(happened).not.toContain("at end");
    expect(happened).toContain("source closed");
    expect(happened).toContain("view closed");
  });

  test("with what the source failed of", async () => {
    const { source, view, happened } = parts(async function* (): Batches {
      yield batch;
      await Promise.reject(new Error("gone"));
    });
    const signal = new AbortController().signal;
    const deps = { clock: systemClock, signal, history: undefined };
    await expect(runTail(source, view, deps)).rejects.toThrow("gone");
    expect(happened).toContain("view closed");
  });

  test("also while something is opened that never comes", async () => {
    const enough = new AbortController();
    const opening = orOver(forEver, enough.signal);
    enough.abort();
    expect(await opening).toBeUndefined();
    expect(await orOver(Promise.resolve(1), new AbortController().signal)).toBe(1);
  });
});
