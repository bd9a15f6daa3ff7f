/**
 * Pure. Where samples of a meter and events of a type come from: the definitions that make them and
 * the ways that need none.
 */
import type { Place } from "../errors.ts";
import { catchall, type EventDefinition } from "../events/event_definitions.ts";
import { sensorKinds } from "../meters/ipmi.ts";
import type { MeterDefinition } from "../meters/meter_definition.ts";
import { valueStr } from "../notifications/value_text.ts";
import type { EventPipelines, SamplePipelines } from "../pipeline/load_pipelines.ts";
import { matchesStart } from "../python/pattern.ts";

/** A definition that makes samples of a meter. */
export interface MeterOrigin {
  /** The meter's name as the definition has it, or the JSONPath that finds it. */
  readonly meter: string;
  readonly place: Place;
  readonly type: string;
  readonly unit: string;
  /** Regular expressions that match from the start of an event type. */
  readonly event_types: readonly string[];
}

/** The definition that makes events of a type. */
export interface EventOrigin {
  readonly patterns: readonly string[];
  /** Undefined for the catch-all that is there without being written. */
  readonly place: Place | undefined;
  readonly traits: readonly string[];
}

/** What makes events of a type, and what would if that were not there. */
export interface EventOrigins {
  readonly made_by: EventOrigin | undefined;
  /** Definitions that match too and stand before it: the last one counts. */
  readonly overruled: readonly EventOrigin[];
}

/** What polling agents and middleware send ready-made, which no definition names. */
export const polledOrigin = "telemetry.polling";

/** Members of a notification; a name that begins with one of them is looked up in it. */
const LOOKED_UP = /^[(\s]*(\$|(ctxt|publisher_id|event_type|payload|metadata)\b)/;

/** Whether a definition's name is found in the notification instead of standing in the file. */
export function isLookedUp({ name }: MeterDefinition): boolean {
  return typeof name === "string" && LOOKED_UP.test(name);
}

/** The definition of the name itself, or those that could find it in a notification. */
export function meterOrigins(
  { meters }: SamplePipelines,
  name: string,
): { readonly exact: readonly MeterOrigin[]; readonly possible: readonly MeterOrigin[] } {
  const exact = meters.definitions.filter((definition) =>
    !isLookedUp(definition) && valueStr(definition.name) === name
  );
  const possible = exact.length > 0 ? [] : meters.definitions.filter(isLookedUp);
  return { exact: exact.map(meterOrigin), possible: possible.map(meterOrigin) };
}

/** Definitions that look at notifications of an event type. */
export function metersOfEvent({ meters }: SamplePipelines, eventType: string): MeterOrigin[] {
  return meters.definitions.filter(({ eventTypes }) =>
    eventTypes.some((pattern) => matchesStart(pattern, eventType))
  ).map(meterOrigin);
}

/** A definition as it is shown. */
export function meterOrigin(definition: MeterDefinition): MeterOrigin {
  const { name, type, unit, place, eventTypeTexts } = definition;
  return {
    meter: valueStr(name),
    place,
    type: valueStr(type),
    unit: valueStr(unit),
    event_types: eventTypeTexts,
  };
}

/** Which part of the code makes samples of this name without a definition; undefined: none. */
export function builtInOrigin(name: string): string | undefined {
  const sensor = sensorKinds.find((kind) => name === `hardware.ipmi.${kind.toLowerCase()}`);
  if (sensor !== undefined) return `hardware.ipmi (${sensor} sensors of ironic)`;
  return /^http\.(request|response)/.test(name) ? "http.request, http.response" : undefined;
}

/** Asks the converter that makes the events. */
export function eventOrigins(
  { converter, definitions }: EventPipelines,
  eventType: string,
): EventOrigins {
  const found = converter.definitionOf(eventType);
  const overruled = definitions.filter((one) => one !== found && one.matches(eventType));
  return {
    made_by: found === undefined ? undefined : eventOrigin(found),
    overruled: overruled.map(eventOrigin),
  };
}

function eventOrigin(definition: EventDefinition): EventOrigin {
  const { patterns, traits } = definition;
  const place = definition === catchall ? undefined : definition.place;
  return { patterns, place, traits: traits.map(({ name }) => name) };
}
