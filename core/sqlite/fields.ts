/**
 * Pure. The fields of a point as the JSON object in `points.fields`, and back: the four types of line
 * protocol survive, since a float always carries a point or an exponent and an integer never does.
 */
import type { FieldValue } from "../influxdb/line_protocol.ts";

/** One JSON object, keys as given; of a repeated key the last value stays. */
export function fieldsToJson(fields: Iterable<readonly [string, FieldValue]>): string {
  const members: string[] = [];
  for (const [key, value] of new Map(fields)) {
    members.push(`${JSON.stringify(key)}:${fieldToJson(value)}`);
  }
  return `{${members.join(",")}}`;
}

/** The fields behind fieldsToJson's text. Members that no field can be (null, lists) are left out. */
export function fieldsFromJson(text: string): Map<string, FieldValue> {
  const fields = new Map<string, FieldValue>();
  JSON.parse(text, function (key: string, value: unknown, context?: { source?: string }): unknown {
    if (typeof value === "number") {
      const source = context?.source ?? String(value);
      fields.set(key, /[.eE]/.test(source) ? value : BigInt(source));
    } else if (typeof value === "string" || typeof value === "boolean") {
      fields.set(key, value);
    }
    return value;
  });
  return fields;
}

function fieldToJson(value: FieldValue): string {
  if (typeof value !== "number") {
    return typeof value === "bigint" ? value.toString() : JSON.stringify(value);
  }
  const text = Object.is(value, -0) ? "-0" : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
