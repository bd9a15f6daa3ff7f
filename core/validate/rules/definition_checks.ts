/**
 * Pure. What lint rules find in files of definitions.
 */
import type { Place } from "../../errors.ts";
import { yamlGet, type YamlNode, yamlText } from "../../yaml/node.ts";
import type { Hit } from "../finding.ts";
import { wildcardsComparedMax } from "../limits.ts";
import { type DefinitionPath, eventPaths, meterPaths, resourcePaths } from "./definition_paths.ts";
import { hasLooseUnion, notificationShape, replacedPatterns } from "./path_checks.ts";
import { sampleShape, whyNeverMatches } from "./path_checks.ts";
import type { Shape } from "./path_checks.ts";
import { isWide, wideTakes } from "./pattern_checks.ts";
import { blowsUp, matchesEverything } from "./regex_checks.ts";
import type { DefinitionsSubject } from "./subjects.ts";

/** Paths of meters that find nothing. */
export function deadMeterPaths({ entries }: DefinitionsSubject): Hit[] {
  return entries.flatMap(meterPaths).flatMap((path) => deadPath(path, notificationShape));
}

/** Likewise of traits. */
export function deadTraitPaths({ entries }: DefinitionsSubject): Hit[] {
  return entries.flatMap(eventPaths).flatMap((path) => deadPath(path, notificationShape));
}

/** Likewise of resources' attributes. */
export function deadResourcePaths({ entries }: DefinitionsSubject): Hit[] {
  return entries.flatMap(resourcePaths).flatMap((path) => deadPath(path, sampleShape));
}

function deadPath({ text, place }: DefinitionPath, shape: Shape): Hit[] {
  const why = whyNeverMatches(text, shape);
  if (why === undefined) return [];
  const [, expected] = /, expected (.*?)(?:, did you mean|$)/.exec(why) ?? [];
  const [, suggestion] = /did you mean '(.*)'/.exec(why) ?? [];
  const said = `The JSONPath '${text}' finds nothing: ${why}`;
  return [{ rule: "definitions/path-never-matches", place, text: said, expected, suggestion }];
}

/** Paths of meters where `|` takes less than was meant. */
export function looseMeterPaths({ entries }: DefinitionsSubject): Hit[] {
  return entries.flatMap(meterPaths).flatMap(loosePath);
}

/** Likewise of traits. */
export function looseTraitPaths({ entries }: DefinitionsSubject): Hit[] {
  return entries.flatMap(eventPaths).flatMap(loosePath);
}

function loosePath({ text, place }: DefinitionPath): Hit[] {
  if (!hasLooseUnion(text)) return [];
  const suggestion = text.split("|").map((part) => `(${part.trim()})`).join("|");
  const said =
    `In the JSONPath '${text}' '|' joins only the names beside it, expected ${suggestion}`;
  return [{
    rule: "definitions/path-precedence",
    place,
    text: said,
    expected: suggestion,
    suggestion,
  }];
}

/** Event types of meters that match whatever comes. */
export function catchAllTypes({ entries }: DefinitionsSubject): Hit[] {
  return entries.flatMap(eventTypes).filter(({ text }) => matchesEverything(text)).map(
    ({ text, place }) => ({
      rule: "meters/regex-matches-everything",
      place,
      text: `The event_type '${text}' matches every event, expected one that names some`,
      expected: "one that names some",
    }),
  );
}

/** Event types of meters that take exponential time, and what JSONPaths replace by. */
export function backtrackingTypes({ entries }: DefinitionsSubject): Hit[] {
  const types = entries.flatMap(eventTypes).filter(({ text }) => blowsUp(text));
  return [
    ...types.map(({ text, place }) => slowHit(`The event_type '${text}'`, place)),
    ...slowPaths(entries.flatMap(meterPaths)),
  ];
}

/** Likewise of traits. */
export function backtrackingTraits({ entries }: DefinitionsSubject): Hit[] {
  return slowPaths(entries.flatMap(eventPaths));
}

