/**
 * Edge (files). ceilometer.conf and its like, read for `pipeline`: once to see which sections hold
 * credentials, then with their options in the table.
 */
import { hostname } from "node:os";
import { type ConfigArguments, loadConfig, PIPELINE_NAMES, type Surroundings } from "./load.ts";
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
  const first = loadConfig(PIPELINE_OPTIONS, PIPELINE_NAMES, from);
  const sections = authSections(first.values);
  const loaded = sections.length === 0
    ? first
    : loadConfig(pipelineOptions(sections), PIPELINE_NAMES, from);
  const searchFolders = searchFoldersOf(loaded.files, from);
  return readPipelineConfig(loaded, { ...flags, hostName: hostname(), searchFolders });
}
