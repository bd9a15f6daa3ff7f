/**
 * Pure. The encoder of `--to kafka://`: messages go back on the bus as they are, or as JSON samples and
 * events where `?format=` asks for these. Key and timestamp are the record's.
 */
import { isUtf8 } from "node:buffer";
import { batchOf } from "../datum/ceilometer_datum.ts";
import { eventOf } from "../datum/event_form.ts";
import { FormError, invalidForm } from "../datum/form_error.ts";
import { type Form, forms as formHelp } from "../datum/forms.ts";
import type { LinePrecision } from "../datum/line_times.ts";
import { membersOf, orRefusal, readData } from "../datum/read_datum.ts";
import { sampleOf } from "../datum/sample_form.ts";
import { type RecordBlock, valueOf } from "../delivery/records.ts";
import { decodeNotification } from "../notifications/oslo.ts";
import type { Dict } from "../notifications/value.ts";
import { dumpValue } from "../notifications/value_text.ts";
import type { ItemSinks, MessageEncoder, Refusal } from "../persist/encoder.ts";
import { eventJson, sampleJson, serializeEvent } from "../pipeline/messages.ts";
import { movedPoint } from "./line_copy.ts";
import { shiftMessage } from "./message_shift.ts";
import type { SelectedBlock } from "./selector.ts";

/** What messages become. */
export interface KafkaEncoderOptions {
  readonly topic: string;
  /** Undefined: what they are. */
  readonly format: "sample" | "event" | undefined;
  readonly shiftMs: number;
  readonly linePrecision: LinePrecision;
}

const decoder = new TextDecoder();

/** The encoder for blocks of a Selector. A document's index is the topic, its JSON the message. */
export function createKafkaEncoder(options: KafkaEncoderOptions): MessageEncoder {
  return {
    encode(block: RecordBlock, index: number, sinks: ItemSinks): Refusal | undefined {
      const form = (block as Partial<SelectedBlock>).forms?.[index];
      const bytes = valueOf(block, index) ?? new Uint8Array(0);
      const made = orRefusal(() => messagesOf(form, bytes, options), (texts) => ({ texts }));
      if ("refusal" in made) return made.refusal;
      for (const json of made.texts) {
        sinks.document(block, index, { index: options.topic, id: "", json });
      }
      return undefined;
    },
  };
}

function messagesOf(
  form: Form | undefined,
  bytes: Uint8Array,
  { format, shiftMs, linePrecision }: KafkaEncoderOptions,
): readonly string[] {
  if (form === undefined || !isUtf8(bytes)) {
    throw new FormError(
      "decode",
      "Cannot read line: it has no form that tpctl knows, expected telemetry",
    );
  }
  // A message that its readers could not read is a dead letter here, not there.
  const read = readData(form, bytes);
  if ("refusal" in read) throw new FormError(read.refusal.class, read.refusal.reason);
  if (form === "line" && format === undefined) {
    const line = shiftMs === 0 ? bytes : movedPoint(bytes, { shiftMs, linePrecision });
    return line === undefined ? [] : [decoder.decode(line)];
  }
  // A reader of the bus knows JSON alone, and what was moved is JSON by now.
  const isPython = form === "sample_literal" || form === "event_literal";
  const plain = shiftMs === 0 || !isPython ? form : form === "sample_literal" ? "sample" : "event";
  const moved = form === "line" ? bytes : shiftMessage(form, bytes, shiftMs);
  if (format !== undefined) return converted(plain, moved, format);
  if (!isPython) return [decoder.decode(moved)];
  const members = membersOf(plain, moved);
  return form === "sample_literal"
    ? members.map((one) => sampleJson(sampleOf(one)))
    : members.map((one) => eventJson(eventOf(one)));
}

function converted(form: Form, bytes: Uint8Array, format: "sample" | "event"): readonly string[] {
  const { kind, items } = itemsOf(form, bytes);
  if (kind !== format) {
    throw invalidForm(
      `Cannot make a message of format '${format}' of ${formHelp[form]}: expected one`,
    );
  }
  return format === "sample"
    ? items.map((one) => sampleJson(sampleOf(one)))
    : items.map((one) => dumpValue(serializeEvent(eventOf(one))));
}

function itemsOf(
  form: Form,
  bytes: Uint8Array,
): { readonly kind: "sample" | "event" | undefined; readonly items: readonly Dict[] } {
  if (form === "sample" || form === "event") return { kind: form, items: membersOf(form, bytes) };
  if (form === "sample_literal") return { kind: "sample", items: membersOf(form, bytes) };
  if (form === "event_literal") return { kind: "event", items: membersOf(form, bytes) };
  const decoded = form === "notification" ? decodeNotification(bytes) : undefined;
  const batch = decoded?.kind === "notification" ? batchOf(decoded.notification) : undefined;
  return batch ?? { kind: undefined, items: [] };
}
