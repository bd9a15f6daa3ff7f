/**
 * Pure. Notifications that no well-behaved service sends every day, but that an agent has to live with:
 * numbers and texts at their bounds, absent and null members, odd priorities and times.
 */
import { type Dict, PyFloat, type Value } from "../../core/notifications/value.ts";
import { dumpValue } from "../../core/notifications/value_text.ts";

/** A message body and the priority that it is sent with. */
export interface Body {
  readonly priority: string;
  readonly body: string;
}

const volumes: readonly Value[] = [
  0,
  -1,
  1.5,
  2n ** 70n,
  new PyFloat(1e22),
  new PyFloat(-0),
  new PyFloat(5e-324),
  new PyFloat(3),
  "7.25",
  " 8 ",
  "1e3",
  "many",
  "",
  null,
  true,
];

const texts: readonly string[] = [
  "größe 温度 \u{1F321}\uFE0F",
  `quotes ' " and \\`,
  "line\nbreak\ttab\u0000nul\u2028sep",
  "a/b?c=d&e#f%20",
  "None",
  "",
];

/** A notification before it has its ids. */
interface Draft {
  readonly priority: string;
  readonly eventType: string;
  readonly payload: Value;
}

/** All of them; the same ones at every call. */
export function unusualBodies(): readonly Body[] {
  const create = (given: Readonly<Record<string, Value>>, priority = "INFO"): Draft => ({
    priority,
    eventType: "compute.instance.create.end",
    payload: instance(given),
  });
  const drafts: readonly Draft[] = [
    polled(unusualSamples()),
    polled([]),
    ...texts.map((text) => create({ display_name: text, host: text })),
    create({ memory_mb: 0, vcpus: "4", disk_gb: 1.5 }),
    create({ memory_mb: null, vcpus: true, disk_gb: 2n ** 65n }),
    create({ metadata: { "metering.x": "1", other: "2" } }),
    create({ metadata: [{ key: "metering.y", value: "3" }] }),
    ...["WARN", "CRITICAL", "DEBUG", "AUDIT"].map((priority) => create({}, priority)),
    {
      priority: "INFO",
      eventType: "compute.instance.create.end",
      payload: { instance_id: id(9001), tenant_id: "t", user_id: "u" },
    },
    {
      priority: "ERROR",
      eventType: "compute.instance.create.error",
      payload: instance({ message: "No valid host" }),
    },
    { priority: "INFO", eventType: "made.up.by.nobody", payload: { some: ["payload", 1, null] } },
    {
      priority: "INFO",
      eventType: "image.create",
      payload: { id: id(9002), size: 13_167_616, owner: null },
    },
  ];
  return drafts.map(bodyOf);
}

/** A sample's name and the members that are unusual. */
type Named = readonly [name: string, members: Readonly<Record<string, Value>>];

function unusualSamples(): readonly Dict[] {
  const given: readonly Named[] = [
    ...volumes.map((counter_volume, n): Named => [`volume-${n}`, { counter_volume }]),
    ...texts.map((text): Named => [text, {
      resource_metadata: { [text]: text, list: [text, 1] },
    }]),
    ["null ids", { project_id: null, user_id: null }],
    ["deep", { resource_metadata: { a: { b: { c: [{ d: null }, [], {}, false] } } } }],
    ["time", { timestamp: "2026-01-01 00:00:00.000001" }],
    ["no metadata", { resource_metadata: {} }],
  ];
  return given.map(([name, members], n) => ({
    source: "openstack",
    counter_name: `unusual ${name}`,
    counter_type: "gauge",
    counter_unit: "unit",
    counter_volume: 1,
    user_id: "user",
    project_id: "project",
    resource_id: `resource ${name}`,
    timestamp: "2026-01-01T00:00:00.000000",
    resource_metadata: { host: "host" },
    message_id: id(7000 + n),
    monotonic_time: null,
    message_signature: "0".repeat(64),
    ...members,
  }));
}

function polled(samples: readonly Dict[]): Draft {
  return { priority: "SAMPLE", eventType: "telemetry.polling", payload: { samples: [...samples] } };
}

function instance(given: Readonly<Record<string, Value>>): Value {
  return {
    instance_id: id(9000),
    tenant_id: "project",
    user_id: "user",
    host: "compute-1",
    display_name: "vm",
    instance_type: "m1.tiny",
    memory_mb: 512,
    vcpus: 1,
    root_gb: 1,
    ephemeral_gb: 0,
    disk_gb: 1,
    state: "active",
    launched_at: "2026-01-01T00:00:00.000000",
    created_at: "2026-01-01 00:00:00+00:00",
    deleted_at: "",
    ...given,
  };
}

function bodyOf({ priority, eventType, payload }: Draft, n: number): Body {
  const inner = dumpValue({
    message_id: id(8000 + n),
    publisher_id: "compute.größe",
    event_type: eventType,
    priority,
    payload,
    timestamp: "2026-01-01 00:00:00.123456",
    _unique_id: String(n).padStart(32, "0"),
    _context_user_id: "user",
    _context_project_id: "project",
  });
  const body = dumpValue({ "oslo.version": "2.0", "oslo.message": inner });
  return { priority: priority.toLowerCase(), body };
}

function id(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
}
