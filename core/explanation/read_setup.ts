/**
 * Edge (files). What `pipeline` would run by, from the files and folders that `validate` is given: a
 * ceilometer.conf with all that it names, or the YAML files alone, with the built-in definitions.
 */
import { resolve } from "node:path";
import type { DefinitionFile, DefinitionFiles } from "../config/definition_files.ts";
import { readDefinitionFiles } from "../config/definition_files.ts";
import { parseIni } from "../config/ini.ts";
import { loadedFrom, type Surroundings } from "../config/load.ts";
import { loadPipelineConfig, withCredentials } from "../config/load_pipeline_config.ts";
import type { PipelineConfig, PipelineName } from "../config/pipeline_config.ts";
import type { PublisherSettings } from "../config/pipeline_config.ts";
import { readPipelineConfig } from "../config/read_pipeline_config.ts";
import { ConfigErrors, UsageError } from "../errors.ts";
import { defaultResources } from "../gnocchi/default_resources.ts";
import { readResourceDefinitions } from "../gnocchi/resource_definitions.ts";
import { defaultMeterFiles } from "../meters/default_meters.ts";
import { sampleDefaults, type SampleOptions } from "../meters/make_sample.ts";
import { readMeterFiles } from "../meters/meter_files.ts";
import { loadPipelines } from "../pipeline/load_pipelines.ts";
import { sampleOptions } from "../pipeline/open_setup.ts";
import type { PublisherKind } from "../pipeline/publisher.ts";
import { checkPaths } from "../validate/check_paths.ts";
import { type FileText, readFile } from "../validate/file_text.ts";
import { configSearchFolders, placeholders } from "../validate/check_config.ts";
import { configSets } from "../validate/config_sets.ts";
import type { Hit } from "../validate/finding.ts";
import type { FileKind } from "../validate/kinds.ts";
import type { ExplainedSetup } from "./explanation.ts";

/** Where to look. */
export interface ReadSetupOptions {
  /** None: the places in which `pipeline` looks for its configuration. */
  readonly paths: readonly string[];
  /** All files are of this kind. */
  readonly kind: FileKind | undefined;
  readonly surroundings: Surroundings;
  readonly publisherKinds: readonly PublisherKind<PublisherSettings>[];
  /** What the path `-` stands for. */
  readonly stdin: FileText | Hit | undefined;
}

/** Pipelines that would start. */
export interface ReadSetup extends ExplainedSetup {
  readonly sampleOptions: SampleOptions;
}

/** Throws UsageError, and ConfigErrors for what would not start. */
export function readSetup(options: ReadSetupOptions): ReadSetup {
  const { paths } = options;
  const given = paths.length === 0 ? fromUsualPlaces(options) : fromPaths(options);
  const { config, files, pipelines } = given;
  const loaded = loadPipelines(files, {
    pipelines,
    config: config?.definitions ?? definitionDefaults,
    kinds: options.publisherKinds,
  });
  if (loaded.problems.length > 0) throw new ConfigErrors(loaded.problems);
  return {
    samples: loaded.samples,
    events: loaded.events,
    polled: polledMeters(given.resources),
    sampleOptions: config === undefined ? sampleDefaults : sampleOptions(config.samples),
  };
}

interface Given {
  /** Undefined: YAML files alone. */
  readonly config: PipelineConfig | undefined;
  readonly files: DefinitionFiles;
  readonly pipelines: readonly PipelineName[];
  /** Files of the kind gnocchi_resources.yaml. */
  readonly resources: readonly DefinitionFile[];
}

const definitionDefaults = {
  ignoreBadPublishers: false,
  dropUnmatchedNotifications: false,
  storeRaw: [],
};

/** Nothing is read from it; with it, no messaging system needs to be configured. */
const noInput = "-";

function fromUsualPlaces({ surroundings }: ReadSetupOptions): Given {
  const environment = { ...placeholders, ...surroundings.environment };
  const from = { ...surroundings, environment, sources: [], values: new Map() };
  const flags = { from: noInput, pipelineFile: undefined, eventPipelineFile: undefined };
  const config = loadPipelineConfig(from, flags);
  return { ...byConfig(config), resources: [] };
}

function byConfig(
  config: PipelineConfig,
  known?: ReadonlyMap<string, string>,
): Omit<Given, "resources"> {
  const { definitions, pipelines } = config;
  return { config, files: readDefinitionFiles(definitions, pipelines, known), pipelines };
}

