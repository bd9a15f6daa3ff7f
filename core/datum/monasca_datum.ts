/**
 * Pure. Monasca's messages as `Datum`s. They are looked at only; what is stored of them is core/monasca's
 * business.
 */
import { type Dict, isDict, PyFloat, type Value } from "../notifications/value.ts";
import { typeName } from "../notifications/value_rules.ts";
import { parseIsoTime } from "../python/iso_time.ts";
import type { Datum } from "./datum.ts";
import { invalidForm } from "./form_error.ts";

/** Dimensions that name what was measured, the best first. */
const resourceDimensions = ["resource_id", "hostname", "device"];

/** An envelope: metric, meta, creation_time. */
export function metricDatum(members: Dict): Datum {
  const metric = objectOf(members, "metric");
  const meta = isDict(members["meta"]) ? members["meta"] : {};
  const dimensions = isDict(metric["dimensions"]) ? metric["dimensions"] : {};
  const valueMeta = isDict(metric["value_meta"]) ? metric["value_meta"] : {};
  const resource = resourceDimensions.find((name) => textOf(dimensions[name]) !== "");
  return {
    kind: "metric",
    name: textOf(metric["name"]),
    timeMs: numberOf(metric["timestamp"]),
    tenant: textOf(meta["tenantId"]),
    resource: resource === undefined ? "" : textOf(dimensions[resource]),
    value: numberOf(metric["value"]),
    unit: textOf(dimensions["unit"] ?? valueMeta["unit"]),
    members,
  };
}

/** A transition: alarm-transitioned. */
export function alarmDatum(members: Dict): Datum {
  const alarm = objectOf(members, "alarm-transitioned");
  return {
    kind: "alarm",
    name: textOf(alarm["alarmName"]),
    timeMs: numberOf(alarm["timestamp"]),
    tenant: textOf(alarm["tenantId"]),
    resource: textOf(alarm["alarmId"]),
    value: NaN,
    unit: "",
    members,
  };
}

/** An event with its meta. */
export function monascaEventDatum(members: Dict): Datum {
  const event = objectOf(members, "event");
  const meta = isDict(members["meta"]) ? members["meta"] : {};
  const dimensions = isDict(event["dimensions"]) ? event["dimensions"] : {};
  return {
    kind: "monasca_event",
    name: textOf(event["event_type"]),
    timeMs: isoMs(event["timestamp"]),
    tenant: textOf(meta["project_id"]),
    resource: textOf(dimensions["resource_id"] ?? dimensions["hostname"]),
    value: NaN,
    unit: "",
    members,
  };
}

function objectOf(members: Dict, name: string): Dict {
  const value = members[name];
  if (isDict(value)) return value;
  const found = value === undefined ? "nothing" : typeName(value);
  throw invalidForm(`Cannot read message: its '${name}' is ${found}, expected an object`);
}

/** A text as it is, a number as digits, "" for everything else. */
export function textOf(value: Value | undefined): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "bigint" ? String(value) : "";
}

/** The number that a number or a text of one stands for; NaN for everything else. */
export function numberOf(value: Value | undefined): number {
  if (typeof value === "number") return value;
  if (value instanceof PyFloat) return value.value;
  if (typeof value === "bigint") return Number(value);
  return typeof value === "string" && value.trim() !== "" ? Number(value) : NaN;
}

/** ms since the epoch of an ISO 8601 text, with a fraction; NaN for everything else. */
export function isoMs(value: Value | undefined): number {
  const time = typeof value === "string" ? parseIsoTime(value) : undefined;
  return time === undefined ? NaN : Number(time.microseconds) / 1000;
}
