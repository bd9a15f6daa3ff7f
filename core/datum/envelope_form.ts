/**
 * Pure. Messages that stand inside of another: a dead letter's payload or its one item, and a Kafka
 * record as kcat -J prints it. What is inside has a form of its own.
 */
import { type Dict, isDict, type Value } from "../notifications/value.ts";
import { dumpValue } from "../notifications/value_text.ts";
import { typeName } from "../notifications/value_rules.ts";
import { invalidForm } from "./form_error.ts";

/** The message inside, with what is known of it. */
export interface Enclosed {
  readonly payload: Uint8Array;
  /** The record's key; null where it has none, or nobody knows. */
  readonly key: Uint8Array | null;
  /** The record's time in ms since the epoch; NaN: unknown. */
  readonly timestamp: number;
  /** Of a dead letter: where it was bound for; "" if nowhere yet. Undefined: it is no letter. */
  readonly destination: string | undefined;
}

const encoder = new TextEncoder();

/**
 * What stands in a dead letter: its one item where it names one, else the original message. A document
 * was made of the message, and has no form of its own: the message makes it again.
 */
export function letterOf(members: Dict): Enclosed {
  const { payload, payload_base64: base64, item, source, destination } = members;
  const isWhole = typeof payload === "string" || typeof base64 === "string";
  if (!isWhole || typeof destination !== "string") {
    throw invalidForm(
      "Cannot read dead letter: it has no payload or no destination, expected both",
    );
  }
  const original = typeof payload === "string"
    ? encoder.encode(payload)
    : Buffer.from(String(base64), "base64");
  const from = isDict(source) ? source : {};
  return {
    payload: item === undefined || isDocument(item) ? original : itemBytes(item),
    key: typeof from["key"] === "string" ? encoder.encode(from["key"]) : null,
    timestamp: typeof from["timestamp"] === "number" ? from["timestamp"] : NaN,
    destination,
  };
}

/** What stands in a line of `kcat -J`. */
export function kcatOf(members: Dict): Enclosed {
  const { payload, key, ts } = members;
  if (payload === null || payload === undefined) {
    throw invalidForm("Cannot read Kafka record: it has no payload, expected a message");
  }
  return {
    payload: encoder.encode(textOf(payload)),
    key: typeof key === "string" ? encoder.encode(key) : null,
    timestamp: typeof ts === "number" ? ts : NaN,
    destination: undefined,
  };
}

function isDocument(item: Value): boolean {
  return isDict(item) && Object.hasOwn(item, "index") && Object.hasOwn(item, "document");
}

/** A line stands there as text, everything else as what it is. */
function itemBytes(item: Value): Uint8Array {
  return encoder.encode(textOf(item));
}

/** kcat prints a JSON payload (`-s value=json`) as what it is. */
function textOf(value: Value): string {
  if (typeof value === "string") return value;
  if (isDict(value) || Array.isArray(value)) return dumpValue(value);
  throw invalidForm(`Cannot read what is inside: it is a ${typeName(value)}, expected a message`);
}
