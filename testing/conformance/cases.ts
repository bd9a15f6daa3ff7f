/**
 * Edge (files). The recorded cases of testdata/conformance: what a case looks like, which classes are
 * on, and the folder that a case is run in. What a case means stands in the README beside the cases.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadValue } from "../../core/notifications/load_value.ts";
import { isDict } from "../../core/notifications/value.ts";
import { dumpValue } from "../../core/notifications/value_text.ts";
import { root } from "../sources.ts";
import type { WireExpectation } from "./wire.ts";

/** What the reference did with a `persist` case. */
export interface PersistExpectation {
  readonly lines?: readonly string[];
  readonly documents?: readonly unknown[];
  /** `[line number from 0, the reference's reason]` of each message that it refused. */
  readonly dropped?: readonly (readonly [number, string])[];
}

/** What the reference did with a `pipeline` case. */
export interface PipelineExpectation {
  /** What it said at start, by part: `error: ...` or `skipped: ...`. */
  readonly verdict?: Readonly<Record<string, string>>;
  /** Name under `out` -> the records in it. */
  readonly files?: Readonly<Record<string, readonly unknown[]>>;
  /** The same, and no other file holds anything. */
  readonly all_files?: Readonly<Record<string, readonly unknown[]>>;
  /** Numbers, from 0, of the lines that it asks for again for ever. */
  readonly requeued?: readonly number[];
}

/** The verdict of `tpctl validate` on some of the case's files. */
export interface ValidateExpectation {
  readonly validate?: {
    readonly files: readonly string[];
    readonly exit: 0 | 1;
    /** The content does not show what kind of file it is: exit 2 will do too. */
    readonly kind?: "unclear";
  };
}

/** One recorded case, as it stands in its file. */
export interface Case {
  readonly id: string;
  readonly run: string;
  /** `group.option` -> its value, or its values. */
  readonly conf?: Readonly<Record<string, string | readonly string[]>>;
  readonly input?: readonly unknown[];
  readonly input_text?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly expect:
    & PersistExpectation
    & PipelineExpectation
    & WireExpectation
    & ValidateExpectation;
  readonly note?: string;
  readonly unordered?: boolean;
  readonly subset?: boolean;
  /** Any signature of the right form will do. */
  readonly signature?: "any";
}

/** All cases of one file. */
export interface CaseClass {
  readonly class: string;
  readonly cases: readonly Case[];
}

/** Every class by file name, `quirks` (for information only) left out. */
export function readClasses(): readonly CaseClass[] {
  const folder = join(root, "testdata/conformance");
  return [...new Bun.Glob("*.json").scanSync(folder)].sort()
    .filter((name) => name !== "quirks.json")
    .map((name) => readClass(readFileSync(join(folder, name), "utf8")));
}

/** The lines of the input are kept as they were recorded: 6.0 is a float. */
function readClass(text: string): CaseClass {
  const read = JSON.parse(text) as CaseClass;
  const exact = loadValue(text);
  const cases = isDict(exact) && Array.isArray(exact.cases) ? exact.cases : [];
  return {
    ...read,
    cases: read.cases.map((each, i) => {
      const one = cases[i];
      const input = isDict(one) ? one.input : undefined;
      if (!Array.isArray(input)) return each;
      return { ...each, input_text: input.map((item) => `${dumpValue(item)}\n`).join("") };
    }),
  };
}

/** Writes what the case brings into `folder`, which is empty, and makes its `out`. */
export async function prepareFolder(folder: string, each: Case): Promise<void> {
  const fill = (text: string): string =>
    text.replaceAll("{{DIR}}", folder).replaceAll("{{OUT}}", join(folder, "out"));
  await mkdir(join(folder, "out"));
  await writeFile(join(folder, "input.ndjson"), fill(each.input_text ?? ""));
  for (const [name, text] of Object.entries(each.files ?? {})) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), fill(text));
  }
}
