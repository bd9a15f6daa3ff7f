/**
 * Pure. One message's bytes -> what is to be published by which pipelines, and what is refused. The
 * definitions and pipelines of a reload make a new one.
 */
import type { DeadLetterClass } from "../delivery/dead_letter.ts";
import type { EventConverter } from "../events/converter.ts";
import type { WantedName } from "../meters/names.ts";
import type { MadeSamples, SampleMaker } from "../meters/sample_maker.ts";
import type { Notification } from "../notifications/notification.ts";
import { QuickReader } from "../notifications/quick_notification.ts";
import { decodeNotification } from "../notifications/oslo.ts";
import type { Event } from "./event.ts";
import type { Pipeline } from "./pipeline.ts";
import { type LeftOut, type Routed, routeEvent, routeSamples } from "./routing.ts";
import type { Sample } from "./sample.ts";

/** The samples' side, undefined where it is off. */
export interface SampleSide {
  readonly make: SampleMaker;
  readonly pipelines: readonly Pipeline[];
}

/** The events' side. */
export interface EventSide {
  readonly converter: EventConverter;
  readonly pipelines: readonly Pipeline[];
}

/** Why something of a notification could not be made. */
export interface MadeRefusal {
  readonly class: DeadLetterClass;
  readonly reason: string;
  /** An event that could not be made: `ack_on_event_error` decides. */
  readonly isEvent: boolean;
}

/** All that comes of one message. */
export interface Made {
  readonly samples: readonly Routed<Sample>[];
  readonly events: readonly Routed<Event>[];
  readonly refusals: readonly MadeRefusal[];
  readonly leftOut: readonly LeftOut[];
  readonly warnings: readonly string[];
  /** Names to look up first; then make it again. */
  readonly wantedNames: readonly WantedName[];
}

/** What makes samples and events of messages. */
export interface Maker {
  /** Takes any bytes; never throws. */
  make(bytes: Uint8Array): Made;
}

/** Of a message that nothing is made of. */
export const nothing: Made = {
  samples: [],
  events: [],
  refusals: [],
  leftOut: [],
  warnings: [],
  wantedNames: [],
};

/** Takes any bytes; never throws. */
export class NotificationMaker implements Maker {
  readonly #samples: SampleSide | undefined;
  readonly #events: EventSide | undefined;
  readonly #reader = new QuickReader();

  constructor(samples: SampleSide | undefined, events: EventSide | undefined) {
    this.#samples = samples;
    this.#events = events;
  }

  make(bytes: Uint8Array): Made {
    const quick = this.#reader.read(bytes);
    if (quick !== undefined) return this.#madeOf(quick);
    const decoded = decodeNotification(bytes);
    if (decoded.kind === "ignored") return nothing;
    if (decoded.kind === "refused") {
      return { ...nothing, refusals: [{ ...decoded, isEvent: false }] };
    }
    return this.#madeOf(decoded.notification);
  }

  #madeOf(notification: Notification): Made {
    const made = this.#samples?.make(notification);
    const event = this.#event(notification);
    if (made === undefined) return { ...nothing, ...event };
    const { routed, leftOut } = routeSamples(this.#samples?.pipelines ?? [], made.samples);
    return {
      samples: routed,
      events: event.events,
      refusals: [...sampleRefusal(made), ...event.refusals],
      leftOut,
      warnings: made.warnings,
      wantedNames: made.wantedNames,
    };
  }

  #event(notification: Notification): Pick<Made, "events" | "refusals"> {
    const side = this.#events;
    const { priority } = notification;
    if (side === undefined || priority !== "info" && priority !== "error") return nothing;
    const outcome = side.converter.convert(notification);
    if (outcome.kind === "event") {
      return { events: routeEvent(side.pipelines, outcome.event), refusals: [] };
    }
    if (outcome.kind === "unmatched") return nothing;
    const reason = `Cannot make the event: ${outcome.why}`;
    return { events: [], refusals: [{ class: "invalid", reason, isEvent: true }] };
  }
}

function sampleRefusal({ refusal }: MadeSamples): MadeRefusal[] {
  return refusal === undefined ? [] : [{ class: "invalid", reason: refusal, isEvent: false }];
}
