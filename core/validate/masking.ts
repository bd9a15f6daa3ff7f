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

/*
 * Every pattern is bounded where it could be tried again and again: a line may have millions of
 * characters, and is looked at in one pass.
 */
const scheme = /\b[a-z][a-z0-9+.-]{0,30}:\/\//gi;
/** `user:password@host`, where somebody left the scheme out. */
const bareUser = /(?<=^|[\s'"=,])[\w.%+-]{1,64}:[^\s'"@/]{1,200}(?=@)/g;
const queryMember = /[?&]([a-z_]{1,64})=([^&\s'"]+)/gi;
const secretName = /(?:pass|pwd|secret|token|api_?key)[a-z]*$/i;

/** What comes before and what is hidden, of secrets that go on to the end of the line. */
const lineSecrets: readonly RegExp[] = [
  // A member of a map.
  /(["']?\b[a-z_]{0,64}(?:pass|pwd|secret|token|api_?key)[a-z]{0,64}["']?\s*:\s+)(\S.*)$/gi,
  // An INI option.
  /^(\s*[a-z0-9_.-]{0,64}(?:pass|pwd|secret|token|api_?key)[a-z0-9_.-]{0,64}(?:\s*[=:]\s*|\s+))(\S.*)$/gi,
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
  // `expected influxdb://user@host:8086/database` is a form, and says so by this name.
  const users = userInfos(text).filter(({ from, to }) => text.slice(from, to) !== "user");
  return starred(text, merged([...users, ...querySecrets(text)]));
}

/** The line without its secrets. */
export function shownLine(line: string): ShownLine {
  const spans = secretSpans(line);
  if (spans.length === 0) return { text: printable(line), columnOf: (column) => column };
  return {
    text: printable(starred(line, spans)),
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

function starred(text: string, spans: readonly Span[]): string {
  let shown = "";
  let at = 0;
  for (const { from, to } of spans) {
    shown += text.slice(at, from) + stars;
    at = to;
  }
  return shown + text.slice(at);
}

function secretSpans(line: string): Span[] {
  const spans = [...userInfos(line), ...querySecrets(line)];
  for (const pattern of lineSecrets) {
    for (const found of line.matchAll(pattern)) {
      const [, before = "", secret = ""] = found;
      if (isPath.test(before)) continue;
      const from = found.index + before.length;
      spans.push({ from, to: from + secret.length });
    }
  }
  return merged(spans);
}

/** What stands before `@` in a URL: users and passwords, of all hosts that it names. */
function userInfos(text: string): Span[] {
  const spans: Span[] = [];
  let [wordEnd, lastAt] = [0, -1];
  for (const found of text.matchAll(scheme)) {
    const from = found.index + found[0].length;
    if (from > wordEnd) {
      const blank = text.slice(from).search(/\s/);
      wordEnd = blank < 0 ? text.length : from + blank;
      lastAt = text.lastIndexOf("@", wordEnd - 1);
    }
    if (lastAt > from) spans.push({ from, to: lastAt });
  }
  for (const { index, 0: { length } } of text.matchAll(bareUser)) {
    spans.push({ from: index, to: index + length });
  }
  return spans;
}

function querySecrets(text: string): Span[] {
  return [...text.matchAll(queryMember)].flatMap(
    ({ index, 0: whole, 1: name = "", 2: value = "" }) => {
      const to = index + whole.length;
      return secretName.test(name) ? [{ from: to - value.length, to }] : [];
    },
  );
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
