/**
 * Pure. One parcel as a record of a spool: 4 bytes length, 4 bytes CRC-32 (both little-endian), then
 * JSON that keeps what Python tells apart. A record that was written in part is told by its CRC.
 */
import { loadValue } from "../notifications/load_value.ts";
import { type Dict, isDict, type Value } from "../notifications/value.ts";
import { dumpValue } from "../notifications/value_text.ts";
import type { DeadLetterSource } from "../delivery/dead_letter.ts";
import { DateTimeValue, type Event, type Trait, type TraitType } from "./event.ts";
import { sampleJson } from "./messages.ts";
import type { Item, Parcel } from "./parcel.ts";
import type { Sample } from "./sample.ts";
import type { SpooledParcel } from "./spool_contract.ts";

const headerBytes = 8;
const openBrace = 0x7b;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** See `decoded`. */
export class SpoolRecordError extends Error {}

/** The record with its header. `timeMs` since the epoch. */
export function encodeRecord(parcel: Parcel, timeMs: number): Uint8Array {
  const { carries, items, origin } = parcel;
  // Samples as the text that they may still be: making it from their members takes more of everything.
  const texts = items.map((item) =>
    carries === "samples" ? sampleJson(item as Sample) : dumpValue(eventDict(item as Event))
  );
  const head = dumpValue({ time: timeMs, carries, source: origin.source as Dict }).slice(0, -1);
  const payload = Buffer.from(origin.payload).toString("base64");
  const text = `${head}, "items": [${texts.join(", ")}], "payload": "${payload}"}`;
  const body = encoder.encode(text);
  const record = new Uint8Array(headerBytes + body.length);
  const view = new DataView(record.buffer);
  view.setUint32(0, body.length, true);
  view.setUint32(4, Bun.hash.crc32(body), true);
  record.set(body, headerBytes);
  return record;
}

/** Where the record at `from` ends; undefined where none stands whole. */
function recordEnd(bytes: Uint8Array, from: number): number | undefined {
  if (from + headerBytes > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = from + headerBytes;
  const end = start + view.getUint32(from, true);
  if (end > bytes.length || end === start) return undefined;
  const crc = Bun.hash.crc32(bytes.subarray(start, end));
  return crc === view.getUint32(from + 4, true) ? end : undefined;
}

/** Whether the bytes are what a crash leaves of a write: a record's beginning, or zeros at the end. */
export function isTorn(bytes: Uint8Array): boolean {
  if (bytes.length <= headerBytes) return true;
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  const isBegun = bytes[headerBytes] === openBrace && headerBytes + length > bytes.length;
  return isBegun || bytes.at(-1) === 0;
}

/** A record's place. */
export interface RecordPlace {
  readonly start: number;
  readonly end: number;
}

/** The first whole record at `from` or behind it: what is damaged is passed over. */
export function findRecord(bytes: Uint8Array, from: number): RecordPlace | undefined {
  for (let start = from; start + headerBytes < bytes.length; start++) {
    // Elsewhere than at `from` a body is an object: most of what is none costs no sum.
    if (start > from && bytes[start + headerBytes] !== openBrace) continue;
    const end = recordEnd(bytes, start);
    if (end !== undefined) return { start, end };
  }
  return undefined;
}

/** Reads the record; an error where it is whole and yet no parcel, as of another version. */
export function decoded(bytes: Uint8Array, at: RecordPlace): SpooledParcel | SpoolRecordError {
  try {
    return decode(decoder.decode(bytes.subarray(at.start + headerBytes, at.end)));
  } catch (error) {
    if (error instanceof SpoolRecordError) return error;
    throw error;
  }
}

function decode(text: string): SpooledParcel {
  const read = loadValue(text);
  if (!isDict(read)) throw new SpoolRecordError("a record is no object");
  const { time, carries, source, items, payload } = read;
  const isWhole = typeof time === "number" && Array.isArray(items) && isDict(source) &&
    typeof payload === "string";
  if (!isWhole) throw new SpoolRecordError("a record lacks a member");
  return {
    timeMs: time,
    items: items.map((item) => itemOf(item, carries)),
    origin: {
      source: source as DeadLetterSource,
      payload: Buffer.from(payload, "base64"),
    },
  };
}

function itemOf(value: Value, carries: Value | undefined): Item {
  if (!isDict(value)) throw new SpoolRecordError("an item is no object");
  return carries === "samples" ? value as unknown as Sample : eventOf(value);
}

function eventDict(event: Event): Dict {
  return {
    message_id: event.message_id,
    event_type: event.event_type,
    generated: event.generated.microseconds,
    traits: event.traits.map(({ name, type, value }) =>
      value instanceof DateTimeValue
        ? [name, type, value.microseconds, true]
        : [name, type, value, false]
    ),
    raw: event.raw,
  };
}

function eventOf({ message_id, event_type, generated, traits, raw }: Dict): Event {
  const isWhole = typeof event_type === "string" && Array.isArray(traits) && isDict(raw);
  if (!isWhole) throw new SpoolRecordError("an event lacks a member");
  return {
    message_id: message_id ?? null,
    event_type,
    generated: dateTimeOf(generated ?? null),
    traits: traits.map(traitOf),
    raw,
  };
}

function traitOf(value: Value): Trait {
  if (!Array.isArray(value) || typeof value[0] !== "string") {
    throw new SpoolRecordError("a trait is no list");
  }
  const [name, type, given = null, isDateTime] = value;
  return {
    name,
    type: type as TraitType,
    value: isDateTime === true ? dateTimeOf(given) : given,
  };
}

function dateTimeOf(value: Value): DateTimeValue {
  if (typeof value !== "number" && typeof value !== "bigint") {
    throw new SpoolRecordError("a time is no number");
  }
  return new DateTimeValue(BigInt(value));
}
