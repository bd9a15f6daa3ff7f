/**
 * Edge (files). The recorded cases of testdata/conformance: what a case looks like, which classes are
 * on, and the folder that a case is run in. What a case means stands in the README beside the cases.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../sources.ts";

/** What the reference did with a `persist` case. */
export interface PersistExpectation {
  readonly lines?: readonly string[];
  readonly documents?: readonly unknown[];
  /** `[line number from 0, the reference's reason]` of each message that it refused. */
  readonly dropped?: readonly (readonly [number, string])[];
}

/** One recorded case, as it stands in its file. */
export interface Case {
  readonly id: string;
  readonly run: string;
  readonly input?: readonly unknown[];
  readonly input_text?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly expect: PersistExpectation;
  readonly note?: string;
}

/** All cases of one file. */
export interface CaseClass {
  readonly class: string;
  readonly cases: readonly Case[];
}

/** The classes whose subcommand exists. The others wait for theirs and are listed as not yet run. */
export const runningClasses: readonly string[] = [
  "persist-metrics",
  "persist-alarms",
  "persist-events",
];

/** Every class by file name, `quirks` (for information only) left out. */
export function readClasses(): readonly CaseClass[] {
  const folder = join(root, "testdata/conformance");
  return [...new Bun.Glob("*.json").scanSync(folder)].sort()
    .filter((name) => name !== "quirks.json")
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as CaseClass);
}

/** Writes what the case brings into `folder`, which is empty, and makes its `out`. */
export async function prepareFolder(folder: string, each: Case): Promise<void> {
  const fill = (text: string): string =>
    text.replaceAll("{{DIR}}", folder).replaceAll("{{OUT}}", join(folder, "out"));
  await mkdir(join(folder, "out"));
  const lines = each.input?.map((item) => JSON.stringify(item) + "\n").join("");
  await writeFile(join(folder, "input.ndjson"), fill(each.input_text ?? lines ?? ""));
  for (const [name, text] of Object.entries(each.files ?? {})) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), fill(text));
  }
}
