/**
 * Pure. From a notification to its event, by the last definition that matches its type.
 */
import { lookedInto, type Notification } from "../notifications/notification.ts";
import { PythonError } from "../notifications/value_rules.ts";
import type { Event, Trait } from "../pipeline/event.ts";
import { catchall, type EventDefinition } from "./event_definitions.ts";
import { dateTimeOf, makeTrait } from "./trait_definition.ts";

/** What `[event]` says. */
export interface EventOptions {
  readonly dropUnmatchedNotifications: boolean;
  /** Lower-case priorities whose events keep the whole notification. */
  readonly storeRaw: readonly string[];
}

/**
 * - `event`: there it is.
 * - `unmatched`: no definition matches and `drop_unmatched_notifications` says to leave it.
 * - `refused`: it cannot be made, with the reason. The reference loses it or, with
 *   `ack_on_event_error = false`, asks for it again for ever.
 */
export type EventOutcome =
  | { readonly kind: "event"; readonly event: Event }
  | { readonly kind: "unmatched" }
  | { readonly kind: "refused"; readonly why: string };

/** Event types whose definition is remembered; real ones are a few hundred. */
const typesMax = 10_000;

/** Makes events; keep one for as long as the definitions hold. */
export class EventConverter {
  /** The last first, the catch-all behind all of them. */
  readonly #definitions: readonly EventDefinition[];
  readonly #storeRaw: ReadonlySet<string>;
  readonly #byType = new Map<string, EventDefinition | undefined>();

  constructor(definitions: readonly EventDefinition[], options: EventOptions) {
    const added = options.dropUnmatchedNotifications ? [] : [catchall];
    this.#definitions = [...definitions.toReversed(), ...added];
    this.#storeRaw = new Set(options.storeRaw);
  }

  /** Events are made of info and error; the caller asks for no other priority. */
  convert(notification: Notification): EventOutcome {
    const definition = this.definitionOf(notification.event_type);
    if (definition === undefined) return { kind: "unmatched" };
    try {
      return { kind: "event", event: this.#make(notification, definition) };
    } catch (error) {
      if (!(error instanceof PythonError)) throw error;
      return { kind: "refused", why: error.message };
    }
  }

  /** The definition that makes events of a type; undefined where none does. */
  definitionOf(eventType: string): EventDefinition | undefined {
    if (this.#byType.has(eventType)) return this.#byType.get(eventType);
    const found = this.#definitions.find((definition) => definition.matches(eventType));
    if (this.#byType.size >= typesMax) this.#byType.clear();
    this.#byType.set(eventType, found);
    return found;
  }

  #make(notification: Notification, definition: EventDefinition): Event {
    const { message_id, timestamp } = notification.metadata;
    const message = lookedInto(notification);
    const traits: Trait[] = [];
    for (const each of definition.traits) {
      const trait = makeTrait(each, message);
      if (trait !== undefined) traits.push(trait);
    }
    return {
      message_id: message_id ?? null,
      event_type: notification.event_type,
      generated: dateTimeOf(timestamp ?? null),
      traits,
      raw: this.#storeRaw.has(notification.priority) ? notification.message : {},
    };
  }
}
