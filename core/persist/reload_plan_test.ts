/**
 * Pure. What a changed configuration does to the loops that run.
 */
import { expect, test } from "bun:test";
import type { PersistConfig, PersistInput } from "../config/persist_config.ts";
import { planReload } from "./reload_plan.ts";

const metrics: PersistInput = {
  kind: "metrics",
  source: { scheme: "file", path: "metrics.ndjson" },
  store: { scheme: "sqlite", path: "a.db" },
  batchRecordsMax: 20_000,
  maxWaitMs: 30_000,
  processors: 1,
};
const alarms: PersistInput = { ...metrics, kind: "alarms", batchRecordsMax: 1 };

function config(changes: Partial<PersistConfig>): PersistConfig {
  return {
    files: [],
    inputs: [metrics, alarms],
    lingerMs: 200,
    offsetOutOfRange: "earliest",
    stateDir: "state",
    listen: { host: "127.0.0.1", port: 9127, given: false },
    deadLetterBytesMax: 1,
    deadLetterTopic: undefined,
    failFastMs: 0,
    drainMs: 20_000,
    notices: [],
    log: {
      debug: false,
      configAppend: undefined,
      file: undefined,
      rotation: { type: "none" },
      useStderr: true,
      useSyslog: false,
      syslogFacility: 1,
      useJournal: false,
      useJson: false,
      dateFormat: "",
      levels: new Map(),
      rateLimit: undefined,
    },
    ...changes,
  };
}

function changes(after: Partial<PersistConfig>): string {
  const { loops, nextStart } = planReload(config({}), config(after), config({}));
  return [...loops.map(({ kind, change }) => `${kind} ${change}`), ...nextStart].join(", ");
}

test("nothing changed: nothing happens, whatever the log's options are", () => {
  expect(changes({})).toBe("metrics keep, alarms keep");
  expect(changes({ log: { ...config({}).log, debug: true } })).toBe("metrics keep, alarms keep");
});

test("only what a loop runs by concerns it", () => {
  const store = { scheme: "sqlite", path: "b.db" } as const;
  expect(changes({ inputs: [{ ...metrics, store }, alarms] })).toBe("metrics restart, alarms keep");
  expect(changes({ inputs: [{ ...metrics, maxWaitMs: 1 }, alarms] }))
    .toBe("metrics tune, alarms keep");
  expect(changes({ inputs: [metrics, { ...alarms, batchRecordsMax: 2 }] }))
    .toBe("metrics keep, alarms tune");
  expect(changes({ lingerMs: 5 })).toBe("metrics tune, alarms tune");
  expect(changes({ inputs: [metrics] })).toBe("metrics keep, alarms stop");
  expect(changes({ inputs: [metrics, alarms, { ...alarms, kind: "events" }] }))
    .toBe("metrics keep, alarms keep, events start");
  expect(changes({ offsetOutOfRange: "fail" })).toBe("metrics restart, alarms restart");
});

test("what the process itself goes by waits for its next start, and is named", () => {
  expect(changes({ stateDir: "other", listen: undefined }))
    .toBe("metrics keep, alarms keep, [tpctl] state_dir, [tpctl] listen");
  expect(changes({ inputs: [{ ...metrics, processors: 4 }, alarms] }))
    .toBe("metrics keep, alarms keep, num_processors of metrics");
});

test("what waits for the next start is named at every reload until then", () => {
  const moved = config({ stateDir: "other" });
  expect(planReload(moved, moved, config({})).nextStart).toEqual(["[tpctl] state_dir"]);
  expect(planReload(moved, config({}), config({})).nextStart).toEqual([]);
});
