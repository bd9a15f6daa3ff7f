/**
 * Pure. `Report`: what one run of `tpctl validate` found, file by file.
 */
import { type Finding, type Hit, severities, type Severity, sortedFindings } from "./finding.ts";
import { findingOf } from "./hits.ts";
import type { FileKind } from "./kinds.ts";
import { findingsPerFileMax } from "./limits.ts";
import { ruleIds, severityOfRule } from "./rules.ts";
import type { SourceText } from "./source_text.ts";
import { suppress } from "./suppression.ts";

/** How many findings there are of each severity. */
export type Counts = Readonly<Record<Severity, number>>;

/** One file that was checked. */
export interface FileReport {
  readonly file: string;
  /** Undefined where it cannot be read. */
  readonly kind: FileKind | undefined;
  /** In file order, at most `findingsPerFileMax` and one that says so. */
  readonly findings: readonly Finding[];
  /** Of all findings. */
  readonly counts: Counts;
  /** How many findings comments have taken. */
  readonly suppressed: number;
}

/** See above. */
export interface Report {
  /** In the order in which they were named and found. */
  readonly files: readonly FileReport[];
  /** Files of the folders that are of no kind. */
  readonly skipped: number;
}

/** What was found in a file, as it is reported. */
export function reportFile(
  source: SourceText,
  kind: FileKind | undefined,
  hits: readonly Hit[],
): FileReport {
  const made = (hit: Hit): Finding => findingOf(hit, source, severityOfRule(hit.rule));
  const file = { file: source.name, text: source.text };
  const all = suppress(file, sortedFindings(hits.map(made)), ruleIds);
  const about = suppress(file, all.hits.map(made), ruleIds);
  const findings = sortedFindings([...all.findings, ...about.findings]);
  const over = findings.length - findingsPerFileMax;
  const shown = over <= 0
    ? findings
    : [...worstFirst(findings).slice(0, findingsPerFileMax), made(tooMany(over))];
  return {
    file: source.name,
    kind,
    findings: over <= 0 ? shown : sortedFindings(shown),
    counts: countsOf(findings),
    suppressed: all.count,
  };
}

function tooMany(over: number): Hit {
  const text = `Only ${findingsPerFileMax} findings are shown: ${over} more`;
  return { rule: "file/too-many-findings", place: undefined, text };
}

function worstFirst(findings: readonly Finding[]): readonly Finding[] {
  return severities.flatMap((severity) => findings.filter((one) => one.severity === severity));
}

function countsOf(findings: readonly Finding[]): Counts {
  const count = (severity: Severity) => findings.filter((one) => one.severity === severity).length;
  return { error: count("error"), warning: count("warning"), note: count("note") };
}

/** Of all files together. */
export function totalOf(report: Report): Counts {
  const sum = (severity: Severity) =>
    report.files.reduce((total, { counts }) => total + counts[severity], 0);
  return { error: sum("error"), warning: sum("warning"), note: sum("note") };
}
