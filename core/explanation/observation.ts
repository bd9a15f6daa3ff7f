/**
 * Pure. One message's bytes through the code that `pipeline` runs, and all that comes of it: every
 * sample and event with its ways, those that no source takes included, and what is refused.
 */
import type { EventConverter } from "../events/converter.ts";
import type { SampleOptions } from "../meters/make_sample.ts";
import { createSampleMaker, type SampleMaker } from "../meters/sample_maker.ts";
import type { Event } from "../pipeline/event.ts";
import { NameFilter } from "../pipeline/filter.ts";
import { type MadeRefusal, NotificationMaker } from "../pipeline/notification_maker.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { type LeftOut, type Routed, routeSamples } from "../pipeline/routing.ts";
import type { Sample } from "../pipeline/sample.ts";
import type { ExplainedSetup } from "./explanation.ts";

/** What was made, and the pipelines that take it, in the file's order. */
export interface Observed<Item> {
  readonly item: Item;
  readonly pipelines: readonly Pipeline[];
}

/** See above. */
export interface Observation {
  readonly samples: readonly Observed<Sample>[];
  readonly events: readonly Observed<Event>[];
  readonly refusals: readonly MadeRefusal[];
  /** Samples without a usable volume, once each. */
  readonly leftOut: readonly Pick<LeftOut, "sample" | "why">[];
  readonly warnings: readonly string[];
}

/** What the pipelines run by; a side that is off is undefined. */
interface ObservedSetup {
  readonly samples:
    | { readonly make: SampleMaker; readonly pipelines: readonly Pipeline[] }
    | undefined;
  readonly events:
    | { readonly converter: EventConverter; readonly pipelines: readonly Pipeline[] }
    | undefined;
}

const nowhere = { file: "" };

/** Takes everything and leads nowhere, so that what no source takes is seen too. */
const watcher: Pipeline = {
  name: "",
  source: { name: "", filter: new NameFilter(["*"]), patterns: [], place: nowhere },
  sink: { name: "", publishers: [], place: nowhere },
};

/** Observes messages; keep one for as long as the setup holds. */
export class Observer {
  readonly #maker: NotificationMaker;
  readonly #samplePipelines: readonly Pipeline[];

  constructor({ samples, events }: ObservedSetup) {
    this.#samplePipelines = withWatcher(samples?.pipelines ?? []);
    this.#maker = new NotificationMaker(
      samples && { ...samples, pipelines: this.#samplePipelines },
      events && { ...events, pipelines: withWatcher(events.pipelines) },
    );
  }

  /** Takes any bytes; never throws. */
  observe(bytes: Uint8Array): Observation {
    const { samples, events, refusals, leftOut, warnings } = this.#maker.make(bytes);
    return {
      samples: observed(samples),
      events: observed(events),
      refusals,
      leftOut: leftOut.filter(({ pipeline }) => pipeline === watcher),
      warnings,
    };
  }

  /** Samples that are there already, as a polling agent or a test brings them. */
  route(samples: readonly Sample[]): Observation {
    const { routed, leftOut } = routeSamples(this.#samplePipelines, samples);
    return {
      samples: observed(routed),
      events: [],
      refusals: [],
      leftOut: leftOut.filter(({ pipeline }) => pipeline === watcher),
      warnings: [],
    };
  }
}

/** An observer of what would run; ids of samples are counted, so that every run makes the same. */
export function openObserver(
  { samples, events }: Pick<ExplainedSetup, "samples" | "events">,
  options: SampleOptions,
): Observer {
  let count = 0;
  const newId = (): string => `sample-${++count}`;
  return new Observer({
    samples: samples && {
      make: createSampleMaker({ definitions: samples.meters.definitions, options, newId }),
      pipelines: samples.file.pipelines,
    },
    events: events && { converter: events.converter, pipelines: events.file.pipelines },
  });
}

function withWatcher(pipelines: readonly Pipeline[]): readonly Pipeline[] {
  return [watcher, ...pipelines];
}

function observed<Item>(routed: readonly Routed<Item>[]): Observed<Item>[] {
  const all = routed.find(({ pipeline }) => pipeline === watcher)?.items ?? [];
  return all.map((item) => ({
    item,
    pipelines: routed.filter(({ pipeline, items }) => pipeline !== watcher && items.includes(item))
      .map(({ pipeline }) => pipeline),
  }));
}
