/**
 * Edge (files). Makes the publishers of a pipeline file as a daemon would, only to hear what they are
 * refused for. Nothing is connected, written or left behind; files that they name are read.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemClock } from "../clock.ts";
import { loadedFrom } from "../config/load.ts";
import type { PublisherSettings } from "../config/pipeline_config.ts";
import { PIPELINE_OPTIONS } from "../config/pipeline_options.ts";
import { readPipelineConfig } from "../config/read_pipeline_config.ts";
import { resourcesFileName } from "../gnocchi/default_resources.ts";
import { type Log, silentLog } from "../log/log.ts";
import { createMetrics } from "../observe/metrics.ts";
import type { Cargo, PublisherReference } from "../pipeline/pipeline.ts";
import type { PublisherKind } from "../pipeline/publisher.ts";
import type { PublisherCheck } from "./check_yaml.ts";
import type { Hit } from "./finding.ts";
import { configErrorsOf, hitOfError } from "./hits.ts";
import { permissiveConfig } from "./permissive_config.ts";

/** The check of one configuration's publishers; each URL is tried once. */
export function publisherCheck(
  kinds: readonly PublisherKind<PublisherSettings>[],
  settings: PublisherSettings,
): PublisherCheck {
  const tried = new Map<string, readonly Omit<Hit, "place">[]>();
  return {
    kinds,
    tryOut({ text, url, place }: PublisherReference, carries: Cargo): readonly Hit[] {
      const kind = kinds.find(({ schemes }) => schemes.includes(url.scheme));
      if (kind === undefined) return [];
      const key = `${carries} ${text}`;
      const known = tried.get(key) ?? tryOut(kind, { url, carries, settings });
      tried.set(key, known);
      // What is wrong in a file that the publisher reads has a place there.
      return known.map((hit) => ({ place, ...hit }));
    },
  };
}

interface Trying {
  readonly url: PublisherReference["url"];
  readonly carries: Cargo;
  readonly settings: PublisherSettings;
}

function tryOut(
  kind: PublisherKind<PublisherSettings>,
  { url, carries, settings }: Trying,
): Omit<Hit, "place">[] {
  const warnings: string[] = [];
  const warning: Log["warning"] = (text, fields) => {
    // What has a place in another file is said there.
    if (fields?.file === undefined) warnings.push(text);
  };
  const log: Log = { ...silentLog, warning, named: () => log };
  const hits: Omit<Hit, "place">[] = [];
  try {
    if (kind.check !== undefined) kind.check(url, { log });
    else {
      const deps = { settings, carries, log, clock: systemClock, registry: createMetrics() };
      void kind.create(url, deps).close();
    }
  } catch (error) {
    for (const one of configErrorsOf(error)) {
      const { place, ...hit } = hitOfError(one, "publisher/refused");
      hits.push(place === undefined ? hit : { ...hit, place } as Hit);
    }
  }
  return [...hits, ...warnings.map((text) => ({ rule: "publisher/ignored-part", text }))];
}

/**
 * For pipelines whose ceilometer.conf is not known: nothing is missed in it. Relative names are looked
 * for beside the pipeline file.
 */
export function permissiveSettings(folder: string | undefined): PublisherSettings {
  const around = { environment: {}, values: new Map() };
  const loaded = loadedFrom(PIPELINE_OPTIONS, [permissiveConfig], around);
  return readPipelineConfig(loaded, {
    from: undefined,
    pipelineFile: undefined,
    eventPipelineFile: undefined,
    hostName: "localhost",
    searchFolders: folder === undefined ? [] : [folder],
  }).publishers;
}

/** The folder of a file, where it holds files that publishers look for; else all folders are alike. */
export function folderOfInterest(path: string): string | undefined {
  const folder = dirname(path);
  const names = [resourcesFileName, "monasca_field_definitions.yaml"];
  return names.some((name) => existsSync(join(folder, name))) ? folder : undefined;
}
