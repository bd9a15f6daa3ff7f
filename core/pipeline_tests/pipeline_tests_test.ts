/**
 * Edge (files). Pipeline tests: the sample that the README shows passes, a wrong expectation says where
 * and how it differs, a wrong file says all that is wrong; and the three forms of a report.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Observer, openObserver } from "../explanation/observation.ts";
import { sampleDefaults } from "../meters/make_sample.ts";
import type { KnownPublisher } from "../pipeline/check_publishers.ts";
import { loadPipelines } from "../pipeline/load_pipelines.ts";
import { describeConfigError } from "../errors.ts";
import { missingItems } from "./differences.ts";
import { testsJson, testsJunit, testsText } from "./report.ts";
import { runTests, type TestResult } from "./run_tests.ts";
import { readTestCases } from "./test_cases.ts";

const folder = "testdata/samples/pipeline-tests";
const sample = await Bun.file(`${folder}/tests.yaml`).text();

const kinds: readonly KnownPublisher[] = [
  {
    schemes: ["gnocchi", "udp", "file"],
    takes: ["samples", "events"],
    options: [],
    unknownOptions: "passed_on",
  },
];

async function observerOf(): Promise<Observer> {
  const file = async (name: string) => (
    { name, text: await Bun.file(`${folder}/${name}`).text() }
  );
  const { samples, events, problems } = loadPipelines({
    pipeline: await file("pipeline.yaml"),
    eventPipeline: await file("event_pipeline.yaml"),
    eventDefinitions: undefined,
    meters: [],
    builtInMeters: true,
    problems: [],
    notices: [],
  }, {
    pipelines: ["meter", "event"],
    config: { ignoreBadPublishers: false, dropUnmatchedNotifications: false, storeRaw: [] },
    kinds,
  });
  expect(problems).toEqual([]);
  return openObserver({ samples, events }, sampleDefaults);
}

const observer = await observerOf();

function run(text: string): readonly TestResult[] {
  const { tests, problems } = readTestCases(text, "tests.yaml");
  expect(problems.map(describeConfigError)).toEqual([]);
  return runTests(tests?.cases ?? [], {
    observer,
    messagesOf: ({ path }) => [new TextEncoder().encode(`{"event_type": "${path}"}`)],
  });
}

function problemsOf(text: string): string[] {
  return readTestCases(text, "t.yaml").problems.map(describeConfigError);
}

function failuresOf(expectation: string): readonly string[] {
  const [result] = run(`cases:
- name: c
  notification:
    event_type: compute.instance.create.end
    publisher_id: compute.host1
    payload: {instance_id: i, memory_mb: 512, vcpus: 2}
  expect: ${expectation}
`);
  return result?.failures ?? [];
}

test("the sample passes", () => {
  const results = run(sample);
  expect(results.map(({ failures }) => failures)).toEqual(results.map(() => []));
  expect(results).toHaveLength(4);
});

describe("what differs is said", () => {
  test("member by member, against the item that comes nearest", () => {
    expect(failuresOf("{samples: [{name: memory, volume: 256, sinks: [collector]}]}")).toEqual([
      'sample {"name": "memory", "volume": 256} (line 7) differs:',
      "  volume: expected 256, got 512",
      "  sinks: expected collector, got billing",
    ]);
    expect(failuresOf("{events: [{traits: {memory_mb: '512', host: <any>, gone: <any>}}]}"))
      .toEqual([
        'event {"traits": {"memory_mb": "512", "host": "<any>", "gone": "<any>"}} (line 7) differs:',
        '  traits.memory_mb: expected "512", got 512',
        "  traits.gone: expected any value, got nothing",
      ]);
  });

  test("with what was made where nothing of the name was", () => {
    expect(failuresOf("{samples: [{name: cpu}], counts: {samples: 3, events: 1}}")).toEqual([
      'sample {"name": "cpu"} (line 7) was not made; made were vcpus, memory',
      "samples: expected 3, got 2: made were vcpus, memory",
    ]);
  });

  test("for sinks, publishers and refusals", () => {
    expect(failuresOf("{sinks: {billing: 1, resources: 1}}")).toEqual([
      "sink billing: expected 1 items, got 2",
    ]);
    expect(failuresOf("{events: [{publishers: ['udp://x']}], refused: never}")).toEqual([
      "refused: expected 'never', got nothing was refused",
      "event {} (line 7) differs:",
      "  publishers: expected udp://x, got gnocchi://",
    ]);
    const [bad] = run("cases: [{name: c, notification_file: '}{', expect: {}}]");
    expect(bad?.failures).toEqual([
      expect.stringMatching(/^refused: Cannot use notification: it has no priority, expected/),
    ]);
    const [refused] = run(
      "cases: [{name: c, notification: {event_type: x, timestamp: no}, expect: {}}]",
    );
    expect(refused?.failures[0]).toStartWith("refused: Cannot make the event");
  });

  test("and each item is taken for one expectation only, the best way round", () => {
    const place = { file: "t" };
    const item = (members: Record<string, number>) => (
      { members, sinks: undefined, publishers: undefined, place }
    );
    const came = (members: Record<string, number>) => ({ members, pipelines: [] });
    const both = [came({ a: 1, b: 1 }), came({ a: 1, b: 2 })];
    expect(missingItems([item({ a: 1 }), item({ b: 1 })], both)).toEqual([]);
    expect(missingItems([item({ b: 1 }), item({ a: 1 }), item({ a: 1 })], both)).toHaveLength(1);
  });
});

describe("a file", () => {
  test("that is wrong says everything, with places and the nearest name", () => {
    expect(problemsOf(`cases:
- name: a
  notificaton: {event_type: x}
  expect: {sample: [], counts: {samples: -1}}
- name: a
  samples: [{volume: 1}]
  notification: {event_type: x}
  expect: {}
`)).toEqual([
      "t.yaml:2:3: Cannot use 'cases[0]': it has 0 of notification, notifications, " +
      "notification_file, samples, expected exactly one",
      "t.yaml:3:3: Cannot use 'notificaton' in 'cases[0]': it is unknown, did you mean " +
      "'notification'?",
      "t.yaml:4:12: Cannot use 'sample' in 'cases[0].expect': it is unknown, did you mean " +
      "'samples'?",
      "t.yaml:4:42: Cannot use 'cases[0].expect.counts.samples': it is the number -1, expected " +
      "an integer of at least 0",
      "t.yaml:5:3: Cannot use 'cases[1]': it has 2 of notification, notifications, " +
      "notification_file, samples, expected exactly one",
      "t.yaml:5:3: Cannot use the case 'a': line 2 has a case of this name, expected another name",
      "t.yaml:6:13: Cannot use 'cases[1].samples[0]': 'name' is missing, expected it",
    ]);
    expect(problemsOf("[]")[0]).toContain("expected a map");
    expect(problemsOf("cases: []")[0]).toContain("expected a list that is not empty");
    expect(problemsOf("cases: [")[0]).toContain("Cannot read the YAML");
  });

  test("never crashes the reader", () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const { tests } = readTestCases(`{"cases": [{"name": "x", "samples": ${json}}]}`, "t");
        expect(tests === undefined || tests.cases.length === 1).toBe(true);
      }),
    );
  });
});

describe("a report", () => {
  const results: readonly TestResult[] = [
    { name: "good", place: { file: "t.yaml", line: 2 }, failures: [] },
    { name: 'b<a>d & "worse"', place: { file: "t.yaml", line: 9 }, failures: ["a: 1", "  <b>"] },
  ];

  test("as text names the line of what failed", () => {
    expect(testsText(results)).toBe(
      'ok    good\nFAIL  b<a>d & "worse" (t.yaml:9)\n        a: 1\n          <b>\n\n' +
        "2 cases, 1 failed\n",
    );
  });

  test("as JSON has counts and failures", () => {
    expect(JSON.parse(testsJson(results))).toMatchObject({
      cases: 2,
      failed: 1,
      results: [{ passed: true }, { passed: false, line: 9, failures: ["a: 1", "  <b>"] }],
    });
  });

  test("as JUnit's XML escapes what it must", () => {
    const xml = testsJunit(results, "t.yaml");
    expect(xml).toContain('<testsuite name="t.yaml" tests="2" failures="1"');
    expect(xml).toContain(
      '<testcase name="b&lt;a&gt;d &amp; &quot;worse&quot;" classname="t.yaml" file="t.yaml" ' +
        'line="9"><failure message="a: 1" type="difference">a: 1&#10;  &lt;b&gt;</failure>',
    );
    expect(testsJunit([{ ...results[0] ?? { failures: [] }, name: "\u0000" } as TestResult], "x"))
      .toContain("\ufffd");
  });
});
