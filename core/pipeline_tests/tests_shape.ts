/**
 * Pure. The shape of a file of pipeline tests, which its reader checks by and its JSON Schema is made
 * of.
 */
import { traitTypes } from "../events/trait_definition.ts";
import { sampleTypes } from "../meters/sample_types.ts";
import { sampleMembers } from "../pipeline/sample.ts";
import { type MapShape, optional, required, type Shape } from "../schema/shape.ts";

/** Matches whatever is there and not null. */
export const anyValue = "<any>";

const anything: Shape = { kind: "any", help: `A value, or ${anyValue} for any.` };
const names: Shape = { kind: "list", of: { kind: "text" } };
const count: Shape = { kind: "integer", min: 0 };

/** These have shapes of their own. */
const shapedMembers: ReadonlySet<string> = new Set(["name", "type", "volume"]);
const otherMembers = sampleMembers.filter((name) => !shapedMembers.has(name));

const ways = {
  sinks: optional({ ...names, help: "The sinks that it goes to, all of them, in any order." }),
  publishers: optional({
    ...names,
    help: "The publishers that it goes to, all of them, as the pipeline file names them.",
  }),
};

const sampleIn: MapShape = {
  kind: "map",
  help: "A sample as polling agents send it; what is left out has a default.",
  members: {
    name: required({ kind: "text", isFilled: true, help: "The meter." }),
    type: optional({ kind: "text", choices: [...sampleTypes], help: "gauge where left out." }),
    volume: optional({ kind: "any", help: "1 where left out." }),
    ...Object.fromEntries(otherMembers.map((name) => [name, optional({ kind: "any" })])),
  },
};

const sampleOut: MapShape = {
  kind: "map",
  help: "What a sample must have; members that are not named may be anything.",
  members: {
    name: optional(anything),
    type: optional(anything),
    volume: optional(anything),
    ...Object.fromEntries(otherMembers.map((name) => [name, optional(anything)])),
    ...ways,
  },
};

const eventOut: MapShape = {
  kind: "map",
  help: "What an event must have; members and traits that are not named may be anything.",
  members: {
    event_type: optional(anything),
    message_id: optional(anything),
    generated: optional({ ...anything, help: "The time in ISO form, UTC without an offset." }),
    traits: optional({
      kind: "map",
      members: {},
      others: anything,
      help: `Traits by name, of type ${[...traitTypes.keys()].join(", ")}; datetimes in ISO form.`,
    }),
    raw: optional(anything),
    ...ways,
  },
};

const expectation: MapShape = {
  kind: "map",
  help: "What must come of it.",
  members: {
    samples: optional({
      kind: "list",
      of: sampleOut,
      help: "Samples that must be made, in any order; others may be made too, see counts.",
    }),
    events: optional({ kind: "list", of: eventOut, help: "Events likewise." }),
    counts: optional({
      kind: "map",
      help: "How many are made in all.",
      members: { samples: optional(count), events: optional(count) },
    }),
    sinks: optional({
      kind: "map",
      members: {},
      others: count,
      help: "How many samples and events reach a sink, by its name.",
    }),
    refused: optional({
      kind: "text",
      help: "A part of the reason for which the message would become a dead letter.",
    }),
  },
};

const notification: Shape = {
  kind: "map",
  help:
    "A notification without oslo's envelope; priority, publisher_id, message_id and timestamp " +
    "have defaults.",
  members: {
    event_type: required({ kind: "text", help: "What happened." }),
    priority: optional({ kind: "text", help: "info where left out." }),
    publisher_id: optional({ kind: "any" }),
    message_id: optional({ kind: "any" }),
    timestamp: optional({ kind: "any" }),
    payload: optional({ kind: "any", help: "What the service says about it." }),
  },
  others: { kind: "any" },
};

/** What goes in, of which a case has one. */
export const inputs = ["notification", "notifications", "notification_file", "samples"] as const;

/** The whole file. */
export const testsShape: MapShape = {
  kind: "map",
  help: "Pipeline tests, run by tpctl validate --tests.",
  members: {
    files: optional({
      kind: "list",
      of: { kind: "text" },
      help: "Configuration files and folders, relative to this file, where no PATH is given.",
    }),
    cases: required({
      kind: "list",
      isFilled: true,
      of: {
        kind: "map",
        members: {
          name: required({ kind: "text", isFilled: true, help: "What the case shows." }),
          notification: optional(notification),
          notifications: optional({ kind: "list", isFilled: true, of: notification }),
          notification_file: optional({
            kind: "text",
            isFilled: true,
            help: "A captured notification, relative to this file.",
          }),
          samples: optional({ kind: "list", isFilled: true, of: sampleIn }),
          expect: required(expectation),
        },
        oneOf: inputs,
      },
    }),
  },
};
