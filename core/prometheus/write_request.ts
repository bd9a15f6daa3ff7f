/**
 * Pure. Samples as a Prometheus remote-write request (1.0): protobuf, packed with snappy. Each series
 * stands once, its samples in the order of their times.
 *
 * Facts: prometheus/prompb, remote.proto and types.proto: WriteRequest{1: TimeSeries{1: Label{1: name,
 * 2: value}, 2: Sample{1: double value, 2: int64 ms}}}.
 */
import type { RefusedItem } from "../delivery/writer.ts";
import { floatOf, PythonError } from "../notifications/value_rules.ts";
import { valueRepr, valueStr } from "../notifications/value_text.ts";
import type { Sample } from "../pipeline/sample.ts";
import { sampleTags } from "../pipeline/store_points.ts";
import { parseIsoTime } from "../python/iso_time.ts";
import { metricName } from "./names.ts";

// The package brings no types.
const snappy: { compress(plain: Uint8Array): Uint8Array } = require("snappyjs");

/** The request's body, undefined where no sample can be said; and which cannot. */
export interface WriteRequest {
  readonly body: Uint8Array | undefined;
  readonly refused: readonly RefusedItem[];
}

interface Series {
  /** Encoded, in the order of their names. */
  readonly labels: Buffer;
  /** By ms; of two at one time the last counts. */
  readonly values: Map<number, number>;
}

/** Encodes what can be; the body may be sent again. */
export function writeRequest(samples: readonly Sample[]): WriteRequest {
  const all = new Map<string, Series>();
  const refused: RefusedItem[] = [];
  for (const [item, sample] of samples.entries()) {
    const point = pointOf(sample);
    if ("why" in point) {
      const reason = `Cannot write a sample of '${sample.name}' for Prometheus: ${point.why}`;
      refused.push({ item, reaction: "bisect", reason });
      continue;
    }
    const labels = labelsOf(sample);
    const key = JSON.stringify(labels);
    const series = all.get(key) ?? { labels: encodeLabels(labels), values: new Map() };
    all.set(key, series);
    series.values.set(point.ms, point.value);
  }
  if (all.size === 0) return { body: undefined, refused };
  const plain = Buffer.concat(
    [...all.values()].flatMap((series) => message(1, encodeSeries(series))),
  );
  return { body: snappy.compress(plain), refused };
}

type Label = readonly [name: string, value: string];

function labelsOf(sample: Sample): readonly Label[] {
  const labels = sampleTags
    .map((name): Label => [name, sample[name] === null ? "" : valueStr(sample[name])])
    .filter(([, value]) => value !== "");
  return [["__name__", metricName(sample.name)], ...labels];
}

function pointOf(
  { timestamp, volume }: Sample,
): { readonly ms: number; readonly value: number } | { readonly why: string } {
  const time = typeof timestamp === "string" ? parseIsoTime(timestamp) : undefined;
  if (time === undefined) {
    return { why: `its timestamp is ${valueRepr(timestamp)}, expected an ISO 8601 time` };
  }
  try {
    return { ms: Math.floor(Number(time.microseconds) / 1000), value: floatOf(volume) };
  } catch (error) {
    if (!(error instanceof PythonError)) throw error;
    return { why: error.message };
  }
}

function encodeSeries({ labels, values }: Series): Buffer {
  const points = [...values].sort(([a], [b]) => a - b).map(([ms, value]) => {
    const time = varint(ms);
    const size = 10 + time.length;
    const point = Buffer.allocUnsafe(2 + size);
    // Sample{1: double, 2: int64}, whose size is always below 128.
    point[0] = 2 << 3 | 2;
    point[1] = size;
    point[2] = 1 << 3 | 1;
    point.writeDoubleLE(value, 3);
    point[11] = 2 << 3;
    point.set(time, 12);
    return point;
  });
  return Buffer.concat([labels, ...points]);
}

function encodeLabels(labels: readonly Label[]): Buffer {
  const parts = labels.flatMap(([name, value]) => {
    const pair = [...text(1, name), ...text(2, value.toWellFormed())];
    const size = pair.reduce((sum, { length }) => sum + length, 0);
    return [varint(1 << 3 | 2), varint(size), ...pair];
  });
  return Buffer.concat(parts);
}

function text(field: number, value: string): Uint8Array[] {
  const bytes = Buffer.from(value);
  return [varint(field << 3 | 2), varint(bytes.length), bytes];
}

/** A field of wire type 2: its number, its length, its bytes. */
function message(field: number, bytes: Buffer): Uint8Array[] {
  return [varint(field << 3 | 2), varint(bytes.length), bytes];
}

/** Of all numbers of one byte. */
const shortVarints = Array.from({ length: 128 }, (_, value) => Uint8Array.of(value));

/** Whole numbers up to 2^53; a negative one takes ten bytes, as int64 has it. */
function varint(value: number): Uint8Array {
  const short = shortVarints[value];
  if (short !== undefined) return short;
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, BigInt(value));
  do {
    const more = left > 0x7fn ? 0x80 : 0;
    bytes.push(Number(left & 0x7fn) | more);
    left >>= 7n;
  } while (left > 0n);
  return Uint8Array.from(bytes);
}
