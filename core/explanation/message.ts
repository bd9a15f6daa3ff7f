/**
 * Pure. What becomes of one captured notification: the samples and the event that it makes, the
 * definition behind each, and the ways they go.
 */
import { meterSamples } from "../meters/meter_samples.ts";
import type { MeterDefinition } from "../meters/meter_definition.ts";
import { SampleGround, type SampleOptions } from "../meters/make_sample.ts";
import { decodeNotification } from "../notifications/oslo.ts";
import type { Notification } from "../notifications/notification.ts";
import { PythonError } from "../notifications/value_rules.ts";
import type { Event } from "../pipeline/event.ts";
import type { Sample } from "../pipeline/sample.ts";
import { matchesStart } from "../python/pattern.ts";
import type { ExplainedSetup } from "./explanation.ts";
import type { Observation, Observer } from "./observation.ts";
import {
  builtInOrigin,
  type EventOrigins,
  eventOrigins,
  type MeterOrigin,
  meterOrigin,
  polledOrigin,
} from "./origins.ts";
import { type FileRoutes, routesOf } from "./routes.ts";

/** One sample with what made it and where it goes. */
export interface ExplainedSample {
  readonly sample: Sample;
  /** Undefined where no definition was needed; then `without_definition` says what made it. */
  readonly made_by: MeterOrigin | undefined;
  readonly without_definition: string | undefined;
  readonly routes: FileRoutes;
}

/** The event likewise. */
export interface ExplainedEvent {
  readonly event: Event;
  readonly origins: EventOrigins;
  readonly routes: FileRoutes;
}

/** A definition that looked at the notification and made nothing. */
export interface SilentDefinition {
  readonly origin: MeterOrigin;
  readonly why: string;
}

/** See above. */
export interface MessageExplanation {
  /** Undefined where the message is none that anything is made of; `ignored` or a refusal says why. */
  readonly notification: Pick<Notification, "event_type" | "priority" | "publisher_id"> | undefined;
  readonly ignored: string | undefined;
  readonly samples: readonly ExplainedSample[];
  readonly events: readonly ExplainedEvent[];
  readonly silent: readonly SilentDefinition[];
  readonly without_event: string | undefined;
  readonly refusals: readonly { readonly class: string; readonly reason: string }[];
  readonly warnings: readonly string[];
}

/** What explaining needs besides the setup. */
export interface ExplainMessageOptions {
  readonly observer: Observer;
  readonly options: SampleOptions;
}

/** Takes any bytes; never throws. */
export function explainMessage(
  setup: ExplainedSetup,
  bytes: Uint8Array,
  { observer, options }: ExplainMessageOptions,
): MessageExplanation {
  const decoded = decodeNotification(bytes);
  const observation = observer.observe(bytes);
  const notification = decoded.kind === "notification" ? decoded.notification : undefined;
  const looks = notification === undefined ? [] : looksOf(setup, notification, options);
  return {
    notification: notification && shownNotification(notification),
    ignored: decoded.kind === "ignored" ? decoded.reason : undefined,
    samples: explainSamples(setup, observation, looks),
    events: explainEvents(setup, observation),
    silent: looks.flatMap(({ definition, why }) =>
      why === undefined ? [] : [{ origin: meterOrigin(definition), why }]
    ),
    without_event: notification && whyNoEvent(setup, notification, observation),
    refusals: observation.refusals,
    warnings: observation.warnings,
  };
}

function shownNotification(
  { event_type, priority, publisher_id }: Notification,
): MessageExplanation["notification"] {
  return { event_type, priority, publisher_id };
}

/** What one definition alone makes of the notification. */
interface Look {
  readonly definition: MeterDefinition;
  readonly names: readonly string[];
  /** Why it makes nothing; undefined where it makes something. */
  readonly why: string | undefined;
}

function looksOf(
  { samples }: ExplainedSetup,
  notification: Notification,
  options: SampleOptions,
): Look[] {
  const { priority, event_type } = notification;
  if (priority !== "info" && priority !== "sample") return [];
  const definitions =
    samples?.meters.definitions.filter(({ eventTypes }) =>
      eventTypes.some((pattern) => matchesStart(pattern, event_type))
    ) ?? [];
  const ground = new SampleGround(notification);
  return definitions.map((definition) => {
    try {
      const making = { options, newId: () => "", names: undefined };
      const made = meterSamples(definition, ground, making);
      if (typeof made === "string") return { definition, names: [], why: made };
      const usable = made.filter(({ volume }) => volume !== null);
      const why = usable.length > 0 ? undefined : "it finds no volume in the notification";
      return { definition, names: usable.map(({ name }) => name), why };
    } catch (error) {
      if (!(error instanceof PythonError)) throw error;
      return { definition, names: [], why: error.message };
    }
  });
}

function explainSamples(
  { samples }: ExplainedSetup,
  observation: Observation,
  looks: readonly Look[],
): ExplainedSample[] {
  if (samples === undefined) return [];
  return observation.samples.map(({ item }) => {
    const look = looks.find(({ names }) => names.includes(item.name));
    const origin = look && meterOrigin(look.definition);
    return {
      sample: item,
      made_by: origin,
      without_definition: origin === undefined
        ? builtInOrigin(item.name) ?? polledOrigin
        : undefined,
      routes: routesOf(samples.file, item.name),
    };
  });
}

function explainEvents({ events }: ExplainedSetup, observation: Observation): ExplainedEvent[] {
  if (events === undefined) return [];
  return observation.events.map(({ item }) => ({
    event: item,
    origins: eventOrigins(events, item.event_type),
    routes: routesOf(events.file, item.event_type),
  }));
}

function whyNoEvent(
  { events }: ExplainedSetup,
  { priority }: Notification,
  observation: Observation,
): string | undefined {
  if (events === undefined) return "the event pipeline is off";
  if (observation.events.length > 0) return undefined;
  if (priority !== "info" && priority !== "error") {
    return `events are made of the priorities info and error, this one has '${priority}'`;
  }
  if (observation.refusals.some(({ isEvent }) => isEvent)) return "it cannot be made, see below";
  return "no event definition matches, and drop_unmatched_notifications leaves it out";
}
