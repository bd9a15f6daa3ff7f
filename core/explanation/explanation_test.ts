/**
 * Pure. Names and messages explained against files of every shape: who makes it, who takes it by which
 * pattern, where it ends, what nobody knows; and that the verdicts are those of the code that routes.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { KnownPublisher } from "../pipeline/check_publishers.ts";
import type { PipelineFile } from "../pipeline/pipeline.ts";
import { readPipelineFile } from "../pipeline/pipeline_file.ts";
import { readMeterFiles } from "../meters/meter_files.ts";
import { loadPipelines } from "../pipeline/load_pipelines.ts";
import { sampleDefaults } from "../meters/make_sample.ts";
import { loadYaml } from "../yaml/load.ts";
import { type ExplainedSetup, explainNames } from "./explanation.ts";
import { explanationJson, messageJson } from "./explanation_json.ts";
import { explanationText, messageText } from "./explanation_text.ts";
import { explainMessage, type MessageExplanation } from "./message.ts";
import { openObserver } from "./observation.ts";

const kinds: readonly KnownPublisher[] = [
  {
    schemes: ["gnocchi", "http", "udp"],
    takes: ["samples", "events"],
    options: [],
    unknownOptions: "passed_on",
  },
];

const PIPELINE = `sources:
- {name: all, meters: ["*"], sinks: [store]}
- {name: some, meters: [cpu, "disk.*"], sinks: [far, store]}
- {name: not memory, meters: ["!memory*"], sinks: [far]}
sinks:
- {name: store, publishers: ["gnocchi://", "http://user:secret@host/x?token=secret"]}
- {name: far, publishers: ["udp://10.0.0.1:4952"]}
`;

const EVENTS = `sources:
- {name: events, events: ["compute.*", image.update], sinks: [k]}
sinks:
- {name: k, publishers: ["gnocchi://"]}
`;

function setupOf(config: { drop?: boolean } = {}): ExplainedSetup {
  const loaded = loadPipelines({
    pipeline: { name: "pipeline.yaml", text: PIPELINE },
    eventPipeline: { name: "event_pipeline.yaml", text: EVENTS },
    eventDefinitions: undefined,
    meters: [],
    builtInMeters: true,
    problems: [],
    notices: [],
  }, {
    pipelines: ["meter", "event"],
    config: {
      ignoreBadPublishers: false,
      dropUnmatchedNotifications: config.drop === true,
      storeRaw: [],
    },
    kinds,
  });
  expect(loaded.problems).toEqual([]);
  return { samples: loaded.samples, events: loaded.events, polled: new Set(["cpu"]) };
}

const setup = setupOf();

function fileOf(yaml: string): PipelineFile {
  const { root } = loadYaml(yaml, "f");
  const read = root && readPipelineFile(root, { carries: "samples", file: "f" });
  if (read?.file === undefined) throw new Error(String(read?.problems));
  return read.file;
}

function text(name: string): string {
  return explanationText(explainNames(setup, name));
}

function explained(message: unknown, given = setup): MessageExplanation {
  const observer = openObserver(given, sampleDefaults);
  const body = typeof message === "string" ? message : JSON.stringify(message);
  const bytes = new TextEncoder().encode(body);
  return explainMessage(given, bytes, { observer, options: sampleDefaults });
}

const CREATED = {
  event_type: "compute.instance.create.end",
  priority: "INFO",
  publisher_id: "compute.host1",
  message_id: "m1",
  timestamp: "2026-01-02 03:04:05",
  payload: { instance_id: "i1", memory_mb: 512, vcpus: 1, tenant_id: "t" },
};

describe("a name", () => {
  test("of a meter: its definition, each source's verdict with the pattern, sinks, publishers", () => {
    expect(text("memory")).toBe(`memory (meter)
  made by built-in compute.yaml:3: gauge, MiB
    of notifications compute.instance.(?!create.start|update).*
  pipeline.yaml
    source all         takes it: '*' matches (line 2)
      -> sink store
         -> gnocchi://
         -> http://host/x
    source some        rejects it: no pattern matches (line 3)
    source not memory  rejects it: '!memory*' excludes it (line 4)
`);
  });

  test("of an event type: the definition that counts, those it overrules, meters made beside it", () => {
    const shown = text("compute.instance.create.end");
    expect(shown).toContain("made by built-in compute.yaml:30 (compute.instance.create.end)");
    expect(shown).toContain("not by built-in compute.yaml:2 (compute.instance.*): a later one");
    expect(shown).toContain("    memory by built-in compute.yaml:3");
    expect(shown).toContain("source events  takes it: 'compute.*' matches (line 2)");
    expect(shown).not.toContain("(meter)");
  });

  test("that polling agents send needs no definition", () => {
    const [cpu] = explainNames(setup, "cpu");
    expect(cpu?.is_known).toBe(true);
    expect(cpu?.reaches).toEqual(["gnocchi://", "http://host/x", "udp://10.0.0.1:4952"]);
  });

  test("says which definitions of it are left out, and why", () => {
    const meters = readMeterFiles([{
      name: "m.yaml",
      text: `metric:
- {name: a, type: gauge, event_type: e, unit: u, volume: v, resource_id: r}
- {name: b, type: gage, event_type: e, unit: u, volume: v, resource_id: r}
- {name: a, type: gauge, event_type: e, unit: u, volume: v, resource_id: r}
`,
    }]);
    const given = { ...setup, samples: setup.samples && { ...setup.samples, meters } };
    const [a, b] = ["a", "b"].map((name) => explanationText(explainNames(given, name)));
    expect(a).toContain("made by m.yaml:4: gauge, u\n");
    expect(a).toContain("not by m.yaml:2: Cannot use meter definition 'a': the name is in use");
    expect(b).toContain("not by m.yaml:3: Cannot use meter definition 'b'");
  });

  test("that needs no definition says what makes it", () => {
    expect(text("hardware.ipmi.fan")).toContain("hardware.ipmi (Fan sensors of ironic)");
    expect(text("http.request")).toContain("made without a definition: http.request");
  });

  test("that no definition knows gets the nearest one, as a meter and as an event type", () => {
    const [unknown] = explainNames(setup, "memroy");
    expect(unknown).toMatchObject({ is_known: false, did_you_mean: "memory" });
    expect(unknown?.event?.made_by?.place).toBeUndefined();
    expect(text("image.updaet")).toContain("did you mean 'image.update'?");
    expect(text("image.updaet")).toContain("no source takes it: it goes nowhere");
  });

  test("with wildcards stands for each known name", () => {
    const names = explainNames(setup, "disk.*.size").map(({ name }) => name);
    expect(names.toSorted()).toEqual(["disk.ephemeral.size", "disk.root.size"]);
    expect(explainNames(setup, "nothing.*")).toEqual([]);
  });

  test("without the catch-all is made by nothing", () => {
    const [unknown] = explainNames(setupOf({ drop: true }), "nobody.knows");
    expect(unknown?.event).toMatchObject({ made_by: undefined, routes: undefined });
  });

  test("shows no secret in either form, and JSON that parses", () => {
    const explanations = explainNames(setup, "memory");
    expect(explanationJson(explanations)).not.toContain("secret");
    expect(JSON.parse(explanationJson(explanations))).toMatchObject([{
      name: "memory",
      meter: { made_by: [{ meter: "memory", place: { line: 3 } }] },
      reaches: ["gnocchi://", "http://host/x"],
    }]);
  });

  test("is taken by a source exactly where the filter that routes takes it", () => {
    const pattern = fc.array(fc.constantFrom("a", "b", ".", "*", "?", "[ab]"), { minLength: 1 });
    const name = fc.array(fc.constantFrom("a", "b", ".")).map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.array(pattern, { minLength: 1 }), fc.boolean(), name, (lists, no, asked) => {
        const meters = lists.map((parts) => `'${no ? "!" : "*"}${parts.join("")}'`).join(", ");
        const given: ExplainedSetup = {
          samples: {
            file: fileOf(
              `sources: [{name: s, meters: [${meters}], sinks: [k]}]\n` +
                "sinks: [{name: k, publishers: ['udp://h:1']}]\n",
            ),
            meters: { definitions: [], problems: [] },
          },
          events: undefined,
          polled: new Set(),
        };
        const [found] = explainNames(given, asked);
        const [source] = given.samples?.file.sources ?? [];
        expect(found?.meter?.routes.sources[0]?.takes).toBe(source?.filter.takes(asked));
      }),
      { numRuns: 50 },
    );
  });
});

describe("a message", () => {
  test("shows its samples and its event, what made each and where each goes", () => {
    const explanation = explained(CREATED);
    expect(explanation.samples.map(({ sample, made_by, routes }) => [
      sample.name,
      sample.volume,
      made_by?.place.line,
      routes.sources.filter(({ takes }) => takes).map(({ source }) => source),
    ])).toEqual([
      ["vcpus", 1, 22, ["all", "not memory"]],
      ["memory", 512, 3, ["all"]],
    ]);
    expect(explanation.events.map(({ event }) => event.event_type)).toEqual([CREATED.event_type]);
    const shown = messageText(explanation);
    expect(shown).toContain("sample memory = 512 MiB (gauge)\n  made by built-in compute.yaml:3\n");
    expect(shown).toContain("no disk.root.size by built-in compute.yaml:43: it finds no volume");
    expect(shown).toContain("  metadata as above\n");
    expect(shown).toContain("  instance_id  i1 (text)\n");
    expect(JSON.parse(messageJson(explanation)).samples[1].sample.volume).toBe(512);
  });

  test("moves no cursor", () => {
    const payload = { ...CREATED.payload, instance_id: "i\u001b[2J\nsample x\u009b" };
    const text = messageText(explained({ ...CREATED, payload }));
    expect(text).toContain("instance_id  i\ufffd[2J\ufffdsample x\ufffd (text)\n");
    expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
  });

  test("is read in oslo's envelope too", () => {
    const wrapped = { "oslo.version": "2.0", "oslo.message": JSON.stringify(CREATED) };
    expect(explained(wrapped).samples).toHaveLength(2);
  });

  test("samples of polling agents say so", () => {
    const sample = {
      counter_name: "cpu",
      counter_type: "gauge",
      counter_unit: "%",
      counter_volume: 1.5,
      user_id: null,
      project_id: null,
      resource_id: "r",
      timestamp: "2026-01-02T03:04:05",
      resource_metadata: {},
      source: "openstack",
      message_id: "m",
    };
    const message = { ...CREATED, event_type: "telemetry.polling", payload: { samples: [sample] } };
    const [found] = explained(message).samples;
    expect(found?.without_definition).toBe("telemetry.polling");
    expect(found?.routes.sources.map(({ takes }) => takes)).toEqual([true, true, true]);
  });

  test("that makes nothing says why", () => {
    expect(explained({ ...CREATED, priority: "debug" }).ignored).toContain("priority 'debug'");
    expect(explained("{").refusals[0]?.class).toBe("decode");
    expect(messageText(explained("{"))).toContain("refused (decode): Cannot read notification");
    expect(explained({ ...CREATED, priority: "sample" }).without_event).toContain("has 'sample'");
    const other = { ...CREATED, event_type: "nobody.knows" };
    expect(explained(other, setupOf({ drop: true })).without_event).toContain("leaves it out");
    expect(explained({ ...CREATED, timestamp: "never" }).refusals.map((one) => one.class))
      .toEqual(["invalid", "invalid"]);
  });

  test("never crashes, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.json(), fc.object(), (body, payload) => {
        messageText(explained(body));
        messageJson(explained({ ...CREATED, payload }));
      }),
      { numRuns: 100 },
    );
  });
});
