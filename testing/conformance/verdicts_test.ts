/**
 * Edge (processes). The recorded verdicts on configuration files, one test each: `tpctl validate` accepts
 * or refuses what the reference does.
 */
import { beforeAll, expect, test } from "bun:test";
import { builtExecutable } from "../executable.ts";
import { readClasses } from "./cases.ts";
import { runValidateCase } from "./validate_cases.ts";

/** How many cases run side by side. */
const sideBySide = 2;

const cases = readClasses().flatMap((each) =>
  each.cases.filter(({ expect: expected }) => expected.validate !== undefined)
);
const found = new Map<string, Promise<readonly string[]>>();

beforeAll(async () => {
  await builtExecutable();
});

test("every recorded verdict is there", () => {
  expect(cases).toHaveLength(502);
});

for (const [i, each] of cases.entries()) {
  test(each.id, async () => {
    for (const one of cases.slice(i, i + sideBySide)) {
      if (!found.has(one.id)) found.set(one.id, runValidateCase(one));
    }
    expect(await found.get(each.id)).toEqual([]);
  });
}
