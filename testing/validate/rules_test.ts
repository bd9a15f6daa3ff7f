/**
 * Edge (files). Every rule, both ways: its wrong example shows it, its right one shows nothing at all.
 */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadPublisherKinds } from "../../publishers/mod.ts";
import { exampleName, writeExample } from "./examples.ts";
import { checkPaths } from "../../core/validate/check_paths.ts";
import type { Finding } from "../../core/validate/finding.ts";
import type { Example } from "../../core/validate/rule.ts";
import { ALL_RULES, ruleIds, RULES } from "../../core/validate/rules.ts";

const folder = mkdtempSync(join(tmpdir(), "tpctl-rules-"));
afterAll(() => rmSync(folder, { recursive: true }));
const publisherKinds = await loadPublisherKinds();
let count = 0;

function check(example: Example): readonly Finding[] {
  const own = join(folder, `${count++}`);
  writeExample(own, example);
  const before = process.cwd();
  process.chdir(own);
  try {
    const options = { kind: undefined, environment: example.environment ?? {} };
    const paths = [exampleName(example.kind)];
    const report = checkPaths(paths, options, { publisherKinds, stdin: undefined });
    expect(report.files[0]?.kind).toBe(example.kind);
    return report.files.flatMap(({ findings }) => findings);
  } finally {
    process.chdir(before);
  }
}

test("ids are unique, and of the form area/what", () => {
  expect(ruleIds.size).toBe(ALL_RULES.length);
  for (const id of ruleIds) expect(id).toMatch(/^[a-z]+\/[a-z]+(-[a-z]+)*$/);
});

describe.each(RULES.map((rule) => ({ id: rule.id, rule })))("$id", ({ id, rule }) => {
  test("is found in its wrong example", () => {
    const findings = check(rule.bad);
    expect(findings.map((one) => [one.rule, one.severity])).toContainEqual([id, rule.severity]);
  });

  test("is not found in its right example, and nothing else is", () => {
    expect(check(rule.good)).toEqual([]);
  });
});
