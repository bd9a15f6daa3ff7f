/**
 * Pure. A pipeline.yaml or event_pipeline.yaml as Ceilometer's pipeline/base.py understands it. It
 * stops at the first problem; here all of them are gathered with their places.
 */
import type { ConfigNotice } from "../config/check_options.ts";
import { parsePublisherUrl } from "../config/publisher_url.ts";
import { didYouMean } from "../config/suggest.ts";
import { ConfigError, inFileOrder, type Place } from "../errors.ts";
import { describeNode, isTrue, scalarIdentity, yamlGet, type YamlNode } from "../yaml/node.ts";
import { type YamlScalar, yamlText } from "../yaml/node.ts";
import { pythonItems, pythonStr } from "../yaml/python.ts";
import type { Cargo, Pipeline, PipelineFile, PublisherReference, Sink } from "./pipeline.ts";
import {
  type Findings,
  noticeOddList,
  readName,
  readSource,
  type SourceNode,
} from "./source_node.ts";

/** What a file says, or why it cannot be used; notices are for both. */
export interface ReadPipelineFile {
  /** Undefined when there are problems. */
  readonly file: PipelineFile | undefined;
  /** What of it can be read, also when there are problems; only to be looked at. */
  readonly readable: PipelineFile | undefined;
  /** Whose URLs can be read, each once, also when there are problems. */
  readonly publishers: readonly PublisherReference[];
  readonly problems: readonly ConfigError[];
  /**
   * Publishers whose URL cannot be read. They are no `problems`, because the reference goes on without
   * them and `[tpctl] ignore_bad_publishers` asks for the same.
   */
  readonly publisherProblems: readonly ConfigError[];
  readonly notices: readonly ConfigNotice[];
}

/** Reads what loadYaml made of the file. */
export function readPipelineFile(
  root: YamlNode,
  { carries, file }: { readonly carries: Cargo; readonly file: string },
): ReadPipelineFile {
  const reader = new PipelineReader(carries);
  const read = reader.read(root, file);
  const problems = inFileOrder(reader.problems);
  return {
    file: problems.length === 0 ? read : undefined,
    readable: read,
    publishers: reader.publishers(),
    problems,
    publisherProblems: inFileOrder(reader.publisherProblems),
    notices: reader.notices,
  };
}

interface NamedSink {
  readonly name: YamlScalar;
  readonly sink: Sink;
}

class PipelineReader implements Findings {
  readonly problems: ConfigError[] = [];
  readonly publisherProblems: ConfigError[] = [];
  readonly notices: ConfigNotice[] = [];
  readonly #carries: Cargo;
  readonly #publishers = new Map<string, PublisherReference>();

  constructor(carries: Cargo) {
    this.#carries = carries;
  }

