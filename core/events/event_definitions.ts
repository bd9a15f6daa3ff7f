/**
 * Pure. An event_definitions.yaml, compiled once: which definition makes an event of a type, and what
 * traits it has. Making events is converter.ts.
 *
 * Facts: ceilometer/event/converter.py. One broken definition keeps the reference from starting.
 */
import { ConfigError, inFileOrder, type Place, withRule } from "../errors.ts";
import { compileFnmatch, type NameMatcher } from "../pipeline/fnmatch.ts";
import { loadYaml } from "../yaml/load.ts";
import { describeNode, isTrue, yamlGet, type YamlNode, yamlText } from "../yaml/node.ts";
import { pythonItems, pythonStr } from "../yaml/python.ts";
import { readTrait, type Report, type TraitDefinition } from "./trait_definition.ts";

/** What to make of the event types that it matches. */
export interface EventDefinition {
  /** As written, exclusions with their `!`. */
  readonly patterns: readonly string[];
  /** Undefined for the catch-all that is there without being written. */
  readonly place: Place | undefined;
  /** The five traits that every event has, unless the definition says otherwise, come first. */
  readonly traits: readonly TraitDefinition[];
  /** Takes every type: `*` without exclusions. */
  readonly isCatchall: boolean;
  matches(eventType: string): boolean;
}

/** Either list may be empty. */
export interface ReadEventDefinitions {
  /** In the file's order; the last that matches a type makes its events. */
  readonly definitions: readonly EventDefinition[];
  /** In the file's order. */
  readonly problems: readonly ConfigError[];
}

/** What every event has. `tenant_id` is the older name of `project_id`. */
const DEFAULT_TRAITS = `
service: publisher_id
request_id: ctxt.request_id
project_id: [payload.tenant_id, ctxt.project_id]
user_id: [payload.user_id, ctxt.user_id]
tenant_id: [payload.tenant_id, ctxt.project_id]
`;

const defaultTraits: ReadonlyMap<string, TraitDefinition> = readDefaultTraits();

/** The names of the traits that every event has. */
export const defaultTraitNames: readonly string[] = [...defaultTraits.keys()];

/** Makes events of what no other definition matches, with the default traits alone. */
export const catchall: EventDefinition = {
  patterns: ["*"],
  place: undefined,
  traits: [...defaultTraits.values()],
  isCatchall: true,
  matches: () => true,
};

const rule = "events/structure";

/** Reads what loadYaml made of the file. */
export function readEventDefinitions(root: YamlNode): ReadEventDefinitions {
  const items = root.kind === "list" ? root.items : isTrue(root) ? undefined : pythonItems(root);
  if (items === undefined) {
    const text = `Cannot use ${describeNode(root)} as event definitions`;
    const problem = new ConfigError(`${text}, expected a list`, root.place, { rule });
    return { definitions: [], problems: [problem] };
  }
  const problems: ConfigError[] = [];
  const report = (problem: ConfigError) => void problems.push(withRule(problem, rule));
  const definitions = items.flatMap((item) => readDefinition(item, report) ?? []);
  return { definitions, problems: inFileOrder(problems) };
}

function readDefinition(node: YamlNode, report: Report): EventDefinition | undefined {
  if (node.kind !== "map") {
    const text = `Cannot use ${describeNode(node)} as an event definition`;
    report(new ConfigError(`${text}, expected a map with 'event_type' and 'traits'`, node.place));
    return undefined;
  }
  const types = readTypes(node, report);
  const traits = readTraits(node, report);
  if (types === undefined || traits === undefined) return undefined;
  const excluded = types.filter((type) => type.startsWith("!")).map((type) => type.slice(1));
  const written = types.filter((type) => !type.startsWith("!"));
  const included = written.length === 0 && excluded.length > 0 ? ["*"] : written;
  return {
    patterns: types,
    place: node.place,
    traits,
    isCatchall: included.includes("*") && excluded.length === 0,
    matches: matcherOf(included, excluded),
  };
}

function matcherOf(included: readonly string[], excluded: readonly string[]): NameMatcher {
  const takes = included.map(compileFnmatch);
  const refuses = excluded.map(compileFnmatch);
  return (name) =>
    takes.some((matches) => matches(name)) && !refuses.some((matches) => matches(name));
}

/** What a definition is called in messages. */
function shownTypes(node: YamlNode): string {
  const type = yamlGet(node, "event_type");
  const first = type?.kind === "list" ? type.items[0] : type;
  const text = yamlText(first);
  return text === undefined ? "an event definition" : `the event definition '${text}'`;
}

function readTypes(node: YamlNode, report: Report): readonly string[] | undefined {
  const given = yamlGet(node, "event_type");
  if (given === undefined) {
    const text = "Cannot use an event definition: the field 'event_type' is missing";
    report(new ConfigError(`${text}, expected an event type or a list of them`, node.place));
    return undefined;
  }
  const single = yamlText(given);
  if (single !== undefined) return [single];
  const items = pythonItems(given);
  if (items === undefined) {
    const text = `Cannot use an event definition: its 'event_type' is ${describeNode(given)}`;
    report(new ConfigError(`${text}, expected an event type or a list of them`, given.place));
    return undefined;
  }
  const types = items.flatMap((item) => {
    const type = yamlText(item);
    if (type !== undefined) return [type];
    const text = `Cannot use ${describeNode(item)} as an event type`;
    report(new ConfigError(`${text}, expected text in quotes`, item.place));
    return [];
  });
  return types.length === items.length ? types : undefined;
}

function readTraits(node: YamlNode, report: Report): readonly TraitDefinition[] | undefined {
  const given = yamlGet(node, "traits");
  if (given === undefined || (given.kind !== "map" && (isTrue(given) || !pythonItems(given)))) {
    const why = given === undefined
      ? "the field 'traits' is missing"
      : `its 'traits' are ${describeNode(given)}`;
    const text = `Cannot use ${shownTypes(node)}: ${why}, expected a map of traits`;
    report(new ConfigError(text, given?.place ?? node.place));
    return undefined;
  }
  const traits = new Map(defaultTraits);
  let isComplete = true;
  for (const { key, value } of given.kind === "map" ? given.entries : []) {
    const name = pythonStr(key);
    const trait = readTrait(name, value, report);
    if (trait === undefined) isComplete = false;
    else traits.set(name, trait);
  }
  return isComplete ? [...traits.values()] : undefined;
}

function readDefaultTraits(): ReadonlyMap<string, TraitDefinition> {
  const { root } = loadYaml(DEFAULT_TRAITS, "the default traits");
  if (root?.kind !== "map") throw new Error("the default traits are no map");
  const report = (problem: ConfigError) => {
    throw problem;
  };
  return new Map(root.entries.flatMap(({ key, value }) => {
    const trait = readTrait(key.text, value, report);
    return trait === undefined ? [] : [[key.text, trait]];
  }));
}
