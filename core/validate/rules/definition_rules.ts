/**
 * Pure. Rules for meters.d, event_definitions.yaml, gnocchi_resources.yaml and
 * monasca_field_definitions.yaml.
 */
import type { FileKind } from "../kinds.ts";
import type { Example, LintRule, Rule } from "../rule.ts";
import {
  backtrackingTraits,
  backtrackingTypes,
  catchAllTypes,
  constantLookups,
  deadMeterPaths,
  deadResourcePaths,
  deadTraitPaths,
  looseMeterPaths,
  looseTraitPaths,
  repeatedMetrics,
  shadowedDefinitions,
} from "./definition_checks.ts";
import type { DefinitionsSubject } from "./subjects.ts";

const meter = `metric:
  - name: image.size
    event_type: image\\.upload
    type: gauge
    unit: B
    volume: $.payload.size
    resource_id: $.payload.id
`;

const event = `- event_type: compute.instance.*
  traits:
    instance_id:
      fields: payload.instance_id
`;

const resource = `resources:
  - resource_type: image
    metrics:
      image.size:
    attributes:
      name: resource_metadata.name
`;

const fields = `dimensions:
  - resource_id
metadata:
  common:
    - event_type
  image.size:
    - size
`;

/** A good file with a line instead of another. */
function changed(
  kind: FileKind,
  text: string,
  change: readonly [from: string, to: string],
): Example {
  return { kind, text: text.replace(...change) };
}

function meterWith(from: string, to: string): Example {
  return changed("meters.d", meter, [from, to]);
}

function eventWith(from: string, to: string): Example {
  return changed("event_definitions.yaml", event, [from, to]);
}

const good = {
  meter: { kind: "meters.d", text: meter },
  event: { kind: "event_definitions.yaml", text: event },
  resource: { kind: "gnocchi_resources.yaml", text: resource },
  fields: { kind: "monasca_field_definitions.yaml", text: fields },
} as const;

/** What the readers refuse or leave out. */
export const DEFINITION_RULES: readonly Rule[] = [
  {
    id: "meters/structure",
    severity: "error",
    explanation: "The file has no list of definitions under 'metric', or something in it that is " +
      "none. There are then no meter definitions at all, those of other files included.",
    bad: { kind: "meters.d", text: "metric:\n  image.size:\n    event_type: image.upload\n" },
    good: good.meter,
  },
  {
    id: "meters/bad-definition",
    severity: "error",
    explanation: "A meter definition lacks a member or has one that cannot be used. The daemon " +
      "leaves it out, and the meter does not exist.",
    bad: meterWith("    unit: B\n", ""),
    good: good.meter,
  },
  {
    id: "meters/bad-event-type",
    severity: "error",
    explanation: "An event_type is no Python regular expression. There are then no meter " +
      "definitions at all.",
    bad: meterWith("image\\.upload", '"image.(upload"'),
    good: good.meter,
  },
  {
    id: "meters/duplicate-name",
    severity: "error",
    explanation:
      "A name is defined twice. The last definition of a file and the first file count, " +
      "the other definition is left out.",
    bad: { kind: "meters.d", text: meter + meter.replace("metric:\n", "") },
    good: good.meter,
  },
  {
    id: "definitions/bad-jsonpath",
    severity: "error",
    explanation:
      "A JSONPath cannot be read. In names, units and types too: Ceilometer parses them, " +
      "so '%' or 'B/s' makes a definition unusable.",
    bad: meterWith("$.payload.size", "$.payload.[size"),
    good: good.meter,
  },
  {
    id: "definitions/bad-plugin",
    severity: "error",
    explanation: "A plugin is unknown, lacks its fields, or has parameters that it cannot take.",
    bad: eventWith("fields: payload.instance_id", "fields: payload.host\n      plugin: spilt"),
    good: eventWith("fields: payload.instance_id", "fields: payload.host\n      plugin: split"),
  },
  {
    id: "events/structure",
    severity: "error",
    explanation:
      "The file is no list of definitions, or one of them lacks its event types or its " +
      "traits. Neither Ceilometer nor tpctl starts with it.",
    bad: { kind: "event_definitions.yaml", text: "- event_type: compute.instance.*\n" },
    good: good.event,
  },
  {
    id: "events/bad-trait",
    severity: "error",
    explanation: "A trait has a type that does not exist.",
    bad: eventWith("fields:", "type: integer\n      fields:"),
    good: eventWith("fields:", "type: int\n      fields:"),
  },
  {
    id: "events/duplicate-trait",
    severity: "warning",
    explanation: "A trait is declared twice in one definition. The last one counts.",
    bad: { ...good.event, text: `${event}    instance_id:\n      fields: payload.id\n` },
    good: good.event,
  },
  {
    id: "gnocchi/definition",
    severity: "error",
    explanation:
      "A resource definition cannot be used. The gnocchi publisher does not start with it.",
    bad: changed("gnocchi_resources.yaml", resource, ["resource_type: image\n    ", ""]),
    good: good.resource,
  },
  {
    id: "gnocchi/deprecated-archive-policy",
    severity: "warning",
    explanation:
      "archive_policy of a resource type is deprecated. Name archive_policy_name for each " +
      "metric instead.",
    bad: changed("gnocchi_resources.yaml", resource, [
      "metrics:",
      "archive_policy: low\n    metrics:",
    ]),
    good: changed("gnocchi_resources.yaml", resource, [
      "image.size:",
      "image.size:\n        archive_policy_name: low",
    ]),
  },
  {
    id: "monasca/field-definition",
    severity: "error",
    explanation:
      "The field definitions cannot be used. The monasca publisher does not start with them.",
    bad: changed("monasca_field_definitions.yaml", fields, ["  - resource_id", "  resource_id: 1"]),
    good: good.fields,
  },
];

