/**
 * Edge (processes, files). The one gate: everything that must hold before a change goes in, from a
 * frozen install to the last test against a real server. Each step says how long it took; the last
 * line counts what passed and failed, and the exit code is 0 only when nothing failed. It imports
 * nothing that an install would have to bring first.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Step {
  readonly name: string;
  readonly argv: readonly string[];
  /** Nothing after it can say anything worth reading when it fails. */
  readonly needed?: true;
}

/** What bun test counted. */
export interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const root = import.meta.dir;
const inCi = process.env.CI === "true" || process.env.CI === "1";
/** The bun that the frozen install brings, so that the gate runs what the lockfile names. */
const bun = "./node_modules/.bin/bun";
const deno = "./node_modules/.bin/deno";

const steps: readonly Step[] = [
  { name: "install", argv: [process.execPath, "install", "--frozen-lockfile"], needed: true },
  { name: "servers", argv: [bun, "testing/servers/install.ts"], needed: true },
  { name: "format", argv: [deno, "fmt", "--check"] },
  { name: "lint", argv: [deno, "lint"] },
  { name: "types", argv: [bun, "check"] },
  { name: "house rules", argv: [bun, "test", "core/tidy_test.ts"] },
  { name: "build and smoke run", argv: [bun, "build.ts"], needed: true },
];

/** Runs one step with its output passed on; true when it ended with 0. */
async function runStep(step: Step): Promise<boolean> {
  console.log(`\n== ${step.name}: ${step.argv.map((word) => word.replace(root, ".")).join(" ")}`);
  const started = performance.now();
  const child = Bun.spawn([...step.argv], {
    cwd: root,
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
  });
  const good = await child.exited === 0;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`== ${step.name}: ${good ? "good" : `FAILED with ${child.exitCode}`}, ${seconds} s`);
  return good;
}

/** Every test in the tree, one file after the other: files share the cores with real servers. */
async function runTests(): Promise<Count> {
  const folder = await mkdtemp(join(tmpdir(), "tpctl-gate-"));
  const report = join(folder, "report.xml");
  try {
    // Real servers take seconds to start; a test that hangs must still end.
    const argv = [bun, "test", "--timeout=120000", "--reporter=junit"];
    argv.push(`--reporter-outfile=${report}`);
    const good = await runStep({ name: "tests", argv });
    return countTests(await readFile(report, "utf8").catch(() => ""), good);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Counts by the report's root element. A run that ended badly counts at least one failure, also when
 * the report is missing or knows of none (a file that did not load, a crash).
 */
export function countTests(report: string, good: boolean): Count {
  const head = /<testsuites\b[^>]*>/.exec(report)?.[0] ?? "";
  const read = (name: string): number =>
    Number(new RegExp(`\\b${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const skipped = read("skipped");
  const failed = Math.max(read("failures") + read("errors"), good ? 0 : 1);
  const passed = Math.max(read("tests") - skipped - read("failures") - read("errors"), 0);
  for (const [, name] of report.matchAll(/<testcase name="([^"]*)"[^>]*>\s*<skipped/g)) {
    console.log(`skipped: ${name}`);
  }
  return { passed, failed, skipped };
}

/**
 * The verdict over all steps: the closing line, and why the gate is shut, if it is. Steps that are no
 * tests are among the failed, never among the passed; a skip is a failure where every server is to be
 * had.
 */
export function verdictOf(
  count: Count,
  badSteps: readonly string[],
  skipsAllowed: boolean,
): { readonly line: string; readonly reasons: readonly string[] } {
  const reasons = [...badSteps];
  if (count.failed > 0) reasons.push("tests");
  if (count.passed === 0) reasons.push("no test passed");
  if (!skipsAllowed && count.skipped > 0) reasons.push(`${count.skipped} skipped tests`);
  const failed = Math.max(count.failed, reasons.length);
  const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : "";
  return { line: `${count.passed} passed, ${failed} failed${skipped}`, reasons };
}

async function main(): Promise<number> {
  const bad: string[] = [];
  let count: Count = { passed: 0, failed: 0, skipped: 0 };
  let stopped = false;
  for (const step of steps) {
    if (await runStep(step)) continue;
    bad.push(step.name);
    stopped = step.needed === true;
    if (stopped) break;
  }
  if (!stopped) count = await runTests();
  const { line, reasons } = verdictOf(count, bad, !inCi);
  if (reasons.length > 0) console.log(`\nNot good: ${reasons.join(", ")}`);
  console.log(`\n${line}`);
  return reasons.length === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main();
