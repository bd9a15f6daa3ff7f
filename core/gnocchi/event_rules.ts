/**
 * Pure. What events do to resources of one type: which event types create, update and end them, which
 * traits become attributes, and which other resources go with them.
 */
import { ConfigError } from "../errors.ts";
import type { Dict, Value } from "../notifications/value.ts";
import { isoDateTime } from "../pipeline/datetime_text.ts";
import { DateTimeValue, type Event } from "../pipeline/event.ts";
import { compileFnmatch, type NameMatcher } from "../pipeline/fnmatch.ts";
import {
  describeNode,
  isTrue,
  yamlGet,
  type YamlMap,
  type YamlNode,
  yamlText,
} from "../yaml/node.ts";

/** What an event does to a resource. */
export type EventOperation = "create" | "update" | "delete";

/** A search for resources that go with one. */
export interface AssociatedSearch {
  readonly resourceType: string;
  /** The query for the resources that go with the one of this id. */
  query(id: string): unknown;
}

/** The rules of one resource type. */
export interface EventRules {
  /** Create goes before delete, delete before update. */
  operation(eventType: string): EventOperation | undefined;
  /** `id` among them where the event has the trait for it; null traits are left out. */
  attributes(event: Event): Dict;
  /** The trait that is the resource's id. */
  readonly idTrait: string;
  readonly associated: readonly AssociatedSearch[];
}

const operations: readonly EventOperation[] = ["create", "delete", "update"];

/** Undefined where no event means anything to the type. Throws a ConfigError. */
export function readEventRules(resourceType: string, node: YamlNode): EventRules | undefined {
  const matchers = operations.flatMap((operation): [EventOperation, NameMatcher][] => {
    const types = yamlGet(node, `event_${operation}`);
    return types === undefined ? [] : [[operation, readTypes(resourceType, types)]];
  });
  if (matchers.length === 0) return undefined;
  const attributes = mapOf(resourceType, "event_attributes", node);
  const idTrait = attributes === undefined ? undefined : yamlText(yamlGet(attributes, "id"));
  if (attributes === undefined || idTrait === undefined) {
    throw new ConfigError(
      `Cannot use the events of '${resourceType}': 'event_attributes' name no 'id', ` +
        "expected the trait that holds the resource's id",
      (attributes ?? node).place,
    );
  }
  const traits = attributes.entries.map(({ key, value }): readonly [string, string] => {
    const trait = yamlText(value);
    if (trait !== undefined) return [key.text, trait];
    throw new ConfigError(
      `Cannot use the attribute '${key.text}' of '${resourceType}': it is ${
        describeNode(value)
      }, ` +
        "expected the name of a trait",
      value.place,
    );
  });
  return {
    operation: (eventType) => matchers.find(([, matches]) => matches(eventType))?.[0],
    attributes: (event) => attributesOf(event, traits),
    idTrait,
    associated: readAssociated(resourceType, node),
  };
}

function attributesOf(event: Event, wanted: readonly (readonly [string, string])[]): Dict {
  const values = new Map(event.traits.map(({ name, value }) => [name, value]));
  const attributes: Dict = {};
  for (const [attribute, trait] of wanted) {
    const value = values.get(trait) ?? null;
    if (value === null) continue;
    attributes[attribute] = value instanceof DateTimeValue ? isoDateTime(value) : value;
  }
  return attributes;
}

function readTypes(resourceType: string, node: YamlNode): NameMatcher {
  const items = node.kind === "list" ? node.items : [node];
  const matchers = items.map((item) => {
    const pattern = yamlText(item);
    if (pattern !== undefined) return compileFnmatch(pattern);
    throw new ConfigError(
      `Cannot use ${describeNode(item)} as an event type of '${resourceType}', expected a text`,
      item.place,
    );
  });
  return (eventType) => matchers.some((matches) => matches(eventType));
}

function readAssociated(resourceType: string, node: YamlNode): readonly AssociatedSearch[] {
  const searches = mapOf(resourceType, "event_associated_resources", node);
  return (searches?.entries ?? []).map(({ key, value }) => ({
    resourceType: key.text,
    query: readQuery(key.text, value),
  }));
}

function readQuery(resourceType: string, node: YamlNode): (id: string) => unknown {
  const template = parsedQuery(yamlText(node));
  if (template !== undefined) return (id) => filledIn(template, id);
  throw new ConfigError(
    `Cannot use the search for '${resourceType}': it is ${describeNode(node)}, ` +
      `expected JSON such as '{"=": {"instance_id": "%s"}}'`,
    node.place,
  );
}

function parsedQuery(text: string | undefined): Value | undefined {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Python's `%`: `%s` is the id, `%%` a percent sign; within texts, so that no id can break out. */
function filledIn(value: unknown, id: string): unknown {
  if (typeof value === "string") return value.replace(/%[s%]/g, (it) => it === "%s" ? id : "%");
  if (Array.isArray(value)) return value.map((item) => filledIn(item, id));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filledIn(item, id)]));
}

function mapOf(resourceType: string, name: string, node: YamlNode): YamlMap | undefined {
  const given = yamlGet(node, name);
  if (given === undefined || !isTrue(given)) return undefined;
  if (given.kind === "map") return given;
  throw new ConfigError(
    `Cannot use '${name}' of '${resourceType}': it is ${describeNode(given)}, expected a map`,
    given.place,
  );
}