function slowPaths(paths: readonly DefinitionPath[]): Hit[] {
  return paths.flatMap(({ text, place }) =>
    replacedPatterns(text).filter(blowsUp).map((pattern) =>
      slowHit(`The pattern '${pattern}' of a JSONPath`, place)
    )
  );
}

function slowHit(what: string, place: Place): Hit {
  const expected = "loops that match in one way";
  const text =
    `${what} can take exponential time: a loop in it matches one text in several ways, ` +
    `expected ${expected}`;
  return { rule: "meters/regex-backtracking", place, text, expected };
}

function eventTypes(entry: YamlNode): { readonly text: string; readonly place: Place }[] {
  const given = yamlGet(entry, "event_type");
  const items = given?.kind === "list" ? given.items : given === undefined ? [] : [given];
  return items.flatMap((item) => {
    const text = yamlText(item);
    return text === undefined ? [] : [{ text, place: item.place }];
  });
}

/** `lookup` that asks for a volume that is a number. */
export function constantLookups({ entries }: DefinitionsSubject): Hit[] {
  return entries.flatMap((entry): Hit[] => {
    const lookup = yamlGet(entry, "lookup");
    const volume = yamlGet(entry, "volume");
    const isConstant = volume?.kind === "scalar" && typeof volume.value !== "string";
    if (!isConstant || lookup?.kind !== "list") return [];
    if (!lookup.items.some((item) => yamlText(item) === "volume")) return [];
    const expected = "a JSONPath";
    const text =
      `The volume '${volume.text}' stands in 'lookup' and is no JSONPath: no sample can be ` +
      `made, expected ${expected}`;
    return [{ rule: "meters/constant-with-lookup", place: volume.place, text, expected }];
  });
}

interface Taking {
  readonly at: number;
  readonly type: string;
  readonly place: Place;
  takes(text: string): boolean;
}

/** Definitions behind which another takes all their event types. */
export function shadowedDefinitions({ entries }: DefinitionsSubject): Hit[] {
  const wide = entries.flatMap((entry, at): Taking[] => {
    const types = eventTypes(entry);
    if (types.some(({ text }) => text.startsWith("!"))) return [];
    return types.filter(({ text }) => isWide(text)).map(({ text, place }) => (
      { at, type: text, place, takes: wideTakes(text) }
    ));
  }).slice(-wildcardsComparedMax);
  return entries.flatMap((entry, at): Hit[] => {
    const types = eventTypes(entry).filter(({ text }) => !text.startsWith("!"));
    const [first] = types;
    if (first === undefined) return [];
    const later = wide.filter((one) => one.at > at);
    const over = types.map(({ text }) =>
      text.includes("[") ? undefined : later.find(({ takes }) => takes(text))
    );
    const [by] = over;
    if (by === undefined || over.includes(undefined)) return [];
    const text = `The definition of '${first.text}' makes no event: '${by.type}' at line ` +
      `${by.place.line} comes later and matches all of it, expected it above this one`;
    const expected = `'${by.type}' above this one`;
    return [{ rule: "events/shadowed-definition", place: first.place, text, expected }];
  });
}

/** Metrics that two resource types have. */
export function repeatedMetrics({ entries }: DefinitionsSubject): Hit[] {
  const seen = new Map<string, Place>();
  return entries.flatMap((entry) => {
    const metrics = yamlGet(entry, "metrics");
    const names = metrics?.kind === "map"
      ? metrics.entries.map(({ key }) => key)
      : metrics?.kind === "list"
      ? metrics.items
      : [];
    return names.flatMap((node): Hit[] => {
      const name = yamlText(node);
      if (name === undefined) return [];
      const first = seen.get(name);
      seen.set(name, node.place);
      if (first === undefined) return [];
      const text = `The metric '${name}' stands at line ${first.line} too: this one counts`;
      return [{ rule: "gnocchi/metric-twice", place: node.place, text }];
    });
  });
}
