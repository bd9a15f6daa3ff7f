/**
 * Pure. The encoder of replay: each line by its form to what its store takes. Monasca's messages go the
 * way that persist has for them, byte for byte; samples and events become the points that publishers
 * make of them. All lines are in ns.
 */
import { isUtf8 } from "node:buffer";
import { endpointName, type StoreEndpoint } from "../config/endpoint.ts";
import { batchOf } from "../datum/ceilometer_datum.ts";
import { eventOf } from "../datum/event_form.ts";
import { FormError, invalidForm } from "../datum/form_error.ts";
import type { Form } from "../datum/forms.ts";
import { forms as formHelp } from "../datum/forms.ts";
import type { LinePrecision } from "../datum/line_times.ts";
import { membersOf, orRefusal } from "../datum/read_datum.ts";
import { sampleOf } from "../datum/sample_form.ts";
import { type RecordBlock, valueOf } from "../delivery/records.ts";
import { decodeNotification } from "../notifications/oslo.ts";
import type { Dict } from "../notifications/value.ts";
import { dumpValue } from "../notifications/value_text.ts";
import type { ItemSinks, MessageEncoder, Refusal } from "../persist/encoder.ts";
import { encoderOf } from "../persist/open_encoder.ts";
import { eventLine, type MadeLine, sampleLine } from "../pipeline/store_points.ts";
import { eventDocument } from "./event_document.ts";
import { copyPoint, movedPoint } from "./line_copy.ts";
import { shiftMessage } from "./message_shift.ts";
import { MovedSinks } from "./moved_sinks.ts";
import type { SelectedBlock } from "./selector.ts";
import { prefixOf, type ReplayStores, storesDocuments, storesLines } from "./targets.ts";

/** How messages are to be written. */
export interface ReplayEncoderOptions {
  readonly stores: ReplayStores;
  readonly shiftMs: number;
  readonly linePrecision: LinePrecision;
  /** Whether points of samples carry their metadata. */
  readonly withMetadata: boolean;
  /** The date of events that bring none. */
  readonly today: () => Date;
}

/** A refusal that makes its dead letter `unroutable`. */
class Unroutable extends Error {}

const encoder = new TextEncoder();
const indexPrefixDefault = "events";

/** The encoder for blocks of a Selector. */
export function createReplayEncoder(options: ReplayEncoderOptions): MessageEncoder {
  return new ReplayEncoder(options);
}

class ReplayEncoder implements MessageEncoder {
  readonly #options: ReplayEncoderOptions;
  readonly #metrics: MessageEncoder;
  readonly #alarms: MessageEncoder;
  readonly #events: MessageEncoder;
  readonly #metricSinks: MovedSinks;
  readonly #alarmSinks: MovedSinks;

  constructor(options: ReplayEncoderOptions) {
    this.#options = options;
    const { stores, shiftMs } = options;
    const of = (kind: "metrics" | "alarms" | "events"): MessageEncoder =>
      encoderOf({ kind, store: stores[kind] }, options);
    const sinksOf = (store: StoreEndpoint): MovedSinks =>
      new MovedSinks({ prefix: prefixOf(stores, store), shiftMs });
    this.#metrics = of("metrics");
    this.#alarms = of("alarms");
    this.#events = of("events");
    this.#metricSinks = sinksOf(stores.metrics);
    this.#alarmSinks = sinksOf(stores.alarms);
  }

  encode(block: RecordBlock, index: number, sinks: ItemSinks): Refusal | undefined {
    const form = formAt(block, index);
    const { stores } = this.#options;
    if (form === "metric" && storesLines(stores.metrics)) {
      return this.#metrics.encode(block, index, this.#metricSinks.into(sinks));
    }
    if (form === "alarm" && storesLines(stores.alarms)) {
      return this.#alarms.encode(block, index, this.#alarmSinks.into(sinks));
    }
    if (form === "monasca_event" && storesDocuments(stores.events)) {
      return this.#monascaEvent(block, index, sinks);
    }
    return this.#other(form, { block, index, sinks });
  }

