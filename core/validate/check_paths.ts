/**
 * Edge (files). Checks files and folders: finds out what each file is, checks configurations first, then
 * the definitions, then the pipelines, which need to know both. Only hits stay in memory.
 */
import { basename, dirname, isAbsolute, relative, resolve } from "node:path";
import { type IniFile, parseIni } from "../config/ini.ts";
import type { PipelineConfig, PublisherSettings } from "../config/pipeline_config.ts";
import { type Place, UsageError } from "../errors.ts";
import { MeterFileReader } from "../meters/meter_files.ts";
import type { PublisherKind } from "../pipeline/publisher.ts";
import { loadYaml } from "../yaml/load.ts";
import {
  checkPersistConfig,
  checkPipelineConfig,
  type Environment,
  lintConfig,
} from "./check_config.ts";
import { checkYaml, type PublisherCheck, type YamlKind } from "./check_yaml.ts";
import { type FileText, readFile } from "./file_text.ts";
import type { Hit } from "./finding.ts";
import {
  type FileKind,
  fileKinds,
  kindOfBrokenYaml,
  kindOfIni,
  kindOfName,
  kindOfYaml,
  looksLikeIni,
} from "./kinds.ts";
import { builtInMeters, type KnownMeters } from "./known_meters.ts";
import { type Report, reportFile } from "./report.ts";
import { SourceText } from "./source_text.ts";
import { folderOfInterest, permissiveSettings, publisherCheck } from "./try_publishers.ts";
import { type Candidate, type ConfigSet, walk } from "./walk.ts";

/** How to check. */
export interface CheckOptions {
  /** All files are of this kind; undefined: each says what it is. */
  readonly kind: FileKind | undefined;
  readonly environment: Environment;
}

/** What is needed from outside. */
export interface CheckDeps {
  readonly publisherKinds: readonly PublisherKind<PublisherSettings>[];
  /** What the path `-` stands for. */
  readonly stdin: FileText | Hit | undefined;
  /** By path, what can be read once; what is read here is added. */
  readonly streams?: Map<string, FileText>;
  /** What was found in another way; each has a place in one of the files. */
  readonly more?: readonly (Hit & { readonly place: Place })[];
}

/** Throws a UsageError for a path that is not there, or whose content is of no kind. */
export function checkPaths(
  paths: readonly string[],
  options: CheckOptions,
  deps: CheckDeps,
): Report {
  return new Checking(options, deps).run(paths);
}

/** What a ceilometer.conf says about a file that it names. */
interface Role {
  readonly kind: YamlKind;
  readonly meterFiles: MeterFileReader;
  readonly publishers: PublisherCheck;
}

const noText: FileText = { text: "", isPublic: false, isStream: false };

type ConfigKind = "persister.conf" | "ceilometer.conf";

class Checking {
  readonly #options: CheckOptions;
  readonly #deps: CheckDeps;
  readonly #meters: KnownMeters = builtInMeters();
  /** By path, in the order of the report. */
  readonly #hits = new Map<string, Hit[]>();
  readonly #kinds = new Map<string, FileKind>();
  /** How absolute paths are shown. */
  readonly #names = new Map<string, string>();
  readonly #inis = new Map<string, IniFile>();
  /** By absolute path, in the order of reading. */
  #yamls = new Map<string, Candidate>();
  readonly #streams: Map<string, FileText>;
  /** Files with comments for us. */
  readonly #commented = new Set<string>();
  /** By absolute path. */
  readonly #roles = new Map<string, Role>();
  readonly #folders = new Map<string, MeterFileReader>();
  readonly #publishers = new Map<string, PublisherCheck>();
  readonly #unclear: string[] = [];
  #skipped = 0;

  constructor(options: CheckOptions, deps: CheckDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#streams = deps.streams ?? new Map();
  }

