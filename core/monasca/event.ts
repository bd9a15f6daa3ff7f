/**
 * Pure. Monasca event -> a document of the index `<index_name>-<project>-<yyyy-mm-dd>`.
 */
import { createHash } from "node:crypto";
import { type RecordBlock, valueOf } from "../delivery/records.ts";
import type { ItemSinks, MessageEncoder, Refusal } from "../persist/encoder.ts";
import { dumpJson } from "../python/json_dump.ts";
import { JsonError } from "../python/json_load.ts";
import { toText } from "../python/text.ts";
import { isTruthy, kindOf, type PyDict, type PyValue } from "../python/values.ts";
import { asObject, invalid, memberOf, messageOf, refusalOf, shown } from "./message.ts";

/** Where documents go. */
export interface EventOptions {
  /** First part of the index's name. */
  readonly indexName: string;
  /** Now; its UTC date names the index of an event without a date of its own. */
  readonly today: () => Date;
}

/** The encoder for a topic of events. */
export function createEventEncoder(options: EventOptions): MessageEncoder {
  return {
    encode: (block: RecordBlock, index: number, sinks: ItemSinks): Refusal | undefined =>
      refusalOf(() => {
        const document = eventDocument(messageOf(block, index), options);
        const id = documentId(document.index, valueOf(block, index) ?? new Uint8Array());
        sinks.document(block, index, { ...document, id });
      }),
  };
}

/** SHA-256, in hex, of an index's name and an event's original bytes: writing twice leaves one. */
export function documentId(index: string, bytes: Uint8Array): string {
  return createHash("sha256").update(index).update(bytes).digest("hex");
}

function eventDocument(message: PyDict, options: EventOptions): { index: string; json: string } {
  const event = asObject(memberOf(message, "event", "message"), "event");
  const eventType = memberOf(event, "event_type", "event");
  const timestamp = memberOf(event, "timestamp", "event");
  const payload = memberOf(event, "payload", "event");
  const meta = asObject(memberOf(message, "meta", "message"), "meta");
  const projectId = memberOf(meta, "project_id", "meta");
  const dimensions = memberOf(event, "dimensions", "event");
  const index = `${options.indexName}-${toText(projectId)}-${dateOf(timestamp, options)}`;
  if (!index.isWellFormed()) {
    throw invalid(
      `Cannot store index '${shown(index.toWellFormed())}': half of a surrogate pair in it, ` +
        "expected Unicode text",
    );
  }
  const document: PyDict = new Map<string, PyValue>([
    ["project_id", projectId],
    ["@timestamp", timestamp],
    ["event_type", eventType],
    ["payload", payload],
    ["dimensions", dimensions],
  ]);
  return { index, json: documentJson(document) };
}

function documentJson(document: PyDict): string {
  try {
    return dumpJson(document, { ensureAscii: true, allowNan: false });
  } catch (error) {
    if (error instanceof JsonError) throw invalid(error.message);
    throw error;
  }
}

const DATE = /^([0-9]{4})-([0-9]{2})-([0-9]{2}| [1-9])/;

/** The date that the timestamp's first ten characters name, else today's. */
function dateOf(timestamp: PyValue, options: EventOptions): string {
  if (isTruthy(timestamp) && typeof timestamp !== "string") {
    throw invalid(
      `Cannot read timestamp '${shown(toText(timestamp))}': it is ${kindOf(timestamp)}, ` +
        "expected text that begins with a date",
    );
  }
  const match = DATE.exec(timestamp === null || timestamp === false ? "" : toText(timestamp));
  const [, year = "", month = "", day = ""] = match ?? [];
  const text = `${year}-${month}-${day.replace(" ", "0")}`;
  return match !== null && year !== "0000" && isDate(text)
    ? text
    : options.today().toISOString().slice(0, 10);
}

function isDate(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
