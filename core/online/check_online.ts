/**
 * Edge (files, net). What `validate --online` finds besides: every configuration among the paths read as
 * its daemon reads it, everything that it connects to looked at, and the remarks as hits at the places
 * of their options and URLs.
 */
import { resolve } from "node:path";
import type { Clock } from "../clock.ts";
import { readDefinitionFiles } from "../config/definition_files.ts";
import { type IniFile, parseIni } from "../config/ini.ts";
import { type LoadedConfig, loadedFrom, readSecretFile } from "../config/load.ts";
import { withCredentials } from "../config/load_pipeline_config.ts";
import { PERSIST_OPTIONS } from "../config/persist_options.ts";
import type { PublisherSettings } from "../config/pipeline_config.ts";
import { readPersistConfig } from "../config/read_persist_config.ts";
import { readPipelineConfig } from "../config/read_pipeline_config.ts";
import { ConfigError, ConfigErrors, type Place } from "../errors.ts";
import { loadPipelines } from "../pipeline/load_pipelines.ts";
import type { PipelineFile } from "../pipeline/pipeline.ts";
import { readPipelineFile } from "../pipeline/pipeline_file.ts";
import type { PublisherKind } from "../pipeline/publisher.ts";
import { configSearchFolders, type Environment } from "../validate/check_config.ts";
import { configSets } from "../validate/config_sets.ts";
import { type FileText, readFile } from "../validate/file_text.ts";
import type { Hit } from "../validate/finding.ts";
import { configErrorsOf, hitOfError } from "../validate/hits.ts";
import type { Report } from "../validate/report.ts";
import { permissiveSettings } from "../validate/try_publishers.ts";
import { loadYaml } from "../yaml/load.ts";
import { lookAtAll } from "./look.ts";
import { persistTargets, pipelineTargets, publisherTargets, type Target } from "./targets.ts";

/** What is checked online. */
export interface CheckOnlineOptions {
  readonly paths: readonly string[];
  /** What the check of the same paths has found them to be. */
  readonly report: Report;
  readonly environment: Environment;
  readonly publisherKinds: readonly PublisherKind<PublisherSettings>[];
  /** What the path `-` stands for. */
  readonly stdin: FileText | Hit | undefined;
  /** By path, what could be read once. */
  readonly streams?: ReadonlyMap<string, FileText>;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** A hit that has a place. */
export type PlacedHit = Hit & { readonly place: Place };

/** Reads, looks, and gives what it has found. */
export async function checkOnline(options: CheckOnlineOptions): Promise<readonly PlacedHit[]> {
  const gathering = new Gathering(options);
  gathering.run();
  const { targets, hits } = gathering;
  const remarks = await lookAtAll(targets.map(({ farEnd }) => farEnd), options);
  const found = targets.flatMap(({ place, file }, i) =>
    (remarks[i] ?? []).map(({ rule, about, text }): PlacedHit => (
      { rule, text, place: gathering.placeIn(place(about), file) }
    ))
  );
  return [...hits, ...found];
}

/** A target, and the configuration file that leads to it. */
interface FiledTarget extends Target {
  readonly file: string;
}

class Gathering {
  readonly targets: FiledTarget[] = [];
  readonly hits: PlacedHit[] = [];
  readonly #options: CheckOnlineOptions;
  readonly #kinds: ReadonlyMap<string, Report["files"][number]["kind"]>;
  /** Files as the report calls them, by absolute path. */
  readonly #shown: ReadonlyMap<string, string>;
  /** Absolute paths of pipeline files that a configuration names. */
  readonly #named = new Set<string>();

  constructor(options: CheckOnlineOptions) {
    this.#options = options;
    this.#kinds = new Map(options.report.files.map(({ file, kind }) => [file, kind]));
    this.#shown = new Map(options.report.files.map(({ file }) => [resolve(file), file]));
  }

