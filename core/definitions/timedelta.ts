/**
 * Pure. The plugin `timedelta`: the seconds between two times.
 */
import { floatValue } from "../notifications/load_value.ts";
import type { Value } from "../notifications/value.ts";
import { type IsoTime, parseIsoTime } from "../python/iso_time.ts";
import type { Plugin } from "./plugins.ts";

/** Gives nothing unless there are two values and both are times. It has no parameters. */
export function timedelta(): Plugin {
  return {
    name: "timedelta",
    returnsAll: false,
    values: (found) => {
      const [start, end] = found.map(({ value }) => timeOf(value));
      if (found.length !== 2 || start === undefined || end === undefined) return [];
      return [floatValue(Math.abs(Number(end.microseconds - start.microseconds) / 1_000_000))];
    },
  };
}

function timeOf(value: Value): IsoTime | undefined {
  return typeof value === "string" ? parseIsoTime(value) : undefined;
}
