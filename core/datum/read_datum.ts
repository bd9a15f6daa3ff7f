/**
 * Pure. A line or message of a known form -> what it says as `Datum`s, or why it says nothing. One
 * message may hold several: a list of samples, a notifier's batch.
 */
import { LineError } from "../influxdb/line_scan.ts";
import { LiteralError, loadLiteral } from "../notifications/load_literal.ts";
import { decodeText, loadValue } from "../notifications/load_value.ts";
import { type Dict, isDict, type Value } from "../notifications/value.ts";
import { typeName } from "../notifications/value_rules.ts";
import { JsonError } from "../python/json_load.ts";
import type { Datum } from "./datum.ts";
import { detectForm } from "./detect.ts";
import { type Enclosed, kcatOf, letterOf } from "./envelope_form.ts";
import { eventDatum, notificationData, sampleDatum } from "./ceilometer_datum.ts";
import { FormError, invalidForm } from "./form_error.ts";
import type { Form } from "./forms.ts";
import type { LinePrecision } from "./line_times.ts";
import { lineData } from "./line_datum.ts";
import { alarmDatum, metricDatum, monascaEventDatum } from "./monasca_datum.ts";

/** Why bytes are no datum of the form. */
export interface DatumRefusal {
  readonly class: "decode" | "invalid";
  readonly reason: string;
  /** Where, in characters from 1; undefined where no place is to blame. */
  readonly column: number | undefined;
}

/** One or the other. */
export type ReadData = { readonly data: readonly Datum[] } | { readonly refusal: DatumRefusal };

/** What a text alone does not say. */
export interface ReadOptions {
  /** Unit of timestamps in line protocol. */
  readonly linePrecision?: LinePrecision;
}

/** Letters in letters: as deep as they are followed. */
const envelopesMax = 4;

/** Never throws. */
export function readData(form: Form, bytes: Uint8Array, options: ReadOptions = {}): ReadData {
  return orRefusal(() => dataOf(form, bytes, { ...options, depth: 0 }), (data) => ({ data }));
}

/** The objects of a message in JSON or Python's form: one, or those of a list. Throws FormError. */
export function membersOf(form: Form, bytes: Uint8Array): readonly Dict[] {
  const text = decodeText(bytes);
  const isPython = form === "sample_literal" || form === "event_literal";
  const value = isPython ? loadLiteral(text) : loadValue(text);
  const items: readonly Value[] = Array.isArray(value) ? value : [value];
  return items.map((item) => {
    if (isDict(item)) return item;
    throw new FormError("decode", `Cannot read ${form}: a ${typeName(item)}, expected an object`);
  });
}

/** What a dead letter or a record of kcat holds, as far down as there are any. Throws FormError. */
export function openEnvelope(form: "letter" | "kcat", bytes: Uint8Array): Enclosed {
  const [members = {}, ...others] = membersOf(form, bytes);
  if (others.length > 0) {
    throw invalidForm(`Cannot read ${form}: a list of them, expected one a line`);
  }
  return form === "letter" ? letterOf(members) : kcatOf(members);
}

/** Runs `read`; what it throws of a text's faults comes out as a refusal. */
export function orRefusal<T, R>(
  read: () => T,
  made: (value: T) => R,
): R | { readonly refusal: DatumRefusal } {
  try {
    return made(read());
  } catch (error) {
    return { refusal: refusalOf(error) };
  }
}

function refusalOf(error: unknown): DatumRefusal {
  if (error instanceof FormError) {
    return { class: error.class_, reason: error.message, column: error.column };
  }
  if (error instanceof JsonError || error instanceof LiteralError) {
    const { character, message } = error;
    return {
      class: "decode",
      reason: message,
      column: character === undefined ? undefined : character + 1,
    };
  }
  if (error instanceof LineError) {
    return { class: "decode", reason: error.message, column: undefined };
  }
  throw error;
}

function dataOf(
  form: Form,
  bytes: Uint8Array,
  options: ReadOptions & { readonly depth: number },
): readonly Datum[] {
  switch (form) {
    case "line":
      return lineData(bytes, options.linePrecision);
    case "letter":
    case "kcat":
      return enclosedData(openEnvelope(form, bytes), options);
    case "metric":
      return membersOf(form, bytes).map(metricDatum);
    case "alarm":
      return membersOf(form, bytes).map(alarmDatum);
    case "monasca_event":
      return membersOf(form, bytes).map(monascaEventDatum);
    case "sample":
    case "sample_literal":
      return membersOf(form, bytes).map(sampleDatum);
    case "event":
    case "event_literal":
      return membersOf(form, bytes).map(eventDatum);
    case "notification":
      return notificationData(bytes);
  }
}

function enclosedData(
  { payload }: Enclosed,
  options: ReadOptions & { readonly depth: number },
): readonly Datum[] {
  const form = detectForm(payload);
  if (form === undefined || options.depth >= envelopesMax) {
    throw new FormError("decode", "Cannot read what is inside: no known form, expected telemetry");
  }
  return dataOf(form, payload, { ...options, depth: options.depth + 1 });
}
