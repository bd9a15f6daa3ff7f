/**
 * Edge (test runner). One batch against a store that answers by script: each reaction does what the
 * table of the delivery promise says, and nothing hangs when told to stop.
 */
import { describe, expect, test } from "bun:test";
import {
  batchOf,
  deliver,
  documentsOf,
  makeRig,
  never,
  onceOnly,
  textsOf,
} from "../../testing/delivery_rig.ts";
import { PartialWriteError, StoreError } from "./writer.ts";

describe("refused items", () => {
  test("each gets its own answer; good ones are written, the expired are warned of once", async () => {
    const rig = makeRig((batch) => {
      const texts = textsOf(batch);
      const odd = texts.find((text) => text !== "good");
      if (odd === undefined) return;
      if (texts.length > 1) throw new StoreError("partial write: dropped=0", "bisect");
      throw new StoreError(`no ${odd}`, odd === "old" ? "expired" : "bisect");
    });
    const texts = Array.from({ length: 100 }, (_, i) => i === 31 ? "bad" : i > 96 ? "old" : "good");
    await deliver(rig, batchOf(texts));
    const counts = Object.groupBy(rig.told, (text) => text);
    expect(counts["written good"]?.length).toBe(96);
    expect(counts["rejected (no bad) bad"]?.length).toBe(1);
    expect(counts["expired old"]?.length).toBe(3);
    expect(rig.warnings.filter((text) => text.includes("expired")).length).toBe(1);
    expect(rig.requests.length).toBeLessThan(40);
  });

  test("too large is split in halves, down to a single one", async () => {
    const rig = makeRig((batch) => {
      if (textsOf(batch).join("").length > 10) throw new StoreError("413", "split");
    });
    await deliver(rig, batchOf(["1234", "1234", "1234", "far too large", "1234"]));
    expect(rig.told.sort()).toEqual([
      "too_large (413) far too large",
      ...Array.from({ length: 4 }, () => "written 1234"),
    ]);
  });

  test("items that the store names go their own ways", async () => {
    const rig = makeRig((_, request) => {
      if (request > 1) return;
      throw new PartialWriteError("2 of 4", [
        { item: 1, reaction: "bisect", reason: "mapping" },
        { item: 2, reaction: "retry", reason: "429" },
      ]);
    });
    await deliver(rig, documentsOf(["a", "a", "b", "b"]));
    expect(rig.told).toEqual([
      "written a/0",
      "written b/3",
      "rejected (mapping) a/1",
      "written b/2",
    ]);
    expect(rig.requests.map(({ items }) => items.length)).toEqual([4, 1]);
    expect(rig.requests[1]?.atMs).toBeGreaterThan(90);
  });
});

describe("a store that cannot be written to", () => {
  test("is tried again with growing pauses, to a maximum, and is not ready", async () => {
    let answers = false;
    const rig = makeRig(() => {
      if (!answers) throw new StoreError("connection refused", "retry");
    });
    const done = rig.delivery.deliver(batchOf(["a"]), rig.outcomes, never);
    await rig.clock.run(rig.clock.sleep(300_000));
    const pauses = rig.requests.map(({ atMs }, i) => atMs - (rig.requests[i - 1]?.atMs ?? 0));
    expect(Math.max(...pauses)).toBeLessThan(30_100);
    expect(pauses.at(-1)).toBeGreaterThan(29_000);
    expect(rig.delivery.state()).toEqual({ ready: false, reason: "connection refused" });
    answers = true;
    await rig.clock.run(done);
    expect(rig.states.at(-1)).toEqual({ ready: true });
    expect(rig.warnings.length).toBeLessThan(8);
  });

  test("is left alone as long as it asks for", async () => {
    const rig = makeRig(onceOnly("retry", 7000));
    await deliver(rig, batchOf(["a"]));
    expect(rig.requests.map(({ atMs }) => Math.floor(atMs / 1000))).toEqual([0, 7]);
  });

  test("for want of credentials keeps everything", async () => {
    const rig = makeRig(onceOnly("hold"));
    await deliver(rig, batchOf(["a"]));
    expect(rig.states.map(({ ready }) => ready)).toEqual([false, true]);
    expect(rig.told).toEqual(["written a"]);
  });

  test("a defect of the writer is tried again too", async () => {
    const rig = makeRig((_, request) => {
      if (request === 1) throw new TypeError("undefined is not a function");
    });
    await deliver(rig, batchOf(["a"]));
    expect(rig.told).toEqual(["written a"]);
  });
});

