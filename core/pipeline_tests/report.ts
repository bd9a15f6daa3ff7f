/**
 * Pure. Results of pipeline tests for people, for programs and for CI: text, JSON, JUnit's XML.
 */
import { escapeXml } from "../xml/escape.ts";
import type { TestResult } from "./run_tests.ts";

/** One line per case, what is wrong below it, the count at the end. */
export function testsText(results: readonly TestResult[]): string {
  const lines = results.flatMap(({ name, place, failures }) => {
    if (failures.length === 0) return [`ok    ${name}`];
    const at = place.line === undefined ? place.file : `${place.file}:${place.line}`;
    return [`FAIL  ${name} (${at})`, ...failures.map((line) => `        ${line}`)];
  });
  const failed = failedOf(results).length;
  const noun = results.length === 1 ? "case" : "cases";
  const end = failed === 0
    ? `${results.length} ${noun}, all passed`
    : `${results.length} ${noun}, ${failed} failed`;
  return `${[...lines, "", end].join("\n")}\n`;
}

/** The cases with a count. */
export function testsJson(results: readonly TestResult[]): string {
  const cases = results.map(({ name, place, failures }) => (
    { name, ...place, passed: failures.length === 0, failures }
  ));
  const counts = { cases: results.length, failed: failedOf(results).length };
  return `${JSON.stringify({ ...counts, results: cases }, undefined, 2)}\n`;
}

/** A suite named after the file, a test case for each case. */
export function testsJunit(results: readonly TestResult[], file: string): string {
  const counts = `tests="${results.length}" failures="${failedOf(results).length}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="tpctl validate --tests" ${counts}>`,
    `  <testsuite name="${escapeXml(file)}" ${counts} errors="0" skipped="0">`,
    ...results.map(junitCase),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function junitCase({ name, place, failures }: TestResult): string {
  const line = place.line === undefined ? "" : ` line="${place.line}"`;
  const head = `    <testcase name="${escapeXml(name)}" classname="${escapeXml(place.file)}" ` +
    `file="${escapeXml(place.file)}"${line}`;
  const [first] = failures;
  if (first === undefined) return `${head}/>`;
  const failure = `<failure message="${escapeXml(first)}" type="difference">` +
    `${escapeXml(failures.join("\n"))}</failure>`;
  return `${head}>${failure}</testcase>`;
}

function failedOf(results: readonly TestResult[]): TestResult[] {
  return results.filter(({ failures }) => failures.length > 0);
}
