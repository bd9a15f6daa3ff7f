/**
 * Pure. Lines of configuration files as they may be shown: what is a secret is three stars.
 */

/** A piece of a line that is not shown; `to` is exclusive. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** A line that may be shown, and where a column of the original is in it. */
export interface ShownLine {
  readonly text: string;
  /** Both from 1. */
  columnOf(column: number): number;
}

const stars = "***";

/** What stands before `@` in a URL: users and passwords, of all hosts that it names. */
const userInfo = /(\b[a-z][a-z0-9+.-]*:\/\/)(\S*)(?=@)/gi;
const secretQuery = /([?&](?:[a-z_]*(?:pass|pwd|secret|token|api_?key)[a-z]*)=)([^&\s'"]+)/gi;

/** What comes before and what is hidden, of secrets that a line of a file can hold. */
const secrets: readonly RegExp[] = [
  userInfo,
  secretQuery,
  // A member of a map.
  /(["']?\b[a-z_]*(?:pass|pwd|secret|token|api_?key)[a-z]*["']?\s*:\s+)(\S.*)$/gi,
  // An INI option, up to the end of the line.
  /^(\s*[a-z0-9_.-]*(?:pass|pwd|secret|token|api_?key)[a-z0-9_.-]*(?:\s*[=:]\s*|\s+))(\S.*)$/gi,
];

/** Options whose names say that they hold the path of a secret, not the secret. */
const isPath = /(?:file|path|dir)\s*[=:]/i;

/** The text without what moves a terminal's cursor or no XML can hold; of the same length. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\ufffe\uffff]/gu, (one) => one === "\t" ? one : "\ufffd")
    .toWellFormed();
}

/** A sentence without the secrets of the URLs that it quotes. */
export function withoutSecrets(text: string): string {
  return text.replace(userInfo, `$1${stars}`).replace(secretQuery, `$1${stars}`);
}

/** The line without its secrets. */
export function shownLine(line: string): ShownLine {
  const spans = secretSpans(line);
  if (spans.length === 0) return { text: printable(line), columnOf: (column) => column };
  let text = "";
  let at = 0;
  for (const { from, to } of spans) {
    text += line.slice(at, from) + stars;
    at = to;
  }
  text += line.slice(at);
  return {
    text: printable(text),
    columnOf(column): number {
      let shift = 0;
      for (const { from, to } of spans) {
        if (column - 1 >= to) shift += stars.length - (to - from);
        else if (column - 1 > from) return from + shift + 1;
      }
      return column + shift;
    },
  };
}

function secretSpans(line: string): Span[] {
  const spans: Span[] = [];
  for (const pattern of secrets) {
    for (const found of line.matchAll(pattern)) {
      const [, before = "", secret = ""] = found;
      if (isPath.test(before) || secret === "") continue;
      const from = found.index + before.length;
      spans.push({ from, to: from + secret.length });
    }
  }
  return merged(spans);
}

function merged(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last !== undefined && span.from <= last.to) {
      result[result.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
    } else {
      result.push(span);
    }
  }
  return result;
}
