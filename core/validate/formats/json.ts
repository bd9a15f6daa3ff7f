/**
 * Pure. The report as one JSON object: `version` (1), `summary` (files, errors, warnings, notes,
 * suppressed, skipped), `findings` with the members of a Finding; what is unknown is null.
 */
import type { Finding } from "../finding.ts";
import { type Report, totalOf } from "../report.ts";

/** Ends with a line break. */
export function jsonReport(report: Report): string {
  const { error, warning, note } = totalOf(report);
  const { files, skipped } = report;
  const summary = {
    files: files.length,
    errors: error,
    warnings: warning,
    notes: note,
    suppressed: files.reduce((sum, file) => sum + file.suppressed, 0),
    skipped,
  };
  const findings = files.flatMap((file) => file.findings.map(jsonOf));
  return `${JSON.stringify({ version: 1, summary, findings }, undefined, 2)}\n`;
}

function jsonOf(finding: Finding): Record<string, unknown> {
  const { file, line, column, rule, severity, text } = finding;
  return {
    ...{ file, line, column, rule, severity, text },
    found: finding.found ?? null,
    expected: finding.expected ?? null,
    suggestion: finding.suggestion ?? null,
    excerpt: finding.excerpt ?? null,
  };
}
