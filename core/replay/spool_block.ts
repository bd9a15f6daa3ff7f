/**
 * Pure. Parcels of a spool as records: each sample and event as its JSON, with what is known of it.
 */
import type { Form } from "../datum/forms.ts";
import { dumpValue } from "../notifications/value_text.ts";
import type { Event } from "../pipeline/event.ts";
import { sampleJson, serializeEvent } from "../pipeline/messages.ts";
import type { Item } from "../pipeline/parcel.ts";
import type { Sample } from "../pipeline/sample.ts";
import type { SpooledParcel } from "../pipeline/spool_contract.ts";
import type { SelectedBlock } from "./selector.ts";

/** Where the block stands in its run. */
export interface SpoolPlace {
  /** The spool's folder. */
  readonly file: string;
  readonly partition: number;
  /** The number of its first item, counted from 1. */
  readonly first: number;
}

/** All items of the parcels, in their order. */
export function spoolBlock(
  parcels: readonly SpooledParcel[],
  { file, partition, first }: SpoolPlace,
): SelectedBlock {
  const items = parcels.flatMap((parcel) => parcel.items);
  const texts = items.map((item) =>
    Buffer.from(isEvent(item) ? eventText(item) : sampleJson(item as Sample))
  );
  const count = texts.length;
  const ends = new Int32Array(count);
  let end = 0;
  texts.forEach((text, i) => ends[i] = end += text.length);
  return {
    ...{ topic: "file", file, partition, count, bytes: Buffer.concat(texts, end) },
    offsets: Float64Array.from({ length: count }, (_, i) => first + i),
    timestamps: new Float64Array(count).fill(NaN),
    valueStarts: ends.map((to, i) => to - (texts[i]?.length ?? 0)),
    valueEnds: ends,
    keyStarts: new Int32Array(count).fill(-1),
    keyEnds: new Int32Array(count).fill(-1),
    nextOffset: first + count,
    forms: items.map((item): Form => isEvent(item) ? "event" : "sample"),
  };
}

function eventText(event: Event): string {
  return dumpValue(serializeEvent(event));
}

function isEvent(item: Item): item is Event {
  return "traits" in item;
}
