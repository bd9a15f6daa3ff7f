/**
 * Pure. `# tpctl: ignore RULE reason`: takes the findings of one rule from one line, the comment's own
 * or, where the comment stands alone, the next line that is no comment.
 */
import type { Finding, Hit } from "./finding.ts";
import { closest } from "../config/suggest.ts";

/** One such comment. */
interface Suppression {
  /** The line that it is about. */
  readonly line: number;
  /** Where it stands, column from 1. */
  readonly at: { readonly line: number; readonly column: number };
  readonly rule: string;
  readonly reason: string;
  /** Nothing but comments stands above: it takes what concerns the whole file too. */
  readonly isHead: boolean;
}

/** What is left, and what is to be said about the comments themselves. */
export interface Suppressed {
  readonly findings: readonly Finding[];
  readonly hits: readonly Hit[];
  /** How many findings were taken. */
  readonly count: number;
}

/** A comment that stands alone is about a line at most so many below it. */
const commentsMax = 100;

const comment = /(^|\s)[#;]\s*tpctl:\s*ignore\b[ \t]*(\S*)[ \t]*(.*)$/;
const onlyComment = /^\s*[#;]/;

/** Applies the comments of one file; `isRule` knows all rules, by id. */
export function suppress(
  { file, text }: { readonly file: string; readonly text: string },
  findings: readonly Finding[],
  rules: ReadonlySet<string>,
): Suppressed {
  const all = text.includes("tpctl:") ? readSuppressions(text) : [];
  if (all.length === 0) return { findings, hits: [], count: 0 };
  const usable = all.filter(({ rule, reason }) => rules.has(rule) && reason !== "");
  const keyOf = (line: number, rule: string): string => `${line} ${rule}`;
  const byPlace = Map.groupBy(
    usable.flatMap((one) => [
      { key: keyOf(one.line, one.rule), one },
      ...(one.isHead && one.line !== 1 ? [{ key: keyOf(1, one.rule), one }] : []),
    ]),
    ({ key }) => key,
  );
  const used = new Set<Suppression>();
  const left = findings.filter(({ line, rule }) => {
    const taking = byPlace.get(keyOf(line, rule)) ?? [];
    taking.forEach(({ one }) => used.add(one));
    return taking.length === 0;
  });
  const hits = all.flatMap((one): Hit[] => {
    const place = { file, ...one.at };
    if (!rules.has(one.rule)) return [unknownRule(one, rules, place)];
    if (one.reason === "") {
      const expected = "a reason behind the rule's name";
      const text = `Cannot ignore ${one.rule} here: it does not say why, expected ${expected}`;
      return [{ rule: "suppress/no-reason", place, text, expected }];
    }
    if (used.has(one)) return [];
    const text = `Nothing of ${one.rule} is found in line ${one.line}: the comment can go`;
    return [{ rule: "suppress/unused", place, text }];
  });
  return { findings: left, hits, count: findings.length - left.length };
}

function unknownRule(
  { rule }: Suppression,
  rules: ReadonlySet<string>,
  place: NonNullable<Hit["place"]>,
): Hit {
  const suggestion = closest(rule, rules);
  const hint = suggestion === undefined ? "" : `, did you mean '${suggestion}'?`;
  const expected = "one that `tpctl validate --rules` lists";
  const text = `Cannot ignore the rule '${rule}': there is none, expected ${expected}${hint}`;
  return { rule: "suppress/unknown-rule", place, text, expected, suggestion };
}

function readSuppressions(text: string): Suppression[] {
  const lines = text.split(/\r\n|\n|\r/);
  const head = lines.findIndex((line) => !/^\s*([#;].*)?$/.test(line));
  return lines.flatMap((line, i) => {
    const found = comment.exec(line);
    if (found === null) return [];
    const [, gap = "", rule = "", reason = ""] = found;
    const at = { line: i + 1, column: found.index + gap.length + 1 };
    const isHead = head < 0 || i < head;
    return [{ line: targetOf(lines, i), at, rule, reason: reason.trim(), isHead }];
  });
}

/** The comment's line; for one that stands alone the first line below that is no comment. */
function targetOf(lines: readonly string[], at: number): number {
  if (!onlyComment.test(lines[at] ?? "")) return at + 1;
  for (let below = at + 1; below < Math.min(lines.length, at + commentsMax); below++) {
    if (!onlyComment.test(lines[below] ?? "")) return below + 1;
  }
  return at + 1;
}
