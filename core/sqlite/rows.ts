/**
 * Pure. Lines of line protocol as rows of `points`. What most lines have in common (a float `value`
 * and a short, often repeated rest such as `value_meta="{}"`) takes a short way; every other line goes
 * through the parser, and both ways give the same row. It knows nothing of SQLite.
 */
import { parseFields, parseTime } from "../influxdb/line_protocol.ts";
import { LineError, type LineSpans } from "../influxdb/line_scan.ts";
import { fieldsToJson } from "./fields.ts";

/** What `points` keeps besides the series. */
export interface PointRow {
  /** ns since the epoch. */
  readonly timeNs: bigint;
  /** The field `value` where it is a float. */
  readonly value: number | null;
  /** All other fields as fieldsToJson writes them; null where there are none. */
  readonly fields: string | null;
}

/** Makes rows of lines of one body. */
export interface RowReader {
  /**
   * The row of a scanned line; `nsPerUnit` is what its timestamp counts in, `nowNs` its time where it
   * has none. Throws LineError for a time beyond 64 bits of ns.
   */
  read(line: LineSpans, nsPerUnit: bigint, nowNs: bigint): PointRow;
}

/** At most so many rests are remembered, each at most so long; together less than 2 MB. */
const restsMax = 4096;
const restLengthMax = 256;

const int64Max = 2n ** 63n - 1n;
const plainFloat = /^value=(-?[0-9][0-9.]*(?:[eE][-+]?[0-9]+)?)(?:,|$)/;

/** Reads lines out of one body; `rests` may be kept from body to body. */
export function createRowReader(body: Uint8Array, rests: Map<string, string>): RowReader {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  let lastTimeText = "";
  let lastTimeNs = 0n;

  function timeOf(line: LineSpans, nsPerUnit: bigint, nowNs: bigint): bigint {
    const text = buffer.toString("latin1", line.timeStart, line.timeEnd);
    if (text === lastTimeText && text !== "") return lastTimeNs;
    const time = parseTime(body, line);
    if (time === undefined) return nowNs;
    const timeNs = time * nsPerUnit;
    if (timeNs > int64Max || timeNs < -int64Max) {
      throw new LineError("time outside range", body.subarray(line.keyStart, line.timeEnd));
    }
    lastTimeText = text;
    lastTimeNs = timeNs;
    return timeNs;
  }

  return {
    read(line, nsPerUnit, nowNs): PointRow {
      const timeNs = timeOf(line, nsPerUnit, nowNs);
      const text = buffer.toString("latin1", line.fieldsStart, line.fieldsEnd);
      const digits = plainFloat.exec(text)?.[1];
      if (digits === undefined) return { timeNs, ...splitFields(body, line) };
      const value = Number(digits);
      const rest = text.slice("value=".length + digits.length + 1);
      if (rest === "") return { timeNs, value, fields: null };
      const known = rests.get(rest);
      if (known !== undefined) return { timeNs, value, fields: known };
      const row = splitFields(body, line);
      const repeatable = rest.length <= restLengthMax && !rest.includes("value=");
      if (repeatable && row.fields !== null) {
        if (rests.size >= restsMax) rests.clear();
        rests.set(rest, row.fields);
      }
      return { timeNs, ...row };
    },
  };
}

function splitFields(body: Uint8Array, line: LineSpans): Pick<PointRow, "value" | "fields"> {
  const fields = new Map(parseFields(body, line));
  const value = fields.get("value");
  if (typeof value === "number") fields.delete("value");
  return {
    value: typeof value === "number" ? value : null,
    fields: fields.size === 0 ? null : fieldsToJson(fields),
  };
}
