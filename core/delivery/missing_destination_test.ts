/**
 * Edge (test runner). A store that says its database is missing: made once, written to as soon as it
 * is there, and said for what it is where nobody can make it.
 */
import { describe, expect, test } from "bun:test";
import { batchOf, deliver, makeRig, never } from "../../testing/delivery_rig.ts";
import { StoreError } from "./writer.ts";

describe("a missing destination", () => {
  test("is created once for all batches that miss it", async () => {
    let exists = false;
    const rig = makeRig(() => {
      if (!exists) throw new StoreError("database not found", "create");
    }, { create: () => exists = true });
    const batches = [batchOf(["a"]), batchOf(["b"])];
    await rig.clock.run(
      Promise.all(batches.map((batch) => rig.delivery.deliver(batch, rig.outcomes, never))),
    );
    expect(rig.created).toEqual(["mon"]);
    expect(rig.told.sort()).toEqual(["written a", "written b"]);
  });

  test("that is found out after an outage is created and written to at once", async () => {
    const rig = makeRig((_, request) => {
      if (request <= 3) throw new StoreError("refused", "retry");
      if (rig.created.length === 0) throw new StoreError("database not found", "create");
    });
    await deliver(rig, batchOf(["a"]));
    expect(rig.told).toEqual(["written a"]);
    const [missed, written] = rig.requests.slice(-2);
    expect((written?.atMs ?? NaN) - (missed?.atMs ?? NaN)).toBeLessThan(10);
    expect(rig.warnings.filter((text) => text.includes("still missing"))).toEqual([]);
  });

  test("that cannot be created yet is tried again, ever more slowly", async () => {
    const rig = makeRig(() => {
      if (rig.created.length < 5) throw new StoreError("database not found", "create");
    }, {
      create: (times) => {
        if (times < 5) throw new StoreError("no leader", "retry");
      },
    });
    await deliver(rig, batchOf(["a"]));
    expect(rig.told).toEqual(["written a"]);
    expect(rig.clock.monotonic()).toBeGreaterThan(1000);
  });

  test("that nobody may create: not ready all the time, said for what it is", async () => {
    const rig = makeRig(() => {
      throw new StoreError("database not found", "create");
    }, {
      create: () => {
        throw new StoreError("403 no right to create", "hold");
      },
    });
    const stop = new AbortController();
    const batches = [batchOf(["a"]), batchOf(["b"]), batchOf(["c"])];
    void rig.clock.sleep(300_000).then(() => stop.abort());
    await rig.clock.run(
      Promise.all(batches.map((batch) => rig.delivery.deliver(batch, rig.outcomes, stop.signal))),
    );
    expect(rig.delivery.state()).toEqual({ ready: false, reason: "403 no right to create" });
    // The first answer of all tells of the missing database only.
    expect(rig.states.slice(1).filter(({ ready }) => ready)).toEqual([]);
    expect(rig.warnings.every((text) => text.startsWith("The store cannot be written to"))).toBe(
      true,
    );
    expect(rig.requests.length).toBeLessThan(60);
    expect(rig.told).toEqual([]);
  });

  test("that somebody creates at last is written to, and all is well again", async () => {
    let exists = false;
    const rig = makeRig(() => {
      if (!exists) throw new StoreError("database not found", "create");
    }, {
      create: () => {
        throw new StoreError("403 no right to create", "hold");
      },
    });
    void rig.clock.sleep(100_000).then(() => exists = true);
    const batches = [batchOf(["a"], "mon"), batchOf(["b"], "mon")];
    await rig.clock.run(
      Promise.all(batches.map((batch) => rig.delivery.deliver(batch, rig.outcomes, never))),
    );
    expect(rig.told.sort()).toEqual(["written a", "written b"]);
    expect(rig.delivery.state()).toEqual({ ready: true });
  });

  test("that is created and stays missing does not make a tight loop", async () => {
    const rig = makeRig(() => {
      throw new StoreError("database not found", "create");
    });
    const stop = new AbortController();
    void rig.clock.sleep(60_000).then(() => stop.abort());
    await deliver(rig, batchOf(["a"]), stop.signal);
    expect(rig.requests.length).toBeLessThan(20);
    expect(rig.told).toEqual([]);
  });

  test("that the store will never have is a dead letter for each item", async () => {
    const rig = makeRig(() => {
      throw new StoreError("database not found", "create");
    }, {
      create: () => {
        throw new StoreError("invalid name", "bisect");
      },
    });
    await deliver(rig, batchOf(["a", "b"]));
    expect(rig.told).toEqual(["rejected (invalid name) a", "rejected (invalid name) b"]);
  });
});
