/**
 * Pure. What stands where in a store of points: samples and events as InfluxDB line protocol with
 * nanoseconds, which every store's writer takes. Nothing is written here.
 *
 * A sample is a point of the measurement of its name; an event one of the measurement `event`.
 */
import type { LineBatch } from "../delivery/batch.ts";
import type { RefusedItem } from "../delivery/writer.ts";
import { quoteField } from "../monasca/line_text.ts";
import type { Value } from "../notifications/value.ts";
import { floatOf, PythonError } from "../notifications/value_rules.ts";
import { dumpValue, valueRepr, valueStr } from "../notifications/value_text.ts";
import { parseIsoTime } from "../python/iso_time.ts";
import { isoDateTime } from "./datetime_text.ts";
import { DateTimeValue, type Event } from "./event.ts";
import type { Sample } from "./sample.ts";

/** The measurement of all events. */
export const eventMeasurement = "event";

/** The members of a sample that are tags, sorted as InfluxDB sorts them. */
export const sampleTags = [
  "project_id",
  "resource_id",
  "source",
  "type",
  "unit",
  "user_id",
] as const satisfies readonly (keyof Sample)[];

/** Nanoseconds that InfluxDB keeps: 64 bits, two values of which are its own. */
const nanosecondsMax = 2n ** 63n - 3n;

/** One line without its newline, or why there can be none. */
export type MadeLine = { readonly line: string } | { readonly why: string };

/** Lines to be written, and the items of which there are none. */
export interface PointBatch {
  readonly batch: LineBatch;
  /** Of each line the index of its item. */
  readonly items: readonly number[];
  readonly refused: readonly RefusedItem[];
}

/** `cpu,resource_id=...,type=gauge value=1.5 1767323045678901000`. */
export function sampleLine(
  sample: Sample,
  { withMetadata }: { readonly withMetadata: boolean },
): MadeLine {
  const time = typeof sample.timestamp === "string" ? parseIsoTime(sample.timestamp) : undefined;
  if (time === undefined) {
    return { why: `its timestamp is ${valueRepr(sample.timestamp)}, expected an ISO 8601 time` };
  }
  const value = numberOf(sample.volume);
  if (value === undefined) {
    return { why: `its volume is ${valueRepr(sample.volume)}, expected a finite number` };
  }
  const tags = sampleTags.map((name) => [name, sample[name]] as const);
  const metadata = withMetadata
    ? `,metadata=${quoteField(dumpValue(sample.resource_metadata))}`
    : "";
  const fields = `value=${value}${metadata}`;
  return lineOf({ measurement: sample.name, tags, fields, nanoseconds: time.microseconds * 1000n });
}

/**
 * `event,event_type=... message_id="...",traits="{...}" 1767323045678901234`. Behind the microseconds
 * stand digits made of the message_id: points of one type at one time would overwrite each other.
 */
export function eventLine(event: Event): MadeLine {
  const traits = Object.fromEntries(
    event.traits.map(({ name, value }) => [
      name,
      value instanceof DateTimeValue ? isoDateTime(value) : value,
    ]),
  );
  const messageId = valueStr(event.message_id);
  return lineOf({
    measurement: eventMeasurement,
    tags: [["event_type", event.event_type]],
    fields: `message_id=${quoteField(messageId)},traits=${quoteField(dumpValue(traits))}`,
    nanoseconds: event.generated.microseconds * 1000n + BigInt(Bun.hash.crc32(messageId) % 1000),
  });
}

/** The lines that can be made, one after the other. `what` names an item for a refusal's text. */
export function pointBatch<T>(
  items: readonly T[],
  { lineOf: make, what }: {
    readonly lineOf: (item: T) => MadeLine;
    readonly what: (item: T) => string;
  },
): PointBatch {
  const lines: string[] = [];
  const made: number[] = [];
  const refused: RefusedItem[] = [];
  for (const [item, each] of items.entries()) {
    const line = make(each);
    if ("line" in line) {
      lines.push(`${line.line}\n`);
      made.push(item);
    } else {
      const reason = `Cannot make a point of ${what(each)}: ${line.why}`;
      refused.push({ item, reaction: "bisect", reason });
    }
  }
  let end = 0;
  const ends = Int32Array.from(lines, (line) => end += Buffer.byteLength(line));
  const batch: LineBatch = {
    kind: "lines",
    destination: "",
    precision: "ns",
    count: lines.length,
    body: Buffer.from(lines.join("")),
    ends,
    originOf: () => {
      throw new Error("points of a pipeline come from no record");
    },
  };
  return { batch, items: made, refused };
}

interface LineParts {
  readonly measurement: string;
  /** Empty ones are left out. */
  readonly tags: readonly (readonly [name: string, value: Value])[];
  readonly fields: string;
  readonly nanoseconds: bigint;
}

function lineOf({ measurement, tags, fields, nanoseconds }: LineParts): MadeLine {
  const written = tags.map(([name, value]) => [name, value === null ? "" : valueStr(value)])
    .filter(([, text]) => text !== "") as [string, string][];
  for (const [name, text] of [["name", measurement] as const, ...written]) {
    const why = textProblem(text);
    if (why !== undefined) return { why: `its ${name} ${why}` };
  }
  if (/^[#\t\0]/.test(measurement)) return { why: "its name begins with '#', a tab or NUL" };
  if (nanoseconds > nanosecondsMax || nanoseconds < -nanosecondsMax) {
    return { why: "its time is outside of the years 1678 to 2262" };
  }
  const key = [
    escapeKey(measurement),
    ...written.map(([name, text]) => `${name}=${escapeKey(text)}`),
  ]
    .join(",");
  return { line: `${key} ${fields} ${nanoseconds}` };
}

/** What no form of escaping brings into a line. */
function textProblem(text: string): string | undefined {
  if (text === "") return "is empty";
  if (text.includes("\n")) return "holds a line break, which ends a line of InfluxDB's protocol";
  if (text.endsWith("\\")) return "ends in a backslash, which escapes what stands behind it";
  return undefined;
}

function escapeKey(text: string): string {
  const whole = text.toWellFormed();
  return /[ ,=]/.test(whole) ? whole.replace(/[ ,=]/g, "\\$&") : whole;
}

function numberOf(volume: Value): number | undefined {
  try {
    const value = floatOf(volume);
    return Number.isFinite(value) ? value : undefined;
  } catch (error) {
    if (!(error instanceof PythonError)) throw error;
    return undefined;
  }
}
