/**
 * Pure. An event out of a line or message: traits as objects (file publisher) or as lists of three
 * (http publisher, notifier), times with a space or a T.
 */
import { type Dict, isDict, type Value } from "../notifications/value.ts";
import { typeName } from "../notifications/value_rules.ts";
import { valueRepr } from "../notifications/value_text.ts";
import { DateTimeValue, type Event, type Trait, type TraitType } from "../pipeline/event.ts";
import { parseIsoTime } from "../python/iso_time.ts";
import { invalidForm } from "./form_error.ts";

const dateTimeType = 4;

/** The event; throws FormError where it lacks a type, a time or its traits' form. */
export function eventOf(members: Dict): Event {
  const event_type = members["event_type"];
  if (typeof event_type !== "string") {
    throw invalidForm("Cannot read event: it has no 'event_type', expected a text");
  }
  const what = `event '${event_type}'`;
  const traits = members["traits"] ?? [];
  if (!Array.isArray(traits)) {
    throw invalidForm(`Cannot read ${what}: its traits are a ${typeName(traits)}, expected a list`);
  }
  const raw = members["raw"] ?? {};
  return {
    message_id: members["message_id"] ?? null,
    event_type,
    generated: dateTimeOf(members["generated"] ?? null, `${what}: generated`),
    traits: traits.map((trait) => traitOf(trait, what)),
    raw: isDict(raw) ? raw : {},
  };
}

function traitOf(trait: Value, what: string): Trait {
  const [name, type, value = null] = Array.isArray(trait)
    ? trait
    : isDict(trait)
    ? [trait["name"], trait["dtype"] ?? trait["type"], trait["value"] ?? null]
    : [];
  if (typeof name !== "string" || !isTraitType(type)) {
    throw invalidForm(
      `Cannot read ${what}: a trait is ${valueRepr(trait).slice(0, 80)}, ` +
        "expected name, type (1 to 4) and value",
    );
  }
  const isTime = type === dateTimeType && value !== null;
  return {
    name,
    type,
    value: isTime ? dateTimeOf(value, `${what}: trait '${name}'`) : value,
  };
}

function isTraitType(type: Value | undefined): type is TraitType {
  return type === 1 || type === 2 || type === 3 || type === 4;
}

function dateTimeOf(value: Value, what: string): DateTimeValue {
  const time = typeof value === "string" ? parseIsoTime(value) : undefined;
  if (time !== undefined) return new DateTimeValue(time.microseconds);
  throw invalidForm(`Cannot read ${what} '${valueRepr(value)}': expected an ISO 8601 time`);
}
