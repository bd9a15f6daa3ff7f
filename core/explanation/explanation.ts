/**
 * Pure. `Explanation`: one name's way from what makes it to where it goes. A name may be a meter's, an
 * event type, or both; what nobody knows gets the nearest name that somebody does.
 */
import { closest } from "../config/suggest.ts";
import type { Place } from "../errors.ts";
import type { EventPipelines, SamplePipelines } from "../pipeline/load_pipelines.ts";
import { compileFnmatch } from "../pipeline/fnmatch.ts";
import {
  builtInOrigin,
  type EventOrigins,
  eventOrigins,
  isLookedUp,
  type MeterOrigin,
  meterOrigins,
  metersOfEvent,
} from "./origins.ts";
import { type FileRoutes, reachedPublishers, routesOf } from "./routes.ts";

/** What explanations are made from: what `pipeline` would run by. */
export interface ExplainedSetup {
  /** Undefined where the side is off. */
  readonly samples: SamplePipelines | undefined;
  readonly events: EventPipelines | undefined;
  /** Meters that polling agents send; no definition of notifications has them. */
  readonly polled: ReadonlySet<string>;
}

/** The name as a meter's. */
export interface MeterExplanation {
  /** Definitions of this name. */
  readonly made_by: readonly MeterOrigin[];
  /** Definitions whose samples get their name from the notification, where nothing else makes it. */
  readonly may_be_made_by: readonly MeterOrigin[];
  /** Definitions of this name that are not in use, and what keeps all of them from use. */
  readonly left_out: readonly { readonly place: Place | undefined; readonly why: string }[];
  /** Samples that are made without a definition. */
  readonly without_definition: string | undefined;
  /** A meter that polling agents are known to send. */
  readonly is_polled: boolean;
  readonly routes: FileRoutes;
}

/** The name as an event type. */
export interface EventExplanation extends EventOrigins {
  /** Definitions of meters that look at notifications of this type. */
  readonly meters: readonly MeterOrigin[];
  readonly routes: FileRoutes | undefined;
}

/** See above. */
export interface Explanation {
  readonly name: string;
  /** Undefined where the name is known as an event type alone, or samples are off. */
  readonly meter: MeterExplanation | undefined;
  /** Undefined where the name is known as a meter alone, or events are off. */
  readonly event: EventExplanation | undefined;
  /** Whether a definition, or what needs none, makes something of this name. */
  readonly is_known: boolean;
  /** For a name that is not known. */
  readonly did_you_mean: string | undefined;
  /** Publishers that something of this name reaches, as they may be shown. */
  readonly reaches: readonly string[];
}

/** One name, or each known name that a pattern takes, in the order of the definitions. */
export function explainNames(setup: ExplainedSetup, name: string): readonly Explanation[] {
  if (!/[*?[]/.test(name)) return [explain(setup, name)];
  const matches = compileFnmatch(name);
  return knownNames(setup).filter(matches).map((known) => explain(setup, known));
}

/** Meters and event types that stand in definitions word for word, and polled meters. */
export function knownNames({ samples, events, polled }: ExplainedSetup): string[] {
  const meters = samples?.meters.definitions ?? [];
  const types = events?.definitions.flatMap(({ patterns }) => patterns) ?? [];
  return [
    ...new Set([
      ...meters.flatMap((one) => isLookedUp(one) ? [] : [String(one.name)]),
      ...(samples === undefined ? [] : polled),
      ...types.filter((type) => !/[!*?[]/.test(type)),
    ]),
  ];
}

function explain(setup: ExplainedSetup, name: string): Explanation {
  const meter = setup.samples && meterOf(setup.samples, name, setup.polled);
  const event = eventOf(setup, name);
  const isMeter = meter !== undefined &&
    (meter.made_by.length > 0 || meter.without_definition !== undefined || meter.is_polled);
  const isEvent = event !== undefined && (isSpecific(event) || event.meters.length > 0);
  const parts = {
    meter: isEvent && !isMeter ? undefined : meter,
    event: isMeter && !isEvent ? undefined : event,
  };
  const reached = [parts.meter?.routes, parts.event?.routes].flatMap((routes) =>
    routes === undefined ? [] : reachedPublishers(routes)
  );
  const isKnown = isMeter || isEvent;
  return {
    name,
    ...parts,
    is_known: isKnown,
    did_you_mean: isKnown ? undefined : closest(name, knownNames(setup)),
    reaches: [...new Set(reached)],
  };
}

/** Made by a definition that speaks of it, and not by one for all types. */
function isSpecific({ made_by, overruled }: EventExplanation): boolean {
  return [made_by, ...overruled].some((one) =>
    one !== undefined && one.place !== undefined && !one.patterns.includes("*")
  );
}

function meterOf(
  samples: SamplePipelines,
  name: string,
  polled: ReadonlySet<string>,
): MeterExplanation {
  const { exact, possible } = meterOrigins(samples, name);
  const builtIn = builtInOrigin(name);
  const isMade = builtIn !== undefined || polled.has(name);
  return {
    made_by: exact,
    left_out: samples.meters.problems
      .filter(({ kind, meter }) => kind === "disabled" || meter === name)
      .map(({ error: { place, message } }) => ({ place, why: message })),
    may_be_made_by: isMade ? [] : possible,
    without_definition: builtIn,
    is_polled: polled.has(name),
    routes: routesOf(samples.file, name),
  };
}

function eventOf({ samples, events }: ExplainedSetup, name: string): EventExplanation | undefined {
  const meters = samples === undefined ? [] : metersOfEvent(samples, name);
  if (events === undefined) {
    if (meters.length === 0) return undefined;
    return { made_by: undefined, overruled: [], meters, routes: undefined };
  }
  const origins = eventOrigins(events, name);
  const routes = origins.made_by === undefined ? undefined : routesOf(events.file, name);
  return { ...origins, meters, routes };
}