describe("one destination's trouble", () => {
  test("holds its own batches while others pass", async () => {
    const rig = makeRig((batch) => {
      if (batch.destination === "full") throw new StoreError("max-series", "hold_destination");
    });
    const stop = new AbortController();
    const held = [1, 2, 3].map((i) =>
      rig.delivery.deliver(batchOf([`f${i}`], "full"), rig.outcomes, stop.signal)
    );
    await rig.clock.run(rig.clock.sleep(1000));
    for (let i = 0; i < 5; i++) await deliver(rig, batchOf([`g${i}`], "fine"));
    expect(rig.told.length).toBe(5);
    expect(rig.delivery.isHeld("full")).toBe(true);
    expect(rig.delivery.isHeld("fine")).toBe(false);
    expect(rig.delivery.active(rig.outcomes)).toBe(0);
    stop.abort();
    await rig.clock.run(Promise.all(held));
    expect(rig.delivery.isHeld("full")).toBe(false);
  });

  test("does not make the others wait, as the first of them finds out", async () => {
    const rig = makeRig((batch) => {
      if (batch.destination === "broken") throw new StoreError("500 shard", "retry");
    });
    const stop = new AbortController();
    const broken = rig.delivery.deliver(batchOf(["b"], "broken"), rig.outcomes, stop.signal);
    await rig.clock.run(rig.clock.sleep(60_000));
    const began = rig.clock.monotonic();
    for (let i = 0; i < 20; i++) await deliver(rig, batchOf([`g${i}`], "fine"));
    expect(rig.clock.monotonic() - began).toBeLessThan(1000);
    expect(rig.delivery.state().ready).toBe(true);
    stop.abort();
    await rig.clock.run(broken);
  });

  test("one index of a bulk request waits alone", async () => {
    let full = true;
    const rig = makeRig((batch) => {
      const refused = textsOf(batch).flatMap((text, item) =>
        full && text.startsWith("full")
          ? [{ item, reaction: "hold_destination" as const, reason: "429" }]
          : []
      );
      if (refused.length > 0) throw new PartialWriteError("some", refused);
    });
    const done = rig.delivery.deliver(documentsOf(["full", "fine"]), rig.outcomes, never);
    await rig.clock.run(rig.clock.sleep(1000));
    expect(rig.told).toEqual(["written fine/1"]);
    full = false;
    await rig.clock.run(done);
    expect(rig.told).toEqual(["written fine/1", "written full/0"]);
  });
});

describe("an abort", () => {
  test("ends a write whose writer never answers", async () => {
    const rig = makeRig(() => new Promise(() => undefined));
    const stop = new AbortController();
    void rig.clock.sleep(500).then(() => stop.abort());
    await deliver(rig, batchOf(["a", "b"]), stop.signal);
    expect(rig.told).toEqual([]);
    expect(rig.clock.monotonic()).toBeLessThan(1000);
  });

  test("that comes while a write begins leaves its failure with nobody but us", async () => {
    const stop = new AbortController();
    const write = (): Promise<void> => {
      stop.abort();
      return Promise.reject(new StoreError("given up", "retry"));
    };
    const rig = makeRig(() => undefined, { write });
    await deliver(rig, batchOf(["a"]), stop.signal);
    // An unhandled rejection would be told in the next turns, and fail the run.
    await Bun.sleep(10);
    expect(rig.told).toEqual([]);
  });

  test("ends the wait for a slot, and leaves the slot to others", async () => {
    let answers = false;
    const rig = makeRig(() => answers ? undefined : new Promise(() => undefined));
    const stop = new AbortController();
    const waiting = ["a", "b", "c"].map((text) =>
      rig.delivery.deliver(batchOf([text]), rig.outcomes, stop.signal)
    );
    await rig.clock.run(rig.clock.sleep(100));
    expect(rig.requests.length).toBe(2);
    stop.abort();
    await rig.clock.run(Promise.all(waiting));
    answers = true;
    await deliver(rig, batchOf(["d"]));
    expect(rig.told).toEqual(["written d"]);
  });
});

describe("watching", () => {
  test("asks an idle store how it is, and says when that changes", async () => {
    let away = false;
    const ping = (): Promise<void> =>
      away ? Promise.reject(new StoreError("refused", "retry")) : Promise.resolve();
    const rig = makeRig(() => undefined, { ping });
    const stop = new AbortController();
    const watching = rig.delivery.watch(stop.signal);
    expect(rig.delivery.state().ready).toBe(false);
    await rig.clock.run(rig.clock.sleep(100));
    expect(rig.delivery.state().ready).toBe(true);
    away = true;
    await rig.clock.run(rig.clock.sleep(40_000));
    expect(rig.delivery.state()).toEqual({ ready: false, reason: "refused" });
    away = false;
    await rig.clock.run(rig.clock.sleep(40_000));
    expect(rig.delivery.state().ready).toBe(true);
    stop.abort();
    await rig.clock.run(watching);
  });
});
