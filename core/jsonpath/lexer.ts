/**
 * Pure. JSONPath text -> tokens, as jsonpath-rw-ext 1.2 splits it: words may hold `-` and begin with
 * `@`, `-1` is one number, `true` and `false` end a word early, `/` and `\` only ever sort.
 */
import { JsonPathError } from "./syntax.ts";
import { toInt } from "../python/numbers.ts";
import { intValue } from "../notifications/load_value.ts";
import { PyFloat, type Value } from "../notifications/value.ts";

/** `kind` is the character itself for punctuation. */
export interface Token {
  readonly kind: string;
  /** The name, number, truth value, operator or text that the token stands for. */
  readonly value: Value;
  /** As written, for messages. */
  readonly text: string;
  /** Where it begins, in UTF-16 units from 0. */
  readonly at: number;
}

const SPACES =
  "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
// The order decides, as there: a word that begins with `true` is a truth value and the rest.
const KINDS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ["truth", /true|false/uy],
  ["sort", new RegExp(`,?${SPACES}*[/\\\\]`, "uy")],
  ["name", /@?[a-zA-Z_][a-zA-Z0-9_@-]*/uy],
  ["float", /-?\p{Nd}+\.\p{Nd}+/uy],
  ["int", /-?\p{Nd}+/uy],
  ["quoted", /'(?:[^'\\]|\\[^\n])*'|"(?:[^"\\]|\\[^\n])*"/uy],
  ["operation", /`(?:[^`\\]|\\[^\n])*`/uy],
  ["comparison", /==?|<=|>=|!=|<|>|~/uy],
  ["..", /\.\./uy],
  ["mark", /[*.[\]()$,:|&?@+-]/uy],
];
const BLANKS = /[ \t\n]+/uy;

/** Throws JsonPathError for what is no token. The last one is of kind `end`. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    const token = at < text.length ? nextToken(text, at) : undefined;
    if (token !== undefined) {
      tokens.push(token);
      at += token.text.length;
      continue;
    }
    const skipped = skipBlanks(text, at);
    if (skipped === at) break;
    at = skipped;
  }
  if (at < text.length) throw new JsonPathError(text, at, wrongStart(text, at));
  tokens.push({ kind: "end", value: null, text: "", at });
  return tokens;
}

function skipBlanks(text: string, at: number): number {
  BLANKS.lastIndex = at;
  return BLANKS.test(text) ? BLANKS.lastIndex : at;
}

function wrongStart(text: string, at: number): string {
  const first = String.fromCodePoint(text.codePointAt(at) ?? 0);
  return "'\"`".includes(first)
    ? `${first} opens a text that never ends`
    : `'${first}' stands for nothing, expected a field, an operator or a bracket`;
}

function nextToken(text: string, at: number): Token | undefined {
  for (const [kind, pattern] of KINDS) {
    pattern.lastIndex = at;
    // Blanks before `/` belong to no token but a line break: they are skipped first.
    if (!pattern.test(text)) continue;
    const written = text.slice(at, pattern.lastIndex);
    const token = { text: written, at };
    if (kind === "mark") return { ...token, kind: written, value: written };
    return { ...token, ...meaning(kind, written) };
  }
  return undefined;
}

function meaning(kind: string, written: string): { readonly kind: string; readonly value: Value } {
  switch (kind) {
    case "truth":
      return { kind, value: written === "true" };
    case "sort":
      return { kind, value: written.slice(-1) };
    case "name":
      return { kind: written === "where" ? "where" : "name", value: written };
    case "float":
      return { kind: "number", value: floatOfText(written) };
    case "int":
      return { kind: "number", value: intValue(toInt(written)) };
    case "quoted":
      return { kind: "name", value: unescaped(written) };
    case "operation":
      return { kind, value: unescaped(written) };
    default:
      return { kind, value: written };
  }
}

/** A backslash stands for the character behind it. */
function unescaped(quoted: string): string {
  return quoted.slice(1, -1).replace(/\\([^])/gu, "$1");
}

function floatOfText(written: string): Value {
  const [whole = "", fraction = ""] = written.split(".");
  const digits = (text: string) => Array.from(text, (digit) => String(toInt(digit))).join("");
  const sign = whole.startsWith("-") ? "-" : "";
  const float = Number(`${sign}${digits(whole.replace("-", ""))}.${digits(fraction)}`);
  return Number.isInteger(float) ? new PyFloat(float) : float;
}
