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

describe("what two sources take", () => {
  /** Sources as their sink and their list, and what is said about them. */
  function said(
    sources: readonly (readonly [sink: string, list: string])[],
    events = false,
  ): string[] {
    const [member, kind] = events
      ? ["events", "event_pipeline.yaml" as const]
      : ["meters", "pipeline.yaml" as const];
    const text = `sources:\n${
      sources.map(([sink, list], i) =>
        `  - { name: s${i}, ${member}: [${list}], sinks: [${sink}] }\n`
      ).join("")
    }sinks:
  - { name: keep, publishers: ["udp://collector:4952", "file:///tmp/x"] }
  - { name: also, publishers: ["udp://other:4952", "udp://collector:4952"] }
  - { name: apart, publishers: ["udp://third:4952"] }
`;
    return check({ kind, text: text.replaceAll("udp", events ? "http" : "udp") })
      .filter(({ rule }) => rule === "pipeline/taken-twice")
      .map(({ line, text }) => `${line}: ${text.slice(0, text.indexOf(" takes that"))}`);
  }

  test("is known names and those that both write", () => {
    expect(said([["keep", '"*"'], ["also", "vcpus, own.meter"]])).toEqual([
      "3: The publisher 'udp://collector:4952' gets 'vcpus', 'own.meter' twice: the source 's0'",
    ]);
    expect(said([["keep", '"disk.*"'], ["keep", '"cpu*"'], ["keep", '"!memory"']])[0]).toMatch(
      /^4: .* and \d+ more twice: the source 's0'$/,
    );
    expect(said([["keep", "a.b"], ["also", '"a.*"']], true)).toEqual([
      "3: The publisher 'http://collector:4952' gets 'a.b' twice: the source 's0'",
    ]);
  });

  test("is nothing where they share no publisher or no name", () => {
    expect(said([["keep", '"*"'], ["apart", '"*"']])).toEqual([]);
    expect(said([["keep", '"*", "!memory"'], ["also", "memory"]])).toEqual([]);
  });

  test("is looked for in so many as take no time", () => {
    const many = Array.from({ length: 3000 }, (_, i) => ["keep", `"m${i}.*"`] as const);
    expect(said([...many, ["keep", "m1.x"]])).toEqual([]);
    expect(said([["keep", "m1.x"], ...many])).toHaveLength(1);
  });
});
