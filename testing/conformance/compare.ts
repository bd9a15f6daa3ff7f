/**
 * Pure. Compares what came out with what a recorded case expects, by meaning and not by byte: JSON by
 * value, line protocol as InfluxDB 1.x reads it, as the README beside the cases says.
 */
import { isDeepStrictEqual } from "node:util";
import { parseLine, type Point } from "../../core/influxdb/line_protocol.ts";
import { LineError } from "../../core/influxdb/line_scan.ts";

const tolerance = 1e-12;

/** Fields whose text is JSON. */
const jsonFields: ReadonlySet<string> = new Set([
  "value_meta",
  "metrics",
  "sub_alarms",
  "reason_data",
]);

/** Stands in an expectation for any value that is not empty. */
const anyValue = "@ANY@";

/** Whether two JSON values mean the same: numbers to a relative 1e-12, an object's keys in any order. */
export function sameJson(expected: unknown, actual: unknown): boolean {
  if (expected === anyValue) return actual !== null && actual !== undefined && actual !== "";
  if (typeof expected === "number" && typeof actual === "number") {
    return sameNumber(expected, actual);
  }
  if (Array.isArray(expected) && Array.isArray(actual)) {
    return expected.length === actual.length &&
      expected.every((value, i) => sameJson(value, actual[i]));
  }
  if (isObject(expected) && isObject(actual)) {
    const keys = Object.keys(expected);
    return keys.length === Object.keys(actual).length &&
      keys.every((key) => Object.hasOwn(actual, key) && sameJson(expected[key], actual[key]));
  }
  return isDeepStrictEqual(expected, actual);
}

function sameNumber(expected: number, actual: number): boolean {
  if (Object.is(expected, actual) || expected === actual) return true;
  return Math.abs(expected - actual) <=
    tolerance * Math.max(Math.abs(expected), Math.abs(actual));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether two lines of line protocol mean the same; what InfluxDB cannot read must be the same text. */
export function sameLine(expected: string, actual: string): boolean {
  if (expected === actual) return true;
  const [point, other] = [pointOf(expected), pointOf(actual)];
  if (point === undefined || other === undefined) return false;
  const fields = new Map(other.fields);
  return point.measurement === other.measurement &&
    isDeepStrictEqual(new Map(point.tags), new Map(other.tags)) &&
    point.timestamp === other.timestamp &&
    point.fields.length === other.fields.length &&
    point.fields.every(([name, value]) => {
      const found = fields.get(name);
      if (typeof value === "number" && typeof found === "number") return sameNumber(value, found);
      if (typeof value === "string" && typeof found === "string" && jsonFields.has(name)) {
        return sameJson(jsonOf(value), jsonOf(found));
      }
      return value === found;
    });
}

function pointOf(line: string): Point | undefined {
  try {
    return parseLine(Buffer.from(line));
  } catch (error) {
    if (error instanceof LineError) return undefined;
    throw error;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** The first place where two lists differ, in words; undefined where they mean the same. */
export function differenceOf<T>(
  expected: readonly T[],
  actual: readonly T[],
  same: (expected: T, actual: T) => boolean,
): string | undefined {
  const at = expected.findIndex((item, i) => {
    const found = actual[i];
    return found === undefined || !same(item, found);
  });
  if (at >= 0) {
    return `item ${at}: expected ${JSON.stringify(expected[at])}, got ${
      JSON.stringify(actual[at])
    }`;
  }
  return expected.length === actual.length
    ? undefined
    : `expected ${expected.length} items, got ${actual.length}: ${
      JSON.stringify(actual[expected.length])
    }`;
}
