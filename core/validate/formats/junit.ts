/**
 * Pure. The report as JUnit XML: a suite for each file, a case for each finding, and one that passes for
 * a file without any. What does not fail the run is a case that passes with its text as output.
 */
import { escapeXml } from "../../xml/escape.ts";
import type { Finding } from "../finding.ts";
import { printable } from "../masking.ts";
import type { FileReport, Report } from "../report.ts";

/** `isFailure`: whether a finding makes the run fail. */
export function junitReport(
  { files }: Report,
  isFailure: (finding: Finding) => boolean,
): string {
  const suites = files.map((file) => suiteOf(file, isFailure));
  const tests = files.reduce((sum, { findings }) => sum + Math.max(1, findings.length), 0);
  const failures = files.flatMap(({ findings }) => findings.filter(isFailure)).length;
  return '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<testsuites name="tpctl validate" tests="${tests}" failures="${failures}" errors="0">\n` +
    `${suites.join("")}</testsuites>\n`;
}

function suiteOf(
  { file, findings }: FileReport,
  isFailure: (finding: Finding) => boolean,
): string {
  const name = escaped(file);
  const failures = findings.filter(isFailure).length;
  const cases = findings.length === 0
    ? [`    <testcase classname="${name}" name="no findings"/>\n`]
    : findings.map((one) => caseOf(one, isFailure(one)));
  const tests = Math.max(1, findings.length);
  return `  <testsuite name="${name}" tests="${tests}" failures="${failures}" errors="0">\n` +
    `${cases.join("")}  </testsuite>\n`;
}

function caseOf({ file, line, column, rule, severity, text }: Finding, fails: boolean): string {
  const name = escaped(`${rule} at ${line}:${column}`);
  const said = escaped(`${file}:${line}:${column}: ${severity}: ${text}`);
  const content = fails
    ? `<failure type="${rule}" message="${escaped(text)}">${said}</failure>`
    : `<system-out>${said}</system-out>`;
  return `    <testcase classname="${escaped(file)}" name="${name}">${content}</testcase>\n`;
}

function escaped(text: string): string {
  return escapeXml(printable(text));
}
