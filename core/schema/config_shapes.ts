/**
 * Pure. The shapes of the YAML files that tpctl reads, for their JSON Schemas. Names and choices are
 * those of the readers; the readers themselves say more (JSONPaths, names that must be there).
 */
import { pluginNames } from "../definitions/plugins.ts";
import { defaultTraitNames } from "../events/event_definitions.ts";
import { traitTypes } from "../events/trait_definition.ts";
import { archivePolicyDefault } from "../gnocchi/resource_definitions.ts";
import { attributes } from "../meters/meter_definition.ts";
import { sampleTypes } from "../meters/sample_types.ts";
import { testsShape } from "../pipeline_tests/tests_shape.ts";
import { type DescribedPublisher, publisherShape } from "./publisher_shape.ts";
import { type MapShape, type Member, optional, required, type Shape } from "./shape.ts";

/** Kinds of files that have a schema: named after the file that usually holds them. */
export const schemaKinds = [
  "pipeline.yaml",
  "event_pipeline.yaml",
  "event_definitions.yaml",
  "meters.d",
  "gnocchi_resources.yaml",
  "monasca_field_definitions.yaml",
  "tests",
] as const;

/** One of them. */
export type SchemaKind = typeof schemaKinds[number];

const any: Shape = { kind: "any" };
const text: Shape = { kind: "text", isFilled: true };

/** The shape of a kind of file. */
export function shapeOf(kind: SchemaKind, publishers: readonly DescribedPublisher[]): Shape {
  switch (kind) {
    case "pipeline.yaml":
      return pipelineShape(publishers, "samples");
    case "event_pipeline.yaml":
      return pipelineShape(publishers, "events");
    case "event_definitions.yaml":
      return eventDefinitions;
    case "meters.d":
      return meterDefinitions;
    case "gnocchi_resources.yaml":
      return gnocchiResources;
    case "monasca_field_definitions.yaml":
      return monascaFields;
    case "tests":
      return testsShape;
  }
}

function pipelineShape(
  kinds: readonly DescribedPublisher[],
  carries: "samples" | "events",
): MapShape {
  const noun = carries === "samples" ? "meters" : "event types";
  const field = carries === "samples" ? "meters" : "events";
  const patterns: Shape = {
    kind: "either",
    help: `Names of ${noun} with the wildcards *, ? and [seq]. A name that begins with ! is left ` +
      "out; such names, and *, cannot stand beside names that are taken.",
    of: [
      { kind: "list", isFilled: true, of: { kind: "text", pattern: "[!*][\\s\\S]*" } },
      { kind: "list", isFilled: true, of: { kind: "text", pattern: "(?!\\*$)[^!][\\s\\S]*" } },
    ],
  };
  const name: Shape = { kind: "scalar", help: "A name that no other one in this list has." };
  return {
    kind: "map",
    help: `Which ${noun} go to which publishers.`,
    members: {
      sources: required({
        kind: "list",
        help: `Choices of ${noun}.`,
        of: {
          kind: "map",
          members: {
            name: required(name),
            [field]: required(patterns),
            sinks: required({
              kind: "list",
              isFilled: true,
              of: { kind: "scalar" },
              help: "Names of the sinks that they go to.",
            }),
          },
          others: any,
        },
      }),
      sinks: required({
        kind: "list",
        help: "Lists of publishers.",
        of: {
          kind: "map",
          members: {
            name: required(name),
            publishers: required({
              kind: "list",
              isFilled: true,
              of: publisherShape(kinds, carries),
              help: "URLs of the publishers, each of which gets everything.",
            }),
          },
          others: any,
        },
      }),
    },
    others: any,
  };
}

const path: Shape = {
  kind: "text",
  help: "A JSONPath into the notification, such as $.payload.instance_id.",
};
const constant: Shape = { kind: "either", of: [{ kind: "integer" }, { kind: "boolean" }] };
const paths: Shape = {
  kind: "either",
  help: "One JSONPath, or several of which the first that finds something counts.",
  of: [path, constant, { kind: "list", isFilled: true, of: { kind: "scalar" } }],
};

const plugin: Shape = {
  kind: "either",
  help: "What makes other values of those that were found.",
  of: [
    { kind: "text", choices: pluginNames },
    {
      kind: "map",
      members: {
        name: required({ kind: "text", choices: pluginNames }),
        parameters: optional({
          kind: "either",
          of: [{ kind: "map", members: {}, others: any }, { kind: "scalar" }],
        }),
      },
      others: any,
    },
  ],
};

/** A field: paths, or paths with a plugin and what else belongs to it. */
function fieldShape(more: Readonly<Record<string, Member>> = {}): Shape {
  const members = { fields: required(paths), plugin: optional(plugin), ...more };
  return {
    kind: "either",
    of: [path, constant, ...listOfPaths, { kind: "map", members, others: any }],
  };
}

const listOfPaths: readonly Shape[] = [{ kind: "list", isFilled: true, of: { kind: "scalar" } }];

