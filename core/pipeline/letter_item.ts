/**
 * Pure. A sample or an event as a dead letter shows it: as JSON where JSON can hold it.
 */
import type { Event } from "./event.ts";
import { eventJson, sampleJson } from "./messages.ts";
import type { Item } from "./parcel.ts";
import type { Cargo } from "./pipeline.ts";
import type { Sample } from "./sample.ts";

/** The item's members; text where it holds numbers that JSON has no form for. */
export function itemForLetter(item: Item, carries: Cargo): unknown {
  const text = carries === "samples" ? sampleJson(item as Sample) : eventJson(item as Event);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
