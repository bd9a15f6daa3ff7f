/**
 * Pure. `Rule`: one thing that `tpctl validate` says about files, as data: how bad it is, why, and what
 * it looks like done wrong and done right. The table is rules.ts.
 */
import type { Hit, Severity } from "./finding.ts";
import type { FileKind } from "./kinds.ts";

/** A file that shows a rule broken or kept. */
export interface Example {
  readonly kind: FileKind;
  readonly text: string;
  /** What else stands in its folder, by name. */
  readonly beside?: Readonly<Record<string, string>>;
  /** What the environment says. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** See above. Ids are `area/what-is-wrong` and never change. */
export interface Rule {
  readonly id: string;
  readonly severity: Severity;
  /** One to three sentences; the first is the summary. */
  readonly explanation: string;
  readonly bad: Example;
  readonly good: Example;
}

/** A rule that looks for itself; the others are found by the readers that the daemons start with. */
export interface LintRule<Subject> extends Rule {
  check(subject: Subject): readonly Hit[];
}

/** Runs every rule over one subject. */
export function lint<Subject>(
  rules: readonly LintRule<Subject>[],
  subject: Subject,
): readonly Hit[] {
  return rules.flatMap((rule) => rule.check(subject));
}
