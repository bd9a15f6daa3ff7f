/**
 * Pure. Samples and events in the forms that publishers send: Ceilometer's `as_dict` and `serialize`,
 * the event message with its signature, JSON and Python's literal form.
 * Members stand in the reference's order.
 */
import { type Dict, isDict, type Value } from "../notifications/value.ts";
import { dumpValue, valueRepr } from "../notifications/value_text.ts";
import { dateTimeRepr, dateTimeStr, isoDateTime } from "./datetime_text.ts";
import { DateTimeValue, type Event, type Trait } from "./event.ts";
import { type Sample, sampleMembers } from "./sample.ts";
import { type Signer, writePairs } from "./signature.ts";

/** `Sample.as_dict()`. */
export function sampleDict(sample: Sample): Dict {
  const dict: Dict = {};
  for (const name of sampleMembers) dict[name] = sample[name];
  return dict;
}

const jsonHeads = sampleMembers.map((name, at) =>
  [name, `${at === 0 ? "{" : ", "}"${name}": `] as const
);

/** `json.dumps(sample.as_dict())`. */
export function sampleJson(sample: Sample): string {
  let text = "";
  // One loop for all members, and not a line for each: what the runtime compiles of it is small.
  for (const [name, head] of jsonHeads) {
    text += head;
    text += name === "resource_metadata"
      ? sample.written_metadata?.json ?? metadataJson(sample)
      : json(sample[name]);
  }
  return `${text}}`;
}

function json(value: Value): string {
  return value === null ? "null" : dumpValue(value);
}

/** `str(sample.as_dict())`, which is what the file publisher writes without `json`. */
export function sampleLiteral(sample: Sample): string {
  return valueRepr(sampleDict(sample));
}

/** `json.dumps(event.as_dict(), default=str)`: datetimes with a space, traits as objects. */
export function eventJson(event: Event): string {
  return dumpValue({
    message_id: event.message_id,
    event_type: event.event_type,
    generated: dateTimeStr(event.generated),
    traits: event.traits.map(({ name, type, value }) => ({
      name,
      dtype: type,
      value: value instanceof DateTimeValue ? dateTimeStr(value) : value,
    })),
    raw: event.raw,
  });
}

/** `str(event.as_dict())`. */
export function eventLiteral(event: Event): string {
  const traits = event.traits.map(traitLiteral);
  return `{'message_id': ${valueRepr(event.message_id)}, 'event_type': ${
    valueRepr(event.event_type)
  }, 'generated': ${dateTimeRepr(event.generated)}, 'traits': [${traits.join(", ")}], 'raw': ${
    valueRepr(event.raw)
  }}`;
}

function traitLiteral({ name, type, value }: Trait): string {
  const shown = value instanceof DateTimeValue ? dateTimeRepr(value) : valueRepr(value);
  return `{'name': ${valueRepr(name)}, 'dtype': ${type}, 'value': ${shown}}`;
}

/** `Event.serialize()`: datetimes with a T, a trait as [name, type, value]. */
export function serializeEvent(event: Event): Dict {
  return {
    message_id: event.message_id,
    event_type: event.event_type,
    generated: isoDateTime(event.generated),
    traits: event.traits.map(({ name, type, value }): Value => [
      name,
      type,
      value instanceof DateTimeValue ? isoDateTime(value) : value,
    ]),
    raw: event.raw,
  };
}

/** `message_from_event`: the event as notifier sends it, signed. */
export function eventMessage(event: Event, signer: Signer): Dict {
  const message = serializeEvent(event);
  message.message_signature = signer.sign((pairs) => writePairs(pairs, message));
  return message;
}

/** A pure function of an object that nobody changes, remembered as long as the object lives. */
function remembered<T>(make: (metadata: Dict) => T): (metadata: Dict) => T {
  const made = new WeakMap<Dict, T>();
  return (metadata) => {
    const known = made.get(metadata);
    if (known !== undefined) return known;
    const fresh = make(metadata);
    made.set(metadata, fresh);
    return fresh;
  };
}

// Samples of one notification share their metadata, which is most of what is written of each; and
// several publishers write the same sample.
function metadataJson({ resource_metadata: metadata }: Sample): string {
  return isDict(metadata) ? dictJson(metadata) : dumpValue(metadata);
}

const dictJson = remembered((dict) => dumpValue(dict));
