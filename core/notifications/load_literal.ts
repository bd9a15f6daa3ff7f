/**
 * Pure. Reads what Python prints of dicts, lists, texts, numbers and datetimes (`repr`), as the file
 * publisher writes samples and events without `json`. Nothing is ever evaluated.
 *
 * A datetime becomes the text of its `isoformat()`, so that it is a value like any other.
 */
import { floatValue, intValue, setMember } from "./load_value.ts";
import type { Dict, Value } from "./value.ts";
import { INT_DIGITS_MAX, NESTING_MAX } from "../python/json_load.ts";

/** Text that is no such literal; `character` counts from 0. */
export class LiteralError extends Error {
  override readonly name = "LiteralError";

  constructor(text: string, readonly character: number) {
    super(`Cannot read Python literal at character ${character}: ${text}`);
  }
}

/** The value of a whole text; throws LiteralError. */
export function loadLiteral(text: string): Value {
  return new LiteralReader(text).document();
}

const NUMBER = /[+-]?(?:\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)/y;
const NAME = /[A-Za-z_][A-Za-z_0-9.]*/y;
const BLANKS = /[ \t\r\n]*/y;
/** A run of a string without its quote, a backslash or a line break. */
const PLAIN = { "'": /[^'\\\n]*/y, '"': /[^"\\\n]*/y } as const;

const CONSTANTS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["None", null],
  ["True", true],
  ["False", false],
  ["nan", floatValue(NaN)],
  ["inf", floatValue(Infinity)],
]);

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};
/** How many hex digits follow. */
const CODE_ESCAPES: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

class LiteralReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Value {
    const value = this.#value();
    this.#skipBlanks();
    if (this.#at < this.#text.length) throw this.#found("the end");
    return value;
  }

  #value(): Value {
    this.#skipBlanks();
    const first = this.#text[this.#at];
    if (first === "'" || first === '"') return this.#string();
    if (first === "{" || first === "[" || first === "(") {
      if (++this.#depth > NESTING_MAX) throw this.#fault("nested too deeply");
      this.#at++;
      const value = first === "{" ? this.#dict() : this.#list(first === "[" ? "]" : ")");
      this.#depth--;
      return value;
    }
    const digits = this.#match(NUMBER);
    if (digits !== undefined) return this.#number(digits);
    const sign = first === "-" ? -1 : 1;
    if (first === "-") this.#at++;
    const name = this.#match(NAME);
    if (name === undefined) throw this.#found("a value");
    if (sign < 0 && name === "inf") return floatValue(-Infinity);
    return this.#named(name);
  }

