/**
 * Pure. All files of `pipeline` together: the built-in ones, every problem told at once with its
 * place, publishers that cannot be loaded; and no text that crashes any of the readers.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { DefinitionFiles } from "../config/definition_files.ts";
import { describeConfigError } from "../errors.ts";
import type { KnownPublisher } from "./check_publishers.ts";
import {
  type LoadedPipelines,
  loadPipelines,
  type LoadPipelinesOptions,
} from "./load_pipelines.ts";

const both = ["samples", "events"] as const;

const kinds: readonly KnownPublisher[] = [
  { schemes: ["gnocchi"], takes: both, options: [], unknownOptions: "error" },
  { schemes: ["udp"], takes: ["samples"], options: [], unknownOptions: "error" },
  { schemes: ["http", "https"], takes: both, options: [], unknownOptions: "passed_on" },
];

const NONE: DefinitionFiles = {
  pipeline: undefined,
  eventPipeline: undefined,
  eventDefinitions: undefined,
  meters: [],
  builtInMeters: false,
  problems: [],
  notices: [],
};

const config = { ignoreBadPublishers: false, dropUnmatchedNotifications: false, storeRaw: [] };

function load(
  texts: { readonly [name in "pipeline" | "eventPipeline" | "eventDefinitions"]?: string },
  more: Partial<LoadPipelinesOptions> = {},
): LoadedPipelines {
  const names = { pipeline: "p.yaml", eventPipeline: "ep.yaml", eventDefinitions: "ed.yaml" };
  const file = (name: keyof typeof names) => {
    const text = texts[name];
    return text === undefined ? undefined : { name: names[name], text };
  };
  const files = {
    ...NONE,
    pipeline: file("pipeline"),
    eventPipeline: file("eventPipeline"),
    eventDefinitions: file("eventDefinitions"),
  };
  return loadPipelines(files, { pipelines: ["meter", "event"], config, kinds, ...more });
}

function problemsOf(loaded: LoadedPipelines): string[] {
  return loaded.problems.map(describeConfigError);
}

function pipelineText(publishers: string, list = "meters: ['*']"): string {
  return `sources:\n- {name: s, ${list}, sinks: [k]}\nsinks:\n- name: k\n  publishers: [${publishers}]\n`;
}

test("without files the built-in ones hold", () => {
  const options = { pipelines: ["meter", "event"], config, kinds } as const;
  const { samples, events, problems, notices } = loadPipelines(
    { ...NONE, builtInMeters: true },
    options,
  );
  expect(problems).toEqual([]);
  expect(notices).toEqual([]);
  expect(samples?.file.publishers.map(({ text }) => text)).toEqual(["gnocchi://"]);
  expect(events?.file.publishers.map(({ text }) => text)).toEqual(["gnocchi://"]);
  expect(samples?.meters.problems).toEqual([]);
  expect(samples?.meters.definitions.length).toBeGreaterThan(30);
  expect(events?.definitions.length).toBeGreaterThan(40);
});

test("a pipeline that is off is not looked at", () => {
  const { samples, events, problems } = load({ eventPipeline: "[" }, { pipelines: ["meter"] });
  expect([samples !== undefined, events, problems]).toEqual([true, undefined, []]);
});

test("all problems of all files are told at once", () => {
  const pipeline = `sources:
- name: one
  meters: ['*', cpu]
  sinks: [nosuch, k]
- name: one
  sinks: k
sinks:
- name: kk
  publishers: []
- name: k
  publishers: [gnocchii://, 'udp://h:x/']
`;
  const eventDefinitions =
    "- event_type: a\n- event_type: b\n  traits:\n    t: {fields: 'x[', type: it}\n" +
    "    u: {fields: a, plugin: splitt}\n";
  const loaded = load({
    pipeline,
    eventPipeline: pipelineText("'udp://h'", "events: ['*']"),
    eventDefinitions,
  });
  expect(loaded.samples).toBeUndefined();
  expect(loaded.events).toBeUndefined();
  expect(problemsOf(loaded).map((problem) => problem.replace(/: Cannot.*/s, ""))).toEqual([
    "p.yaml:3:17",
    "p.yaml:4:11",
    "p.yaml:5:3",
    "p.yaml:5:9",
    "p.yaml:9:15",
    "p.yaml:11:16",
    "p.yaml:11:29",
    "ep.yaml:5:16",
    "ed.yaml:1:3",
    "ed.yaml:4:17",
    "ed.yaml:4:29",
    "ed.yaml:5:28",
  ]);
  expect(problemsOf(loaded)[1]).toBe(
    "p.yaml:4:11: Cannot use the source 'one': there is no sink 'nosuch', expected the name of a sink",
  );
});

