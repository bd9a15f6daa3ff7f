/**
 * Edge (files). Which of the configuration files that were found are read together as one.
 */
import type { FileKind } from "./kinds.ts";
import { type ConfigSet, walk } from "./walk.ts";

/** The configurations of a kind among the paths; `kinds` is what a check has found the files to be. */
export function configSets(
  paths: readonly string[],
  kinds: ReadonlyMap<string, FileKind | undefined>,
  wanted: "persister.conf" | "ceilometer.conf",
): readonly ConfigSet[] {
  const isWanted = (path: string | undefined): boolean =>
    path !== undefined && kinds.get(path) === wanted;
  const sets = walk(paths).sets.filter(([first]) => isWanted(first));
  const together = new Set(sets.flat());
  const alone = [...kinds.keys()].filter((path) => isWanted(path) && !together.has(path));
  return [...sets, ...alone.map((path) => [path])];
}
