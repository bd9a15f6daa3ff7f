/**
 * Pure. `test://`: keeps the last samples and events in memory and counts all of them, for trying out
 * a pipeline and for tests. Nothing leaves the process.
 */
import { readPublisherOptions } from "../core/config/publisher_options.ts";
import { shownUrl } from "../core/config/publisher_url.ts";
import type { PublisherSettings } from "../core/config/pipeline_config.ts";
import { ConfigError } from "../core/errors.ts";
import type { Event } from "../core/pipeline/event.ts";
import type { Publisher, PublisherKind, PublisherUrl } from "../core/pipeline/publisher.ts";
import type { Sample } from "../core/pipeline/sample.ts";

/** So many samples and so many events are kept; older ones are forgotten. */
export const keptMax = 10_000;

/** `test://`. */
export const testKind: PublisherKind<PublisherSettings> = {
  schemes: ["test"],
  help: "Keeps the last samples and events in memory, for trying out a pipeline.",
  takes: ["samples", "events"],
  options: [],
  unknownOptions: "error",
  concurrency: 1,
  create: (url) => new TestPublisher(url),
};

/** What has been published, open to look at. */
export class TestPublisher implements Publisher {
  readonly name: string;
  readonly samples: Sample[] = [];
  readonly events: Event[] = [];
  /** Calls with at least one item. */
  calls = 0;
  /** All items ever, kept or not. */
  published = 0;
  #isClosed = false;

  constructor(url: PublisherUrl) {
    this.name = shownUrl(url.text);
    const problem = readPublisherOptions(url, testKind).errors[0];
    if (problem !== undefined) throw new ConfigError(problem.text);
  }

  publishSamples(samples: readonly Sample[]): Promise<void> {
    return this.#keep(this.samples, samples);
  }

  publishEvents(events: readonly Event[]): Promise<void> {
    return this.#keep(this.events, events);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }

  #keep<T>(kept: T[], items: readonly T[]): Promise<void> {
    if (this.#isClosed) return Promise.reject(new Error(`${this.name} is closed`));
    if (items.length > 0) this.calls++;
    this.published += items.length;
    kept.push(...items.slice(-keptMax));
    kept.splice(0, Math.max(0, kept.length - keptMax));
    return Promise.resolve();
  }
}
