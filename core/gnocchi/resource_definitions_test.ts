/**
 * Pure. Resource definitions: the built-in file, which policy a meter has, which attributes a sample
 * gives its resource, and what events mean.
 */
import { describe, expect, test } from "bun:test";
import { makeEvent, makeSample } from "../../testing/samples.ts";
import { defaultResources } from "./default_resources.ts";
import { readResourceDefinitions, type ResourceDefinitions } from "./resource_definitions.ts";
import { missingAttributes, upgradedResourceTypes } from "./resource_types.ts";

function read(text: string, archivePolicy?: string): ResourceDefinitions {
  return readResourceDefinitions({ text, file: "mine.yaml", archivePolicy });
}

describe("the built-in definitions", () => {
  const builtIn = readResourceDefinitions({ ...defaultResources, archivePolicy: undefined });

  test("are in order, and cover the reference's meters and policies", () => {
    expect([builtIn.problems, builtIn.notes]).toEqual([[], []]);
    expect([builtIn.definitions.length, builtIn.byMetric.size]).toEqual([19, 136]);
    expect(builtIn.archivePolicies.map(({ name }) => name)).toEqual([
      "ceilometer-low",
      "ceilometer-low-rate",
      "ceilometer-high",
      "ceilometer-high-rate",
    ]);
    const rated = [...builtIn.definitions].flatMap(({ metrics }) => [...metrics])
      .filter(([, policy]) => policy === "ceilometer-low-rate");
    expect(rated).toHaveLength(13);
  });

  test("give resources only attributes that their types have", () => {
    for (const { resourceType, events } of builtIn.definitions) {
      const known = Object.keys(upgradedResourceTypes.get(resourceType) ?? { none: {} });
      const common = ["id", "user_id", "project_id"];
      const traits = ["display_name", "host", "availability_zone", "instance_flavor_id", "user_id"]
        .concat("instance_type", "project_id", "instance_id", "resource_id")
        .map((name) => ({ name, type: 1 as const, value: "x" }));
      const given = Object.keys(events?.attributes(makeEvent({ traits })) ?? {});
      expect(given.filter((name) => ![...known, ...common].includes(name))).toEqual([]);
    }
  });

  test("read an instance's metadata as notifications and pollsters write it", () => {
    const attributes = builtIn.byMetric.get("cpu")?.attributes;
    const polled = makeSample({
      resource_metadata: { instance_host: "a", host: "hash", flavor: { id: "1", name: "tiny" } },
    });
    const notified = makeSample({
      resource_metadata: { host: "b", flavor_id: "2", instance_type: "big", image_ref: null },
    });
    expect(attributes?.(polled)).toEqual({ host: "a", flavor_id: "1", flavor_name: "tiny" });
    expect(attributes?.(notified)).toEqual({ host: "b", flavor_id: "2", flavor_name: "big" });
    expect(attributes?.(notified)).toBe(attributes?.(notified) ?? {});
  });

  test("end an instance's disks and interfaces with it", () => {
    const events = builtIn.byMetric.get("cpu")?.events;
    expect(events?.operation("compute.instance.delete.start")).toBe("delete");
    expect(events?.operation("compute.instance.create.end")).toBe("create");
    expect(events?.operation("compute.instance.create.start")).toBeUndefined();
    const tricky = 'x"}, %s %% "y';
    expect(events?.associated.map(({ resourceType, query }) => [resourceType, query(tricky)]))
      .toEqual([
        ["instance_disk", { "=": { instance_id: tricky } }],
        ["instance_network_interface", { "=": { instance_id: tricky } }],
      ]);
  });
});

test("a meter's policy: deprecated, the URL's, its own, the file's, ours", () => {
  const file = (extra: string, policyDefault = "") =>
    `${policyDefault}\nresources: [{resource_type: t, metrics: {m: ${extra}}}]`;
  const own = "{archive_policy_name: own}";
  const policyOf = (text: string, ofUrl?: string) => read(text, ofUrl).byMetric.get("m")?.metrics;
  expect(policyOf(file(""))?.get("m")).toBe("ceilometer-low");
  expect(policyOf(file("", "archive_policy_default: file"))?.get("m")).toBe("file");
  expect(policyOf(file(own, "archive_policy_default: file"))?.get("m")).toBe("own");
  expect(policyOf(file(own), "url")?.get("m")).toBe("url");
  const deprecated = "resources: [{resource_type: t, archive_policy: old, metrics: [m]}]";
  expect(policyOf(deprecated, "url")?.get("m")).toBe("old");
  expect(read(deprecated).notes).toEqual([
    expect.objectContaining({ text: expect.stringContaining("deprecated") }),
  ]);
});

test("a meter that two definitions name belongs to the last", () => {
  const { byMetric } = read(
    "resources: [{resource_type: a, metrics: [m, n]}, {resource_type: b, metrics: [m]}]",
  );
  expect(["m", "n"].map((name) => byMetric.get(name)?.resourceType)).toEqual(["b", "a"]);
});

test("attributes may see all of a sample, and are then never taken from another one", () => {
  const { byMetric } = read(
    "resources: [{resource_type: t, metrics: [vcpus], " +
      "attributes: {a: [resource_metadata.a, volume], s: {fields: source, plugin: " +
      "{name: split, parameters: {segment: 0, separator: t}}}}}]",
  );
  const attributes = byMetric.get("vcpus")?.attributes;
  const shared = { other: 1 };
  const of = (volume: number) => attributes?.(makeSample({ volume, resource_metadata: shared }));
  expect([of(1), of(2)]).toEqual([{ a: 1, s: "opens" }, { a: 2, s: "opens" }]);
});

test("what an old type lacks is added, needed texts empty in what exists", () => {
  expect(missingAttributes("image", { name: {}, disk_format: {} })).toEqual([
    {
      op: "add",
      path: "/attributes/container_format",
      value: { type: "string", min_length: 0, max_length: 255, required: false },
    },
  ]);
  const [flavor] = missingAttributes("instance", upgradedResourceTypes.get("instance") ?? {});
  expect(flavor).toBeUndefined();
  const { flavor_name: _, ...without } = upgradedResourceTypes.get("instance") ?? {};
  expect(missingAttributes("instance", without)).toEqual([
    expect.objectContaining({
      value: expect.objectContaining({ required: true, options: { fill: "" } }),
    }),
  ]);
});
