/**
 * Edge (files). Finds and reads the file of `[monasca] monasca_mappings`. What it means is
 * field_mapping.ts.
 */
import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { PublisherSettings } from "../config/pipeline_config.ts";
import { ConfigError, ConfigErrors } from "../errors.ts";
import type { Log } from "../log/log.ts";
import { defaultMapping } from "./default_mapping.ts";
import { type FieldMapping, readFieldMapping } from "./field_mapping.ts";

/** What it takes of ceilometer.conf. */
export type MappingSettings = Pick<PublisherSettings, "monasca" | "searchFolders">;

/** The mapping; the built-in one where no file is named or there. Throws ConfigError(s). */
export function loadFieldMapping(
  { monasca, searchFolders }: MappingSettings,
  log: Log,
): FieldMapping {
  const { mappingsFile: name, mappingsGiven } = monasca;
  const places = isAbsolute(name)
    ? [name]
    : [name, ...searchFolders.map((folder) => join(folder, name))];
  const path = places.find((place) => existsSync(place));
  if (path === undefined && mappingsGiven) {
    throw new ConfigError(
      `Cannot read [monasca] monasca_mappings '${name}': there is no such file, expected it at ` +
        places.join(" or "),
      undefined,
      { rule: "file/unreadable" },
    );
  }
  if (path === undefined) {
    log.info(`There is no '${name}': the built-in Monasca field definitions are used`);
  }
  const { mapping, problems } = path === undefined
    ? readFieldMapping(defaultMapping, "built-in field definitions")
    : readFieldMapping(readText(path), path);
  if (mapping === undefined) throw new ConfigErrors(problems);
  return mapping;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(
      `Cannot read [monasca] monasca_mappings '${path}': ${why}, expected a YAML file`,
      undefined,
      { cause: error, rule: "file/unreadable" },
    );
  }
}
