/**
 * Pure. Shows what the recorded cases do not: refusals in words, the order of the ways, names of users
 * and projects, what is left out with a warning, what definitions complain of.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Notification } from "../notifications/notification.ts";
import type { Value } from "../notifications/value.ts";
import { describeConfigError } from "../errors.ts";
import { defaultMeterFiles } from "./default_meters.ts";
import { sampleDefaults } from "./make_sample.ts";
import { readMeterFiles } from "./meter_files.ts";
import type { KnownName } from "./names.ts";
import { createSampleMaker, type MadeSamples, type SampleMaker } from "./sample_maker.ts";

function notification(event_type: string, payload: Value, priority = "info"): Notification {
  const publisher_id = "svc.host";
  const ctxt = {};
  const metadata = { message_id: "m-1", timestamp: "2024-05-06 07:08:09.500000" };
  const message = { ctxt, publisher_id, event_type, payload, metadata };
  return { priority, event_type, publisher_id, payload, ctxt, metadata, message };
}

function maker(text: string, knownName?: KnownName): SampleMaker {
  const { definitions, problems } = readMeterFiles([{ name: "meters.yaml", text }]);
  expect(problems).toEqual([]);
  let count = 0;
  const newId = (): string => `id-${++count}`;
  const names = knownName === undefined ? {} : { knownName };
  return createSampleMaker({ definitions, options: sampleDefaults, newId, ...names });
}

const SIZE = `
metric:
- name: size
  event_type: image
  type: gauge
  unit: B
  volume: $.payload.size
  resource_id: $.payload.id
`;

test("a sample has the reference's members, in its order", () => {
  const made = maker(SIZE)(notification("image.upload", { size: 5, id: "i", tags: [] }));
  expect(JSON.stringify(made)).toBe(JSON.stringify({
    samples: [{
      name: "size",
      type: "gauge",
      unit: "B",
      volume: 5,
      user_id: null,
      user_name: null,
      project_id: null,
      project_name: null,
      resource_id: "i",
      timestamp: "2024-05-06T07:08:09.500000+00:00",
      resource_metadata: {
        size: 5,
        id: "i",
        tags: [],
        event_type: "image.upload",
        host: "svc.host",
      },
      source: "openstack",
      id: "id-1",
      monotonic_time: null,
    }],
    warnings: [],
    wantedNames: [],
  }));
});

test("only info and sample are looked at", () => {
  const make = maker(SIZE);
  const counts = ["info", "sample", "error", "warn"].map((priority) =>
    make(notification("image", { size: 1, id: "i" }, priority)).samples.length
  );
  expect(counts).toEqual([1, 1, 0, 0]);
});

test("samples without a number are left out, with a warning", () => {
  const volumes: readonly Value[] = [null, "", "a lot", " 7 ", true, "nan", 0];
  const made = volumes.map((size) => maker(SIZE)(notification("image", { size, id: "i" })));
  expect(made.map(({ samples }) => samples.length)).toEqual([0, 0, 0, 1, 1, 1, 1]);
  expect(made.flatMap(({ warnings }) => warnings)).toEqual([
    "Sample 'size' of 'i' is left out: it has no volume",
    "Sample 'size' of 'i' is left out: its volume '' is no number",
    "Sample 'size' of 'i' is left out: its volume 'a lot' is no number",
  ]);
});

describe("a notification that samples cannot be made of is refused", () => {
  const refusals: readonly (readonly [string, Value, string])[] = [
    ["image", { size: [], id: "i" }, "(meter definitions): float() argument must be"],
    ["telemetry.polling", { samples: [{}] }, "(telemetry.polling): 'counter_name' is missing"],
    ["telemetry.polling", null, "(telemetry.polling): 'NoneType' has no member 'samples'"],
    ["http.request", { request: null }, "(http.request): 'NoneType' has no member"],
    ["http_response", { request: {} }, "(http.response): 'http_response' has no second part"],
    ["hardware.ipmi.x", [], "(hardware.ipmi Current): 'list' has no member 'payload'"],
  ];
  for (const [eventType, payload, reason] of refusals) {
    test(reason, () => {
      const made = maker(SIZE)(notification(eventType, payload));
      expect(made.refusal).toStartWith("Cannot make samples (");
      expect(made.refusal).toContain(reason);
      expect(made.samples).toEqual([]);
    });
  }

  test("but what ways before the one that failed have made stays", () => {
    const sensor = { "Sensor ID": "Fan 1", "Sensor Reading": "4000 RPM" };
    const payload = {
      node_uuid: "n",
      timestamp: "2024-05-06T07:08:09",
      event_type: "hardware.ipmi.metrics.update",
      payload: { Fan: { a: sensor, b: { ...sensor, "Sensor Reading": "Disabled" } }, Voltage: 5 },
    };
    const made = maker(SIZE)(notification("hardware.ipmi.metrics", payload));
    expect(
      made.samples.map((
        { name, resource_id, volume, unit },
      ) => [name, resource_id, JSON.stringify(volume), unit]),
    ).toEqual([["hardware.ipmi.fan", "n-fan_1", '{"value":4000}', "RPM"]]);
    expect(made.refusal).toContain("(hardware.ipmi Voltage): 'int' holds no sensors");
  });
});

test("a sensor that cannot be read is left out with a warning", () => {
  const payload = {
    node_uuid: "n",
    timestamp: "2024-05-06T07:08:09",
    event_type: "hardware.ipmi.metrics.update",
    payload: { Fan: { a: { "Sensor ID": "F", "Sensor Reading": "fast" }, b: {} } },
  };
  expect(maker(SIZE)(notification("hardware.ipmi", payload))).toEqual({
    samples: [],
    warnings: [
      "Sensor 'n-f' is left out: unable to parse reading 'fast'",
      "Sensor 'missing id' is left out: 'Sensor ID' is missing",
    ],
    wantedNames: [],
  });
});

const LOOKUP = `
metric:
- name: $.payload.list[*].name
  event_type: list
  type: gauge
  unit: $.payload.list[*].unit
  volume: $.payload.list[*].value
  resource_id: $.payload.id
  user_id: $.payload.user
  project_id: $.payload.project
  lookup: [name, unit, volume]
`;

test("names are asked for once, and stand in samples when they are known", () => {
  const known = new Map<string, string | null>();
  const make = maker(LOOKUP, (kind, id) => known.get(`${kind}/${id}`));
  const list = [{ name: "a", unit: "u", value: 1 }, { name: "b", unit: "u", value: 2 }];
  const ask = (): MadeSamples => make(notification("list", { list, user: "u1", project: "p1" }));
  expect(ask().wantedNames).toEqual([{ kind: "users", id: "u1" }, { kind: "projects", id: "p1" }]);
  known.set("users/u1", "jane").set("projects/p1", null);
  const { samples, wantedNames } = ask();
  expect(wantedNames).toEqual([]);
  expect(samples.map(({ name, user_name, project_name }) => [name, user_name, project_name]))
    .toEqual([["a", "jane", null], ["b", "jane", null]]);
});

test("members that do not go with the names found leave all of them out", () => {
  const list = [{ name: "a", unit: "u", value: 1 }, { name: "b", unit: "u" }];
  const { samples, warnings } = maker(LOOKUP)(notification("list", { list }));
  expect(samples).toEqual([]);
  expect(warnings).toEqual([
    "Meter definition '$.payload.list[*].name': Only 1 of 2 meters have 'volume', so none is made",
  ]);
});

test("everything wrong in all files is said, with its place", () => {
  const first = `${SIZE}
- {name: x, type: gauge}
- {name: y, event_type: '(', type: gauge, unit: u, volume: 1, resource_id: a}
- {name: z, event_type: e, type: gauge, unit: '%', volume: 1, resource_id: a}
- {name: z, event_type: e, type: Gauge, unit: u, volume: 1, resource_id: a}
- {name: v, event_type: e, type: gauge, unit: u, volume: {fields: a, plugin: spilt}, resource_id: a}
`;
  const read = readMeterFiles([
    { name: "a.yaml", text: first },
    { name: "b.yaml", text: SIZE },
    { name: "c.yaml", text: "other: 1\n" },
  ]);
  expect(read.definitions).toEqual([]);
  expect(read.problems.map(({ kind, error }) => `${kind} ${describeConfigError(error)}`)).toEqual([
    "skipped a.yaml:10:3: Cannot use meter definition 'x': event_type, unit, volume, resource_id " +
    "missing or empty, expected name, type, event_type, unit, volume, resource_id",
    expect.stringMatching(/^disabled a\.yaml:11:\d+: Cannot use meter definition 'y': .*'\('/),
    expect.stringMatching(/^skipped a\.yaml:12:\d+: Cannot use 'unit': .*JSONPath '%' at column 1/),
    expect.stringMatching(/^skipped a\.yaml:13:\d+: .*'Gauge' is no type, expected gauge, delta/),
    expect.stringMatching(/^skipped a\.yaml:14:\d+: .*no plugin 'spilt'.*did you mean 'split'/i),
    expect.stringMatching(/^duplicate b\.yaml:3:\d+: .*'size': the name is in use already/),
    expect.stringMatching(/^disabled c\.yaml:1:1: Cannot use any meter definition: no 'metric'/),
  ]);
});

test("no notification, however odd, makes the maker throw", () => {
  const { definitions } = readMeterFiles(defaultMeterFiles);
  const make = createSampleMaker({ definitions, options: sampleDefaults, newId: () => "id" });
  const eventType = fc.constantFrom(
    ...["telemetry.polling", "hardware.ipmi.x", "http.request", "image.upload", "volume.exists"],
    ...["compute.instance.exists", "compute.metrics.update", "objectstore.http.request"],
    ...["identity.authenticate", "magnum.bay.metrics.update", "dns.domain.exists", "capacity.pool"],
  );
  const names = fc.constantFrom(
    ...["samples", "request", "payload", "size", "metrics", "name", "value", "measurements", "Fan"],
    ...["metadata", "glance_metadata", "outcome", "created_at", "launched_at", "Sensor ID", "host"],
  );
  const { payload } = fc.letrec<{ payload: Value }>((tie) => ({
    payload: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom<Value>(null, true, 1, 1.5, "x", "2024-05-06", 10n ** 20n, ""),
      fc.array(tie("payload"), { maxLength: 3 }),
      fc.dictionary(names, tie("payload"), { maxKeys: 5 }),
    ),
  }));
  fc.assert(
    fc.property(eventType, payload, (type, content) => {
      expect(Array.isArray(make(notification(type, content)).samples)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