const eventDefinitions: Shape = {
  kind: "list",
  help: "What events are made of; the last definition that matches an event type makes its events.",
  of: {
    kind: "map",
    members: {
      event_type: required({
        kind: "either",
        help: "Event types with the wildcards *, ? and [seq]; ! before one leaves it out.",
        of: [{ kind: "text" }, { kind: "list", of: { kind: "text" } }],
      }),
      traits: required({
        kind: "map",
        help: `Traits by name; every event also has ${defaultTraitNames.join(", ")}.`,
        members: {},
        others: fieldShape({
          type: optional({
            kind: "text",
            examples: [...traitTypes.keys()],
            pattern: [...traitTypes.keys()].map(anyCase).join("|"),
            help: "text where left out.",
          }),
        }),
      }),
    },
    others: any,
  },
};

function anyCase(word: string): string {
  return word.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
}

const attributeHelp: Readonly<Record<string, string>> = {
  name: "The meter's name, or a JSONPath that finds names.",
  type: "The meter's type, or a JSONPath where lookup names it.",
  volume: "Where the value stands.",
  unit: "The unit.",
  timestamp: "Where the time stands; the notification's own where left out.",
  user_id: "Where the user's id stands.",
  project_id: "Where the project's id stands.",
  resource_id: "Where the resource's id stands.",
};

/** Members without which a definition is left out. */
const neededAttributes: readonly string[] = ["name", "type", "volume", "unit", "resource_id"];

const meterDefinitions: MapShape = {
  kind: "map",
  help: "How notifications become samples.",
  members: {
    metric: required({
      kind: "list",
      of: {
        kind: "map",
        members: {
          ...Object.fromEntries(attributes.map((name) => {
            const base = name === "type"
              ? { kind: "text" as const, isFilled: true, examples: [...sampleTypes] }
              : fieldShape();
            const shape = { ...base, help: attributeHelp[name] ?? "" };
            return [name, neededAttributes.includes(name) ? required(shape) : optional(shape)];
          })),
          event_type: required({
            kind: "either",
            help: "Regular expressions that match from the start of an event type.",
            of: [text, { kind: "list", isFilled: true, of: { kind: "text" } }],
          }),
          metadata: optional({
            kind: "map",
            help: "Metadata by name; the whole payload where left out.",
            members: {},
            others: fieldShape(),
          }),
          user_metadata: optional({ ...fieldShape(), help: "Where metadata of users stand." }),
          lookup: optional({
            kind: "either",
            help: "Members of which the notification has one for each sample.",
            of: [{ kind: "text" }, { kind: "list", of: { kind: "text" } }],
          }),
        },
        others: any,
      },
    }),
  },
  others: any,
};

const eventTypes: Shape = {
  kind: "either",
  help: "Event types with the wildcards *, ? and [seq].",
  of: [{ kind: "text" }, { kind: "list", of: { kind: "text" } }],
};

const texts: Shape = { kind: "map", members: {}, others: { kind: "text" } };

const gnocchiResources: MapShape = {
  kind: "map",
  help: "Which resource type and archive policy a meter has in Gnocchi.",
  members: {
    archive_policy_default: optional({
      kind: "text",
      help: `The policy of meters that name none; ${archivePolicyDefault} where left out.`,
    }),
    archive_policies: optional({
      kind: "list",
      help: "Policies to be made in Gnocchi.",
      of: {
        kind: "map",
        members: {
          name: required({ kind: "text" }),
          aggregation_methods: optional({ kind: "list", of: { kind: "text" } }),
          back_window: optional({ kind: "integer", min: 0 }),
          definition: optional({ kind: "list", of: { kind: "map", members: {}, others: any } }),
        },
        others: any,
      },
    }),
    resources: optional({
      kind: "list",
      of: {
        kind: "map",
        members: {
          resource_type: required(text),
          metrics: required({
            kind: "either",
            help: "The meters of the type, with an archive policy each or without.",
            of: [
              { kind: "list", of: { kind: "text" } },
              {
                kind: "map",
                members: {},
                others: {
                  kind: "either",
                  of: [
                    { kind: "scalar" },
                    {
                      kind: "map",
                      members: { archive_policy_name: optional({ kind: "text" }) },
                      others: any,
                    },
                  ],
                },
              },
            ],
          }),
          attributes: optional({
            kind: "map",
            help: "Attributes of the resource, by JSONPaths into the sample.",
            members: {},
            others: fieldShape(),
          }),
          event_create: optional(eventTypes),
          event_update: optional(eventTypes),
          event_delete: optional(eventTypes),
          event_attributes: optional({
            ...texts,
            help: "Attributes by the traits that hold them; id is the resource's.",
          }),
          event_associated_resources: optional({
            ...texts,
            help: "Other types whose resources go too, with a search as JSON.",
          }),
          archive_policy: optional({ kind: "text", help: "Deprecated: name it for each meter." }),
        },
        others: any,
      },
    }),
  },
  others: any,
};

const metadataFields: Shape = {
  kind: "list",
  of: {
    kind: "either",
    of: [{ kind: "text" }, { kind: "map", members: {}, others: path, isFilled: true }],
  },
};

const monascaFields: MapShape = {
  kind: "map",
  help: "Which members of a sample become dimensions and metadata of a Monasca metric.",
  members: {
    dimensions: required({
      kind: "list",
      of: { kind: "text" },
      help: "Members of the sample that become dimensions.",
    }),
    metadata: required({
      kind: "map",
      help: "Members of the metadata that become value_meta: of all meters, and by meter.",
      members: { common: required(metadataFields) },
      others: metadataFields,
    }),
  },
  others: any,
};
