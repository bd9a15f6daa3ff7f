/**
 * Edge (files). The built-in event definitions give every event type that the reference's own cover
 * the same traits, of the same types, from the same places (recorded in event_types.json).
 */
import { describe, expect, test } from "bun:test";
import type { Notification } from "../notifications/notification.ts";
import { type Dict, isDict, type Value } from "../notifications/value.ts";
import { dateTimeStr } from "../pipeline/datetime_text.ts";
import { DateTimeValue, type Trait } from "../pipeline/event.ts";
import { EventConverter } from "./converter.ts";
import { defaultEventDefinitions } from "./default_events.ts";
import { defaultTraitNames } from "./event_definitions.ts";
import { traitTypes } from "./trait_definition.ts";

type Facts = Readonly<Record<string, readonly [type: string, fields: readonly string[]]>>;

const recorded: Readonly<Record<string, Facts>> = await Bun.file(
  "testdata/ceilometer/event_types.json",
).json();

const options = { dropUnmatchedNotifications: true, storeRaw: [] };
const converter = new EventConverter(defaultEventDefinitions(), options);

/** A value of the type that tells where it stood. */
function valueAt(path: string, type: string, number: number): Value {
  if (type === "int") return number;
  return type === "datetime" ? `2026-01-01 00:00:00.${String(number).padStart(6, "0")}` : path;
}

function put(root: Dict, path: string, value: Value): void {
  const names = path.split(".");
  const last = names.pop() ?? "";
  let dict = root;
  for (const name of names) {
    const inner = dict[name];
    const next: Dict = isDict(inner) ? inner : {};
    dict[name] = next;
    dict = next;
  }
  if (dict[last] === undefined) dict[last] = value;
}

function isPlain(path: string): boolean {
  return /^[a-zA-Z_.]+$/.test(path);
}

/** `field`: which of a trait's several fields the message has, from the last to the first. */
function notificationOf(eventType: string, facts: Facts, field: number): Notification {
  const message: Dict = { publisher_id: "compute.node-1.example" };
  const paths = Object.values(facts).map(([type, fields]) => ({
    type,
    path: fields.at(field) ?? "",
  }));
  paths.toSorted((a, b) => b.path.length - a.path.length).forEach(({ type, path }, i) => {
    if (isPlain(path) && path !== "publisher_id") put(message, path, valueAt(path, type, i + 1));
  });
  const metadata = { message_id: "m", timestamp: "2026-01-01 00:00:00" };
  return {
    priority: "info",
    event_type: eventType,
    publisher_id: "compute.node-1.example",
    payload: message["payload"] ?? null,
    ctxt: {},
    metadata,
    message: { ...message, event_type: eventType, metadata },
  };
}

function lookUp(root: Value, path: string): Value | undefined {
  return path.split(".").reduce<Value | undefined>(
    (value, name) => isDict(value) ? value[name] : undefined,
    root,
  );
}

function shown(value: Trait["value"]): unknown {
  return value instanceof DateTimeValue ? dateTimeStr(value) : value;
}

describe("event types of the reference", () => {
  for (const [eventType, facts] of Object.entries(recorded)) {
    test(eventType, () => {
      const own = converter.definitionOf(eventType)?.traits ?? [];
      const extra = defaultTraitNames.filter((name) => !(name in facts));
      const types: Record<string, unknown> = Object.fromEntries(
        own.map(({ name, type }) => [name, type]),
      );
      for (const name of extra) delete types[name];
      expect(types).toEqual(
        Object.fromEntries(Object.entries(facts).map(([name, [type]]) => [name, typeNumber(type)])),
      );
      for (const field of [0, -1]) {
        const notification = notificationOf(eventType, facts, field);
        const outcome = converter.convert(notification);
        if (outcome.kind !== "event") throw new Error(JSON.stringify(outcome));
        const values = new Map(outcome.event.traits.map(({ name, value }) => [name, shown(value)]));
        for (const [name, [, fields]] of Object.entries(facts)) {
          const path = fields.at(field) ?? "";
          const expected = isPlain(path) ? lookUp(notification.message, path) : undefined;
          if (expected !== undefined) expect([name, values.get(name)]).toEqual([name, expected]);
        }
      }
    });
  }
});

function typeNumber(name: string): number | undefined {
  return traitTypes.get(name);
}

test("what JSONPath filters and functions find", () => {
  const payload = {
    image_meta: { "org.openstack__1__os_distro": "debian" },
    glance_metadata: [{ key: "other", value: "x" }, { key: "image_id", value: "img" }],
    volume_attachment: [{ server_id: "vm" }],
  };
  const traitsOf = (eventType: string) => {
    const notification = notificationOf(eventType, {}, 0);
    const outcome = converter.convert({
      ...notification,
      message: { ...notification.message, payload },
    });
    const traits = outcome.kind === "event" ? outcome.event.traits : [];
    return Object.fromEntries(traits.map(({ name, value }) => [name, value]));
  };
  expect(traitsOf("compute.instance.create.end")).toMatchObject({
    service: "compute",
    host: "node-1.example",
    os_distro: "debian",
  });
  expect(traitsOf("volume.create.end")).toMatchObject({ image_id: "img", instance_id: "vm" });
});
