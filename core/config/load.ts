/**
 * Edge (files). Finds and reads the configuration files of a daemon, as oslo.config does, and puts
 * them under the command line and the environment. What the options mean is the tables' business.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { ConfigError, ConfigErrors } from "../errors.ts";
import { systemCode, whyUnreadable } from "../files/file_failure.ts";
import { checkOptions, type ConfigNotice } from "./check_options.ts";
import { type IniFile, parseIni } from "./ini.ts";
import type { Option } from "./option.ts";
import { OptionValues, type ValueLayers } from "./option_values.ts";

/** Whose files are looked for when none is named. */
export interface DaemonNames {
  /** `monasca`, `ceilometer`: a file and a folder of this name. */
  readonly project: string;
  /** `monasca-persister`, ...: the daemon's own file. */
  readonly program: string;
  /** An older name of the file, looked for where neither of the two is there. */
  readonly olderProgram?: string;
}

/** Those of Monasca Persister. */
export const PERSIST_NAMES: DaemonNames = {
  project: "monasca",
  program: "monasca-persister",
  olderProgram: "persister",
};

/** Those of Ceilometer's notification agent. */
export const PIPELINE_NAMES: DaemonNames = {
  project: "ceilometer",
  program: "ceilometer-agent-notification",
};

/** What the machine says; a test gives folders of its own. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Undefined: no home, nothing is looked for there. */
  readonly home: string | undefined;
  /** Where `etc` is, "/" but in tests. */
  readonly root: string;
}

/** `--config-file` and `--config-dir`, in the order given, and the options given as flags. */
export interface ConfigArguments {
  readonly sources: readonly { readonly kind: "file" | "dir"; readonly path: string }[];
  readonly values: ValueLayers["commandLine"];
}

/** What was read, before anything is asked of it. */
export interface LoadedConfig {
  /** Paths in the order read. */
  readonly files: readonly string[];
  readonly values: OptionValues;
  /** To be said once at start. */
  readonly notices: readonly ConfigNotice[];
  readonly environment: Surroundings["environment"];
}

/**
 * Reads everything there is to read. As in oslo.config a named file only takes the place of the
 * search for files, a named folder only that of the search for folders, and what was found comes
 * before what was named. Throws a ConfigError for a file that cannot be read; what is wrong inside a
 * file is thrown by `values.finish()`.
 */
export function loadConfig(
  options: readonly Option[],
  names: DaemonNames,
  from: ConfigArguments & Surroundings,
): LoadedConfig {
  const paths = [...searchedPaths(names, from), ...namedPaths(from.sources)];
  return loadedFrom(options, paths.map(readIni), from);
}

/** The same from files that are read already. Throws nothing. */
export function loadedFrom(
  options: readonly Option[],
  files: readonly IniFile[],
  { environment, values: commandLine }: Pick<
    ConfigArguments & Surroundings,
    "environment" | "values"
  >,
): LoadedConfig {
  const check = checkOptions(options, files, environment);
  const layers = { commandLine, environment, files };
  return {
    files: files.map(({ file }) => file),
    values: new OptionValues(options, layers, check.errors),
    notices: check.notices,
    environment,
  };
}

/**
 * The same error, with what an operator must know first where no file was read at all: that none was
 * found, and where it would have been.
 */
export function withSearch(
  error: unknown,
  names: DaemonNames,
  from: Surroundings & { readonly files: readonly string[] },
): unknown {
  const errors = error instanceof ConfigErrors ? error.errors : [error];
  const shown = errors.filter((one) => one instanceof ConfigError);
  if (from.files.length > 0 || shown.length < errors.length) return error;
  const { project, program, olderProgram } = names;
  const files = [project, program, ...(olderProgram === undefined ? [] : [olderProgram])];
  const text = `Cannot find a configuration file: there is no ${
    files.map((name) => `${name}.conf`).join(", ")
  } in ${searchFolders(project, from).join(", ")}, expected one there or --config-file`;
  return new ConfigErrors([new ConfigError(text), ...shown]);
}

function searchedPaths(names: DaemonNames, from: ConfigArguments & Surroundings): string[] {
  const folders = searchFolders(names.project, from);
  const paths: string[] = [];
  if (!from.sources.some((source) => source.kind === "file")) {
    const both = [names.project, names.program].flatMap((name) => first(folders, `${name}.conf`));
    const older = names.olderProgram === undefined ? [] : [`${names.olderProgram}.conf`];
    paths.push(...(both.length > 0 ? both : older.flatMap((name) => first(folders, name))));
  }
  if (!from.sources.some((source) => source.kind === "dir")) {
    for (const name of [names.project, names.program]) {
      paths.push(...first(folders, `${name}.conf.d`).flatMap(confFiles));
    }
  }
  return paths;
}

/** `~/.<project>`, `~`, `/etc/<project>`, `/etc`, and a snap's two; the first with a file wins. */
function searchFolders(project: string, { home, root, environment }: Surroundings): string[] {
  const { SNAP_COMMON: common, SNAP: snap } = environment;
  return [
    ...(home === undefined ? [] : [join(home, `.${project}`), home]),
    join(root, "etc", project),
    join(root, "etc"),
    ...[common, snap].flatMap((folder) => folder ? [join(folder, "etc", project)] : []),
  ];
}

function first(folders: readonly string[], name: string): string[] {
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  return found === undefined ? [] : [found];
}

function namedPaths(sources: ConfigArguments["sources"]): string[] {
  return sources.flatMap(({ kind, path }) => {
    const absolute = resolve(path);
    if (kind === "file") return [absolute];
    const isFolder = statSync(absolute, { throwIfNoEntry: false })?.isDirectory() ?? false;
    if (!isFolder) {
      const why = existsSync(absolute) ? "it is not a folder" : "it does not exist";
      throw new ConfigError(
        `Cannot read the configuration folder '${path}': ${why}, expected a folder with *.conf files`,
      );
    }
    return confFiles(absolute);
  });
}

function confFiles(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".conf"));
  return names.filter((name) => !name.startsWith(".")).toSorted().map((name) => join(folder, name));
}

function readIni(path: string): IniFile {
  try {
    return parseIni(new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path)), path);
  } catch (error) {
    const hint = systemCode(error) === "EISDIR" ? " (folders go with --config-dir)" : "";
    const text =
      `Cannot read the configuration file '${path}': ${whyUnreadable(error)}, expected ` +
      `a readable text file${hint}`;
    throw new ConfigError(text, undefined, { cause: error });
  }
}

/** The first line of a file that holds a secret. Throws a ConfigError. */
export function readSecretFile(path: string): string {
  try {
    return readFileSync(path, "utf8").split(/\r?\n/, 1)[0]?.trim() ?? "";
  } catch (error) {
    const text = `Cannot read the secret file '${path}': ${whyUnreadable(error)}, expected a ` +
      "readable text file";
    throw new ConfigError(text, undefined, { cause: error, rule: "file/unreadable" });
  }
}