  run(paths: readonly string[]): Report {
    const { files, sets } = walk(paths);
    for (const { path } of files) {
      this.#hits.set(path, []);
      this.#names.set(resolve(path), path);
    }
    for (const file of files) this.#sort(file);
    const inSets = new Set(sets.flat());
    const alone = [...this.#inis.keys()].filter((path) => !inSets.has(path));
    for (const set of [...sets, ...alone.map((path) => [path])]) this.#checkConfig(set);
    const yamls = this.#inOrder();
    const pipelines = yamls.filter((file) => !this.#checkYaml(file, "definitions"));
    for (const file of pipelines) this.#checkYaml(file, "pipelines");
    for (const hit of this.#deps.more ?? []) this.#add(hit.place.file, [hit]);
    if (this.#unclear.length > 0) throw unclear(this.#unclear);
    return this.#report();
  }

  /** What a configuration names in its order, then folders of meters by name, as daemons read them. */
  #inOrder(): readonly Candidate[] {
    const [named, others] = partition([...this.#yamls], ([absolute]) => this.#roles.has(absolute));
    const [meters, rest] = partition(others, ([absolute]) => isMetersFolder(dirname(absolute)));
    const sorted = meters.toSorted(([a], [b]) => a < b ? -1 : 1);
    return [...named, ...sorted, ...rest].map(([, file]) => file);
  }

  /** Configuration or YAML? */
  #sort(file: Candidate): void {
    const { path } = file;
    const read = this.#read(path);
    if ("rule" in read) {
      this.#add(path, [read]);
      return;
    }
    const isIni = this.#options.kind === undefined
      ? looksLikeIni(read.text) || path.endsWith(".conf")
      : this.#options.kind.endsWith(".conf");
    if (!isIni) {
      this.#yamls.set(resolve(path), file);
      return;
    }
    const ini = parseIni(read.text, path);
    const kind = this.#options.kind ?? kindOfIni(ini) ?? kindOfName(path);
    if (kind === undefined) this.#leaveOut(file);
    else if (kind === "persister.conf" || kind === "ceilometer.conf") {
      this.#inis.set(path, ini);
      this.#kinds.set(path, kind);
      this.#add(path, lintConfig(ini, { kind, isPublic: read.isPublic }));
    }
  }

  #checkConfig(set: ConfigSet): void {
    const [first = ""] = set;
    const files = set.flatMap((path) => this.#inis.get(path) ?? []);
    const kind = this.#kinds.get(first);
    if (files.length === 0 || kind === undefined) return;
    if (isConfig(kind)) set.forEach((path) => this.#kinds.set(path, kind));
    const { environment } = this.#options;
    if (kind === "persister.conf") {
      this.#add(first, checkPersistConfig(files, environment));
      return;
    }
    const { hits, config, definitions } = checkPipelineConfig(files, environment);
    this.#add(first, hits);
    if (config === undefined || definitions === undefined) return;
    this.#giveRoles(config, first, [
      ...definitions.meters.map((path): Named => [path, "meters.d"]),
      [definitions.eventDefinitions, "event_definitions.yaml"],
      [definitions.pipeline, "pipeline.yaml"],
      [definitions.eventPipeline, "event_pipeline.yaml"],
    ]);
  }

  /** What the configuration names is read with it, and in its order. */
  #giveRoles(config: PipelineConfig, shownLike: string, named: readonly Named[]): void {
    const publishers = publisherCheck(this.#deps.publisherKinds, config.publishers);
    const meterFiles = new MeterFileReader();
    const order = new Map<string, Candidate>();
    for (const [path, kind] of named) {
      if (path === undefined) continue;
      const absolute = resolve(path);
      if (!this.#roles.has(absolute)) this.#roles.set(absolute, { kind, meterFiles, publishers });
      const file = this.#yamls.get(absolute) ?? { path: shownPath(path, shownLike), isNamed: true };
      order.set(absolute, file);
      this.#names.set(absolute, file.path);
      if (!this.#hits.has(file.path)) this.#hits.set(file.path, []);
    }
    this.#yamls = new Map([...order, ...this.#yamls]);
  }

  /** False: the file has to wait for the other pass. */
  #checkYaml(file: Candidate, pass: "definitions" | "pipelines"): boolean {
    const { path } = file;
    const read = this.#read(path);
    if ("rule" in read) {
      this.#add(path, [read]);
      return true;
    }
    const role = this.#roles.get(resolve(path));
    const wanted = this.#options.kind ?? role?.kind;
    const loaded = loadYaml(read.text, path);
    const { root } = loaded;
    const content = root === undefined ? kindOfBrokenYaml(read.text) : kindOfYaml(root);
    const kind = wanted ?? content ?? kindOfName(path);
    if (kind === undefined && (root !== undefined || !file.isNamed)) {
      this.#leaveOut(file);
      return true;
    }
    const yamlKind = kind === undefined || isConfig(kind) ? "pipeline.yaml" : kind;
    const isPipeline = yamlKind === "pipeline.yaml" || yamlKind === "event_pipeline.yaml";
    if (isPipeline && root !== undefined && pass === "definitions") return false;
    if (kind !== undefined) this.#kinds.set(path, kind);
    const source = new SourceText(path, read.text);
    const around = {
      meters: this.#meters,
      meterFiles: role?.meterFiles ?? this.#folderOf(path),
      publishers: role?.publishers ?? this.#publishersOf(path),
      isPublic: read.isPublic,
    };
    this.#add(path, checkYaml(source, { kind: yamlKind, loaded }, around));
    return true;
  }

  /** Files of a meters.d are read together, others by themselves unless a configuration says so. */
  #folderOf(path: string): MeterFileReader {
    const folder = dirname(resolve(path));
    if (!isMetersFolder(folder)) return new MeterFileReader();
    return cached(this.#folders, folder, () => new MeterFileReader());
  }

  #publishersOf(path: string): PublisherCheck {
    const folder = folderOfInterest(path);
    return cached(
      this.#publishers,
      folder ?? "",
      () => publisherCheck(this.#deps.publisherKinds, permissiveSettings(folder)),
    );
  }

  #leaveOut({ path, isNamed }: Candidate): void {
    if (isNamed) this.#unclear.push(path);
    else {
      this.#hits.delete(path);
      this.#skipped++;
    }
  }

  /** Hits go to the files in which they are. */
  #add(path: string, hits: readonly Hit[]): void {
    for (const hit of hits) {
      const at = hit.place?.file ?? path;
      const file = this.#names.get(resolve(at)) ?? at;
      const known = this.#hits.get(file);
      if (known !== undefined) known.push(hit);
      // A variable of the environment, or a built-in file: not a file that can be shown.
      else if (hit.place?.line === undefined) {
        this.#hits.get(path)?.push({ ...hit, place: undefined });
      } else this.#hits.set(file, [hit]);
    }
  }

  #read(path: string): FileText | Hit {
    const read = this.#streams.get(path) ??
      (path === "-" ? this.#deps.stdin ?? noText : readFile(path));
    if ("isStream" in read && read.isStream) this.#streams.set(path, read);
    if ("text" in read && read.text.includes("tpctl:")) this.#commented.add(path);
    return read;
  }

  #report(): Report {
    const files = [...this.#hits].map(([path, hits]) => {
      const isClean = hits.length === 0 && !this.#commented.has(path);
      const read = isClean ? noText : this.#read(path);
      const source = new SourceText(path, "rule" in read ? "" : read.text);
      return reportFile(source, this.#kinds.get(path), hits);
    });
    return { files, skipped: this.#skipped };
  }
}

type Named = readonly [path: string | undefined, kind: YamlKind];

function isMetersFolder(folder: string): boolean {
  return basename(folder) === "meters.d";
}

function partition<T>(items: readonly T[], is: (item: T) => boolean): readonly [T[], T[]] {
  return [items.filter(is), items.filter((item) => !is(item))];
}

/** A path that a configuration led to, relative where the configuration's own is. */
function shownPath(path: string, like: string): string {
  const short = relative(".", path);
  return isAbsolute(like) || short.startsWith("..") ? path : short;
}

function isConfig(kind: FileKind): kind is ConfigKind {
  return kind.endsWith(".conf");
}

function cached<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function unclear(paths: readonly string[]): UsageError {
  const shown = paths.map((path) => `'${path}'`).join(", ");
  return new UsageError(
    `Cannot tell what kind of file ${shown} is: the content does not show it, expected --kind ` +
      fileKinds.join(", "),
  );
}
