/**
 * Edge (files). The examples of the rules as folders: each rule's wrong file and its right one, with what
 * belongs beside them. testdata/validate/rules is made of them.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { FileKind } from "../../core/validate/kinds.ts";
import type { Example, Rule } from "../../core/validate/rule.ts";
import { RULES } from "../../core/validate/rules.ts";
import { root } from "../sources.ts";

/** Where they stand. */
export const corpusPath = join(root, "testdata/validate/rules");

/** The name of an example's file: that of its kind, so that folders look like real ones. */
export function exampleName(kind: FileKind): string {
  return kind === "meters.d" ? "meters.d/meters.yaml" : kind;
}

/** `area-what/wrong` or `.../right`. */
export function exampleFolder({ id }: Rule, side: "wrong" | "right"): string {
  return join(id.replace("/", "-"), side);
}

/** What an example's folder holds, by name. */
export function exampleFiles({ kind, text, beside }: Example): Readonly<Record<string, string>> {
  return { [exampleName(kind)]: text, ...beside };
}

/** Every example, by its folder. */
export function allExamples(): readonly (readonly [folder: string, example: Example])[] {
  return RULES.flatMap((rule) => [
    [exampleFolder(rule, "wrong"), rule.bad] as const,
    [exampleFolder(rule, "right"), rule.good] as const,
  ]);
}

/** Writes an example's files into a folder. */
export function writeExample(folder: string, example: Example): void {
  for (const [name, text] of Object.entries(exampleFiles(example))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

if (import.meta.main) {
  rmSync(corpusPath, { recursive: true, force: true });
  for (const [folder, example] of allExamples()) writeExample(join(corpusPath, folder), example);
}
