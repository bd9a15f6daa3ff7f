/**
 * Pure. A line of line protocol as it is, but for its time: in ns, and moved.
 */
import { invalidForm } from "../datum/form_error.ts";
import { lineNanoseconds, type LinePrecision } from "../datum/line_times.ts";
import { parseTime } from "../influxdb/line_protocol.ts";
import { LineError, scanLine } from "../influxdb/line_scan.ts";
import type { LineSink } from "../persist/encoder.ts";
import { LineBuffer } from "../persist/line_buffer.ts";

const HASH = 0x23;
const SPACE = 0x20;
const NINE = 0x39;
const nsPerMs = 1_000_000n;
/** InfluxDB keeps 64 bits, and two values of them for itself. */
const nanosecondsMax = 2n ** 63n - 3n;
/** Digits of a time in ns of our days. */
const nsDigits = 19;
const timeBytesMax = 24;
const encoder = new TextEncoder();

/** What becomes of times. */
export interface LineCopyOptions {
  readonly shiftMs: number;
  readonly linePrecision: LinePrecision;
}

/**
 * Writes the line, without ending it. False for a comment, of which there is nothing. Throws LineError,
 * or FormError where it has no time: it would be stored at the time of writing.
 */
export function copyPoint(bytes: Uint8Array, sink: LineSink, options: LineCopyOptions): boolean {
  if (bytes[0] === HASH) return false;
  const spans = scanLine(bytes, 0, bytes.length);
  const { shiftMs, linePrecision } = options;
  const digits = spans.timeEnd - spans.timeStart;
  const isNs = linePrecision === "ns" || linePrecision === "auto";
  // Of our days, and not of those that 64 bits may not hold.
  const isOfOurDays = digits === nsDigits && (bytes[spans.timeStart] ?? NINE) < NINE;
  if (isNs && isOfOurDays && shiftMs === 0) {
    append(sink, bytes.subarray(spans.keyStart, spans.timeEnd));
    return true;
  }
  const time = parseTime(bytes, spans);
  if (time === undefined) {
    throw invalidForm(
      "Cannot store line: it has no timestamp and would be stored at the time of writing, expected " +
        "one behind its fields",
    );
  }
  const nanoseconds = lineNanoseconds(time, linePrecision) + BigInt(Math.round(shiftMs)) * nsPerMs;
  if (nanoseconds > nanosecondsMax || nanoseconds < -nanosecondsMax) {
    throw new LineError(`time ${time} outside 64 bits of ns`, bytes);
  }
  append(sink, bytes.subarray(spans.keyStart, spans.fieldsEnd));
  const buffer = sink.reserve(timeBytesMax);
  buffer[sink.length++] = SPACE;
  sink.length += encoder.encodeInto(String(nanoseconds), buffer.subarray(sink.length)).written;
  return true;
}

/** The line by itself; undefined for a comment. Throws as `copyPoint`. */
export function movedPoint(bytes: Uint8Array, options: LineCopyOptions): Uint8Array | undefined {
  const sink = new OneLine(bytes.length + timeBytesMax);
  return copyPoint(bytes, sink, options) ? sink.written : undefined;
}

class OneLine extends LineBuffer implements LineSink {
  endLine(): void {
    // Its maker takes the bytes.
  }
}

function append(sink: LineSink, bytes: Uint8Array): void {
  sink.reserve(bytes.length).set(bytes, sink.length);
  sink.length += bytes.length;
}
