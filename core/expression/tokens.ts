/**
 * Pure. The words of an expression with where they stand. What they mean together is parse.ts.
 */

/** What is wrong with an expression, and at which of its characters (from 0, in UTF-16 units). */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";

  constructor(text: string, readonly at: number) {
    super(text);
  }
}

/** `mark` is an operator or a bracket, `word` a name or a keyword, `end` stands behind the last. */
export interface Token {
  readonly kind: "word" | "text" | "number" | "mark" | "end";
  /** As it stands there; of a text what is between its quotes, unescaped. */
  readonly text: string;
  readonly at: number;
}

const wordPattern = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
const numberPattern = /-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const markPattern = /==|!=|<=|>=|=~|!~|<|>|\(|\)|\[|\]|,|\./y;
const blankPattern = /\s+/y;

/** What people write who come from another language, and what it is called here. */
const foreign: readonly (readonly [mark: string, meant: string])[] = [
  ["&&", "'and'"],
  ["||", "'or'"],
  ["!", "'not' or '!='"],
  ["=", "'=='"],
  ["&", "'and'"],
  ["|", "'or'"],
  ["~", "'=~'"],
  ["-", "a number behind the minus"],
];

/** All tokens, `end` last; throws ExpressionError. */
export function readTokens(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  while (at < source.length) {
    const blank = take(blankPattern);
    if (blank !== undefined) {
      at += blank.length;
      continue;
    }
    const first = source[at];
    if (first === '"' || first === "'") {
      const { text, end } = readText(source, at);
      tokens.push({ kind: "text", text, at });
      at = end;
      continue;
    }
    const token = tokenOf("word", take(wordPattern)) ?? numberOf(take(numberPattern), tokens) ??
      tokenOf("mark", take(markPattern));
    if (token === undefined) throw unknownMark(source, at);
    tokens.push({ ...token, at });
    at += token.text.length;
  }
  tokens.push({ kind: "end", text: "", at: source.length });
  return tokens;
}

type Found = Pick<Token, "kind" | "text">;

function tokenOf(kind: "word" | "mark", text: string | undefined): Found | undefined {
  return text === undefined ? undefined : { kind, text };
}

/** Behind a name a dot begins a step, also where digits follow it: `a.5` is no number. */
function numberOf(text: string | undefined, before: readonly Token[]): Found | undefined {
  if (text === undefined) return undefined;
  const last = before.at(-1);
  const isStep = text.startsWith(".") && (last?.kind === "word" || last?.text === "]");
  return isStep ? undefined : { kind: "number", text };
}

function unknownMark(source: string, at: number): ExpressionError {
  const found = foreign.find(([mark]) => source.startsWith(mark, at));
  const shown = found?.[0] ?? String.fromCodePoint(source.codePointAt(at) ?? 0);
  return new ExpressionError(
    `'${shown}' means nothing here, expected ${found?.[1] ?? "a member, a value or an operator"}`,
    at,
  );
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

/** A text in quotes; a backslash takes the next character as it is, but for \n, \t, \r, \uXXXX. */
function readText(source: string, start: number): { readonly text: string; readonly end: number } {
  const quote = source[start];
  let text = "";
  for (let at = start + 1; at < source.length; at++) {
    const character = source[at] ?? "";
    if (character === quote) return { text, end: at + 1 };
    if (character !== "\\") {
      text += character;
      continue;
    }
    const next = source[++at];
    if (next === undefined) break;
    const code = next === "u" ? /^[0-9a-fA-F]{4}/.exec(source.slice(at + 1))?.[0] : undefined;
    if (next === "u" && code === undefined) {
      throw new ExpressionError("\\u is not followed by four hexadecimal digits", at - 1);
    }
    text += code === undefined
      ? escapes[next] ?? next
      : String.fromCharCode(Number.parseInt(code, 16));
    if (code !== undefined) at += code.length;
  }
  throw new ExpressionError(`the text is not ended, expected another ${quote}`, start);
}
