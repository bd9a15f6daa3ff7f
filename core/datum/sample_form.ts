/**
 * Pure. A sample out of a line or message: `name` and `volume` as the file and http publishers write
 * them, `counter_name` and `counter_volume` as notifier, udp and tcp do.
 */
import { type Dict, isDict, type Value } from "../notifications/value.ts";
import { typeName } from "../notifications/value_rules.ts";
import type { Sample } from "../pipeline/sample.ts";
import { invalidForm } from "./form_error.ts";

/** The sample; throws FormError where it lacks a name or a volume. */
export function sampleOf(members: Dict): Sample {
  const either = (name: string, other: string): Value | undefined =>
    memberOf(members, name) ?? memberOf(members, other);
  const name = either("name", "counter_name");
  if (typeof name !== "string" || name === "") {
    const found = name === undefined ? "nothing" : typeName(name);
    throw invalidForm(`Cannot read sample: its name is ${found}, expected a text`);
  }
  const volume = either("volume", "counter_volume");
  if (volume === undefined) {
    throw invalidForm(`Cannot read sample of '${name}': it has no volume, expected that member`);
  }
  const type = either("type", "counter_type");
  const id = either("id", "message_id");
  const metadata = memberOf(members, "resource_metadata") ?? memberOf(members, "metadata");
  const text = (member: string): Value => memberOf(members, member) ?? null;
  return {
    name,
    type: typeof type === "string" ? type : "gauge",
    unit: either("unit", "counter_unit") ?? null,
    volume,
    user_id: text("user_id"),
    user_name: text("user_name"),
    project_id: text("project_id"),
    project_name: text("project_name"),
    resource_id: text("resource_id"),
    timestamp: text("timestamp"),
    resource_metadata: isDict(metadata) ? metadata : {},
    source: text("source"),
    id: typeof id === "string" ? id : "",
    monotonic_time: text("monotonic_time"),
  };
}

function memberOf(members: Dict, name: string): Value | undefined {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}
