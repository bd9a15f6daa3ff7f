/**
 * Pure. Which pipelines a notification's samples or its event go through, in the order and as often
 * as Ceilometer publishes them. Calling publishers is the loop's business.
 */
import { PyFloat, type Value } from "../notifications/value.ts";
import { NumberError, toFloat } from "../python/numbers.ts";
import type { Event } from "./event.ts";
import type { Pipeline, PublisherReference } from "./pipeline.ts";
import type { Sample } from "./sample.ts";

/** What goes through one pipeline, never nothing: each of the publishers is given all the items. */
export interface Routed<Item> {
  readonly pipeline: Pipeline;
  /** In the sink's order; one that stands there twice is given the items twice. */
  readonly publishers: readonly PublisherReference[];
  readonly items: readonly Item[];
}

/** Why a matched sample goes nowhere. */
export type VolumeFault = "no volume" | "volume is not a number";

/** A matched sample that is left out, once for each pipeline that matched it. */
export interface LeftOut {
  readonly pipeline: Pipeline;
  readonly sample: Sample;
  readonly why: VolumeFault;
}

/** The samples of one notification on their ways. */
export interface RoutedSamples {
  readonly routed: readonly Routed<Sample>[];
  /** The reference drops these with a warning; they are counted as dropped. */
  readonly leftOut: readonly LeftOut[];
}

/** Pipelines in the file's order, samples in theirs. */
export function routeSamples(
  pipelines: readonly Pipeline[],
  samples: readonly Sample[],
): RoutedSamples {
  const routed: Routed<Sample>[] = [];
  const leftOut: LeftOut[] = [];
  const faults = samples.map((sample) => volumeFault(sample.volume));
  for (const pipeline of pipelines) {
    const { filter } = pipeline.source;
    const items: Sample[] = [];
    samples.forEach((sample, i) => {
      if (!filter.takes(sample.name)) return;
      const why = faults[i];
      if (why === undefined) items.push(sample);
      else leftOut.push({ pipeline, sample, why });
    });
    if (items.length > 0) {
      routed.push({ pipeline, publishers: pipeline.sink.publishers, items });
    }
  }
  return { routed, leftOut };
}

/** The pipelines that take the event, in the file's order. */
export function routeEvent(pipelines: readonly Pipeline[], event: Event): Routed<Event>[] {
  return pipelines
    .filter(({ source }) => source.filter.takes(event.event_type))
    .map((pipeline) => ({ pipeline, publishers: pipeline.sink.publishers, items: [event] }));
}

/** A number, a boolean, or text that Python's float() takes; undefined where all is well. */
export function volumeFault(volume: Value): VolumeFault | undefined {
  if (typeof volume === "number") return undefined;
  if (volume === null) return "no volume";
  if (volume instanceof PyFloat || typeof volume === "bigint" || typeof volume === "boolean") {
    return undefined;
  }
  if (typeof volume !== "string") return "volume is not a number";
  try {
    toFloat(volume);
    return undefined;
  } catch (error) {
    if (error instanceof NumberError) return "volume is not a number";
    throw error;
  }
}
