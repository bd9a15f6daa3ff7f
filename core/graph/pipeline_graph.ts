/**
 * Pure. `PipelineGraph`: pipeline files as nodes and edges, one lane per file, with what is never
 * reached marked and why. How it is drawn is dot.ts, mermaid.ts and svg.ts.
 */
import { shownUrl } from "../config/publisher_url.ts";
import type { PipelineFile, Sink, Source } from "../pipeline/pipeline.ts";

/** Which of the three columns. */
export type GraphColumn = "source" | "sink" | "publisher";

/** One box. */
export interface GraphNode {
  /** Unique in the graph, letters, digits and `_` only. */
  readonly id: string;
  readonly column: GraphColumn;
  /** A publisher's has neither user, password nor query. */
  readonly title: string;
  /** A source's patterns. */
  readonly details: readonly string[];
  /** Why nothing gets here; undefined where something does. */
  readonly unreached: string | undefined;
}

/** One arrow. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** More than 1 where a sink names a publisher several times. */
  readonly count: number;
  readonly isReached: boolean;
}

/** One pipeline file. */
export interface GraphLane {
  readonly id: string;
  readonly file: string;
  readonly carries: "samples" | "events";
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** Lanes stand side by side. */
export interface PipelineGraph {
  readonly lanes: readonly GraphLane[];
}

/** The files in the order given. */
export function pipelineGraph(files: readonly PipelineFile[]): PipelineGraph {
  return { lanes: files.map((file, i) => laneOf(file, `lane${i + 1}`)) };
}

function laneOf(file: PipelineFile, id: string): GraphLane {
  const sources = file.sources.map((source, i): GraphNode => ({
    id: `${id}_source${i + 1}`,
    column: "source",
    title: source.name,
    details: source.patterns.map(({ text }) => text),
    unreached: whyTakesNothing(source),
  }));
  const sinkIds = new Map(file.sinks.map((sink, i) => [sink, `${id}_sink${i + 1}`]));
  const publisherIds = new Map(
    file.publishers.map(({ text }, i) => [text, `${id}_publisher${i + 1}`]),
  );
  const toSinks = sourceEdges(file, sources, sinkIds);
  const reachedSinks = targetsOf(toSinks.filter(({ isReached }) => isReached));
  const toPublishers = sinkEdges(sinkIds, publisherIds, reachedSinks);
  return {
    id,
    file: file.file,
    carries: file.carries,
    nodes: [
      ...sources,
      ...sinkNodes(sinkIds, reachedSinks, targetsOf(toSinks)),
      ...publisherNodes(
        publisherIds,
        targetsOf(toPublishers.filter(({ isReached }) => isReached)),
      ),
    ],
    edges: [...toSinks, ...toPublishers],
  };
}

function targetsOf(edges: readonly GraphEdge[]): ReadonlySet<string> {
  return new Set(edges.map(({ to }) => to));
}

function sourceEdges(
  file: PipelineFile,
  nodes: readonly GraphNode[],
  ids: ReadonlyMap<Sink, string>,
): GraphEdge[] {
  return file.sources.flatMap((source, i) => {
    const from = nodes[i];
    return file.pipelines.filter((pipeline) => pipeline.source === source).flatMap(({ sink }) => {
      const to = ids.get(sink);
      if (from === undefined || to === undefined) return [];
      return [{ from: from.id, to, count: 1, isReached: from.unreached === undefined }];
    });
  });
}

function sinkEdges(
  sinks: ReadonlyMap<Sink, string>,
  publishers: ReadonlyMap<string, string>,
  reached: ReadonlySet<string>,
): GraphEdge[] {
  return [...sinks].flatMap(([sink, from]) => {
    const texts = sink.publishers.map(({ text }) => text);
    return [...new Set(texts)].flatMap((text) => {
      const to = publishers.get(text);
      const count = texts.filter((one) => one === text).length;
      return to === undefined ? [] : [{ from, to, count, isReached: reached.has(from) }];
    });
  });
}

function sinkNodes(
  ids: ReadonlyMap<Sink, string>,
  reached: ReadonlySet<string>,
  named: ReadonlySet<string>,
): GraphNode[] {
  return [...ids].map(([sink, id]) => {
    const why = named.has(id) ? "its sources take nothing" : "no source leads here";
    const unreached = reached.has(id) ? undefined : why;
    return { id, column: "sink", title: sink.name, details: [], unreached };
  });
}

function publisherNodes(
  ids: ReadonlyMap<string, string>,
  reached: ReadonlySet<string>,
): GraphNode[] {
  const times = new Map<string, number>();
  return [...ids].map(([text, id]) => {
    const shown = shownUrl(text);
    const n = (times.get(shown) ?? 0) + 1;
    times.set(shown, n);
    return {
      id,
      column: "publisher",
      title: n === 1 ? shown : `${shown}#${n}`,
      details: [],
      unreached: reached.has(id) ? undefined : "its sinks get nothing",
    };
  });
}

/** A name that no one has: what refuses it by a pattern refuses everything. */
const nobody = "\0";

function whyTakesNothing({ filter, patterns }: Source): string | undefined {
  const { takes, index } = filter.verdict(nobody);
  const pattern = index === undefined ? undefined : patterns[index];
  return takes || pattern === undefined ? undefined : `'${pattern.text}' excludes everything`;
}
