/**
 * Pure. Data for tests, each with all its parts, so that a test names only what it is about.
 */
import type { Datum } from "../core/datum/datum.ts";

const vm = "1a2b3c4d-0000-4000-8000-123456789abc";

/** Nothing in particular. */
export function datumOf(changed: Partial<Datum>): Datum {
  return {
    kind: "sample",
    name: "cpu_util",
    timeMs: Date.UTC(2026, 10, 28, 8, 31, 2, 500),
    tenant: "p-1",
    resource: vm,
    value: 81.5,
    unit: "%",
    members: {},
    ...changed,
  };
}

/** A sample of a virtual machine. */
export function sampleDatum(changed: Partial<Datum>): Datum {
  const resource_metadata = { host: "node-1", flavor: { name: "m1.tiny" } };
  return datumOf({ members: { resource_metadata }, ...changed });
}

/** What happened to it. */
export function eventDatum(changed: Partial<Datum>): Datum {
  const traits = [{ name: "instance_id", dtype: 1, value: vm }, ["memory_mb", 2, 512]];
  return datumOf({
    ...{ kind: "event", resource: "", value: NaN, unit: "", members: { traits } },
    ...changed,
  });
}
