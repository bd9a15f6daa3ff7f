/**
 * Pure. Reads an expression into its syntax:
 *
 *     or      = and { "or" and }          and  = not { "and" not }       not = "not" not | test
 *     test    = "(" or ")" | operand [ operator operand | [ "not" ] "in" ( list | path )
 *             | [ "not" ] "like" text | ( "=~" | "!~" ) text ]
 *     operand = path | text | number | "true" | "false" | "null"
 *     path    = ( name | "[" text "]" ) { "." name | "[" ( text | whole number ) "]" }
 */
import { closest } from "../config/suggest.ts";
import type { Comparison, Condition, Literal, Operand, Path } from "./syntax.ts";
import { ExpressionError, readTokens, type Token } from "./tokens.ts";

/** How deep parentheses and "not" may stand in each other. */
export const depthMax = 100;

const comparisons: readonly string[] = ["==", "!=", "<", "<=", ">", ">="];
const constants: ReadonlyMap<string, Literal> = new Map<string, Literal>([
  ["true", true],
  ["false", false],
  ["null", null],
]);
/** What may go on behind a whole condition. */
const stray = ["and", "or", "in", "like"];
const keywords: ReadonlySet<string> = new Set([
  "and",
  "or",
  "not",
  "in",
  "like",
  ...constants.keys(),
]);

/** The expression's syntax; throws ExpressionError with the place. */
export function parseExpression(source: string): Condition {
  const parser = new Parser(readTokens(source));
  return parser.whole();
}

