/**
 * Pure. A datum in the words of a line: its time, its value, what else it says, long ids shortened.
 */
import type { Datum, DatumKind } from "../datum/datum.ts";
import { type Dict, isDict, PyFloat, type Value } from "../notifications/value.ts";
import { printable } from "../terminal/cells.ts";

/** Short words for kinds, all of one width at most. */
export const kindWords: Readonly<Record<DatumKind, string>> = {
  metric: "metric",
  alarm: "alarm",
  monasca_event: "event",
  sample: "sample",
  event: "event",
  notification: "notice",
  point: "point",
};

const idPattern =
  /[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|[0-9a-f]{24,}/gi;
const idShown = 8;

/** Ids of 24 hexadecimal digits and more, UUIDs among them, down to their first eight. */
export function shortIds(text: string): string {
  if (text.length < 24) return text;
  return text.replaceAll(idPattern, (id) => `${id.slice(0, idShown)}…`);
}

/** UTC: `11-28 08:31:02`, or all of it: `2026-11-28T08:31:02.123Z`; "-" where there is none. */
export function timeText(timeMs: number, wide: boolean): string {
  // Beyond what a Date can hold there is no time that anybody would read.
  if (!(Math.abs(timeMs) <= 8.64e15)) return "-";
  const text = new Date(timeMs).toISOString();
  return wide ? text : text.slice(-19, -5).replace("T", " ");
}

/** The value as it was sent, with up to 15 digits; "" where there is none. */
export function valueText(value: number): string {
  return Number.isNaN(value) ? "" : String(Number(value.toPrecision(15)));
}

/** Members that stand in columns of their own. */
const shownElsewhere: ReadonlySet<string> = new Set([
  "name",
  "counter_name",
  "volume",
  "counter_volume",
  "unit",
  "counter_unit",
  "timestamp",
  "event_type",
  "resource_id",
  "project_id",
  "message_signature",
]);

/** How deep objects are looked into. */
const depthMax = 3;

/** What it says beside its columns, as `name=text`, most telling first; as many as are pulled. */
export function* details(datum: Datum): Generator<string, void, void> {
  const { kind, members } = datum;
  if (kind === "metric") {
    const metric = dictOf(members.metric) ?? members;
    yield* leaves(dictOf(metric.dimensions) ?? {}, "");
    yield* leaves(dictOf(metric.value_meta) ?? {}, "");
    return;
  }
  if (kind === "sample") {
    yield* leaves(dictOf(members.resource_metadata) ?? {}, "");
    return;
  }
  if (kind === "event") {
    yield* leaves(traitsOf(members.traits ?? null), "");
    return;
  }
  if (kind === "point") {
    yield* leaves(besidesColumns(members.tags, datum), "", 2);
    yield* leaves(besidesColumns(members.fields, datum), "", 2);
    return;
  }
  const inner = dictOf(members["alarm-transitioned"]) ?? dictOf(members.event) ??
    dictOf(members.payload) ?? members;
  yield* leaves(inner, "");
}

/** A point's members are named by who wrote it: its value and unit have columns, its ids by what they say. */
function besidesColumns(part: Value | undefined, { value, resource, tenant }: Datum): Dict {
  const left: Dict = Object.create(null);
  for (const [name, each] of Object.entries(dictOf(part) ?? {})) {
    const isValue = name === "value" && !Number.isNaN(value);
    if (isValue || name === "unit" || each === resource || each === tenant || each === "{}") {
      continue;
    }
    left[name] = each;
  }
  return left;
}

/** What tells a series from others beside its columns: Monasca's dimensions, a point's tags. */
export function labelsOf({ kind, members, resource, tenant }: Datum): string {
  if (kind !== "metric" && kind !== "point") return "";
  const metric = dictOf(members.metric) ?? members;
  const labels = dictOf(kind === "metric" ? metric.dimensions : members.tags) ?? {};
  let text = "";
  for (const [name, value] of Object.entries(labels)) {
    if (typeof value !== "string" || value === "" || value === resource || value === tenant) {
      continue;
    }
    text += `${text === "" ? "" : " "}${name}=${value}`;
  }
  return text;
}

function dictOf(value: Value | undefined): Dict | undefined {
  return isDict(value) ? value : undefined;
}

/** [{name, dtype, value}, ...] or [[name, type, value], ...] by name. */
function traitsOf(traits: Value): Dict {
  const named: Dict = Object.create(null);
  for (const trait of Array.isArray(traits) ? traits : []) {
    const name = Array.isArray(trait) ? trait[0] : dictOf(trait)?.name;
    const value = Array.isArray(trait) ? trait.at(-1) : dictOf(trait)?.value;
    if (typeof name === "string") named[name] = value ?? null;
  }
  return named;
}

function* leaves(dict: Dict, prefix: string, depth = 1): Generator<string, void, void> {
  for (const [name, value] of Object.entries(dict)) {
    if (depth === 1 && shownElsewhere.has(name)) continue;
    if (value === null || value === "") continue;
    if (isDict(value) && depth < depthMax) {
      yield* leaves(value, `${prefix}${name}.`, depth + 1);
    } else yield printable(`${prefix}${name}=${leafText(value)}`);
  }
}

/** At most so much of one text, so that a line never holds a whole document. */
const leafMax = 200;

function leafText(value: Value): string {
  if (typeof value === "string") {
    const text = value.length > leafMax ? `${value.slice(0, leafMax)}…` : value;
    return /[\s"=]/.test(text) ? JSON.stringify(text) : text;
  }
  if (value instanceof PyFloat) return String(value.value);
  if (Array.isArray(value)) return `[${value.length}]`;
  return isDict(value) ? "{}" : String(value);
}
