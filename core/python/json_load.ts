/**
 * Pure. Reads JSON as Python's `json.loads` does, into `PyValue`s.
 *
 * Beyond JSON it takes NaN, Infinity, -Infinity and one byte order mark; a repeated key's last value
 * counts; lone surrogates pass. Refused like there: control characters inside strings, integers of
 * more than 4300 digits, deep nesting (Python's recursion limit; here a fixed depth).
 */
import type { PyDict, PyValue } from "./values.ts";

/** Lists and objects may stand this deep in one another. Python gives up a little below 1000. */
export const NESTING_MAX = 990;

/** CPython's default `sys.get_int_max_str_digits()`. */
export const INT_DIGITS_MAX = 4300;

/** Text that Python's json would not read; the message names the place in characters from 0. */
export class JsonError extends Error {
  override readonly name = "JsonError";
  /** That place, where the text has one. */
  readonly character: number | undefined;

  constructor(text: string, options?: ErrorOptions & { readonly character?: number }) {
    super(text, options);
    this.character = options?.character;
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** What values are made of, where they are not `PyValue`s. */
export interface JsonShape<T, D extends T> {
  /** null, true and false. */
  constant(value: null | boolean): T;
  string(text: string): T;
  /** Digits, perhaps behind a minus: at most INT_DIGITS_MAX. */
  int(text: string): T;
  /** Any float, NaN and the infinities among them. */
  float(value: number): T;
  list(items: T[]): T;
  dict(): D;
  /** A name may come again: its last value counts, where it first stood. */
  set(dict: D, name: string, value: T): void;
}

const PY_VALUES: JsonShape<PyValue, PyDict> = {
  constant: (value) => value,
  string: (text) => text,
  int: (text) => BigInt(text),
  float: (value) => value,
  list: (items) => items,
  dict: () => new Map(),
  set: (dict, name, value) => void dict.set(name, value),
};

/** Reads UTF-8 bytes or text; throws JsonError. */
export function loadJson(source: Uint8Array | string): PyValue {
  return loadJsonAs(source, PY_VALUES);
}

/** The same, into values of another shape. */
export function loadJsonAs<T, D extends T>(
  source: Uint8Array | string,
  shape: JsonShape<T, D>,
): T {
  return new Reader(typeof source === "string" ? source : decode(source), shape).document();
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw new JsonError("Cannot read JSON: invalid UTF-8, expected UTF-8 text", { cause: error });
  }
}

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const HEX4 = /[0-9a-fA-F]{4}/y;
/** By first letter. */
const CONSTANTS: ReadonlyMap<number, readonly [word: string, value: null | boolean | number]> =
  new Map([
    [0x6e, ["null", null]],
    [0x74, ["true", true]],
    [0x66, ["false", false]],
    [0x4e, ["NaN", NaN]],
    [0x49, ["Infinity", Infinity]],
  ]);
const MINUS_INFINITY = "-Infinity";
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

class Reader<T, D extends T> {
  #at = 0;
  #depth = 0;
  readonly #text: string;
  readonly #shape: JsonShape<T, D>;

  constructor(text: string, shape: JsonShape<T, D>) {
    this.#text = text;
    this.#shape = shape;
  }

  document(): T {
    this.#skipBlanks();
    const value = this.#value();
    this.#skipBlanks();
    if (this.#at < this.#text.length) throw this.#fault("more text", "the end");
    return value;
  }

  #value(): T {
    const first = this.#text.charCodeAt(this.#at);
    if (first === QUOTE) return this.#shape.string(this.#string());
    if (first === OPEN_BRACE || first === OPEN_BRACKET) {
      if (++this.#depth > NESTING_MAX) {
        throw this.#fault("nested too deeply", `at most ${NESTING_MAX} levels`);
      }
      this.#at++;
      const value = first === OPEN_BRACE ? this.#object() : this.#list();
      this.#depth--;
      return value;
    }
    const constant = CONSTANTS.get(first);
    return constant === undefined ? this.#number() : this.#constant(...constant);
  }

