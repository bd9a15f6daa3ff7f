/**
 * Edge (processes, files). The executable itself, both ways: what `tpctl validate` refuses `tpctl
 * pipeline` and `tpctl persist` do not start with, and what it passes they run to the end.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Example } from "../../core/validate/rule.ts";
import { RULES } from "../../core/validate/rules.ts";
import { builtExecutable, runExecutable } from "../executable.ts";
import { exampleName, writeExample } from "./examples.ts";

const base = mkdtempSync(join(tmpdir(), "tpctl-both-"));
afterAll(() => rmSync(base, { recursive: true }));
beforeAll(async () => {
  await builtExecutable();
}, 120_000);

const names = [
  ...["yaml/syntax", "yaml/tag", "yaml/anchor", "yaml/limit", "file/not-text"],
  ...["pipeline/structure", "pipeline/unknown-sink", "pipeline/duplicate-name"],
  ...["pipeline/mixed-filter", "publisher/unknown-scheme", "publisher/wrong-cargo"],
  ...["publisher/bad-option", "publisher/refused", "events/structure", "events/bad-trait"],
  ...["config/syntax", "config/unsupported-option"],
];

function pipelineConf(kind: Example["kind"]): string {
  const events = "event_definitions.yaml";
  return "[DEFAULT]\ntransport_url = rabbit://localhost/\n" +
    (kind === "pipeline.yaml" ? "pipeline_cfg_file = pipeline.yaml\n" : "") +
    (kind === "event_pipeline.yaml" ? "event_pipeline_cfg_file = event_pipeline.yaml\n" : "") +
    `[notification]\npipelines = ${kind === "pipeline.yaml" ? "meter" : "event"}\n` +
    (kind === events ? `[event]\ndefinitions_cfg_file = ${events}\n` : "") +
    "[service_credentials]\nauth_url = https://localhost/v3\nusername = u\npassword = p\n" +
    "project_name = p\nuser_domain_name = d\nproject_domain_name = d\n[tpctl]\nlisten =\n";
}

/** Exit codes of both. */
async function both(id: string, example: Example): Promise<{ validate: number; daemon: number }> {
  const cwd = join(base, id);
  // The examples write where only a daemon may.
  const text = example.text.replaceAll("file:///var/lib/ceilometer", `file://${cwd}`);
  writeExample(cwd, { ...example, text });
  writeFileSync(join(cwd, "nothing.ndjson"), "");
  const input = ["--from", "nothing.ndjson", "--once"];
  if (example.kind === "persister.conf") {
    const argv = [
      "persist",
      "--config-file",
      "persister.conf",
      "--kind",
      "metrics",
      "--to",
      "null:",
    ];
    const environment = { env: { OS_TPCTL__LISTEN: "" } };
    const daemon = await runExecutable([...argv, ...input], { cwd, ...environment });
    const validate = await runExecutable(["validate", exampleName(example.kind)], { cwd });
    return { validate: validate.exitCode, daemon: daemon.exitCode };
  }
  writeFileSync(join(cwd, "ceilometer.conf"), pipelineConf(example.kind));
  const argv = ["pipeline", "--config-file", "ceilometer.conf", ...input];
  const daemon = await runExecutable(argv, { cwd });
  const validate = await runExecutable(["validate", "ceilometer.conf"], { cwd });
  return { validate: validate.exitCode, daemon: daemon.exitCode };
}

describe("validate and the daemon", () => {
  for (const rule of RULES.filter(({ id }) => names.includes(id))) {
    test(`refuse ${rule.id} done wrong, and take it done right`, async () => {
      expect(await both(`${rule.id}-wrong`, rule.bad)).toEqual({ validate: 1, daemon: 2 });
      expect(await both(`${rule.id}-right`, rule.good)).toEqual({ validate: 0, daemon: 0 });
    });
  }

  test("are tried with every rule that is named here", () => {
    expect(RULES.filter(({ id }) => names.includes(id))).toHaveLength(names.length);
  });
});
