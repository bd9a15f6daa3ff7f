/**
 * Pure. Samples and events for tests: made up, or read back from what an agent recorded.
 */
import { loadValue } from "../core/notifications/load_value.ts";
import { type Dict, isDict, type Value } from "../core/notifications/value.ts";
import { DateTimeValue, type Event } from "../core/pipeline/event.ts";
import type { Sample } from "../core/pipeline/sample.ts";

/** A sample like what Ceilometer makes of an instance; `given` members replace ours. */
export function makeSample(given: Partial<Sample> = {}): Sample {
  return {
    name: "vcpus",
    type: "gauge",
    unit: "vcpu",
    volume: 1,
    user_id: "user-1",
    user_name: null,
    project_id: "project-1",
    project_name: null,
    resource_id: "11111111-2222-4333-8444-555555555555",
    timestamp: "2026-01-02T03:04:05.678901+00:00",
    resource_metadata: { host: "compute-1" },
    source: "openstack",
    id: "00000000-0000-1000-8000-000000000001",
    monotonic_time: null,
    ...given,
  };
}

/** An event with one trait of each type; `given` members replace ours. */
export function makeEvent(given: Partial<Event> = {}): Event {
  const generated = new DateTimeValue(1_767_323_045_678_901n);
  return {
    message_id: "4ad0a080-7790-457b-963d-e09b1398d505",
    event_type: "compute.instance.create.end",
    generated,
    traits: [
      { name: "service", type: 1, value: "compute" },
      { name: "vcpus", type: 2, value: 2 },
      { name: "ratio", type: 3, value: 1.5 },
      { name: "launched_at", type: 4, value: new DateTimeValue(1_767_323_056_000_000n) },
    ],
    raw: {},
    ...given,
  };
}

/** The sample of a line that Ceilometer's file publisher wrote as JSON; older ones name no names. */
export function sampleOfLine(line: string): Sample {
  const members = dictOf(loadValue(line));
  const { name, type, id, resource_metadata: metadata } = members;
  if (typeof name !== "string" || typeof type !== "string" || typeof id !== "string") {
    throw new Error("not a sample");
  }
  const of = (member: string): Value => members[member] ?? null;
  return {
    name,
    type,
    unit: of("unit"),
    volume: of("volume"),
    user_id: of("user_id"),
    user_name: of("user_name"),
    project_id: of("project_id"),
    project_name: of("project_name"),
    resource_id: of("resource_id"),
    timestamp: of("timestamp"),
    resource_metadata: dictOf(metadata),
    source: of("source"),
    id,
    monotonic_time: of("monotonic_time"),
  };
}

/** The value, which must be an object. */
export function dictOf(value: Value | undefined): Dict {
  if (!isDict(value)) throw new Error("not an object");
  return value;
}
