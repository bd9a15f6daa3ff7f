/**
 * Pure. gnocchi_resources.yaml, compiled once: which resource type and archive policy a meter has,
 * which attributes its resource gets, and what events do to resources. Talking to Gnocchi is not done
 * here.
 *
 * Facts: ceilometer/publisher/gnocchi.py, which leaves out a definition that is wrong; here it is an
 * error.
 */
import type { ConfigNotice } from "../config/check_options.ts";
import { ConfigError, withRule } from "../errors.ts";
import type { Value } from "../notifications/value.ts";
import { loadYaml } from "../yaml/load.ts";
import { describeNode, isTrue, yamlGet, type YamlNode, yamlText, yamlValue } from "../yaml/node.ts";
import { type EventRules, readEventRules } from "./event_rules.ts";
import { readSampleAttributes, type SampleAttributes } from "./sample_attributes.ts";

/** One resource type and what belongs to it. */
export interface ResourceDefinition {
  readonly resourceType: string;
  /** Archive policies by meter. */
  readonly metrics: ReadonlyMap<string, string>;
  readonly attributes: SampleAttributes;
  /** Undefined where events mean nothing to the type. */
  readonly events: EventRules | undefined;
}

/** A policy to be made, as Gnocchi's API takes it. */
export interface ArchivePolicy {
  readonly name: string;
  readonly body: Value;
}

/** What the file says. With problems, the definitions that have none. */
export interface ResourceDefinitions {
  /** In the file's order. */
  readonly definitions: readonly ResourceDefinition[];
  /** The definition of each meter: the last that names it. */
  readonly byMetric: ReadonlyMap<string, ResourceDefinition>;
  readonly archivePolicies: readonly ArchivePolicy[];
  readonly problems: readonly ConfigError[];
  /** What is deprecated, to be said once. */
  readonly notes: readonly ConfigNotice[];
}

/** The file, and what the publisher's URL says about it. */
export interface ResourceSource {
  readonly text: string;
  readonly file: string;
  /** `archive_policy` of the URL: used for all meters. */
  readonly archivePolicy: string | undefined;
}

/** The policy of meters that name none, where the file names none. */
export const archivePolicyDefault = "ceilometer-low";

/** Reads the whole file, so that every mistake is said at once. */
export function readResourceDefinitions(source: ResourceSource): ResourceDefinitions {
  const { root, problems, repeated } = loadYaml(source.text, source.file);
  const reading = new Reading(source, root);
  reading.problems.push(...problems);
  for (const { key, second } of repeated) {
    reading.note(`'${key}' stands there a second time, the last counts`, {
      place: second,
      rule: "yaml/duplicate-key",
    });
  }
  const definitions = root === undefined ? [] : reading.definitions();
  return {
    definitions,
    byMetric: new Map(
      definitions.flatMap((definition) =>
        [...definition.metrics.keys()].map((metric) => [metric, definition] as const)
      ),
    ),
    archivePolicies: root === undefined ? [] : reading.archivePolicies(),
    problems: reading.problems.map((problem) => withRule(problem, "gnocchi/definition")),
    notes: reading.notes,
  };
}

class Reading {
  readonly problems: ConfigError[] = [];
  readonly notes: ConfigNotice[] = [];
  readonly #source: ResourceSource;
  readonly #root: YamlNode | undefined;

  constructor(source: ResourceSource, root: YamlNode | undefined) {
    this.#source = source;
    this.#root = root;
  }

  note(text: string, from: Required<Pick<ConfigNotice, "place" | "rule">>): void {
    this.notes.push({ level: "warning", text, ...from });
  }

  definitions(): ResourceDefinition[] {
    return this.#items("resources").flatMap((node) =>
      this.#orProblem(() => this.#definition(node))
    );
  }

  archivePolicies(): ArchivePolicy[] {
    return this.#items("archive_policies").flatMap((node) =>
      this.#orProblem(() => {
        const name = yamlText(yamlGet(node, "name"));
        if (name !== undefined) return { name, body: yamlValue(node) };
        throw new ConfigError(
          "Cannot use an archive policy: it has no 'name', expected a text",
          node.place,
        );
      })
    );
  }

  #items(name: string): readonly YamlNode[] {
    const root = this.#root;
    const node = root === undefined ? undefined : yamlGet(root, name);
    if (node === undefined || !isTrue(node)) return [];
    if (node.kind === "list") return node.items;
    const text = `Cannot use '${name}': it is ${describeNode(node)}, expected a list`;
    this.problems.push(new ConfigError(text, node.place));
    return [];
  }

  #orProblem<T>(read: () => T): T[] {
    try {
      return [read()];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.problems.push(error);
      return [];
    }
  }

  #definition(node: YamlNode): ResourceDefinition {
    const resourceType = yamlText(yamlGet(node, "resource_type"));
    if (resourceType === undefined || resourceType === "") {
      throw new ConfigError(
        "Cannot use a resource definition: it has no 'resource_type', expected a text",
        node.place,
      );
    }
    return {
      resourceType,
      metrics: this.#metrics(resourceType, node),
      attributes: readSampleAttributes(resourceType, yamlGet(node, "attributes")),
      events: readEventRules(resourceType, node),
    };
  }

  #metrics(resourceType: string, node: YamlNode): ReadonlyMap<string, string> {
    const metrics = yamlGet(node, "metrics");
    if (metrics === undefined || metrics.kind === "scalar") {
      const found = metrics === undefined ? "missing" : describeNode(metrics);
      throw new ConfigError(
        `Cannot use the resource definition '${resourceType}': its 'metrics' are ${found}, ` +
          "expected a map or a list of meters",
        (metrics ?? node).place,
      );
    }
    const deprecated = yamlText(yamlGet(node, "archive_policy"));
    if (deprecated !== undefined) {
      this.note(
        `The 'archive_policy' of the resource type '${resourceType}' is deprecated, expected ` +
          "'archive_policy_name' at each meter",
        {
          place: yamlGet(node, "archive_policy")?.place,
          rule: "gnocchi/deprecated-archive-policy",
        },
      );
    }
    const ofFile = this.#root === undefined
      ? undefined
      : yamlText(yamlGet(this.#root, "archive_policy_default"));
    const policyOf = (extra: YamlNode | undefined): string => {
      const own = extra === undefined ? undefined : yamlText(yamlGet(extra, "archive_policy_name"));
      return deprecated ?? this.#source.archivePolicy ?? (own || ofFile || archivePolicyDefault);
    };
    const named: readonly (readonly [YamlNode, YamlNode | undefined])[] = metrics.kind === "list"
      ? metrics.items.map((item) => [item, undefined])
      : metrics.entries.map(({ key, value }) => [key, value]);
    return new Map(named.map(([key, extra]) => {
      const name = yamlText(key);
      if (name !== undefined) return [name, policyOf(extra)];
      throw new ConfigError(
        `Cannot use ${describeNode(key)} as a meter of '${resourceType}', expected a text`,
        key.place,
      );
    }));
  }
}
