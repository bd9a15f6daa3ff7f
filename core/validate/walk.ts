/**
 * Edge (files). From the paths that were named to the files to check: folders are walked, and the files
 * of one configuration stay together as its daemon reads them.
 */
import { readdirSync, type Stats, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { UsageError } from "../errors.ts";
import { systemCode, whyUnreadable } from "../files/file_failure.ts";
import { folderDepthMax } from "./limits.ts";

/** A file to check. */
export interface Candidate {
  /** As it is shown; "-" is stdin. */
  readonly path: string;
  /** Named by the user, and not found in a folder: it must be of a kind. */
  readonly isNamed: boolean;
}

/** The files of one configuration, in the order in which they are read. */
export type ConfigSet = readonly string[];

/** What was found. */
export interface Walk {
  /** In the order of the paths; within folders by name. */
  readonly files: readonly Candidate[];
  /** Of files found in folders; each file of `files` is in at most one. */
  readonly sets: readonly ConfigSet[];
}

/** Names of configuration files that are read together, in this order, each with its folder `.d`. */
const together: readonly (readonly string[])[] = [
  ["monasca.conf", "monasca-persister.conf"],
  ["ceilometer.conf", "ceilometer-agent-notification.conf"],
];

const candidateName = /^[^.].*\.(ya?ml|conf)$/s;

/** Throws a UsageError for a path that does not exist. */
export function walk(paths: readonly string[]): Walk {
  const files = new Map<string, Candidate>();
  const sets: ConfigSet[] = [];
  for (const path of paths) {
    if (path === "-") files.set(path, { path, isNamed: true });
    else if (statOf(path).isDirectory()) walkFolder(path, 0, { files, sets });
    else if (!files.has(resolve(path))) files.set(resolve(path), { path, isNamed: true });
  }
  return { files: [...files.values()], sets };
}

interface Found {
  /** By absolute path: a file is checked once, however it was named. */
  readonly files: Map<string, Candidate>;
  readonly sets: ConfigSet[];
}

function walkFolder(folder: string, depth: number, found: Found): void {
  if (depth > folderDepthMax) return;
  let entries: readonly Entry[];
  try {
    entries = readFolder(folder);
  } catch {
    // Said when it is read as a file.
    found.files.set(resolve(folder), { path: folder, isNamed: true });
    return;
  }
  for (const { name, isFolder } of entries) {
    const path = join(folder, name);
    if (isFolder) walkFolder(path, depth + 1, found);
    else if (candidateName.test(name) && !found.files.has(resolve(path))) {
      found.files.set(resolve(path), { path, isNamed: false });
    }
  }
  for (const names of together) {
    const set = configSet(folder, names, entries);
    if (set.length > 1) found.sets.push(set);
  }
}

interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
}

/** Links to files are followed, links to folders are not: they may lead round in a circle. */
function readFolder(folder: string): readonly Entry[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter(({ name }) => !name.startsWith(".") && name !== "node_modules")
    .filter((entry) => entry.isDirectory() || entry.isFile() || isFile(join(folder, entry.name)))
    .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }))
    .toSorted((a, b) => a.name < b.name ? -1 : 1);
}

function configSet(
  folder: string,
  names: readonly string[],
  entries: readonly Entry[],
): ConfigSet {
  const has = (name: string, isFolder: boolean): boolean =>
    entries.some((entry) => entry.name === name && entry.isFolder === isFolder);
  const files = names.filter((name) => has(name, false)).map((name) => join(folder, name));
  if (files.length === 0) return [];
  const more = names.map((name) => `${name}.d`).filter((name) => has(name, true)).flatMap((name) =>
    readFolder(join(folder, name)).filter((entry) =>
      !entry.isFolder && entry.name.endsWith(".conf")
    )
      .map((entry) => join(folder, name, entry.name))
  );
  return [...files, ...more];
}

/** False too where a link leads in a circle. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (cause) {
    const why = systemCode(cause) === "ENOENT"
      ? "there is no such file or folder"
      : whyUnreadable(cause);
    throw new UsageError(`Cannot check '${path}': ${why}, expected a file or folder`, { cause });
  }
}
