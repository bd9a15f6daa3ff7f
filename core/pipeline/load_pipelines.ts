/**
 * Pure. All YAML files of `pipeline` together: what runs, and everything that is wrong with it at
 * once. The daemon starts and reloads by it, and `validate` checks by it, so that both agree.
 */
import type { ConfigNotice } from "../config/check_options.ts";
import type { DefinitionFile, DefinitionFiles } from "../config/definition_files.ts";
import type { DefinitionConfig, PipelineName } from "../config/pipeline_config.ts";
import { type ConfigError, inFileOrder } from "../errors.ts";
import { EventConverter } from "../events/converter.ts";
import { defaultEventDefinitions } from "../events/default_events.ts";
import { type EventDefinition, readEventDefinitions } from "../events/event_definitions.ts";
import { defaultMeterFiles } from "../meters/default_meters.ts";
import type { MeterDefinitions } from "../meters/meter_files.ts";
import { readMeterFiles } from "../meters/meter_files.ts";
import { loadYaml } from "../yaml/load.ts";
import { checkPublishers, type KnownPublisher, withoutBad } from "./check_publishers.ts";
import defaultEventPipeline from "./defaults/event_pipeline.yaml" with { type: "text" };
import defaultPipeline from "./defaults/pipeline.yaml" with { type: "text" };
import type { Cargo, PipelineFile } from "./pipeline.ts";
import { readPipelineFile } from "./pipeline_file.ts";

/** What is known besides the files. */
export interface LoadPipelinesOptions {
  /** Which pipelines are on. */
  readonly pipelines: readonly PipelineName[];
  readonly config: Pick<
    DefinitionConfig,
    "ignoreBadPublishers" | "dropUnmatchedNotifications" | "storeRaw"
  >;
  readonly kinds: readonly KnownPublisher[];
}

/** The samples' side. */
export interface SamplePipelines {
  readonly file: PipelineFile;
  /** With its problems: a bad meter definition is left out, as with the reference. */
  readonly meters: MeterDefinitions;
}

/** The events' side. */
export interface EventPipelines {
  readonly file: PipelineFile;
  readonly definitions: readonly EventDefinition[];
  readonly converter: EventConverter;
}

/** With problems nothing starts; each side is undefined when it is off or has problems. */
export interface LoadedPipelines {
  readonly samples: SamplePipelines | undefined;
  readonly events: EventPipelines | undefined;
  readonly problems: readonly ConfigError[];
  readonly notices: readonly ConfigNotice[];
}

/** Reads and checks everything. Throws nothing. */
export function loadPipelines(
  files: DefinitionFiles,
  options: LoadPipelinesOptions,
): LoadedPipelines {
  const loader = new PipelineLoader(files, options);
  const samples = options.pipelines.includes("meter") ? loader.samples() : undefined;
  const events = options.pipelines.includes("event") ? loader.events() : undefined;
  return { samples, events, problems: loader.problems, notices: loader.notices };
}

class PipelineLoader {
  readonly problems: ConfigError[];
  readonly notices: ConfigNotice[];
  readonly #files: DefinitionFiles;
  readonly #options: LoadPipelinesOptions;

  constructor(files: DefinitionFiles, options: LoadPipelinesOptions) {
    this.problems = [...files.problems];
    this.notices = [...files.notices];
    this.#files = files;
    this.#options = options;
  }

  samples(): SamplePipelines | undefined {
    const builtIn = { name: "built-in pipeline.yaml", text: defaultPipeline };
    const file = this.#pipelineFile(this.#files.pipeline ?? builtIn, "samples");
    const added = this.#files.builtInMeters ? defaultMeterFiles : [];
    const meters = readMeterFiles([...this.#files.meters, ...added]);
    return file && { file, meters };
  }

  events(): EventPipelines | undefined {
    const builtIn = { name: "built-in event_pipeline.yaml", text: defaultEventPipeline };
    const file = this.#pipelineFile(this.#files.eventPipeline ?? builtIn, "events");
    const definitions = this.#eventDefinitions();
    if (file === undefined || definitions === undefined) return undefined;
    return { file, definitions, converter: new EventConverter(definitions, this.#options.config) };
  }

  #eventDefinitions(): readonly EventDefinition[] | undefined {
    const source = this.#files.eventDefinitions;
    if (source === undefined) return defaultEventDefinitions();
    const { root, problems } = loadYaml(source.text, source.name);
    this.problems.push(...problems);
    if (root === undefined) return undefined;
    const read = readEventDefinitions(root);
    this.problems.push(...read.problems);
    return read.problems.length === 0 ? read.definitions : undefined;
  }

  #pipelineFile({ name, text }: DefinitionFile, carries: Cargo): PipelineFile | undefined {
    const { root, problems, repeated } = loadYaml(text, name);
    this.problems.push(...problems);
    for (const { key, first, second } of repeated) {
      const what = `The key '${key}' stands at line ${first.line} too: the last one counts`;
      const rule = "yaml/duplicate-key";
      this.notices.push({ level: "warning", text: what, place: second, rule });
    }
    if (root === undefined) return undefined;
    const read = readPipelineFile(root, { carries, file: name });
    this.problems.push(...read.problems);
    this.notices.push(...read.notices);
    const check = checkPublishers({ ...read, carries }, this.#options.kinds);
    this.notices.push(...check.notices);
    this.#badPublishers(
      inFileOrder([...read.publisherProblems, ...[...check.bad.values()].flat()]),
    );
    // Without what cannot be loaded of its publishers, where that is asked for.
    return read.file && check.bad.size > 0 ? withoutBad(read.file, check) : read.file;
  }

  #badPublishers(errors: readonly ConfigError[]): void {
    if (!this.#options.config.ignoreBadPublishers) {
      this.problems.push(...errors);
      return;
    }
    for (const { message, place } of errors) {
      this.notices.push({ level: "warning", text: `${message}; tpctl goes on without`, place });
    }
  }
}
