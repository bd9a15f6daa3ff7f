/**
 * Edge (files). ceilometer.conf and its like, read for `pipeline`: once to see which sections hold
 * credentials, then with their options in the table.
 */
import { hostname } from "node:os";
import { type ConfigArguments, loadConfig, type LoadedConfig } from "./load.ts";
import { PIPELINE_NAMES, type Surroundings } from "./load.ts";
import type { Option } from "./option.ts";
import type { PipelineConfig } from "./pipeline_config.ts";
import { PIPELINE_OPTIONS, pipelineOptions } from "./pipeline_options.ts";
import {
  authSections,
  type PipelineArguments,
  readPipelineConfig,
  searchFoldersOf,
} from "./read_pipeline_config.ts";

/** What the command line says besides oslo's options. */
export type PipelineFlags = Pick<PipelineArguments, "from" | "pipelineFile" | "eventPipelineFile">;

/** Throws UsageError, ConfigError or ConfigErrors. */
export function loadPipelineConfig(
  from: ConfigArguments & Surroundings,
  flags: PipelineFlags,
): PipelineConfig {
  const loaded = withCredentials((options) => loadConfig(options, PIPELINE_NAMES, from));
  const searchFolders = searchFoldersOf(loaded.files, from);
  return readPipelineConfig(loaded, { ...flags, hostName: hostname(), searchFolders });
}

/** What `load` gives when the sections that hold credentials are in the table. */
export function withCredentials(
  load: (options: readonly Option[]) => LoadedConfig,
): LoadedConfig {
  const first = load(PIPELINE_OPTIONS);
  const sections = authSections(first.values);
  return sections.length === 0 ? first : load(pipelineOptions(sections));
}
