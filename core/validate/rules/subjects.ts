/**
 * Pure. What lint rules look at: a file as the readers of the daemons made it, with what is known
 * around it.
 */
import type { IniFile } from "../../config/ini.ts";
import type { Option } from "../../config/option.ts";
import type { PipelineFile } from "../../pipeline/pipeline.ts";
import type { KnownPublisher } from "../../pipeline/check_publishers.ts";
import type { LoadedYaml } from "../../yaml/load.ts";
import type { YamlNode } from "../../yaml/node.ts";
import type { KnownMeters } from "../known_meters.ts";

/** Any YAML file. */
export interface YamlSubject {
  readonly loaded: LoadedYaml;
  readonly root: YamlNode;
}

/** A pipeline.yaml or an event_pipeline.yaml, as far as it can be read. */
export interface PipelineSubject {
  readonly file: PipelineFile;
  /** False: sources or sinks may be missing in it. */
  readonly isWhole: boolean;
  readonly meters: KnownMeters;
  readonly kinds: readonly KnownPublisher[];
  /** Whether everybody on the machine may read the file. */
  readonly isPublic: boolean;
}

/** The entries of a meters.d file, of an event_definitions.yaml or of the resources. */
export interface DefinitionsSubject {
  readonly entries: readonly YamlNode[];
}

/** A persister.conf or ceilometer.conf. */
export interface ConfigSubject {
  readonly file: IniFile;
  readonly options: readonly Option[];
  readonly isPublic: boolean;
}