  #constant(word: string, value: null | boolean | number): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#found("a value");
    this.#at += word.length;
    return typeof value === "number" ? this.#shape.float(value) : this.#shape.constant(value);
  }

  #object(): T {
    const object = this.#shape.dict();
    this.#skipBlanks();
    if (this.#take(CLOSE_BRACE)) return object;
    for (;;) {
      if (this.#text.charCodeAt(this.#at) !== QUOTE) throw this.#found("a name in quotes");
      const key = this.#string();
      this.#skipBlanks();
      if (!this.#take(COLON)) throw this.#found("':'");
      this.#skipBlanks();
      this.#shape.set(object, key, this.#value());
      this.#skipBlanks();
      if (this.#take(CLOSE_BRACE)) return object;
      if (!this.#take(COMMA)) throw this.#found("',' or '}'");
      this.#skipBlanks();
    }
  }

  #list(): T {
    const list: T[] = [];
    this.#skipBlanks();
    if (this.#take(CLOSE_BRACKET)) return this.#shape.list(list);
    for (;;) {
      list.push(this.#value());
      this.#skipBlanks();
      if (this.#take(CLOSE_BRACKET)) return this.#shape.list(list);
      if (!this.#take(COMMA)) throw this.#found("',' or ']'");
      this.#skipBlanks();
    }
  }

  #number(): T {
    if (this.#text.startsWith(MINUS_INFINITY, this.#at)) {
      return this.#constant(MINUS_INFINITY, -Infinity);
    }
    NUMBER.lastIndex = this.#at;
    if (!NUMBER.test(this.#text)) throw this.#found("a value");
    const text = this.#text.slice(this.#at, NUMBER.lastIndex);
    const value = /[.eE]/.test(text) ? this.#shape.float(Number(text)) : this.#integer(text);
    this.#at = NUMBER.lastIndex;
    return value;
  }

  #integer(text: string): T {
    const digits = text.startsWith("-") ? text.length - 1 : text.length;
    if (digits > INT_DIGITS_MAX) {
      throw this.#fault(`an integer of ${digits} digits`, `at most ${INT_DIGITS_MAX}`);
    }
    return this.#shape.int(text);
  }

  #string(): string {
    const text = this.#text;
    let from = this.#at + 1;
    let result = "";
    for (let at = from;; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#at = at + 1;
        return result + text.slice(from, at);
      }
      if (code === BACKSLASH) {
        this.#at = at + 1;
        result += text.slice(from, at) + this.#escape();
        from = this.#at;
        at = from - 1;
      } else if (!(code >= SPACE)) {
        this.#at = at;
        if (at >= text.length) throw this.#fault("a string without an end", "'\"'");
        throw this.#fault("a control character in a string", "its escape");
      }
    }
  }

  #escape(): string {
    const letter = this.#text[this.#at++] ?? "";
    if (letter !== "u") {
      const character = ESCAPES[letter];
      if (character === undefined) throw this.#fault(`the escape '\\${letter}'`, "a JSON escape");
      return character;
    }
    HEX4.lastIndex = this.#at;
    const digits = HEX4.exec(this.#text)?.[0];
    if (digits === undefined) throw this.#fault("an incomplete '\\u'", "four hex digits");
    this.#at += 4;
    return String.fromCharCode(parseInt(digits, 16));
  }

  #take(code: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== code) return false;
    this.#at++;
    return true;
  }

  #skipBlanks(): void {
    const text = this.#text;
    let at = this.#at;
    for (;; at++) {
      const code = text.charCodeAt(at);
      if (code !== SPACE && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
    }
    this.#at = at;
  }

  #found(expected: string): JsonError {
    const found = this.#text[this.#at];
    return this.#fault(found === undefined ? "the end" : `'${found}'`, expected);
  }

  #fault(found: string, expected: string): JsonError {
    return new JsonError(
      `Cannot read JSON at character ${this.#at}: ${found}, expected ${expected}`,
      { character: this.#at },
    );
  }
}
