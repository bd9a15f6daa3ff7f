/**
 * Edge (files). The recorded cases of events.json: which definitions are refused, and which events
 * notifications make, at the level of functions.
 */
import { describe, expect, test } from "bun:test";
import { describeConfigError } from "../errors.ts";
import { loadValue } from "../notifications/load_value.ts";
import type { Notification } from "../notifications/notification.ts";
import { type Dict, isDict, PyFloat, type Value } from "../notifications/value.ts";
import { dateTimeStr } from "../pipeline/datetime_text.ts";
import { DateTimeValue, type Event } from "../pipeline/event.ts";
import { loadYaml } from "../yaml/load.ts";
import { EventConverter } from "./converter.ts";
import { readEventDefinitions } from "./event_definitions.ts";

interface Case {
  readonly id: string;
  readonly note?: string;
  readonly conf?: Readonly<Record<string, string | readonly string[]>>;
  readonly files: Readonly<Record<string, string>>;
  readonly input: readonly Value[];
  readonly expect: {
    readonly verdict?: { readonly event_definitions?: string };
    readonly files: { readonly events: readonly Dict[] };
  };
}

/** What oslo.messaging's dispatcher makes of a body, as far as these cases go. */
function notificationOf(line: Value): Notification {
  const outer = isDict(line) ? line : {};
  const inner = outer["oslo.message"];
  // Written again so that 6.0 is a float where the recorded file says so.
  const body = loadValue(typeof inner === "string" ? inner : JSON.stringify(line));
  if (!isDict(body)) throw new Error("a body is a dict");
  const context = Object.entries(body).filter(([name]) => name.startsWith("_context_"));
  const { message_id, timestamp } = body;
  const message = {
    ctxt: Object.fromEntries(context.map(([name, value]) => [name.slice(9), value])),
    publisher_id: body["publisher_id"] ?? null,
    event_type: String(body["event_type"]),
    payload: body["payload"] ?? null,
    metadata: { message_id: message_id ?? null, timestamp: timestamp ?? null },
  };
  return { priority: String(body["priority"]).toLowerCase(), ...message, message };
}

function plainValue(value: Value | DateTimeValue): unknown {
  if (value instanceof DateTimeValue) return dateTimeStr(value);
  if (value instanceof PyFloat) return value.value;
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plainValue);
  if (!isDict(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainValue(item)]));
}

/** As the file publisher writes it; traits are a set. */
function plainEvent(event: Event): Record<string, unknown> {
  const traits = event.traits.map(({ name, type, value }) => (
    { name, dtype: type, value: plainValue(value) }
  ));
  return {
    message_id: event.message_id,
    event_type: event.event_type,
    generated: dateTimeStr(event.generated),
    traits: traits.toSorted(byName),
    raw: withoutTimeout(plainValue(event.raw)),
  };
}

function byName(a: { readonly name: unknown }, b: { readonly name: unknown }): number {
  return String(a.name) < String(b.name) ? -1 : 1;
}

function withoutTimeout(raw: unknown): unknown {
  const copy = structuredClone(raw) as { ctxt?: { client_timeout?: unknown } };
  delete copy.ctxt?.client_timeout;
  return copy;
}

function plainExpected(event: Dict): Record<string, unknown> {
  const traits = (event["traits"] ?? []) as { readonly name: string }[];
  return { ...event, traits: traits.toSorted(byName), raw: withoutTimeout(event["raw"]) };
}

const text = await Bun.file("testdata/conformance/events.json").text();
const { cases }: { readonly cases: readonly Case[] } = JSON.parse(text);

describe("events.json", () => {
  for (const one of cases) test(`${one.id} ${one.note ?? ""}`, () => check(one));
});

function check(one: Case): void {
  const source = one.files["event_definitions.yaml"] ?? "[]";
  const loaded = loadYaml(source, "event_definitions.yaml");
  const read = loaded.root && readEventDefinitions(loaded.root);
  const problems = [...loaded.problems, ...read?.problems ?? []].map(describeConfigError);
  const refused = one.expect.verdict?.event_definitions !== undefined;
  expect([problems.length > 0, problems]).toEqual([refused, problems]);
  for (const problem of problems) expect(problem).toMatch(/^\w+\.yaml:\d+:\d+: Cannot .*expected/s);
  if (read === undefined || refused) return;
  const storeRaw = [one.conf?.["event.store_raw"] ?? []].flat().map((level) => level.toLowerCase());
  const drop = one.conf?.["event.drop_unmatched_notifications"] !== undefined;
  const options = { dropUnmatchedNotifications: drop, storeRaw };
  const converter = new EventConverter(read.definitions, options);
  const events = one.input.map(notificationOf)
    .filter(({ priority }) => priority === "info" || priority === "error")
    .map((notification) => converter.convert(notification))
    .flatMap((outcome) => outcome.kind === "event" ? [plainEvent(outcome.event)] : []);
  expect(events).toEqual(one.expect.files.events.map(plainExpected));
}
