/**
 * Pure. The meters.d files, in their order -> the definitions in use and all that is wrong with them.
 *
 * The last definition of a name wins within a file, the first file wins across files, and samples come
 * out in the order in which definitions win: each file from its end. Some mistakes leave out one
 * definition; others (no `metric`, a bad regular expression, bad plugin parameters) leave out all.
 */
import { DefinitionError } from "../definitions/definition_error.ts";
import { ConfigError } from "../errors.ts";
import { loadYaml } from "../yaml/load.ts";
import { describeNode, scalarIdentity, yamlGet, type YamlNode } from "../yaml/node.ts";
import { type MeterDefinition, readMeterDefinition } from "./meter_definition.ts";

/** A file as it was read; the name is shown in messages. */
export interface MeterFile {
  readonly name: string;
  readonly text: string;
}

/**
 * - `duplicate`: another definition of that name is in use instead.
 * - `skipped`: this definition is left out.
 * - `disabled`: there are no meter definitions at all.
 */
export type MeterProblemKind = "duplicate" | "skipped" | "disabled";

/** What is wrong, with its place. */
export interface MeterProblem {
  readonly kind: MeterProblemKind;
  readonly error: ConfigError;
}

/** What the files say. */
export interface MeterDefinitions {
  /** In the order of their samples; empty where a problem disables all. */
  readonly definitions: readonly MeterDefinition[];
  /** In the order of files and of what stands in them. */
  readonly problems: readonly MeterProblem[];
}

/** Reads all files, and goes on after a mistake that disables all, so that none stays unsaid. */
export function readMeterFiles(files: readonly MeterFile[]): MeterDefinitions {
  const inUse = new Map<string, MeterDefinition>();
  const problems: MeterProblem[] = [];
  for (const file of files) {
    const ours: MeterProblem[] = [];
    readFile(file, inUse, ours);
    problems.push(...ours.toSorted((a, b) => lineOf(a) - lineOf(b)));
  }
  const disabled = problems.some(({ kind }) => kind === "disabled");
  return { definitions: disabled ? [] : [...inUse.values()], problems };
}

function lineOf({ error }: MeterProblem): number {
  return error.place?.line ?? 0;
}

function readFile(
  file: MeterFile,
  inUse: Map<string, MeterDefinition>,
  problems: MeterProblem[],
): void {
  const { root, problems: faults } = loadYaml(file.text, file.name);
  problems.push(...faults.map((error): MeterProblem => ({ kind: "disabled", error })));
  if (root === undefined) return;
  const entries = entriesOf(root, problems);
  for (const entry of entries.toReversed()) {
    const problem = readEntry(entry, inUse);
    if (problem !== undefined) problems.push(problem);
  }
}

function entriesOf(root: YamlNode, problems: MeterProblem[]): readonly YamlNode[] {
  const metric = yamlGet(root, "metric");
  if (metric?.kind === "list") return metric.items;
  // Python goes over an empty map or text and finds nothing; anything else stops it.
  if (metric?.kind === "map" && metric.entries.length === 0) return [];
  if (metric?.kind === "scalar" && metric.value === "") return [];
  const found = metric === undefined ? "no 'metric'" : `'metric' is ${describeNode(metric)}`;
  problems.push(
    disabling(`${found}, expected a list of definitions under 'metric'`, metric ?? root),
  );
  return [];
}

function readEntry(
  entry: YamlNode,
  inUse: Map<string, MeterDefinition>,
): MeterProblem | undefined {
  if (entry.kind !== "map") {
    return disabling(`${describeNode(entry)} is no definition, expected a map`, entry);
  }
  const name = yamlGet(entry, "name");
  if (name !== undefined && name.kind !== "scalar") {
    return disabling(`the name is ${describeNode(name)}, expected a text`, name);
  }
  const identity = name === undefined ? "null" : scalarIdentity(name.value);
  if (inUse.has(identity)) {
    const text = `Cannot use meter definition '${name?.text ?? ""}': the name is in use already`;
    return { kind: "duplicate", error: new ConfigError(text, entry.place) };
  }
  try {
    inUse.set(identity, readMeterDefinition(entry));
    return undefined;
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    const kind = error.reach === "all" ? "disabled" : "skipped";
    return { kind, error: new ConfigError(error.message, error.place, { cause: error }) };
  }
}

function disabling(why: string, node: YamlNode): MeterProblem {
  return {
    kind: "disabled",
    error: new ConfigError(`Cannot use any meter definition: ${why}`, node.place),
  };
}
