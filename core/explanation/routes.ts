/**
 * Pure. What the sources of a pipeline file do with a name: which take it and by which pattern, which
 * reject it and why, and to which sinks and publishers it goes. The filters that decide are the
 * pipeline's own.
 */
import { shownUrl } from "../config/publisher_url.ts";
import type { Place } from "../errors.ts";
import type { Cargo, PipelineFile, Sink, Source } from "../pipeline/pipeline.ts";

/** A sink with its publishers; no secret is in it. */
export interface SinkRoute {
  readonly sink: string;
  readonly place: Place;
  readonly publishers: readonly string[];
}

/** What one source does with the name. */
export interface SourceRoute {
  readonly source: string;
  readonly place: Place;
  readonly takes: boolean;
  /** The pattern that decides, with its place; undefined where no pattern matches. */
  readonly pattern: { readonly text: string; readonly place: Place } | undefined;
  /** In words. */
  readonly why: string;
  /** Where it goes from there; empty where it is rejected. */
  readonly sinks: readonly SinkRoute[];
}

/** A pipeline file's say about a name. */
export interface FileRoutes {
  readonly file: string;
  readonly carries: Cargo;
  /** In the file's order. */
  readonly sources: readonly SourceRoute[];
}

/** Asks every source of the file. */
export function routesOf(file: PipelineFile, name: string): FileRoutes {
  const sources = file.sources.map((source) => sourceRoute(file, source, name));
  return { file: file.file, carries: file.carries, sources };
}

/** Each publisher that the name reaches, once. */
export function reachedPublishers({ sources }: FileRoutes): string[] {
  return [...new Set(sources.flatMap(({ sinks }) => sinks.flatMap((sink) => sink.publishers)))];
}

function sourceRoute(file: PipelineFile, source: Source, name: string): SourceRoute {
  const { takes, index } = source.filter.verdict(name);
  const pattern = index === undefined ? undefined : source.patterns[index];
  const sinks = file.pipelines.filter((pipeline) => pipeline.source === source);
  return {
    source: source.name,
    place: source.place,
    takes,
    pattern,
    why: whyOf(takes, pattern?.text),
    sinks: takes ? sinks.map(({ sink }) => sinkRoute(sink)) : [],
  };
}

function whyOf(takes: boolean, pattern: string | undefined): string {
  if (pattern !== undefined) return takes ? `'${pattern}' matches` : `'${pattern}' excludes it`;
  return takes ? "it only excludes, and nothing of that matches" : "no pattern matches";
}

function sinkRoute({ name, place, publishers }: Sink): SinkRoute {
  return { sink: name, place, publishers: publishers.map(({ text }) => shownUrl(text)) };
}
