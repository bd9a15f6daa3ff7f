/**
 * Edge (files). The options that Ceilometer's own ceilometer.conf names are known, used or not.
 */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PIPELINE_OPTIONS } from "./pipeline_options.ts";

const file = join(import.meta.dir, "../../testdata/ceilometer/options_19.json");

test("every option of Debian's ceilometer.conf is known", () => {
  const { options } = JSON.parse(readFileSync(file, "utf8")) as {
    readonly options: Readonly<Record<string, readonly string[]>>;
  };
  const known = new Set(
    PIPELINE_OPTIONS.flatMap(({ section, name, deprecated = [] }) => [
      `${section}.${name}`,
      ...deprecated.map((older) => `${older.section ?? section}.${older.name}`),
    ]),
  );
  const named = Object.entries(options).flatMap(([section, names]) =>
    names.map((name) => `${section}.${name.replaceAll("-", "_")}`)
  );
  expect(named.length).toBeGreaterThan(200);
  expect(named.filter((option) => !known.has(option))).toEqual([]);
});