  #named(name: string): Value {
    const constant = CONSTANTS.get(name);
    if (constant !== undefined) return constant;
    if (name === "u" || name === "b") return this.#string();
    if (name === "datetime.datetime") return this.#dateTime();
    if (name === "Decimal" || name === "UUID" || name === "uuid.UUID") return this.#wrapped();
    this.#at -= name.length;
    throw this.#fault(`the name '${name}', expected a value`);
  }

  #number(digits: string): Value {
    if (/[.eE]/.test(digits)) return floatValue(Number(digits));
    if (digits.length > INT_DIGITS_MAX) throw this.#fault("an integer of too many digits");
    // Python 2 wrote its long integers so.
    if (this.#text[this.#at] === "L") this.#at++;
    return intValue(BigInt(digits.replace(/^\+/, "")));
  }

  #dict(): Dict {
    const dict: Dict = {};
    while (!this.#takes("}")) {
      const key = this.#value();
      if (!this.#takes(":")) throw this.#found("':'");
      setMember(dict, typeof key === "string" ? key : String(key), this.#value());
      if (this.#takes("}")) break;
      if (!this.#takes(",")) throw this.#found("',' or '}'");
    }
    return dict;
  }

  #list(end: string): Value[] {
    const items: Value[] = [];
    while (!this.#takes(end)) {
      items.push(this.#value());
      if (this.#takes(end)) break;
      if (!this.#takes(",")) throw this.#found(`',' or '${end}'`);
    }
    return items;
  }

  /** `datetime.datetime(2026, 1, 2, 3, 4[, 5[, 678]][, tzinfo=...])`. */
  #dateTime(): string {
    if (!this.#takes("(")) throw this.#found("'('");
    const parts: number[] = [];
    let zone = "";
    while (!this.#takes(")")) {
      this.#skipBlanks();
      if (this.#text.startsWith("tzinfo=", this.#at)) {
        this.#at += "tzinfo=".length;
        zone = this.#zone();
      } else if (this.#text.startsWith("fold=", this.#at)) {
        this.#at += "fold=".length;
        this.#value();
      } else {
        const part = this.#value();
        if (typeof part !== "number") throw this.#fault("a datetime, expected whole numbers in it");
        parts.push(part);
      }
      if (!this.#takes(",") && this.#text[this.#at] !== ")") throw this.#found("',' or ')'");
    }
    const [year, month, day, hour = 0, minute = 0, second = 0, micro = 0] = parts;
    if (year === undefined || month === undefined || day === undefined) {
      throw this.#fault("a datetime without a date, expected year, month and day");
    }
    const date = `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`;
    const time = `${digits(hour, 2)}:${digits(minute, 2)}:${digits(second, 2)}`;
    return `${date}T${time}${micro === 0 ? "" : `.${digits(micro, 6)}`}${zone}`;
  }

  /** `datetime.timezone.utc` and whatever else calls itself UTC. */
  #zone(): string {
    const from = this.#at;
    let depth = 0;
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at];
      if (character === "(" || character === "<") depth++;
      else if (character === ">") depth--;
      else if (character === ")" && depth-- === 0) break;
      else if (character === "," && depth === 0) break;
    }
    const zone = this.#text.slice(from, this.#at);
    if (/utc/i.test(zone)) return "+00:00";
    throw this.#fault(`the zone '${zone}', expected UTC`);
  }

  /** `Decimal('1.5')`: what stands inside. */
  #wrapped(): Value {
    if (!this.#takes("(")) throw this.#found("'('");
    const value = this.#value();
    if (!this.#takes(")")) throw this.#found("')'");
    return value;
  }

  #string(): string {
    const quote = this.#text[this.#at];
    if (quote !== "'" && quote !== '"') throw this.#found("a string");
    this.#at++;
    let text = "";
    for (;;) {
      text += this.#match(PLAIN[quote], true) ?? "";
      const next = this.#text[this.#at];
      if (next === quote) {
        this.#at++;
        break;
      }
      if (next !== "\\") throw this.#fault("a string without an end");
      text += this.#escape();
    }
    return text;
  }

  #escape(): string {
    const letter = this.#text[this.#at + 1] ?? "";
    const plain = ESCAPES[letter];
    if (plain !== undefined) {
      this.#at += 2;
      return plain;
    }
    const count = CODE_ESCAPES[letter];
    const hex = this.#text.slice(this.#at + 2, this.#at + 2 + (count ?? 0));
    if (count === undefined || hex.length < count || !/^[0-9a-fA-F]+$/.test(hex)) {
      throw this.#fault(`the escape '\\${letter}', expected one of Python's`);
    }
    const code = parseInt(hex, 16);
    if (code > 0x10ffff) throw this.#fault(`the escape '\\${letter}${hex}', expected a character`);
    this.#at += 2 + count;
    return String.fromCodePoint(code);
  }

  #takes(sign: string): boolean {
    this.#skipBlanks();
    if (this.#text[this.#at] !== sign) return false;
    this.#at++;
    return true;
  }

  #skipBlanks(): void {
    this.#match(BLANKS, true);
  }

  #match(pattern: RegExp, isMaybeEmpty = false): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined || (found === "" && !isMaybeEmpty)) return undefined;
    this.#at += found.length;
    return found;
  }

  #found(expected: string): LiteralError {
    const found = this.#text[this.#at];
    return this.#fault(`${found === undefined ? "the end" : `'${found}'`}, expected ${expected}`);
  }

  #fault(text: string): LiteralError {
    return new LiteralError(text, this.#at);
  }
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, "0");
}