  #monascaEvent(block: RecordBlock, index: number, sinks: ItemSinks): Refusal | undefined {
    const { shiftMs } = this.#options;
    if (shiftMs === 0) return this.#events.encode(block, index, sinks);
    const bytes = valueOf(block, index) ?? new Uint8Array(0);
    const moved = orRefusal(
      () => shiftMessage("monasca_event", bytes, shiftMs),
      (made) => ({ bytes: made }),
    );
    if ("refusal" in moved) return moved.refusal;
    return this.#events.encode(oneRecord(block, moved.bytes), 0, {
      lines: (destination) => sinks.lines(destination),
      document: (_block, _index, document) => sinks.document(block, index, document),
    });
  }

  #other(form: Form | undefined, record: RecordAt): Refusal | undefined {
    const bytes = valueOf(record.block, record.index) ?? new Uint8Array(0);
    try {
      const made = orRefusal(() => this.#encode(form, bytes, record), () => undefined);
      return made?.refusal;
    } catch (error) {
      if (!(error instanceof Unroutable)) throw error;
      return { class: "unroutable", reason: error.message };
    }
  }

  #encode(form: Form | undefined, bytes: Uint8Array, record: RecordAt): void {
    switch (form) {
      case undefined:
        throw new FormError("decode", noForm(bytes));
      case "line":
        return this.#point(bytes, record);
      case "sample":
      case "sample_literal":
        return this.#samples(membersOf(form, bytes), record);
      case "event":
      case "event_literal":
        return this.#ceilometerEvents(membersOf(form, bytes), bytes, record);
      case "notification":
        return this.#notification(bytes, record);
      case "letter":
      case "kcat":
        throw invalidForm(`Cannot read what is inside of a ${form}: expected a whole message`);
      default:
        throw new Unroutable(this.#noStore(form));
    }
  }

  #point(bytes: Uint8Array, { block, index, sinks }: RecordAt): void {
    const store = this.#lineStore("line");
    if (!isUtf8(bytes)) throw new FormError("decode", "Cannot read line: it is not UTF-8");
    const { shiftMs, linePrecision } = this.#options;
    const sink = sinks.lines(prefixOf(this.#options.stores, store));
    if (copyPoint(bytes, sink, { shiftMs, linePrecision })) sink.endLine(block, index);
  }

  #samples(all: readonly Dict[], record: RecordAt): void {
    const store = this.#lineStore("sample");
    const lines = all.map((members) => {
      const sample = sampleOf(members);
      const made = sampleLine(sample, this.#options);
      return lineOf(made, `a sample of '${sample.name}'`);
    });
    this.#write(lines, store, record);
  }

  #ceilometerEvents(all: readonly Dict[], bytes: Uint8Array, record: RecordAt): void {
    const store = this.#options.stores.metrics;
    const events = all.map(eventOf);
    if (storesLines(store)) {
      const lines = events.map((event) =>
        lineOf(eventLine(event), `an event '${event.event_type}'`)
      );
      return this.#write(lines, store, record);
    }
    const documents = this.#options.stores.events;
    if (!storesDocuments(documents)) throw new Unroutable(this.#noStore("event"));
    const prefix = documents.scheme === "elasticsearch"
      ? documents.indexPrefix
      : indexPrefixDefault;
    const { shiftMs } = this.#options;
    const made = events.map((event, i) => {
      const moved = shiftMs === 0 ? event : eventOf(movedMembers("event", all[i] ?? {}, shiftMs));
      const own = events.length === 1 ? bytes : encoder.encode(String(event.message_id));
      return eventDocument(moved, prefix, own);
    });
    for (const document of made) record.sinks.document(record.block, record.index, document);
  }

  /** A notifier's batch holds samples or events; of all others definitions make them. */
  #notification(bytes: Uint8Array, record: RecordAt): void {
    const decoded = decodeNotification(bytes);
    if (decoded.kind === "refused") throw new FormError(decoded.class, decoded.reason);
    const batch = decoded.kind === "notification" ? batchOf(decoded.notification) : undefined;
    if (batch?.kind === "sample") return this.#samples(batch.items, record);
    if (batch?.kind === "event") return this.#ceilometerEvents(batch.items, bytes, record);
    throw new Unroutable(
      "Cannot store a notification: samples and events are made of it by definitions, expected " +
        "--pipeline instead of --to",
    );
  }

  /** All of the record's lines are made before one is written. */
  #write(lines: readonly string[], store: StoreEndpoint, { block, index, sinks }: RecordAt): void {
    const { shiftMs, stores } = this.#options;
    const moved = lines.map((line) => {
      const bytes = encoder.encode(line);
      return shiftMs === 0 ? bytes : movedPoint(bytes, { shiftMs, linePrecision: "ns" }) ?? bytes;
    });
    for (const bytes of moved) {
      const sink = sinks.lines(prefixOf(stores, store));
      sink.reserve(bytes.length).set(bytes, sink.length);
      sink.length += bytes.length;
      sink.endLine(block, index);
    }
  }

  #lineStore(form: Form): StoreEndpoint {
    const store = this.#options.stores.metrics;
    if (storesLines(store)) return store;
    throw new Unroutable(this.#noStore(form));
  }

  #noStore(form: Form): string {
    const { metrics, alarms, events } = this.#options.stores;
    const store = form === "monasca_event" ? events : form === "alarm" ? alarms : metrics;
    const able = form === "monasca_event"
      ? "elasticsearch, sqlite, documents or kafka"
      : "influxdb, influxdb2, sqlite, line or kafka";
    return `Cannot store ${formHelp[form]} in '${endpointName(store)}': it takes none, ` +
      `expected ${able}`;
  }
}

interface RecordAt {
  readonly block: RecordBlock;
  readonly index: number;
  readonly sinks: ItemSinks;
}

function formAt(block: RecordBlock, index: number): Form | undefined {
  return (block as Partial<SelectedBlock>).forms?.[index];
}

function lineOf(made: MadeLine, what: string): string {
  if ("line" in made) return made.line;
  throw invalidForm(`Cannot make a point of ${what}: ${made.why}`);
}

function movedMembers(form: Form, members: Dict, shiftMs: number): Dict {
  const text = encoder.encode(dumpValue(members));
  return membersOf(form, shiftMessage(form, text, shiftMs))[0] ?? members;
}

/** The first words of what is no telemetry. */
function noForm(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) {
    return "Cannot read line: it is not UTF-8, expected text";
  }
  const text = new TextDecoder().decode(bytes.subarray(0, 160));
  const shown = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  return `Cannot read line '${shown}': it has no form that tpctl knows, expected telemetry ` +
    "(--format says which)";
}

/** A block with one record of these bytes. */
function oneRecord(block: RecordBlock, bytes: Uint8Array): RecordBlock {
  return {
    ...block,
    bytes,
    count: 1,
    valueStarts: Int32Array.of(0),
    valueEnds: Int32Array.of(bytes.length),
  };
}
