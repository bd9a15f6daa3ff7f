/**
 * Pure. What the patterns of sources can match: nothing, nothing that exists, or nothing that another
 * does not match too. For rules of pipeline_rules.ts.
 */
import { compileFnmatch } from "../../pipeline/fnmatch.ts";
import type { Source, SourcePattern } from "../../pipeline/pipeline.ts";
import type { Hit } from "../finding.ts";
import { suggestionsPerFileMax, wildcardsComparedMax } from "../limits.ts";
import type { PipelineSubject } from "./subjects.ts";

/** Sources that exclude everything. */
export function unreachableSources({ file }: PipelineSubject): Hit[] {
  return file.sources.flatMap(({ name, patterns }): Hit[] => {
    const all = patterns.find(({ text }) => /^!\*+$/.test(text));
    if (all === undefined) return [];
    const text =
      `Nothing reaches the source '${name}': '${all.text}' excludes everything, expected ` +
      "fewer exclusions";
    return [{
      rule: "pipeline/unreachable-source",
      place: all.place,
      text,
      expected: "fewer exclusions",
    }];
  });
}

/** Patterns that no name fits, and those that stand twice. */
export function deadPatterns({ file }: PipelineSubject): Hit[] {
  return file.sources.flatMap(({ name, patterns }) => {
    const seen = new Map<string, SourcePattern>();
    return patterns.flatMap((pattern): Hit[] => {
      const first = seen.get(pattern.text);
      seen.set(pattern.text, first ?? pattern);
      const why = first === undefined
        ? whyDead(pattern.text)
        : `it stands at line ${first.place.line} too`;
      if (why === undefined) return [];
      const text = `Pattern '${pattern.text}' of the source '${name}' adds nothing: ${why}`;
      return [{ rule: "pipeline/dead-pattern", place: pattern.place, text }];
    });
  });
}

function whyDead(text: string): string | undefined {
  const name = text.replace(/^!/, "");
  if (name !== name.trim()) return "no name has blanks around it";
  if (name === "") return "no name is empty";
  const empty = /\[(?!!)(?:([^\]])-([^\]]))\]/.exec(name);
  const [shown, from = "", to = ""] = empty ?? [];
  if (shown !== undefined && from > to) return `nothing is in the range '${shown}'`;
  return undefined;
}

/** Exclusions within a wider one of their list. */
export function shadowedExclusions({ file }: PipelineSubject): Hit[] {
  return file.sources.flatMap(shadowedIn);
}

function shadowedIn({ name, patterns }: Source): Hit[] {
  const exclusions = patterns.filter(({ text }) => text.startsWith("!"));
  const wide = exclusions.filter(({ text }) => isWide(text) && text !== "!*")
    .slice(0, wildcardsComparedMax)
    .map((pattern) => ({ pattern, takes: wideTakes(pattern.text.slice(1)) }));
  if (wide.length === 0) return [];
  return exclusions.flatMap((one): Hit[] => {
    const text = one.text.slice(1);
    // A wildcard of the narrow one is a plain character to the wide one: only its '*' takes it.
    const wider = text.includes("[")
      ? undefined
      : wide.find(({ pattern, takes }) => pattern.text !== one.text && takes(text));
    if (wider === undefined) return [];
    const said = `The exclusion '${one.text}' of the source '${name}' says nothing: ` +
      `'${wider.pattern.text}' excludes it already`;
    return [{ rule: "pipeline/shadowed-exclusion", place: one.place, text: said }];
  });
}

/** Whether a pattern's only wildcards are `*`. */
export function isWide(pattern: string): boolean {
  return pattern.includes("*") && !/[?[]/.test(pattern);
}

/** A matcher for a pattern with a `*`: what does not begin like it is told at once. */
export function wideTakes(pattern: string): (text: string) => boolean {
  const matches = compileFnmatch(pattern);
  const start = pattern.slice(0, pattern.indexOf("*"));
  return (text) => text.startsWith(start) && matches(text);
}

/** Patterns with wildcards that no known meter fits. */
export function wildcardsWithoutMeter({ file, meters }: PipelineSubject): Hit[] {
  if (file.carries !== "samples" || !meters.areComplete) return [];
  const verdicts = new Map<string, boolean>();
  const isEmpty = (pattern: string): boolean => {
    const known = verdicts.get(pattern);
    if (known !== undefined) return known;
    if (verdicts.size >= wildcardsComparedMax) return false;
    const verdict = !meters.someMatch(pattern);
    verdicts.set(pattern, verdict);
    return verdict;
  };
  return file.sources.flatMap(({ name, patterns }) =>
    patterns.flatMap(({ text, place }): Hit[] => {
      const pattern = text.replace(/^!/, "");
      if (!hasWildcard(pattern) || whyDead(text) !== undefined || !isEmpty(pattern)) return [];
      const expected = "a pattern that fits one";
      const said =
        `Pattern '${text}' of the source '${name}' fits no known meter, expected ${expected}`;
      return [{ rule: "pipeline/wildcard-without-meter", place, text: said, expected }];
    })
  );
}

/** Whole names that no definition makes. */
export function unknownMeters({ file, meters }: PipelineSubject): Hit[] {
  if (file.carries !== "samples" || !meters.areComplete) return [];
  let suggestions = 0;
  return file.sources.flatMap(({ name, patterns }) =>
    patterns.flatMap(({ text, place }): Hit[] => {
      const meter = text.replace(/^!/, "");
      if (hasWildcard(meter) || meter.trim() !== meter || meters.has(meter)) return [];
      const suggestion = suggestions++ < suggestionsPerFileMax ? meters.closest(meter) : undefined;
      const hint = suggestion === undefined ? "" : `, did you mean '${suggestion}'?`;
      const expected = "a meter that the definitions make";
      const said = `The meter '${meter}' of the source '${name}' is unknown, expected ${expected}`;
      return [{
        rule: "pipeline/unknown-meter",
        place,
        text: `${said}${hint}`,
        expected,
        suggestion,
      }];
    })
  );
}

function hasWildcard(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}
