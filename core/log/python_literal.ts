/**
 * Pure. Python literals as handler arguments hold them: strings, numbers, products of numbers, tuples,
 * lists, dicts, True, False, None and dotted names. Nothing is ever evaluated.
 */

/** A dotted name, such as `sys.stderr`; what it stands for is the caller's business. */
export class PythonName {
  constructor(readonly name: string) {}
}

/** What a literal comes to; a dict as a Map. */
export type PythonValue =
  | string
  | number
  | boolean
  | null
  | PythonName
  | readonly PythonValue[]
  | ReadonlyMap<string, PythonValue>;

/** How deep tuples may stand in each other. */
const depthMax = 8;

const TOKEN =
  /\s*(?:([rbuRBU]{0,2})('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(0[xo][\da-fA-F]+|\d[\d_]*(?:\.\d*)?)|([A-Za-z_][\w.]*)|(.))/ys;

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "0": "\0" };

/** The value of a whole text; undefined where it is anything else than a literal. */
export function parsePythonLiteral(text: string): PythonValue | undefined {
  const reader = new LiteralReader(tokensOf(text));
  try {
    return reader.whole();
  } catch (error) {
    if (error instanceof NotALiteral) return undefined;
    throw error;
  }
}

class NotALiteral extends Error {}

type Token = { readonly kind: "value"; readonly value: PythonValue } | {
  readonly kind: "sign";
  readonly sign: string;
};

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const match = TOKEN.exec(text);
    if (match === null) break;
    const [, prefix = "", quoted, digits, name, sign] = match;
    if (quoted !== undefined) {
      tokens.push({ kind: "value", value: unquote(quoted, /r/i.test(prefix)) });
    } else if (digits !== undefined) {
      tokens.push({ kind: "value", value: Number(digits.replaceAll("_", "")) });
    } else if (name !== undefined) tokens.push({ kind: "value", value: nameValue(name) });
    else tokens.push({ kind: "sign", sign: sign ?? "" });
  }
  return tokens;
}

function unquote(quoted: string, isRaw: boolean): string {
  const inside = quoted.slice(1, -1);
  return isRaw
    ? inside
    : inside.replace(/\\(.)/gs, (whole, letter: string) =>
      ESCAPES[letter] ?? (/['"\\\n]/.test(letter) ? letter.replace("\n", "") : whole));
}

function nameValue(name: string): PythonValue {
  if (name === "True") return true;
  if (name === "False") return false;
  return name === "None" ? null : new PythonName(name);
}

class LiteralReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): PythonValue {
    const value = this.#product(0);
    if (this.#at < this.#tokens.length) throw new NotALiteral();
    return value;
  }

  #product(depth: number): PythonValue {
    let value = this.#value(depth);
    while (this.#takes("*")) {
      const factor = this.#value(depth);
      if (typeof value !== "number" || typeof factor !== "number") throw new NotALiteral();
      value *= factor;
    }
    return value;
  }

  #value(depth: number): PythonValue {
    if (depth > depthMax) throw new NotALiteral();
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new NotALiteral();
    if (token.kind === "value") return this.#joined(token.value);
    if (token.sign === "-") {
      const number = this.#value(depth + 1);
      if (typeof number !== "number") throw new NotALiteral();
      return -number;
    }
    if (token.sign === "(") return this.#tuple(depth);
    if (token.sign === "[") return this.#items("]", depth).items;
    if (token.sign === "{") return this.#dict(depth);
    throw new NotALiteral();
  }

  /** Strings that stand side by side are one. */
  #joined(value: PythonValue): PythonValue {
    const next = this.#tokens[this.#at];
    if (typeof value !== "string" || next?.kind !== "value") return value;
    if (typeof next.value !== "string") throw new NotALiteral();
    this.#at++;
    return this.#joined(value + next.value);
  }

  /** `(x)` is x, `(x,)` a tuple. */
  #tuple(depth: number): PythonValue {
    const { items, hasComma } = this.#items(")", depth);
    const [only] = items;
    return items.length === 1 && !hasComma && only !== undefined ? only : items;
  }

  #items(end: string, depth: number): { items: PythonValue[]; hasComma: boolean } {
    const items: PythonValue[] = [];
    let hasComma = false;
    while (!this.#takes(end)) {
      items.push(this.#product(depth + 1));
      if (this.#takes(",")) hasComma = true;
      else if (!this.#isNext(end)) throw new NotALiteral();
    }
    return { items, hasComma };
  }

  #dict(depth: number): ReadonlyMap<string, PythonValue> {
    const entries = new Map<string, PythonValue>();
    while (!this.#takes("}")) {
      const key = this.#value(depth + 1);
      if (typeof key !== "string" || !this.#takes(":")) throw new NotALiteral();
      entries.set(key, this.#product(depth + 1));
      if (!this.#takes(",") && !this.#isNext("}")) throw new NotALiteral();
    }
    return entries;
  }

  #isNext(sign: string): boolean {
    const token = this.#tokens[this.#at];
    return token?.kind === "sign" && token.sign === sign;
  }

  #takes(sign: string): boolean {
    if (!this.#isNext(sign)) return false;
    this.#at++;
    return true;
  }
}
