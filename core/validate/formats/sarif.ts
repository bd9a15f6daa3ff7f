/**
 * Pure. The report as SARIF 2.1.0, for code scanning services: the rules that were broken, and a result
 * for each finding.
 */
import { isAbsolute } from "node:path";
import type { Finding, Severity } from "../finding.ts";
import type { Report } from "../report.ts";
import type { Rule } from "../rule.ts";
import { ALL_RULES } from "../rules.ts";

const schema = "https://json.schemastore.org/sarif-2.1.0.json";

/** Ends with a line break. `version` is tpctl's. */
export function sarifReport({ files }: Report, version: string): string {
  const findings = files.flatMap((file) => file.findings);
  const broken = new Set(findings.map(({ rule }) => rule));
  const rules = ALL_RULES.filter(({ id }) => broken.has(id));
  const indices = new Map(rules.map(({ id }, i) => [id, i]));
  const run = {
    tool: { driver: { name: "tpctl", version, rules: rules.map(ruleOf) } },
    columnKind: "utf16CodeUnits",
    results: findings.map((finding) => resultOf(finding, indices.get(finding.rule) ?? -1)),
  };
  return `${JSON.stringify({ $schema: schema, version: "2.1.0", runs: [run] }, undefined, 2)}\n`;
}

const levels: Readonly<Record<Severity, string>> = {
  error: "error",
  warning: "warning",
  note: "note",
};

function ruleOf({ id, severity, explanation, bad, good }: Rule): Record<string, unknown> {
  const [summary = explanation] = explanation.split(/(?<=\.) /);
  const fence = "```";
  const markdown =
    `${explanation}\n\nDone wrong:\n\n${fence}\n${bad.text.slice(0, 1000)}${fence}\n\n` +
    `Done right:\n\n${fence}\n${good.text.slice(0, 1000)}${fence}\n`;
  return {
    id,
    shortDescription: { text: summary },
    fullDescription: { text: explanation },
    help: { text: explanation, markdown },
    defaultConfiguration: { level: levels[severity] },
  };
}

function resultOf(finding: Finding, ruleIndex: number): Record<string, unknown> {
  const { file, line, column, rule, severity, text, excerpt } = finding;
  const snippet = excerpt === undefined ? {} : { snippet: { text: excerpt.text } };
  return {
    ruleId: rule,
    ruleIndex,
    level: levels[severity],
    message: { text },
    locations: [{
      physicalLocation: {
        artifactLocation: { uri: uriOf(file) },
        region: { startLine: line, startColumn: column, ...snippet },
      },
    }],
  };
}

/** A relative path stays relative, so that services find it in the repository. */
function uriOf(file: string): string {
  const path = file.replaceAll("\\", "/").split("/").map(encodeURIComponent).join("/");
  if (!isAbsolute(file)) return path.replace(/^(?:\.\/)+/, "");
  return `file://${path.startsWith("/") ? "" : "/"}${path}`;
}
