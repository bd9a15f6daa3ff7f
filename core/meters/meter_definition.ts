/**
 * Pure. One meter definition of a meters.d file, checked and compiled: which events it is for, and
 * where in a notification its samples' members stand. What it finds there is meter_samples.ts.
 *
 * Facts: ceilometer/meter/notifications.py. The order of the checks is that of the reference, because
 * some mistakes void one definition and others all of them.
 */
import { DefinitionError } from "../definitions/definition_error.ts";
import { compileField, type Field } from "../definitions/field.ts";
import type { Place } from "../errors.ts";
import type { Value } from "../notifications/value.ts";
import { dumpValue } from "../notifications/value_text.ts";
import { compilePattern, PatternError } from "../python/pattern.ts";
import {
  describeNode,
  isTrue,
  yamlGet,
  type YamlMap,
  type YamlNode,
  yamlText,
  yamlValue,
} from "../yaml/node.ts";
import { pythonItems } from "../yaml/python.ts";
import { sampleTypes } from "./sample_types.ts";

/** The members of a sample that a definition can look up, in the reference's order. */
export const attributes = [
  "name",
  "type",
  "volume",
  "unit",
  "timestamp",
  "user_id",
  "project_id",
  "resource_id",
] as const;

/** One of them. */
export type Attribute = typeof attributes[number];

/** A compiled definition. */
export interface MeterDefinition {
  /** As the file has it: a meter's name, or a JSONPath that finds names. */
  readonly name: Value;
  readonly type: Value;
  readonly unit: Value;
  readonly place: Place;
  readonly eventTypes: readonly RegExp[];
  /** The same as written. */
  readonly eventTypeTexts: readonly string[];
  readonly fields: ReadonlyMap<Attribute, Field>;
  readonly metadata: readonly (readonly [name: string, field: Field])[];
  readonly userMetadata: Field | undefined;
  /** How both are written: definitions in which it is the same make the same metadata. */
  readonly metadataText: string;
  /** Which members hold one value per sample; `broken` fails whenever it is used. */
  readonly lookup: readonly Value[] | "broken" | undefined;
}

const REQUIRED = ["name", "type", "event_type", "unit", "volume", "resource_id"];

/** Throws DefinitionError with its place and reach. */
export function readMeterDefinition(node: YamlMap): MeterDefinition {
  const missing = REQUIRED.filter((name) => {
    const value = yamlGet(node, name);
    return value === undefined || !isTrue(value);
  });
  if (missing.length > 0) {
    throw new DefinitionError(
      `Cannot use meter definition '${nameOf(node)}': ${missing.join(", ")} missing or empty, ` +
        `expected ${REQUIRED.join(", ")}`,
      node.place,
    );
  }
  const eventTypes = readEventTypes(node);
  checkType(node);
  const fields = new Map<Attribute, Field>();
  for (const name of attributes) {
    const field = yamlGet(node, name);
    if (field !== undefined && isTrue(field)) fields.set(name, compileField(name, field));
  }
  const metadata = readMetadata(node);
  const userMetadata = yamlGet(node, "user_metadata");
  return {
    name: valueOf(node, "name"),
    type: valueOf(node, "type"),
    unit: valueOf(node, "unit"),
    place: node.place,
    eventTypes: eventTypes.map(({ pattern }) => pattern),
    eventTypeTexts: eventTypes.map(({ text }) => text),
    fields,
    metadata,
    userMetadata: userMetadata === undefined || !isTrue(userMetadata)
      ? undefined
      : compileField("user_metadata", userMetadata),
    metadataText: dumpValue([valueOf(node, "metadata"), valueOf(node, "user_metadata")]),
    lookup: readLookup(node),
  };
}

/** For messages. */
function nameOf(node: YamlMap): string {
  const name = yamlGet(node, "name");
  return name === undefined ? "" : yamlText(name) ?? describeNode(name);
}

function valueOf(node: YamlMap, name: string): Value {
  const value = yamlGet(node, name);
  return value === undefined ? null : yamlValue(value);
}

interface EventTypePattern {
  readonly text: string;
  readonly pattern: RegExp;
}

function readEventTypes(node: YamlMap): readonly EventTypePattern[] {
  const given = yamlGet(node, "event_type") ?? node;
  const single = yamlText(given);
  const items = single === undefined ? pythonItems(given) : [given];
  const fault = (why: string, at: YamlNode) =>
    new DefinitionError(
      `Cannot use meter definition '${
        nameOf(node)
      }': ${why}, expected event_type to be a regular ` +
        "expression or a list of them",
      at.place,
      { reach: "all", rule: "meters/bad-event-type" },
    );
  if (items === undefined) throw fault(`${describeNode(given)} is no event_type`, given);
  return items.map((item) => {
    const text = yamlText(item);
    if (text === undefined) throw fault(`${describeNode(item)} is no event_type`, item);
    try {
      return { text, pattern: compilePattern(text, "match") };
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      throw fault(error.message, item);
    }
  });
}

function checkType(node: YamlMap): void {
  const lookup = yamlGet(node, "lookup");
  const type = yamlGet(node, "type");
  const text = lookup === undefined ? undefined : yamlText(lookup);
  const names = lookup === undefined ? [] : pythonItems(lookup);
  if (names === undefined) {
    throw new DefinitionError(
      `Cannot use meter definition '${nameOf(node)}': lookup is ` +
        `${describeNode(lookup ?? node)}, expected a list of members`,
      (lookup ?? node).place,
      { reach: "all" },
    );
  }
  const lookedUp = text?.includes("type") ?? names.some((name) => yamlText(name) === "type");
  const known = type !== undefined && sampleTypes.has(yamlText(type) ?? "");
  if (lookedUp || known) return;
  throw new DefinitionError(
    `Cannot use meter definition '${nameOf(node)}': ${describeNode(type ?? node)} is no type, ` +
      `expected ${[...sampleTypes].join(", ")}`,
    (type ?? node).place,
  );
}

function readMetadata(node: YamlMap): readonly (readonly [string, Field])[] {
  const given = yamlGet(node, "metadata");
  if (given === undefined) return [];
  if (given.kind === "map") {
    return given.entries.map(({ key, value }) => {
      const name = typeof key.value === "string" ? key.value : dumpValue(yamlValue(key));
      return [name, compileField(name, value)] as const;
    });
  }
  if (pythonItems(given)?.length === 0) return [];
  throw new DefinitionError(
    `Cannot use meter definition '${nameOf(node)}': metadata is ${
      describeNode(given)
    }, expected a ` +
      "map of names to JSONPaths",
    given.place,
    { reach: "all" },
  );
}

function readLookup(node: YamlMap): MeterDefinition["lookup"] {
  const given = yamlGet(node, "lookup");
  if (given === undefined || !isTrue(given)) return undefined;
  const text = yamlText(given);
  if (text !== undefined) return [text];
  return given.kind === "list" ? given.items.map(yamlValue) : "broken";
}
