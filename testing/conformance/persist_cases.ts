/**
 * Edge (processes, files). Runs one `persist` case through the executable as its README says, and says
 * in what it differs from the recorded behaviour: lines or documents, refused messages, exit code.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { tempFolder } from "../servers/server.ts";
import { type Run, runExecutable } from "../executable.ts";
import { type Case, prepareFolder } from "./cases.ts";
import { differenceOf, sameJson, sameLine } from "./compare.ts";

/** Everything that differs, one sentence each; empty where the case passes. */
export async function runPersistCase(each: Case): Promise<readonly string[]> {
  await using folder = await tempFolder("case");
  await prepareFolder(folder.path, each);
  const kind = each.run.replace(/^persist /, "");
  const store = kind === "events" ? "documents:-" : "line:-";
  const argv = ["persist", "--from", "input.ndjson", "--kind", kind, "--to", store, "--once"];
  const today = (): string => new Date().toISOString().slice(0, 10);
  const days = [today()];
  const run = await runExecutable(argv, { cwd: folder.path });
  // A case that runs over midnight may meet either day.
  days.push(today());
  const compared = days.map((day) => differences(each, run, day));
  const refused = readRefused(folder.path);
  const dropped = (each.expect.dropped ?? []).map(([line]) => line);
  return [
    ...compared.reduce((best, found) => found.length < best.length ? found : best),
    ...listed("refused lines", differenceOf(dropped, refused, Object.is)),
    ...(run.exitCode === 0 ? [] : [`exit code ${run.exitCode}\n${run.stderr}`]),
  ];
}

function listed(what: string, difference: string | undefined): string[] {
  return difference === undefined ? [] : [`${what}: ${difference}`];
}

function differences({ expect }: Case, run: Run, day: string): string[] {
  const printed = run.stdout.split("\n").filter((line) => line !== "");
  const fill = (text: string): string => text.replaceAll("{{TODAY}}", day);
  if (expect.documents !== undefined) {
    const expected = JSON.parse(fill(JSON.stringify(expect.documents))) as unknown[];
    const actual = printed.map((line) => JSON.parse(line) as unknown);
    return listed("documents", differenceOf(expected, actual, sameJson));
  }
  return listed("lines", differenceOf((expect.lines ?? []).map(fill), printed, sameLine));
}

/** The numbers (from 0) of the input's lines that stand in the dead letters, rising. */
function readRefused(folder: string): readonly number[] {
  const letters = join(folder, "tpctl-state", "dead-letters");
  if (!existsSync(letters)) return [];
  return [...new Bun.Glob("*.ndjson").scanSync(letters)]
    .flatMap((name) => readFileSync(join(letters, name), "utf8").split("\n"))
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as { source: { line: number } }).source.line - 1)
    .sort((a, b) => a - b);
}