  run(): void {
    const { paths } = this.#options;
    for (const set of configSets(paths, this.#kinds, "persister.conf")) this.#persister(set);
    for (const set of configSets(paths, this.#kinds, "ceilometer.conf")) this.#ceilometer(set);
    for (const [path, kind] of this.#kinds) {
      const isPipeline = kind === "pipeline.yaml" || kind === "event_pipeline.yaml";
      if (isPipeline && !this.#named.has(resolve(path))) this.#pipelineAlone(path, kind);
    }
  }

  /** In a file of the report; what no file says (a built-in pipeline, a default) is the file's own. */
  placeIn(place: Place | undefined, file: string): Place {
    const shown = place === undefined ? undefined : this.#shown.get(resolve(place.file));
    return place === undefined || shown === undefined ? { file } : { ...place, file: shown };
  }

  #persister(set: readonly string[]): void {
    this.#attempt(set, () => {
      const loaded = this.#loaded(set, (inis, around) => loadedFrom(PERSIST_OPTIONS, inis, around));
      const given = { from: undefined, kind: undefined, to: undefined };
      const config = readPersistConfig(loaded, given, readSecretFile);
      this.#add(set, persistTargets(config, loaded.values));
    });
  }

  #ceilometer(set: readonly string[]): void {
    const { publisherKinds } = this.#options;
    this.#attempt(set, () => {
      const loaded = this.#loaded(
        set,
        (inis, around) => withCredentials((table) => loadedFrom(table, inis, around)),
      );
      const config = readPipelineConfig(loaded, {
        from: undefined,
        pipelineFile: undefined,
        eventPipelineFile: undefined,
        hostName: "localhost",
        searchFolders: configSearchFolders(this.#inis(set)),
      });
      this.#add(set, pipelineTargets(config, loaded.values));
      const files = readDefinitionFiles(config.definitions, config.pipelines);
      for (const one of [files.pipeline, files.eventPipeline]) {
        if (one !== undefined) this.#named.add(resolve(one.name));
      }
      const { samples, events } = loadPipelines(files, {
        pipelines: config.pipelines,
        config: config.definitions,
        kinds: publisherKinds,
      });
      for (const side of [samples, events]) {
        if (side === undefined) continue;
        this.#add(set, publisherTargets(side.file, publisherKinds, config.publishers));
      }
    });
  }

  /** Without ceilometer.conf only what URLs say by themselves can be looked at. */
  #pipelineAlone(path: string, kind: "pipeline.yaml" | "event_pipeline.yaml"): void {
    const { publisherKinds } = this.#options;
    const file = this.#pipelineFile(path, kind);
    if (file === undefined) return;
    const settings = permissiveSettings(undefined);
    for (const reference of file.publishers) {
      const one = { ...file, publishers: [reference] };
      const targets = publisherTargets(one, publisherKinds, settings);
      const isElsewhere = targets.some(({ farEnd }) =>
        farEnd.kind === "openstack" || farEnd.kind === "rabbit" && reference.url.host === ""
      );
      if (!isElsewhere) {
        this.#add([path], targets);
        continue;
      }
      const text =
        `What '${reference.url.scheme}://' connects to stands in ceilometer.conf: it is ` +
        "not looked at, expected that file among the paths";
      const rule = "online/not-looked-at";
      this.hits.push({ rule, text, place: this.placeIn(reference.place, path) });
    }
  }

  #pipelineFile(
    path: string,
    kind: "pipeline.yaml" | "event_pipeline.yaml",
  ): PipelineFile | undefined {
    const { root } = loadYaml(this.#text(path), path);
    const carries = kind === "pipeline.yaml" ? "samples" : "events";
    return root && readPipelineFile(root, { carries, file: path }).file;
  }

  /** Secrets may be missing here that a check of the files alone does not ask for. */
  #attempt([file = ""]: readonly string[], read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof ConfigError) && !(error instanceof ConfigErrors)) throw error;
      for (const one of configErrorsOf(error)) {
        const hit = hitOfError(one, "config/bad-value");
        this.hits.push({ ...hit, place: this.placeIn(hit.place, file) });
      }
    }
  }

  #loaded(
    set: readonly string[],
    load: (
      inis: readonly IniFile[],
      around: Parameters<typeof loadedFrom>[2],
    ) => LoadedConfig,
  ): LoadedConfig {
    const { environment } = this.#options;
    return load(this.#inis(set), { environment, values: new Map() });
  }

  #inis(set: readonly string[]): IniFile[] {
    return set.map((path) => parseIni(this.#text(path), path));
  }

  /** What cannot be read has been said by the check of the files. */
  #text(path: string): string {
    const { stdin, streams } = this.#options;
    const read = path === "-" ? stdin : streams?.get(path) ?? readFile(path);
    return read !== undefined && "isPublic" in read ? read.text : "";
  }

  #add([file = ""]: readonly string[], targets: readonly Target[]): void {
    this.targets.push(...targets.map((one) => ({ ...one, file })));
  }
}
