/**
 * Pure. From the errors and notices of the readers to hits. Their texts have one form ("Cannot <verb>
 * <thing>: <why>, expected <what>, did you mean '<name>'?"), so what was expected can be shown apart.
 */
import type { ConfigNotice } from "../config/check_options.ts";
import { ConfigError, ConfigErrors, type Place } from "../errors.ts";
import type { Finding, Hit, Severity } from "./finding.ts";
import { printable, withoutSecrets } from "./masking.ts";
import type { SourceText } from "./source_text.ts";

/** `fallback`: the rule where the error names none. */
export function hitOfError(
  { message, place, rule = undefined }: ConfigError,
  fallback: string,
): Hit {
  return { rule: rule ?? fallback, place, text: message, ...partsOf(message) };
}

/** Likewise. */
export function hitOfNotice({ text, place, rule }: ConfigNotice, fallback: string): Hit {
  return { rule: rule ?? fallback, place, text, ...partsOf(text) };
}

/** The ConfigErrors that something threw; rethrows all else. */
export function configErrorsOf(error: unknown): readonly ConfigError[] {
  if (error instanceof ConfigErrors) return error.errors;
  if (error instanceof ConfigError) return [error];
  throw error;
}

/** What a text of the usual form says was expected, and meant. */
function partsOf(text: string): Pick<Hit, "expected" | "suggestion"> {
  const meant = /(?:, | \(|expected )did you mean '?([^'?]+)'?\?/.exec(text);
  const head = meant === null ? text : text.slice(0, meant.index);
  const at = head.lastIndexOf(", expected ");
  const expected = at < 0 ? undefined : head.slice(at + ", expected ".length);
  const newer = / is the older name of (.+)$/.exec(text)?.[1];
  return {
    expected: expected === "" ? newer : expected ?? newer,
    suggestion: meant?.[1] ?? newer,
  };
}

function showable(text: string): string {
  return printable(withoutSecrets(text));
}

/** The hit as it is shown: with its severity, what stands at its place, and no secrets. */
export function findingOf(hit: Hit, source: SourceText, severity: Severity): Finding {
  const place: Place = hit.place ?? { file: source.name };
  const excerpt = source.excerpt(place);
  const shown = (text: string | undefined) => text === undefined ? undefined : showable(text);
  return {
    file: source.name,
    line: place.line ?? 1,
    column: place.column ?? 1,
    rule: hit.rule,
    severity,
    text: showable(hit.text),
    found: hit.hidesValue === true ? withoutValue(source.found(place)) : source.found(place),
    expected: shown(hit.expected),
    suggestion: shown(hit.suggestion),
    excerpt: hit.hidesValue === true && excerpt !== undefined
      ? { ...excerpt, text: withoutValue(excerpt.text) }
      : excerpt,
  };
}

function withoutValue(line: string): string;
function withoutValue(line: string | undefined): string | undefined;
function withoutValue(line: string | undefined): string | undefined {
  return line?.replace(/(\s*[=:]\s*)\S.*$/s, "$1***");
}
