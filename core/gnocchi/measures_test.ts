/**
 * Pure. Samples as measures: every sample ends up in exactly one place, whatever the samples are; the
 * cache of what Gnocchi was told forgets in time.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { makeSample } from "../../testing/samples.ts";
import type { Clock } from "../clock.ts";
import { AttributeCache, attributesKeptMs, resourcesMax } from "./attribute_cache.ts";
import { defaultResources } from "./default_resources.ts";
import { itemsOf, measuresBody, partsOf, planMeasures, singles } from "./measures.ts";
import { readResourceDefinitions } from "./resource_definitions.ts";

const { byMetric } = readResourceDefinitions({ ...defaultResources, archivePolicy: undefined });
const rules = { byMetric, isSkipped: () => false };

const anySample = fc.record({
  name: fc.constantFrom("vcpus", "memory", "cpu", "volume.size", "unknown"),
  resource_id: fc.constantFrom("a", "b", "c/d", "c_d", '\u{1F321}"\\', "", null),
  timestamp: fc.constantFrom("2026-01-02T03:04:05", "2026-01-02T03:04:06", "", null, 1767323045),
  volume: fc.constantFrom(1, 0.1, "2.5", "x", null, true),
}).map(makeSample);

test("every sample is measured, refused or unhandled, and parts hold what the plan holds", () => {
  fc.assert(fc.property(
    fc.array(anySample, { maxLength: 40 }),
    fc.integer({ min: 1, max: 5 }),
    (samples, metricsMax) => {
      const { resources, refused, unhandled } = planMeasures(samples, rules);
      const all = [...resources.values()];
      const measured = all.flatMap(itemsOf);
      const left = samples.flatMap(({ name }, item) => unhandled.has(name) ? [item] : []);
      const items = [...measured, ...refused.map(({ item }) => item), ...left];
      expect(items.toSorted((a, b) => a - b)).toEqual(samples.map((_, item) => item));

      const parts = partsOf(all, metricsMax);
      expect(parts.flat()).toEqual(all);
      for (const part of parts) {
        const size = part.reduce((sum, { metrics }) => sum + metrics.size, 0);
        expect(size <= metricsMax || part.length === 1).toBe(true);
      }
      expect(all.flatMap(singles).flatMap(itemsOf).toSorted()).toEqual(measured.toSorted());
      const body: Record<string, object> = JSON.parse(measuresBody(all));
      expect(Object.keys(body).toSorted()).toEqual([...resources.keys()].toSorted());
    },
  ));
});

test("a resource has the type of its first sample, and no attributes of another type's", () => {
  const samples = [
    makeSample({ resource_id: "x", resource_metadata: { host: "h" } }),
    makeSample({
      name: "volume.size",
      resource_id: "x",
      project_id: "new",
      resource_metadata: { volume_type: "fast" },
    }),
  ];
  const resource = planMeasures(samples, rules).resources.get("x");
  expect([resource?.type, resource?.attributes]).toEqual([
    "instance",
    { project_id: "new", host: "h" },
  ]);
});

test("what a resource was told is forgotten after a while, and beyond a bound", () => {
  let ms = 0;
  const clock: Clock = { now: () => ms, monotonic: () => ms, sleep: () => Promise.resolve() };
  const cache = new AttributeCache(clock);
  cache.set("a", { x: 1, y: "2" });
  expect(cache.has("a", { y: "2", x: 1 })).toBe(true);
  expect(cache.has("a", { y: 2, x: 1 })).toBe(false);
  ms = attributesKeptMs + 1;
  expect(cache.has("a", { x: 1, y: "2" })).toBe(false);
  for (let n = 0; n <= resourcesMax; n++) cache.set(`r${n}`, {});
  expect([cache.has("r0", {}), cache.has("r1", {})]).toEqual([false, true]);
});
