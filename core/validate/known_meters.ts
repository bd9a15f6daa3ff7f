/**
 * Pure. `KnownMeters`: the names that meters can have, as far as definitions say: the built-in ones,
 * those that Ceilometer's pollsters bring (the built-in gnocchi_resources.yaml names them), and those
 * of the files that are checked together.
 */
import { closest } from "../config/suggest.ts";
import { defaultResources } from "../gnocchi/default_resources.ts";
import { readResourceDefinitions } from "../gnocchi/resource_definitions.ts";
import { defaultMeterFiles } from "../meters/default_meters.ts";
import { readMeterFiles } from "../meters/meter_files.ts";
import type { MeterDefinition } from "../meters/meter_definition.ts";
import { compileFnmatch } from "../pipeline/fnmatch.ts";

/** See above. */
export class KnownMeters {
  readonly #names: Set<string>;
  #areComplete = true;

  constructor(names: Iterable<string> = []) {
    this.#names = new Set(names);
  }

  /** A definition that takes its names from the notifications makes it impossible to know all. */
  addDefinitions(definitions: readonly MeterDefinition[]): void {
    for (const definition of definitions) {
      const { name, lookup } = definition;
      const isLookedUp = lookup === "broken" || lookup?.includes("name") === true;
      if (isLookedUp || typeof name !== "string" || name.startsWith("$")) this.#areComplete = false;
      else this.#names.add(name);
    }
  }

  addNames(names: Iterable<string>): void {
    for (const name of names) this.#names.add(name);
  }

  /** False: there are meters whose names no file holds. */
  get areComplete(): boolean {
    return this.#areComplete;
  }

  get names(): ReadonlySet<string> {
    return this.#names;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** Whether a pattern with wildcards takes any of them. */
  someMatch(pattern: string): boolean {
    const matches = compileFnmatch(pattern);
    for (const name of this.#names) if (matches(name)) return true;
    return false;
  }

  closest(name: string): string | undefined {
    return closest(name, this.#names);
  }
}

let builtIn: readonly string[] | undefined;

/** A set of its own that holds what tpctl knows without any file. */
export function builtInMeters(): KnownMeters {
  builtIn ??= builtInNames();
  return new KnownMeters(builtIn);
}

function builtInNames(): readonly string[] {
  const resources = readResourceDefinitions({ ...defaultResources, archivePolicy: undefined });
  const known = new KnownMeters(resources.byMetric.keys());
  known.addDefinitions(readMeterFiles(defaultMeterFiles).definitions);
  known.addNames(requestMeters);
  return [...known.names];
}

/** What http.request and http.response notifications become; they keep their event type. */
const requestMeters = ["http.request", "http.response"];
