/**
 * Pure. Which form a line or message has, from its bytes. The first member's name mostly says it; else
 * the names of all members do. Nothing is read, so a line whose rest is broken still has its form.
 */
import { LineError, scanLine } from "../influxdb/line_scan.ts";
import type { Form } from "./forms.ts";
import { memberNames, skipBlanks } from "./member_names.ts";

/** UTF-8's byte order mark, which some editors put before the first line. */
const BOM = [0xef, 0xbb, 0xbf] as const;
const HASH = 0x23;
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
const SINGLE = 0x27;

/** Members that one form alone has. */
const telling: Readonly<Record<string, Form>> = {
  metric: "metric",
  "alarm-transitioned": "alarm",
  "oslo.message": "notification",
  "oslo.version": "notification",
  counter_name: "sample",
  counter_volume: "sample",
};

const metricStart = Uint8Array.from(Buffer.from('{"metric"'));

/**
 * The form of `bytes` from `start` to `end`; undefined where it has none that we know. A list has the
 * form of its first item.
 */
export function detectForm(
  bytes: Uint8Array,
  start = 0,
  end: number = bytes.length,
): Form | undefined {
  if (startsAsMetric(bytes, start)) return "metric";
  const mark = bytes[start] === BOM[0] && bytes[start + 1] === BOM[1] &&
    bytes[start + 2] === BOM[2];
  const from = mark ? start + BOM.length : start;
  let at = skipBlanks(bytes, from, end);
  if (bytes[at] === OPEN_LIST) at = skipBlanks(bytes, at + 1, end);
  if (bytes[at] !== OPEN_OBJECT) return isLine(bytes, from, end) ? "line" : undefined;
  const isPython = bytes[skipBlanks(bytes, at + 1, end)] === SINGLE;
  const names = memberNames(bytes, { at, end, isPython }, (name) => Object.hasOwn(telling, name));
  return formOf(names, isPython);
}

/** The hot path: a metric envelope as every known producer writes it. */
function startsAsMetric(bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < metricStart.length; i++) {
    if (bytes[start + i] !== metricStart[i]) return false;
  }
  return true;
}

function formOf(names: readonly string[], isPython: boolean): Form | undefined {
  const last = names.at(-1) ?? "";
  const told = Object.hasOwn(telling, last) ? telling[last] : undefined;
  const form = told ?? byAllNames(new Set(names));
  if (!isPython) return form;
  return form === "sample" ? "sample_literal" : form === "event" ? "event_literal" : undefined;
}

function byAllNames(names: ReadonlySet<string>): Form | undefined {
  const has = (...all: string[]): boolean => all.every((name) => names.has(name));
  if (has("class", "destination", "reason")) return "letter";
  if (has("topic", "partition", "offset", "payload")) return "kcat";
  if (has("event", "meta")) return "monasca_event";
  if (has("name", "volume")) return "sample";
  if (has("event_type", "traits") || has("event_type", "generated")) return "event";
  if (has("event_type", "payload") || has("event_type", "publisher_id")) return "notification";
  return byFirstNames(names);
}

/** Of a line that was cut off: what its beginning can only be. */
function byFirstNames(names: ReadonlySet<string>): Form | undefined {
  const [first, second, third] = names;
  if (first === "name" && second === "type" && third === "unit") return "sample";
  if (first === "message_id" && second === "event_type") return "event";
  if (first === "time" && second === "command") return "letter";
  return undefined;
}

/** A comment is a line too. */
function isLine(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] === HASH) return true;
  try {
    scanLine(bytes, start, end);
    return true;
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    return false;
  }
}