describe("publishers", () => {
  test("that cannot be loaded are problems", () => {
    const text = pipelineText("'gnochi://', 'udp://h?x=1', 'http://h?x=1'");
    const loaded = load({ pipeline: text });
    expect(problemsOf(loaded)).toEqual([
      "p.yaml:5:16: Cannot use the publisher 'gnochi://': the scheme 'gnochi' is unknown, expected a known one, did you mean 'gnocchi'?",
      "p.yaml:5:29: Cannot use the option 'x' of 'udp://h': it is unknown, expected no options",
    ]);
    expect(loaded.notices.map(({ level, text }) => `${level}: ${text}`)).toEqual([
      "info: The option 'x' of 'http://h' is passed on to the far end",
    ]);
  });

  test("are left out where that is asked for", () => {
    const text = pipelineText("'gnochi://', 'x y://', 'gnocchi://', 'gnocchi://'");
    const { samples, problems, notices } = load({ pipeline: text }, {
      config: { ...config, ignoreBadPublishers: true },
    });
    expect(problems).toEqual([]);
    expect(samples?.file.pipelines[0]?.sink.publishers.map((one) => one.text)).toEqual([
      "gnocchi://",
      "gnocchi://",
    ]);
    expect(notices).toHaveLength(2);
  });

  test("stay without the options that they do not know, as with the reference", () => {
    const option = { name: "max_bytes", kind: "int", help: "Bytes." } as const;
    const file = { schemes: ["file"], takes: both, options: [option] };
    const text = pipelineText("'file:///s?jsn&max_bytes=9', 'file:///t?jsn&max_bytes=x'");
    const { samples, problems, notices } = load({ pipeline: text }, {
      config: { ...config, ignoreBadPublishers: true },
      kinds: [...kinds, { ...file, unknownOptions: "error" }],
    });
    expect(problems).toEqual([]);
    expect(samples?.file.pipelines[0]?.sink.publishers.map((one) => one.url.query)).toEqual([
      [["max_bytes", "9"]],
    ]);
    expect(notices).toHaveLength(3);
  });

  test("that take samples alone are refused for events", () => {
    const loaded = load({ eventPipeline: pipelineText("'udp://h'", "events: ['*']") });
    expect(problemsOf(loaded)).toEqual([
      "ep.yaml:5:16: Cannot use the publisher 'udp://h': it takes no events, expected one of gnocchi, http, https",
    ]);
  });
});

test("repeated keys and lists that are none are told", () => {
  const text =
    "sources:\n- {name: a, name: s, meters: '*', sinks: k}\nsinks:\n- {name: k, publishers: [gnocchi]}\n";
  expect(load({ pipeline: text }).notices.map((notice) => notice.text)).toEqual([
    "The key 'name' stands at line 2 too: the last one counts",
    "The 'meters' of the source 's' are no list: each character is an item",
    "The 'sinks' of the source 's' are no list: each character is an item",
  ]);
});

test("no text crashes any reader", () => {
  const words = fc.constantFrom(
    ..."sources sinks name meters events publishers event_type traits fields type plugin * !a a.b"
      .split(" "),
    ...[
      "gnocchi://",
      "[]",
      "{}",
      "null",
      "1",
      "1.5",
      "yes",
      "''",
      "{name: map}",
      "[?",
      "&a",
      "*a",
      "<<",
    ],
  );
  const tree = fc.letrec<{ node: string }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      words,
      fc.array(tie("node"), { maxLength: 3 }).map((items) => `[${items.join(", ")}]`),
      fc.array(fc.tuple(words, tie("node")), { maxLength: 4 }).map((entries) =>
        `{${entries.map(([key, value]) => `${key}: ${value}`).join(", ")}}`
      ),
    ),
  })).node;
  fc.assert(
    fc.property(tree, tree, tree, (pipeline, eventPipeline, eventDefinitions) => {
      const loaded = load({ pipeline, eventPipeline, eventDefinitions });
      for (const problem of loaded.problems) {
        expect(problem.place?.line).toBeGreaterThan(0);
        expect(problem.place?.column).toBeGreaterThan(0);
      }
    }),
    { numRuns: 500 },
  );
}, 60_000);