  read(root: YamlNode, file: string): PipelineFile | undefined {
    const [sourceNodes, sinkNodes] = [this.#part(root, "sources"), this.#part(root, "sinks")];
    if (sourceNodes === undefined || sinkNodes === undefined) return undefined;
    const sources = sourceNodes.flatMap((node) => readSource(node, this.#carries, this) ?? []);
    const named = sinkNodes.flatMap((node) => this.#sink(node) ?? []);
    const repeated = this.#checkUnique(sources.map((source) => source.name), "source");
    this.#checkUnique(named.map((sink) => sink.name), "sink");
    // A source whose name is taken says nothing about the names of pipelines.
    const distinct = sources.filter((source) => !repeated.has(source.name));
    const pipelines = this.#couple(distinct, named);
    return {
      carries: this.#carries,
      file,
      sources: sources.flatMap((one) => one.source ?? []),
      sinks: named.map((one) => one.sink),
      pipelines,
      publishers: this.publishers(),
    };
  }

  publishers(): PublisherReference[] {
    return [...this.#publishers.values()];
  }

  problem(text: string, place: Place, rule = "pipeline/structure"): void {
    this.problems.push(new ConfigError(text, place, { rule }));
  }

  notice(text: string, place: Place): void {
    this.notices.push({ level: "warning", text, place, rule: "pipeline/odd-list" });
  }

  #part(root: YamlNode, field: "sources" | "sinks"): readonly YamlNode[] | undefined {
    if (root.kind !== "map") {
      // Said once, not for each of the two.
      if (field === "sources") {
        const text = `Cannot use ${describeNode(root)} as a pipeline file`;
        this.problem(`${text}, expected a map with 'sources' and 'sinks'`, root.place);
      }
      return undefined;
    }
    const node = yamlGet(root, field);
    const items = node && pythonItems(node);
    if (items !== undefined) return items;
    const why = node === undefined ? "is missing" : `is ${describeNode(node)}`;
    const text = `Cannot use the pipeline file: the field '${field}' ${why}, expected a list`;
    this.problem(text, node?.place ?? root.place);
    return undefined;
  }

  #sink(node: YamlNode): NamedSink | undefined {
    const name = readName(node, "sink", this);
    if (name === undefined) return undefined;
    const publishers = this.#sinkPublishers(node, pythonStr(name));
    return { name, sink: { name: pythonStr(name), publishers, place: node.place } };
  }

  #sinkPublishers(node: YamlNode, shown: string): PublisherReference[] {
    const list = yamlGet(node, "publishers");
    const begin = `Cannot use the sink '${shown}': `;
    const items = list && isTrue(list) ? pythonItems(list) : undefined;
    if (list === undefined || items === undefined) {
      const why = list === undefined ? "are missing" : isTrue(list) ? "are no list" : "are none";
      const text = `${begin}its 'publishers' ${why}, expected a list of URLs`;
      this.problem(text, list?.place ?? node.place);
      return [];
    }
    noticeOddList(list, `'publishers' of the sink '${shown}'`, this);
    return items.flatMap((item) => {
      const text = yamlText(item);
      if (text !== undefined) return this.#publisher(text, item.place) ?? [];
      const found = `${begin}${describeNode(item)} stands in its 'publishers'`;
      this.problem(`${found}, expected a URL`, item.place);
      return [];
    });
  }

  #publisher(text: string, place: Place): PublisherReference | undefined {
    try {
      const url = parsePublisherUrl(text, place);
      const known = this.#publishers.get(url.text);
      const reference = { text: url.text, url: known?.url ?? url, place };
      if (known === undefined) this.#publishers.set(url.text, reference);
      return reference;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.publisherProblems.push(error);
      return undefined;
    }
  }

  /** The names that stood before. */
  #checkUnique(names: readonly YamlScalar[], noun: "source" | "sink"): ReadonlySet<YamlScalar> {
    const repeated = new Set<YamlScalar>();
    const seen = new Map<string, YamlScalar>();
    for (const name of names) {
      const identity = scalarIdentity(name.value);
      const first = seen.get(identity);
      if (first === undefined) seen.set(identity, name);
      else {
        repeated.add(name);
        const shown = pythonStr(name);
        const text = `Cannot use the ${noun} '${shown}': line ${first.place.line} has a ${noun} ` +
          "of this name, expected another name";
        this.problem(text, name.place, "pipeline/duplicate-name");
      }
    }
    return repeated;
  }

  #couple(sources: readonly SourceNode[], sinks: readonly NamedSink[]): Pipeline[] {
    const byName = new Map(sinks.map((one) => [scalarIdentity(one.name.value), one]));
    const names = sinks.map((one) => one.sink.name);
    const seen = new Set<string>();
    const pipelines: Pipeline[] = [];
    for (const { name, source, sinks: targets } of sources) {
      for (const target of targets) {
        const found = byName.get(scalarIdentity(target.value));
        const shown = pythonStr(name);
        if (found === undefined) {
          const text = `Cannot use the source '${shown}': there is no sink '${pythonStr(target)}'`;
          this.problem(
            `${text}, expected the name of a sink${didYouMean(pythonStr(target), names)}`,
            target.place,
            "pipeline/unknown-sink",
          );
          continue;
        }
        const pipeline = this.#pipelineName(name, found, target.place);
        if (seen.has(pipeline)) {
          const text =
            `Cannot use the source '${shown}': the pipeline '${pipeline}' is there already`;
          const expected = "expected each pair of source and sink once";
          this.problem(`${text}, ${expected}`, target.place, "pipeline/duplicate-name");
        }
        seen.add(pipeline);
        if (source !== undefined) pipelines.push({ name: pipeline, source, sink: found.sink });
      }
    }
    return pipelines;
  }

  /** The reference takes the source's name as it is where the sink has the same, and needs text. */
  #pipelineName(source: YamlScalar, { name }: NamedSink, place: Place): string {
    const same = scalarIdentity(source.value) === scalarIdentity(name.value);
    const shown = pythonStr(source);
    if (same && typeof source.value !== "string") {
      const text = `Cannot use the source '${shown}': its sink has the same name`;
      this.problem(`${text}, which works for text only, expected quotes or another name`, place);
    }
    const prefix = this.#carries === "events" ? "event:" : "";
    return `${prefix}${same ? shown : `${shown}:${pythonStr(name)}`}`;
  }
}
