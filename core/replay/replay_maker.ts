/**
 * Pure. What a pipeline makes of recorded lines: of notifications what its definitions say; samples and
 * events go straight to the sinks whose sources match.
 */
import { batchOf } from "../datum/ceilometer_datum.ts";
import { detectForm } from "../datum/detect.ts";
import { eventOf } from "../datum/event_form.ts";
import { type Form, forms as formHelp, isEnvelope } from "../datum/forms.ts";
import { membersOf, orRefusal } from "../datum/read_datum.ts";
import { sampleOf } from "../datum/sample_form.ts";
import { decodeNotification } from "../notifications/oslo.ts";
import type { Dict } from "../notifications/value.ts";
import {
  type EventSide,
  type Made,
  type MadeRefusal,
  type Maker,
  nothing,
  NotificationMaker,
  type SampleSide,
} from "../pipeline/notification_maker.ts";
import { routeEvent, routeSamples } from "../pipeline/routing.ts";
import { shiftMessage } from "./message_shift.ts";

/** How messages are read. */
export interface ReplayMakerOptions {
  /** Undefined: told by each message. */
  readonly format: Form | undefined;
  readonly shiftMs: number;
}

/** See above. */
export class ReplayMaker implements Maker {
  readonly #samples: SampleSide | undefined;
  readonly #events: EventSide | undefined;
  readonly #options: ReplayMakerOptions;
  readonly #notifications: NotificationMaker;

  constructor(
    samples: SampleSide | undefined,
    events: EventSide | undefined,
    options: ReplayMakerOptions,
  ) {
    this.#samples = samples;
    this.#events = events;
    this.#options = options;
    this.#notifications = new NotificationMaker(samples, events);
  }

  make(bytes: Uint8Array): Made {
    const { format, shiftMs } = this.#options;
    const form = (format === undefined || isEnvelope(format) ? undefined : format) ??
      detectForm(bytes);
    const made = orRefusal(
      () => this.#make(form, form === undefined ? bytes : shiftMessage(form, bytes, shiftMs)),
      (all) => ({ all }),
    );
    return "all" in made ? made.all : refused(made.refusal);
  }

  #make(form: Form | undefined, bytes: Uint8Array): Made {
    // What was moved in time is JSON by now.
    const isMoved = this.#options.shiftMs !== 0;
    switch (form) {
      case "notification":
        return this.#notification(bytes);
      case "sample":
      case "sample_literal":
        return this.#ofSamples(membersOf(isMoved ? "sample" : form, bytes));
      case "event":
      case "event_literal":
        return this.#ofEvents(membersOf(isMoved ? "event" : form, bytes));
      case undefined:
        return refused({
          class: "decode",
          reason: "Cannot read line: it has no form that tpctl knows, expected a notification, " +
            "a sample or an event",
        });
      default:
        return refused({
          class: "unroutable",
          reason: `Cannot send ${formHelp[form]} through a pipeline: expected a notification, a ` +
            "sample or an event, or --to a store",
        });
    }
  }

  #notification(bytes: Uint8Array): Made {
    const decoded = decodeNotification(bytes);
    const batch = decoded.kind === "notification" ? batchOf(decoded.notification) : undefined;
    if (batch === undefined) return this.#notifications.make(bytes);
    return batch.kind === "sample" ? this.#ofSamples(batch.items) : this.#ofEvents(batch.items);
  }

  #ofSamples(all: readonly Dict[]): Made {
    if (this.#samples === undefined) return noPipeline("sample", "--pipeline");
    const { routed, leftOut } = routeSamples(this.#samples.pipelines, all.map(sampleOf));
    return { ...nothing, samples: routed, leftOut };
  }

  #ofEvents(all: readonly Dict[]): Made {
    if (this.#events === undefined) return noPipeline("event", "--event-pipeline");
    const { pipelines } = this.#events;
    return { ...nothing, events: all.flatMap((one) => routeEvent(pipelines, eventOf(one))) };
  }
}

function noPipeline(what: string, flag: string): Made {
  const reason =
    `Cannot send a${what === "event" ? "n" : ""} ${what} anywhere: no pipeline takes ` +
    `them, expected ${flag}`;
  return refused({ class: "unroutable", reason });
}

function refused(refusal: Omit<MadeRefusal, "isEvent">): Made {
  const { class: what, reason } = refusal;
  return { ...nothing, refusals: [{ class: what, reason, isEvent: false }] };
}
