/**
 * Edge (files). Finds and reads the YAML files that ceilometer.conf names: pipelines, event
 * definitions, meter definitions. What they say is core/pipeline's, core/events' and core/meters'.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { ConfigError } from "../errors.ts";
import { whyUnreadable } from "../files/file_failure.ts";
import type { ConfigNotice } from "./check_options.ts";
import type { DefinitionConfig, NamedFile, PipelineName } from "./pipeline_config.ts";

/** A file as it was read. */
export interface DefinitionFile {
  /** Its path, for places. */
  readonly name: string;
  readonly text: string;
}

/** What was found for the pipelines that are on. */
export interface DefinitionFiles {
  /** Undefined: there is none, the built-in one holds. Likewise the next two. */
  readonly pipeline: DefinitionFile | undefined;
  readonly eventPipeline: DefinitionFile | undefined;
  readonly eventDefinitions: DefinitionFile | undefined;
  /** In the order of folders and names, without the built-in ones. */
  readonly meters: readonly DefinitionFile[];
  /** Whether the built-in meter definitions come after those. */
  readonly builtInMeters: boolean;
  /** Files that are named and missing, or cannot be read. */
  readonly problems: readonly ConfigError[];
  /** Which built-in files hold, to be said once. */
  readonly notices: readonly ConfigNotice[];
}

/** The same before anything is read: paths. */
export interface DefinitionPaths
  extends Omit<DefinitionFiles, "pipeline" | "eventPipeline" | "eventDefinitions" | "meters"> {
  readonly pipeline: string | undefined;
  readonly eventPipeline: string | undefined;
  readonly eventDefinitions: string | undefined;
  readonly meters: readonly string[];
}

/** Where meter definitions are looked for when no folder is named. */
const metersFolder = "/etc/ceilometer/meters.d";

/**
 * Reads what the pipelines that are on need. Throws nothing. `known`: texts by absolute path, of what
 * could be read once.
 */
export function readDefinitionFiles(
  config: DefinitionConfig,
  pipelines: readonly PipelineName[],
  known?: ReadonlyMap<string, string>,
): DefinitionFiles {
  const found = findDefinitionFiles(config, pipelines);
  const problems = [...found.problems];
  const read = (path: string): DefinitionFile | undefined => {
    const text = known?.get(path);
    return text === undefined ? readText(path, problems) : { name: path, text };
  };
  const one = (path: string | undefined) => path === undefined ? undefined : read(path);
  return {
    ...found,
    pipeline: one(found.pipeline),
    eventPipeline: one(found.eventPipeline),
    eventDefinitions: one(found.eventDefinitions),
    meters: found.meters.flatMap((path) => read(path) ?? []),
    problems,
  };
}

/** Finds them, and reads nothing. Throws nothing. */
export function findDefinitionFiles(
  config: DefinitionConfig,
  pipelines: readonly PipelineName[],
): DefinitionPaths {
  const finder = new FileFinder(config.searchFolders);
  const [meter, event] = [pipelines.includes("meter"), pipelines.includes("event")];
  const one = (isOn: boolean, file: NamedFile, what: string): string | undefined =>
    isOn ? finder.find(file, what) : undefined;
  const folders = config.meterFolders ?? [{ path: metersFolder, given: false }];
  return {
    pipeline: one(meter, config.pipelineFile, "the pipeline"),
    eventPipeline: one(event, config.eventPipelineFile, "the event pipeline"),
    eventDefinitions: one(event, config.eventDefinitionsFile, "the event definitions"),
    meters: meter ? folders.flatMap((folder) => finder.findIn(folder)) : [],
    builtInMeters: config.meterFolders === undefined,
    problems: finder.problems,
    notices: finder.notices,
  };
}

class FileFinder {
  readonly problems: ConfigError[] = [];
  readonly notices: ConfigNotice[] = [];
  readonly #searchFolders: readonly string[];

  constructor(searchFolders: readonly string[]) {
    this.#searchFolders = searchFolders;
  }

  /** As the path stands, then in the configuration folders. */
  find({ path, given, place }: NamedFile, what: string): string | undefined {
    const found = [resolve(path), ...this.#searchFolders.map((folder) => join(folder, path))]
      .find(isThere);
    if (found !== undefined) return found;
    if (given) {
      const searched = this.#searchFolders.join(", ");
      const text = `Cannot read ${what} '${path}': it is neither here nor in ${searched}, ` +
        "expected a file";
      this.problems.push(new ConfigError(text, place, { rule: "config/missing-file" }));
    } else {
      const text = `There is no ${path}: tpctl takes ${what} built into it`;
      this.notices.push({ level: "info", text, place: undefined });
    }
    return undefined;
  }

  /** The `*.yaml` of a folder by name, as Python's glob and sorted give them. */
  findIn({ path, given, place }: NamedFile): string[] {
    if (!isFolder(path)) {
      const text = `There is no folder ${path}, no meter definitions are read from it`;
      const rule = "config/missing-folder";
      if (given) this.notices.push({ level: "warning", text, place, rule });
      return [];
    }
    const names = readdirSync(path).filter((name) => /^[^.].*\.yaml$/s.test(name)).toSorted();
    return names.map((name) => join(path, name));
  }
}

function readText(path: string, problems: ConfigError[]): DefinitionFile | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
    return { name: path, text };
  } catch (error) {
    const why = whyUnreadable(error);
    const message = `Cannot read '${path}': ${why}, expected a readable YAML file`;
    problems.push(new ConfigError(message, undefined, { cause: error }));
    return undefined;
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
