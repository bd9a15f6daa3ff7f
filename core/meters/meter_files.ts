/**
 * Pure. The meters.d files, in their order -> the definitions in use and all that is wrong with them.
 *
 * The last definition of a name wins within a file, the first file wins across files, and samples come
 * out in the order in which definitions win: each file from its end. Some mistakes leave out one
 * definition; others (no `metric`, a bad regular expression, bad plugin parameters) leave out all.
 */
import { DefinitionError } from "../definitions/definition_error.ts";
import { ConfigError, type Place } from "../errors.ts";
import { type LoadedYaml, loadYaml } from "../yaml/load.ts";
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
  /** The meter of the definition, where it has a name. */
  readonly meter?: string | undefined;
}

/** What the files say. */
export interface MeterDefinitions {
  /** In the order of their samples; empty where a problem disables all. */
  readonly definitions: readonly MeterDefinition[];
  /** In the order of files and of what stands in them. */
  readonly problems: readonly MeterProblem[];
}

/** What one file adds. */
export interface ReadMeterFile {
  readonly definitions: readonly MeterDefinition[];
  /** In file order. */
  readonly problems: readonly MeterProblem[];
}

/** Reads all files, and goes on after a mistake that disables all, so that none stays unsaid. */
export function readMeterFiles(files: readonly MeterFile[]): MeterDefinitions {
  const reader = new MeterFileReader();
  const read = files.map(({ name, text }) => reader.read(loadYaml(text, name)));
  const problems = read.flatMap((one) => one.problems);
  const disabled = problems.some(({ kind }) => kind === "disabled");
  return { definitions: disabled ? [] : read.flatMap((one) => one.definitions), problems };
}

/** Reads files one after the other, and remembers of those before only the names in use. */
export class MeterFileReader {
  readonly #inUse = new Map<string, Place>();

  /** Takes what loadYaml made of the file. */
  read({ root, problems: faults }: LoadedYaml): ReadMeterFile {
    const problems = faults.map((error): MeterProblem => ({ kind: "disabled", error }));
    const entries = root === undefined ? [] : entriesOf(root, problems);
    const definitions: MeterDefinition[] = [];
    for (const entry of entries.toReversed()) {
      const read = readEntry(entry, this.#inUse);
      if ("kind" in read) problems.push(read);
      else definitions.push(read);
    }
    return { definitions, problems: problems.toSorted((a, b) => lineOf(a) - lineOf(b)) };
  }
}

function lineOf({ error }: MeterProblem): number {
  return error.place?.line ?? 0;
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
  inUse: Map<string, Place>,
): MeterProblem | MeterDefinition {
  if (entry.kind !== "map") {
    return disabling(`${describeNode(entry)} is no definition, expected a map`, entry);
  }
  const name = yamlGet(entry, "name");
  if (name !== undefined && name.kind !== "scalar") {
    return disabling(`the name is ${describeNode(name)}, expected a text`, name);
  }
  const identity = name === undefined ? "null" : scalarIdentity(name.value);
  const first = inUse.get(identity);
  if (first !== undefined) {
    const text = `Cannot use meter definition '${name?.text ?? ""}': the name is in use already, ` +
      `at ${first.file}:${first.line}, expected another name`;
    const error = new ConfigError(text, entry.place, { rule: "meters/duplicate-name" });
    return { kind: "duplicate", error, meter: name?.text };
  }
  try {
    const definition = readMeterDefinition(entry);
    inUse.set(identity, entry.place);
    return definition;
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    const kind = error.reach === "all" ? "disabled" : "skipped";
    const { message, place, rule = "meters/bad-definition" } = error;
    const problem = new ConfigError(message, place, { cause: error, rule });
    return { kind, error: problem, meter: name?.text };
  }
}

function disabling(why: string, node: YamlNode): MeterProblem {
  return {
    kind: "disabled",
    error: new ConfigError(`Cannot use any meter definition: ${why}`, node.place, {
      rule: "meters/structure",
    }),
  };
}