class Parser {
  #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Condition {
    const condition = this.#or();
    const left = this.#peek();
    if (left.kind !== "end") throw this.#stray(left);
    return condition;
  }

  #or(): Condition {
    const parts = [this.#and()];
    while (this.#takeWord("or")) parts.push(this.#and());
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: "or", parts };
  }

  #and(): Condition {
    const parts = [this.#not()];
    while (this.#takeWord("and")) parts.push(this.#not());
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: "and", parts };
  }

  #not(): Condition {
    const { at } = this.#peek();
    if (!this.#takeWord("not")) return this.#test();
    return this.#deeper(at, () => ({ kind: "not", part: this.#not() }));
  }

  #test(): Condition {
    const { at } = this.#peek();
    if (!this.#takeMark("(")) return this.#comparison();
    return this.#deeper(at, () => {
      const condition = this.#or();
      const close = this.#peek();
      if (!this.#takeMark(")")) {
        if (close.kind !== "end") throw this.#stray(close);
        throw new ExpressionError("the parenthesis is not closed, expected ')'", at);
      }
      return condition;
    });
  }

  #comparison(): Condition {
    const left = this.#operand();
    const token = this.#peek();
    if (token.kind === "mark" && comparisons.includes(token.text)) {
      this.#next++;
      const right = this.#operand();
      return { kind: "compare", operator: token.text as Comparison, left, right };
    }
    if (this.#takeMark("=~")) return { kind: "match", left, pattern: this.#pattern() };
    if (this.#takeMark("!~")) {
      return { kind: "not", part: { kind: "match", left, pattern: this.#pattern() } };
    }
    const isNot = this.#takeWord("not");
    const test = this.#wordTest(left);
    if (test === undefined) {
      if (isNot) throw this.#expected("'in' or 'like'");
      return { kind: "present", operand: left };
    }
    return isNot ? { kind: "not", part: test } : test;
  }

  #wordTest(left: Operand): Condition | undefined {
    if (this.#takeWord("like")) return { kind: "like", left, glob: this.#text("a pattern") };
    if (!this.#takeWord("in")) return undefined;
    const isPath = this.#peek().kind === "word" && !constants.has(this.#peek().text);
    if (!isPath) return { kind: "in", left, list: this.#list() };
    return { kind: "within", left, list: this.#path() };
  }

  #list(): Operand[] {
    const open = this.#peek();
    if (!this.#takeMark("[")) throw this.#expected("a list in brackets or a member");
    const items: Operand[] = [];
    if (this.#takeMark("]")) return items;
    do items.push(this.#operand()); while (this.#takeMark(","));
    if (!this.#takeMark("]")) {
      if (this.#peek().kind !== "end") throw this.#expected("',' or ']'");
      throw new ExpressionError("the list is not closed, expected ']'", open.at);
    }
    return items;
  }

  #pattern(): RegExp {
    const { at } = this.#peek();
    const text = this.#text("a regular expression");
    try {
      return new RegExp(text, "u");
    } catch (error) {
      const why = error instanceof Error ? error.message.replace(/^.*: /, "") : String(error);
      throw new ExpressionError(`the regular expression is wrong: ${why}`, at);
    }
  }

  #text(what: string): string {
    const token = this.#peek();
    if (token.kind !== "text") throw this.#expected(`${what} in quotes`);
    this.#next++;
    return token.text;
  }

  #operand(): Operand {
    const token = this.#peek();
    if (token.kind === "text" || token.kind === "number") {
      this.#next++;
      return { kind: "literal", value: token.kind === "text" ? token.text : Number(token.text) };
    }
    const constant = token.kind === "word" ? constants.get(token.text) : undefined;
    if (constant !== undefined) {
      this.#next++;
      return { kind: "literal", value: constant };
    }
    return this.#path();
  }

  #path(): Path {
    const first = this.#peek();
    const steps: (string | number)[] = [];
    if (first.kind === "word" && !keywords.has(first.text)) {
      this.#next++;
      steps.push(first.text);
    } else if (first.text === "[" && first.kind === "mark") {
      steps.push(this.#bracket());
      if (typeof steps[0] === "number") throw new ExpressionError("a datum is no list", first.at);
    } else throw this.#expected("a member or a value");
    for (;;) {
      const token = this.#peek();
      if (this.#takeMark(".")) steps.push(this.#name());
      else if (token.kind === "mark" && token.text === "[") steps.push(this.#bracket());
      else return { kind: "path", steps };
    }
  }

  #name(): string {
    const token = this.#peek();
    if (token.kind !== "word") throw this.#expected('a name, or ["..."] for one with other marks');
    this.#next++;
    return token.text;
  }

  #bracket(): string | number {
    const open = this.#peek();
    this.#next++;
    const token = this.#peek();
    const isPlace = token.kind === "number" && /^-?\d+$/.test(token.text);
    if (token.kind !== "text" && !isPlace) throw this.#expected("a name in quotes or a number");
    this.#next++;
    if (!this.#takeMark("]")) {
      throw new ExpressionError("the bracket is not closed, expected ']'", open.at);
    }
    return isPlace ? Number(token.text) : token.text;
  }

  #deeper(at: number, body: () => Condition): Condition {
    if (++this.#depth > depthMax) {
      throw new ExpressionError(`it is nested deeper than ${depthMax} levels`, at);
    }
    const condition = body();
    this.#depth--;
    return condition;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: "end", text: "", at: 0 };
  }

  #takeWord(text: string): boolean {
    return this.#take("word", text);
  }

  #takeMark(text: string): boolean {
    return this.#take("mark", text);
  }

  #take(kind: Token["kind"], text: string): boolean {
    const token = this.#peek();
    const isIt = token.kind === kind && token.text === text;
    if (isIt) this.#next++;
    return isIt;
  }

  #expected(what: string): ExpressionError {
    const token = this.#peek();
    if (token.kind === "end") {
      return new ExpressionError(`it ends too early, expected ${what}`, token.at);
    }
    return new ExpressionError(`'${token.text}' cannot stand here, expected ${what}`, token.at);
  }

  /** Something stands behind a whole condition. */
  #stray(token: Token): ExpressionError {
    const isKnown = stray.some((word) => word === token.text);
    const word = token.kind === "word" && !isKnown ? closest(token.text, stray) : undefined;
    if (word !== undefined) {
      const text = `'${token.text}' cannot stand here, did you mean '${word}'?`;
      return new ExpressionError(text, token.at);
    }
    const text = `'${token.text}' cannot stand here, expected 'and', 'or', an operator or the end`;
    return new ExpressionError(text, token.at);
  }
}