/** Over a meters.d file. */
export const METER_LINT: readonly LintRule<DefinitionsSubject>[] = [
  {
    id: "definitions/path-never-matches",
    severity: "warning",
    explanation: "No notification has what the JSONPath looks for, so it finds nothing. Paths of " +
      "definitions begin with ctxt, publisher_id, event_type, payload or metadata, those of " +
      "gnocchi_resources.yaml with a member of a sample.",
    bad: meterWith("$.payload.size", "$.payloda.size"),
    good: good.meter,
    check: deadMeterPaths,
  },
  {
    id: "definitions/path-precedence",
    severity: "warning",
    explanation: "In Ceilometer's JSONPath '|' binds tighter than '.': a.b|c.d means a.(b|c).d, " +
      "which finds nothing. Brackets say what is meant.",
    bad: meterWith("$.payload.id", "payload.id|payload.image_id"),
    good: meterWith("$.payload.id", "(payload.id)|(payload.image_id)"),
    check: looseMeterPaths,
  },
  {
    id: "meters/regex-matches-everything",
    severity: "warning",
    explanation: "The event_type is matched at the start of the event type, and this expression " +
      "matches every start: samples are made of all notifications.",
    bad: meterWith("image\\.upload", ".*"),
    good: good.meter,
    check: catchAllTypes,
  },
  {
    id: "meters/regex-backtracking",
    severity: "warning",
    explanation: "The expression can match one text in many ways, and takes exponential time to " +
      "find that a long event type does not match.",
    bad: meterWith("image\\.upload", "(\\w+\\.?)+upload$"),
    good: meterWith("image\\.upload", "\\w+(\\.\\w+)*\\.upload$"),
    check: backtrackingTypes,
  },
  {
    id: "meters/constant-with-lookup",
    severity: "warning",
    explanation: "A volume that is a plain number cannot be looked up: every notification of the " +
      "definition fails.",
    bad: meterWith("volume: $.payload.size", "volume: 1\n    lookup: [volume]"),
    good: meterWith("volume: $.payload.size", "volume: $.payload.sizes[*]\n    lookup: [volume]"),
    check: constantLookups,
  },
];

/** Over an event_definitions.yaml. */
export const EVENT_LINT: readonly LintRule<DefinitionsSubject>[] = [
  {
    id: "events/shadowed-definition",
    severity: "warning",
    explanation: "A later definition matches all that this one matches. The last that matches an " +
      "event type makes its event, so this one never does.",
    bad: { kind: "event_definitions.yaml", text: `${event}- event_type: "*"\n  traits: {}\n` },
    good: { kind: "event_definitions.yaml", text: `- event_type: "*"\n  traits: {}\n${event}` },
    check: shadowedDefinitions,
  },
];

/** The rules of paths once more: they hold in every file of definitions, each with its own look. */
export const EVENT_PATH_CHECKS = [deadTraitPaths, looseTraitPaths, backtrackingTraits] as const;

/** Over a gnocchi_resources.yaml; likewise. */
export const RESOURCE_LINT: readonly LintRule<DefinitionsSubject>[] = [
  {
    id: "gnocchi/metric-twice",
    severity: "warning",
    explanation: "Two resource types have a metric of one name. The last one counts.",
    bad: {
      ...good.resource,
      text: `${resource}  - resource_type: volume\n    metrics: [image.size]\n`,
    },
    good: {
      ...good.resource,
      text: `${resource}  - resource_type: volume\n    metrics: [volume.size]\n`,
    },
    check: repeatedMetrics,
  },
];

/** See EVENT_PATH_CHECKS. */
export const RESOURCE_PATH_CHECKS = [deadResourcePaths] as const;