function fromPaths(options: ReadSetupOptions): Given {
  const { paths, kind, surroundings, publisherKinds, stdin } = options;
  const { environment } = surroundings;
  const streams = new Map<string, FileText>();
  const report = checkPaths(paths, { kind, environment }, { publisherKinds, stdin, streams });
  const kinds = new Map(report.files.map((one) => [one.file, one.kind]));
  const readText = (path: string): DefinitionFile => {
    const read = streams.get(path) ?? readFile(path);
    if ("text" in read && !("rule" in read)) return { name: path, text: read.text };
    throw new UsageError(`Cannot read '${path}': ${"rule" in read ? read.text : ""}`);
  };
  const ofKind = (wanted: FileKind): DefinitionFile[] =>
    [...kinds].flatMap(([path, one]) => one === wanted ? [readText(path)] : []);
  const resources = ofKind("gnocchi_resources.yaml");
  const conf = configOf(paths, kinds);
  if (conf.length === 0) return { ...byFiles(ofKind, paths), resources };
  const inis = conf.map((path) => readText(path)).map(({ name, text }) => parseIni(text, name));
  const around = { environment: { ...placeholders, ...environment }, values: new Map() };
  const config = readPipelineConfig(
    withCredentials((table) => loadedFrom(table, inis, around)),
    {
      from: noInput,
      pipelineFile: named(ofKind("pipeline.yaml"), paths),
      eventPipelineFile: named(ofKind("event_pipeline.yaml"), paths),
      hostName: "localhost",
      searchFolders: configSearchFolders(inis),
    },
  );
  const known = new Map([...streams].map(([path, { text }]) => [resolve(path), text]));
  return { ...byConfig(config, known), resources };
}

/** The files of the one configuration. */
function configOf(
  paths: readonly string[],
  kinds: ReadonlyMap<string, FileKind | undefined>,
): readonly string[] {
  const [first, second] = configSets(paths, kinds, "ceilometer.conf");
  if (second === undefined) return first ?? [];
  throw new UsageError(
    `Cannot tell which pipelines are meant: '${first?.[0]}' and '${second[0]}' are two ` +
      "configurations, expected one",
  );
}

/** A pipeline file that stands on the command line counts instead of what the configuration names. */
function named(files: readonly DefinitionFile[], paths: readonly string[]): string | undefined {
  const given = files.filter(({ name }) => paths.includes(name));
  return given.length === 0 ? undefined : resolve(one(given)?.name ?? "");
}

function byFiles(
  ofKind: (kind: FileKind) => DefinitionFile[],
  paths: readonly string[],
): Omit<Given, "resources"> {
  const pipeline = one(ofKind("pipeline.yaml"));
  const eventPipeline = one(ofKind("event_pipeline.yaml"));
  const eventDefinitions = one(ofKind("event_definitions.yaml"));
  const meters = ofKind("meters.d");
  const pipelines: PipelineName[] = [];
  if (pipeline !== undefined || meters.length > 0) pipelines.push("meter");
  if (eventPipeline !== undefined || eventDefinitions !== undefined) pipelines.push("event");
  if (pipelines.length === 0) {
    throw new UsageError(
      `Cannot find a pipeline in ${
        paths.map((path) => `'${path}'`).join(", ")
      }: there is no such ` +
        "file, expected ceilometer.conf, pipeline.yaml, event_pipeline.yaml or definitions",
    );
  }
  return {
    config: undefined,
    files: {
      pipeline,
      eventPipeline,
      eventDefinitions,
      meters,
      builtInMeters: true,
      problems: [],
      notices: [],
    },
    pipelines,
  };
}

function one(files: readonly DefinitionFile[]): DefinitionFile | undefined {
  const [first, second] = files;
  if (first === undefined || second === undefined) return first;
  throw new UsageError(
    `Cannot tell which pipelines are meant: '${first.name}' and '${second.name}' are of one kind, ` +
      "expected one of them",
  );
}

/** Meters of the resource definitions that no notification makes. */
function polledMeters(resources: readonly DefinitionFile[]): ReadonlySet<string> {
  const own = resources.map(({ name, text }) => ({ file: name, text }));
  const names = [defaultResources, ...own].flatMap((source) => [
    ...readResourceDefinitions({ ...source, archivePolicy: undefined }).byMetric.keys(),
  ]);
  const made = new Set(
    readMeterFiles(defaultMeterFiles).definitions.map((definition) => String(definition.name)),
  );
  return new Set(names.filter((name) => !made.has(name)));
}
