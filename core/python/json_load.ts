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
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Reads UTF-8 bytes or text; throws JsonError. */
export function loadJson(source: Uint8Array | string): PyValue {
  return new Reader(typeof source === "string" ? source : decode(source)).document();
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw new JsonError("Cannot read JSON: invalid UTF-8, expected UTF-8 text", { cause: error });
  }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const HEX4 = /[0-9a-fA-F]{4}/y;
const CONSTANTS: readonly (readonly [string, PyValue])[] = [
  ["null", null],
  ["true", true],
  ["false", false],
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
];
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

class Reader {
  #at = 0;
  #depth = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  document(): PyValue {
    this.#skipBlanks();
    const value = this.#value();
    this.#skipBlanks();
    if (this.#at < this.#text.length) throw this.#fault("more text", "the end");
    return value;
  }

  #value(): PyValue {
    const first = this.#text[this.#at];
    if (first === '"') return this.#string();
    if (first === "{") return this.#nested(() => this.#object());
    if (first === "[") return this.#nested(() => this.#list());
    for (const [word, value] of CONSTANTS) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    return this.#number();
  }

  #nested(read: () => PyValue): PyValue {
    if (++this.#depth > NESTING_MAX) {
      throw this.#fault("nested too deeply", `at most ${NESTING_MAX} levels`);
    }
    this.#at++;
    const value = read();
    this.#depth--;
    return value;
  }

  #object(): PyDict {
    const object: PyDict = new Map();
    this.#skipBlanks();
    if (this.#take("}")) return object;
    for (;;) {
      if (this.#text[this.#at] !== '"') throw this.#found("a name in quotes");
      const key = this.#string();
      this.#skipBlanks();
      if (!this.#take(":")) throw this.#found("':'");
      this.#skipBlanks();
      object.set(key, this.#value());
      this.#skipBlanks();
      if (this.#take("}")) return object;
      if (!this.#take(",")) throw this.#found("',' or '}'");
      this.#skipBlanks();
    }
  }

  #list(): PyValue[] {
    const list: PyValue[] = [];
    this.#skipBlanks();
    if (this.#take("]")) return list;
    for (;;) {
      list.push(this.#value());
      this.#skipBlanks();
      if (this.#take("]")) return list;
      if (!this.#take(",")) throw this.#found("',' or ']'");
      this.#skipBlanks();
    }
  }

  #number(): PyValue {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) throw this.#found("a value");
    const [text, fraction, exponent] = match;
    if (fraction === undefined && exponent === undefined && text.length > INT_DIGITS_MAX) {
      const digits = text.startsWith("-") ? text.length - 1 : text.length;
      if (digits > INT_DIGITS_MAX) {
        throw this.#fault(`an integer of ${digits} digits`, `at most ${INT_DIGITS_MAX}`);
      }
    }
    this.#at += text.length;
    return fraction === undefined && exponent === undefined ? BigInt(text) : Number(text);
  }

  #string(): string {
    let from = ++this.#at;
    let result = "";
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 0x22) {
        result += this.#text.slice(from, this.#at++);
        return result;
      }
      if (code === 0x5c) {
        result += this.#text.slice(from, this.#at++) + this.#escape();
        from = this.#at;
        continue;
      }
      if (Number.isNaN(code)) throw this.#fault("a string without an end", "'\"'");
      if (code < 0x20) throw this.#fault("a control character in a string", "its escape");
      this.#at++;
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

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skipBlanks(): void {
    for (;; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    }
  }

  #found(expected: string): JsonError {
    const found = this.#text[this.#at];
    return this.#fault(found === undefined ? "the end" : `'${found}'`, expected);
  }

  #fault(found: string, expected: string): JsonError {
    return new JsonError(
      `Cannot read JSON at character ${this.#at}: ${found}, expected ${expected}`,
    );
  }
}
