/**
 * Pure. JSONPath text -> `Path`, by the grammar of jsonpath-rw-ext 1.2 as its LALR tables settle it.
 *
 * From loosest to tightest: `+ - *` (to the right, without precedence among them), `..`, `.`, `|`,
 * `&`, `where`; brackets bind looser than all but arithmetic: `a..b[0]` is `(a..b)[0]`. A number is an
 * expression only beside an operator, and a single field there is a text.
 */
import { readNamedOperation } from "./named_operations.ts";
import { type Token, tokenize } from "./lexer.ts";
import {
  type Condition,
  type Constant,
  JsonPathError,
  type Pair,
  type Path,
  type SortKey,
} from "./syntax.ts";
import { isInt, type Operator } from "../notifications/value_rules.ts";

/** Expressions nest, and chain, at most this far. */
export const STEPS_MAX = 400;

/** Throws JsonPathError. */
export function parseJsonPath(text: string): Path {
  return new Parser(text).parse();
}

const PAIRS: Readonly<Record<string, readonly [kind: Pair["kind"], strength: number]>> = {
  "..": ["descendants", 1],
  ".": ["child", 2],
  "|": ["union", 3],
  "&": ["intersect", 4],
  where: ["where", 5],
};

/** Binds so loosely that arithmetic and brackets may follow. */
const LOOSE = 0;

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #steps = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  parse(): Path {
    const path = this.#path(LOOSE);
    if (this.#peek().kind !== "end") throw this.#found("an operator or the end");
    return path;
  }

  #path(strength: number): Path {
    return this.#continue(this.#primary(), strength);
  }

  /** Everything that may follow `left` and binds tighter than `strength`. */
  #continue(first: Path, strength: number): Path {
    let left = first;
    for (;;) {
      this.#count();
      const token = this.#peek();
      const pair = PAIRS[token.kind];
      if (pair !== undefined && Object.hasOwn(PAIRS, token.kind)) {
        if (pair[1] <= strength) return left;
        this.#at++;
        left = { kind: pair[0], left, right: this.#path(pair[1]) };
      } else if (strength > LOOSE) {
        return left;
      } else if (token.kind === "[") {
        this.#at++;
        left = { kind: "child", left, right: this.#bracket(true) };
      } else if (isOperator(token)) {
        left = this.#operation(left);
      } else return left;
    }
  }

  #operation(left: Path | Constant): Path {
    const operator = this.#next().kind as Operator;
    const first = this.#peek();
    const right = this.#operand();
    if (
      left.kind === "constant" && right.kind === "constant" &&
      isInt(left.value) !== isInt(right.value)
    ) {
      const why = `found '${first.text}', expected something else beside a number: the grammar ` +
        "has no pair of a whole number and a fraction";
      throw new JsonPathError(this.#text, first.at, why);
    }
    return { kind: "operation", operator, left: asOperand(left), right: asOperand(right) };
  }

  /** A number stands for itself, unless an operator follows: then it begins what is on the right. */
  #operand(): Path | Constant {
    if (this.#peek().kind !== "number" || isOperator(this.#peek(1))) return this.#path(LOOSE);
    return { kind: "constant", value: this.#next().value };
  }

  #primary(): Path {
    const token = this.#next();
    switch (token.kind) {
      case "$":
        return { kind: "root" };
      case "@":
        return { kind: "this" };
      case "*":
        return { kind: "fields", names: ["*"] };
      case "name":
        return { kind: "fields", names: this.#names(token) };
      case "operation":
        return readNamedOperation(String(token.value), this.#text, token.at);
      case "[":
        return this.#bracket(false);
      case "(": {
        const path = this.#path(LOOSE);
        this.#expect(")");
        return path;
      }
      case "number":
        if (isOperator(this.#peek())) {
          return this.#operation({ kind: "constant", value: token.value });
        }
        throw this.#found("an operator behind the number");
      default:
        this.#at--;
        throw this.#found("a field, '$', '@', '*', '[' or '('");
    }
  }

  #names(first: Token): readonly string[] {
    const names = [String(first.value)];
    while (this.#peek().kind === ",") {
      this.#at++;
      const name = this.#next();
      if (name.kind !== "name") {
        this.#at--;
        throw this.#found("a field behind ','");
      }
      names.push(String(name.value));
    }
    return names;
  }

  /** What stands behind `[`; filters and sorting only where they follow an expression. */
  #bracket(follows: boolean): Path {
    const inside = this.#inBracket(follows);
    this.#expect("]");
    return inside;
  }

  #inBracket(follows: boolean): Path {
    const token = this.#peek();
    if (token.kind === "*") {
      this.#at++;
      return { kind: "slice", start: null, end: null };
    }
    if (token.kind === "name") return { kind: "fields", names: this.#names(this.#next()) };
    if (token.kind === "number" || token.kind === ":") return this.#indexOrSlice();
    if (follows && token.kind === "?") {
      this.#at++;
      return { kind: "filter", conditions: this.#conditions() };
    }
    if (follows && token.kind === "sort") return { kind: "sorted", keys: this.#sortKeys() };
    throw this.#found(follows ? "an index, a field, '*', '?' or '/'" : "an index, a field or '*'");
  }

  #indexOrSlice(): Path {
    const start = this.#maybeInt();
    if (start !== null && this.#peek().kind === "]") return { kind: "index", index: start };
    this.#expect(":");
    return { kind: "slice", start, end: this.#maybeInt() };
  }

  #maybeInt(): number | null {
    const { kind, value, text } = this.#peek();
    if (kind !== "number") return null;
    if (text.includes(".")) throw this.#found("a whole number");
    this.#at++;
    return Number(value);
  }

  #sortKeys(): readonly SortKey[] {
    const keys: SortKey[] = [];
    while (this.#peek().kind === "sort") {
      const descending = this.#next().value !== "/";
      keys.push({ path: this.#path(LOOSE), descending });
    }
    return keys;
  }

  #conditions(): readonly Condition[] {
    const conditions = [...this.#term()];
    while (this.#peek().kind === "&") {
      this.#at++;
      conditions.push(...this.#term());
    }
    return conditions;
  }

  #term(): readonly Condition[] {
    const start = this.#peek().kind === "(" ? this.#grouped() : this.#path(LOOSE);
    return isPath(start) ? [this.#comparison(start)] : start;
  }

  /** `(...)` holds an expression, which goes on behind it, or comparisons. */
  #grouped(): Path | readonly Condition[] {
    this.#count();
    this.#at++;
    const inside = this.#peek().kind === "(" ? this.#grouped() : this.#path(LOOSE);
    if (isPath(inside) && this.#peek().kind === ")") {
      this.#at++;
      return this.#continue(inside, LOOSE);
    }
    const conditions = [...(isPath(inside) ? [this.#comparison(inside)] : inside)];
    while (this.#peek().kind === "&") {
      this.#at++;
      conditions.push(...this.#term());
    }
    this.#expect(")");
    return conditions;
  }

  #comparison(path: Path): Condition {
    if (this.#peek().kind !== "comparison") return { path };
    const operator = String(this.#next().value);
    const { kind, value } = this.#peek();
    if (kind !== "name" && kind !== "number" && kind !== "truth") {
      throw this.#found("a text, a number, true or false");
    }
    this.#at++;
    return { path, operator, value };
  }

  #peek(ahead = 0): Token {
    const last = this.#tokens.length - 1;
    const token = this.#tokens[Math.min(this.#at + ahead, last)];
    if (token === undefined) throw new RangeError("no token, not even the end");
    return token;
  }

  #next(): Token {
    this.#count();
    const token = this.#peek();
    this.#at++;
    return token;
  }

  #expect(kind: string): void {
    if (this.#peek().kind !== kind) throw this.#found(`'${kind}'`);
    this.#at++;
  }

  #count(): void {
    if (++this.#steps > STEPS_MAX * 3) {
      const why = "it is too long, expected an expression of a few steps";
      throw new JsonPathError(this.#text, this.#peek().at, why);
    }
  }

  #found(expected: string): JsonPathError {
    const { kind, text, at } = this.#peek();
    const found = kind === "end" ? "it ends" : `found '${text.trim()}'`;
    return new JsonPathError(this.#text, at, `${found}, expected ${expected}`);
  }
}

function isOperator({ kind }: Token): boolean {
  return kind === "+" || kind === "-" || kind === "*";
}

function isPath(value: Path | readonly Condition[]): value is Path {
  return !Array.isArray(value);
}

/** Beside an operator a single field is a text. */
function asOperand(operand: Path | Constant): Path | Constant {
  if (operand.kind !== "fields" || operand.names.length !== 1) return operand;
  return { kind: "constant", value: operand.names[0] ?? "" };
}
