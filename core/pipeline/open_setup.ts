/**
 * Edge (files). Reads the files that a configuration names and puts together what the pipeline runs
 * by; everything that is wrong with them is thrown at once.
 */
import { randomUUID } from "node:crypto";
import { readDefinitionFiles } from "../config/definition_files.ts";
import type { PipelineConfig, SampleConfig } from "../config/pipeline_config.ts";
import { ConfigErrors } from "../errors.ts";
import type { SampleOptions } from "../meters/make_sample.ts";
import type { KnownName } from "../meters/names.ts";
import { createSampleMaker } from "../meters/sample_maker.ts";
import type { KnownPublisher } from "./check_publishers.ts";
import { type LoadedPipelines, loadPipelines } from "./load_pipelines.ts";
import type { PipelineSetup } from "./pipeline_work.ts";

/** What is known besides the files. */
export interface OpenSetupDeps {
  /** All schemes. */
  readonly schemes: readonly string[];
  /** Kinds of these schemes; their code is loaded. */
  readonly kindsOf: (schemes: readonly string[]) => Promise<readonly KnownPublisher[]>;
  /** Undefined: names are not asked for. */
  readonly knownName: KnownName | undefined;
}

/** Rejects with ConfigErrors. */
export async function openSetup(
  config: PipelineConfig,
  deps: OpenSetupDeps,
): Promise<PipelineSetup> {
  const pipelines = await load(config, deps);
  if (pipelines.problems.length > 0) throw new ConfigErrors(pipelines.problems);
  const { samples, events } = pipelines;
  const { knownName } = deps;
  return {
    config,
    pipelines,
    samples: samples && {
      pipelines: samples.file.pipelines,
      make: createSampleMaker({
        definitions: samples.meters.definitions,
        options: sampleOptions(config.samples),
        newId: randomUUID,
        ...(knownName === undefined ? {} : { knownName }),
      }),
    },
    events: events && { pipelines: events.file.pipelines, converter: events.converter },
  };
}

/** Loads the publishers that the files speak of; all of them where something has to be explained. */
async function load(config: PipelineConfig, deps: OpenSetupDeps): Promise<LoadedPipelines> {
  const files = readDefinitionFiles(config.definitions, config.pipelines);
  const options = { pipelines: config.pipelines, config: config.definitions };
  const texts = [files.pipeline?.text, files.eventPipeline?.text].flatMap((text) => text ?? []);
  const builtIn = texts.length < config.pipelines.length ? "gnocchi://" : "";
  const named = schemesIn([...texts, builtIn].join("\n"), deps.schemes);
  const first = loadPipelines(files, { ...options, kinds: await deps.kindsOf(named) });
  const isBad = first.problems.length > 0 || config.definitions.ignoreBadPublishers;
  if (!isBad) return first;
  return loadPipelines(files, { ...options, kinds: await deps.kindsOf(deps.schemes) });
}

function schemesIn(text: string, schemes: readonly string[]): string[] {
  const words = new Set(text.toLowerCase().match(/[a-z][a-z0-9+.-]*/g) ?? []);
  return schemes.filter((scheme) => words.has(scheme));
}

/** What samples get from the configuration. */
export function sampleOptions(config: SampleConfig): SampleOptions {
  return {
    sample_source: config.source,
    reserved_metadata_namespace: config.reservedNamespaces,
    reserved_metadata_length: config.reservedLengthMax,
    reserved_metadata_keys: config.reservedKeys,
  };
}
