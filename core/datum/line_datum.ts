/**
 * Pure. A line of InfluxDB's line protocol, or a point of a store, as a `Datum`.
 */
import { type FieldValue, parseLine, type Point } from "../influxdb/line_protocol.ts";
import { floatValue, setMember } from "../notifications/load_value.ts";
import type { Dict, Value } from "../notifications/value.ts";
import type { Datum } from "./datum.ts";
import { lineNanoseconds, type LinePrecision } from "./line_times.ts";

const HASH = 0x23;
const tenantTags = ["_tenant_id", "tenant_id", "project_id"];
const resourceTags = ["resource_id", "hostname", "host", "device"];

/** Nothing of a comment. Throws LineError. */
export function lineData(bytes: Uint8Array, precision?: LinePrecision): readonly Datum[] {
  if (bytes[0] === HASH) return [];
  const point = parseLine(bytes);
  const { timestamp } = point;
  const nanoseconds = timestamp === undefined ? undefined : lineNanoseconds(timestamp, precision);
  return [pointDatum(point, nanoseconds)];
}

/** A point with its time in ns; undefined where it has none. */
export function pointDatum(
  { measurement, tags, fields }: Pick<Point, "measurement" | "tags" | "fields">,
  nanoseconds: bigint | undefined,
): Datum {
  const tag = (names: readonly string[]): string => {
    for (const name of names) {
      const found = tags.find(([key]) => key === name)?.[1];
      if (found !== undefined) return found;
    }
    return "";
  };
  const [, value] = fields.find(([name]) => name === "value") ??
    fields.find(([, field]) => typeof field === "number" || typeof field === "bigint") ?? [];
  return {
    kind: "point",
    name: measurement,
    timeMs: nanoseconds === undefined ? NaN : Number(nanoseconds / 1000n) / 1000,
    tenant: tag(tenantTags),
    resource: tag(resourceTags),
    value: typeof value === "number" || typeof value === "bigint" ? Number(value) : NaN,
    unit: tag(["unit"]),
    members: {
      measurement,
      tags: dictOf(tags, (text) => text),
      fields: dictOf(fields, memberValue),
      ...(nanoseconds === undefined ? {} : { timestamp: nanoseconds }),
    },
  };
}

function dictOf<T>(
  pairs: readonly (readonly [name: string, value: T])[],
  as: (value: T) => Value,
): Dict {
  const dict: Dict = {};
  for (const [name, value] of pairs) setMember(dict, name, as(value));
  return dict;
}

function memberValue(field: FieldValue): Value {
  return typeof field === "number" ? floatValue(field) : field;
}
