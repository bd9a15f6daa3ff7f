/**
 * Pure. `Finding`: one thing that is to be said about one line of a file. Every check ends in findings,
 * every output format begins with them.
 */
import type { Place } from "../errors.ts";

/** `error`: a daemon refuses or skips it; `warning`: works, but not as meant; `note`: good to know. */
export type Severity = typeof severities[number];

/** All of them, the worst first. */
export const severities = ["error", "warning", "note"] as const;

/** See above. No member shows a secret. */
export interface Finding {
  /** As the file was named. */
  readonly file: string;
  /** From 1; what concerns a whole file stands at its first line. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** Id of a rule of rules.ts. */
  readonly rule: string;
  readonly severity: Severity;
  /** A sentence: what is wrong, why, what was expected. */
  readonly text: string;
  /** What stands at the place; undefined where the whole file is meant. */
  readonly found: string | undefined;
  readonly expected: string | undefined;
  /** What was probably meant, to put in the place of a part of `found`. */
  readonly suggestion: string | undefined;
  /** The line as it may be shown, or the part of it around the column; undefined for whole files. */
  readonly excerpt: Excerpt | undefined;
}

/** A line, or a part of one. */
export interface Excerpt {
  readonly text: string;
  /** From 1, where in `text` the finding points. */
  readonly column: number;
}

/** A finding as a check makes it: the rule's severity, and what stands at the place, come later. */
export interface Hit {
  readonly rule: string;
  /** Undefined: the file as a whole. */
  readonly place: Place | undefined;
  readonly text: string;
  readonly expected?: string | undefined;
  readonly suggestion?: string | undefined;
  /** The line's value is not shown: nobody knows whether it is a secret. */
  readonly hidesValue?: boolean;
}

/** In the order of a file's lines; the same thing is said once. */
export function sortedFindings(findings: readonly Finding[]): Finding[] {
  const rank = ({ severity }: Finding): number => severities.indexOf(severity);
  const said = new Set<string>();
  return findings
    .toSorted((a, b) => a.line - b.line || a.column - b.column || rank(a) - rank(b))
    .filter(({ line, column, rule, text }) => {
      const key = `${line}:${column}:${rule}:${text}`;
      if (said.has(key)) return false;
      said.add(key);
      return true;
    });
}
