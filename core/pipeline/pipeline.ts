/**
 * Pure. The nouns of a pipeline file once it is read: sources, sinks, publishers by their URLs, and
 * the pipelines that couple each source with its sinks. Reading is pipeline_file.ts.
 */
import type { Place } from "../errors.ts";
import type { NameFilter } from "./filter.ts";
import type { PublisherUrl } from "./publisher.ts";

/** What flows through a pipeline file. */
export type Cargo = "samples" | "events";

/** One pattern of a source, and where it stands. */
export interface SourcePattern {
  readonly text: string;
  readonly place: Place;
}

/** A named choice of meters or event types. */
export interface Source {
  readonly name: string;
  readonly filter: NameFilter;
  readonly patterns: readonly SourcePattern[];
  readonly place: Place;
}

/** A publisher as a sink names it. The same URL in several sinks is the same publisher. */
export interface PublisherReference {
  /** The URL as written, with `://`; never shown. Publishers are told apart by it. */
  readonly text: string;
  readonly url: PublisherUrl;
  readonly place: Place;
}

/** A named list of publishers. */
export interface Sink {
  readonly name: string;
  /** In the file's order; one that stands twice is published to twice. */
  readonly publishers: readonly PublisherReference[];
  readonly place: Place;
}

/** One source with one of its sinks. */
export interface Pipeline {
  /** `source:sink`, or the one name that both have; for events with `event:` before it. */
  readonly name: string;
  readonly source: Source;
  readonly sink: Sink;
}

/** A pipeline.yaml or an event_pipeline.yaml. */
export interface PipelineFile {
  readonly carries: Cargo;
  readonly file: string;
  readonly sources: readonly Source[];
  readonly sinks: readonly Sink[];
  readonly pipelines: readonly Pipeline[];
  /** Each URL once, in the order of the file, those of sinks that no source uses included. */
  readonly publishers: readonly PublisherReference[];
}
