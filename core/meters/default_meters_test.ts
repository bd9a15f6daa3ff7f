/**
 * Pure. Shows that the built-in meters are the reference's defaults, and that every definition is in
 * use.
 */
import { expect, test } from "bun:test";
import facts from "../../testdata/meters/default_meters.json" with { type: "json" };
import { loadYaml } from "../yaml/load.ts";
import { isDict, type Value } from "../notifications/value.ts";
import { yamlValue } from "../yaml/node.ts";
import { defaultMeterFiles } from "./default_meters.ts";
import { readMeterFiles } from "./meter_files.ts";

function factsOf(file: Value): readonly unknown[] {
  const metric = isDict(file) ? file["metric"] : undefined;
  return (Array.isArray(metric) ? metric : []).map((one) => {
    const { name, type, unit, event_type } = isDict(one) ? one : {};
    return [name, type, unit, [event_type].flat()];
  });
}

function sorted(rows: readonly unknown[]): readonly string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}

test("the built-in meters have the reference's names, types, units and event types", () => {
  const ours = defaultMeterFiles.flatMap(({ name, text }) => {
    const { root } = loadYaml(text, name);
    return root === undefined ? [] : factsOf(yamlValue(root));
  });
  expect(sorted(ours)).toEqual(sorted(facts.meters));
});

test("all are in use, without a word of complaint", () => {
  const { definitions, problems } = readMeterFiles(defaultMeterFiles);
  expect(problems).toEqual([]);
  expect(definitions.length).toBe(facts.meters.length);
});
