/**
 * Pure. Python's regular expressions (`re`, for str) as JavaScript ones: what `\d`, `\w`, `\s`, `$`
 * and `.` take, named groups, `{,n}`, where `]` and `{` are plain characters.
 *
 * What JavaScript cannot express (conditionals, atomic groups, possessive quantifiers, flags for a
 * part of a pattern, verbose patterns) is refused by name, never taken for something else.
 */

/** A pattern that Python would refuse, or that cannot be carried over; the message says which. */
export class PatternError extends Error {
  override readonly name = "PatternError";
}

const WORD = "\\p{L}\\p{N}_";
const SPACE =
  "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
/** Sets by the letter that names them after a backslash; capitals are their complements. */
const SETS: Readonly<Record<string, string>> = { d: "\\p{Nd}", w: WORD, s: SPACE };
const CONTROLS: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const AT_EDGE = `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`;
const OFF_EDGE = `(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`;

/** How a pattern is used: from the text's start (`re.match`), or everywhere (`re.sub`). */
export type PatternUse = "match" | "sub";

/** Throws PatternError. For `match` the expression is sticky; use `matchesStart`. */
export function compilePattern(pattern: string, use: PatternUse): RegExp {
  const { source, ignoreCase } = new Translation(pattern).translate();
  try {
    return new RegExp(source, `${use === "match" ? "y" : "g"}u${ignoreCase ? "i" : ""}`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new PatternError(
      `Cannot use pattern '${pattern}': ${why}, expected a Python regular expression`,
    );
  }
}

/** Python's `bool(pattern.match(text))` for an expression that was compiled for `match`. */
export function matchesStart(pattern: RegExp, text: string): boolean {
  pattern.lastIndex = 0;
  return pattern.test(text);
}

class Translation {
  readonly #pattern: string;
  readonly #characters: readonly string[];
  #at = 0;
  #ignoreCase = false;
  #dotAll = false;
  #multiline = false;

  constructor(pattern: string) {
    this.#pattern = pattern;
    this.#characters = Array.from(pattern);
  }

  translate(): { readonly source: string; readonly ignoreCase: boolean } {
    const flags = /^\(\?([a-zA-Z]+)\)/.exec(this.#pattern);
    if (flags?.[1] !== undefined) {
      for (const flag of flags[1]) this.#setFlag(flag);
      this.#at = flags[0].length;
    }
    let source = "";
    while (this.#at < this.#characters.length) source += this.#piece(this.#next());
    return { source, ignoreCase: this.#ignoreCase };
  }

  #setFlag(flag: string): void {
    if (flag === "i") this.#ignoreCase = true;
    else if (flag === "s") this.#dotAll = true;
    else if (flag === "m") this.#multiline = true;
    else if (flag !== "u") throw this.#fault(`the flag '${flag}' is not supported`);
  }

  #piece(character: string): string {
    switch (character) {
      case "\\":
        return this.#escape(false);
      case "[":
        return this.#set();
      case "(":
        return this.#group();
      case ".":
        return this.#dotAll ? "[\\s\\S]" : "[^\\n]";
      case "^":
        return this.#multiline ? "(?<![^\\n])" : "^";
      case "$":
        return this.#multiline ? "(?![^\\n])" : "(?=\\n?$)";
      case "{":
        return this.#braces();
      case "*":
      case "+":
      case "?":
        return character + this.#afterQuantifier();
      case "|":
      case ")":
        return character;
      default:
        return literal(character);
    }
  }

  #braces(): string {
    const rest = this.#characters.slice(this.#at, this.#at + 24).join("");
    const bounds = /^([0-9]*)(?:(,)([0-9]*))?\}/.exec(rest);
    // Python takes `{}` and whatever else is no bound for plain characters.
    if (bounds === null || (bounds[1] === "" && bounds[2] === undefined)) return "\\{";
    this.#at += bounds[0].length;
    const least = bounds[1] === "" ? "0" : bounds[1] ?? "0";
    const most = bounds[2] === undefined ? "" : `,${bounds[3] ?? ""}`;
    return `{${least}${most}}${this.#afterQuantifier()}`;
  }

  #afterQuantifier(): string {
    if (this.#take("?")) return "?";
    if (this.#peek() === "+") throw this.#fault("possessive quantifiers are not supported");
    return "";
  }

  #group(): string {
    if (!this.#take("?")) return "(";
    const kind = this.#next();
    if (kind === ":" || kind === "=" || kind === "!") return `(?${kind}`;
    if (kind === "<" && (this.#peek() === "=" || this.#peek() === "!")) {
      return `(?<${this.#next()}`;
    }
    if (kind === "P" && this.#take("<")) return `(?<${this.#until(">")}>`;
    if (kind === "P" && this.#take("=")) return `(?:\\k<${this.#until(")")}>)`;
    if (kind === "#") {
      this.#until(")");
      return "(?:)";
    }
    throw this.#fault(`the group '(?${kind}' is not supported`);
  }

  #until(end: string): string {
    let text = "";
    for (;;) {
      const character = this.#next();
      if (character === end) return text;
      text += character;
    }
  }

  /** Behind a backslash. */
  #escape(inSet: boolean): string {
    const letter = this.#next();
    const set = SETS[letter.toLowerCase()];
    if (set !== undefined && /[dwsDWS]/.test(letter)) {
      if (!/[A-Z]/.test(letter)) return inSet ? set : `[${set}]`;
      return inSet ? complement(letter) : `[^${set}]`;
    }
    if (!inSet) {
      if (letter === "b") return AT_EDGE;
      if (letter === "B") return OFF_EDGE;
      if (letter === "A") return "^";
      if (letter === "Z") return "$";
      if (/[1-9]/.test(letter)) return this.#reference(letter);
    }
    const code = this.#escapedCode(letter);
    if (code === undefined && /[a-zA-Z0-9]/.test(letter)) {
      throw this.#fault(`bad escape '\\${letter}'`);
    }
    return literal(code === undefined ? letter : String.fromCodePoint(code));
  }

  #escapedCode(letter: string): number | undefined {
    const control = CONTROLS[letter];
    if (control !== undefined) return control;
    const digits = HEX_DIGITS[letter];
    if (digits !== undefined) {
      const hex = this.#characters.slice(this.#at, this.#at + digits).join("");
      if (hex.length !== digits || !/^[0-9a-fA-F]+$/.test(hex) || parseInt(hex, 16) > 0x10ffff) {
        throw this.#fault(`incomplete escape '\\${letter}${hex}'`);
      }
      this.#at += digits;
      return parseInt(hex, 16);
    }
    if (!/[0-7]/.test(letter)) return undefined;
    const octal = /^[0-7]{0,2}/.exec(this.#characters.slice(this.#at, this.#at + 2).join(""))?.[0];
    this.#at += octal?.length ?? 0;
    return parseInt(letter + (octal ?? ""), 8);
  }

  #reference(first: string): string {
    const second = this.#peek() ?? "";
    const third = this.#characters[this.#at + 1] ?? "";
    if (/^[0-3][0-7][0-7]$/.test(first + second + third)) {
      this.#at += 2;
      return literal(String.fromCodePoint(parseInt(first + second + third, 8)));
    }
    if (/[0-9]/.test(second)) return `(?:\\${first}${this.#next()})`;
    return `(?:\\${first})`;
  }

  #set(): string {
    let source = this.#take("^") ? "[^" : "[";
    for (let first = true;; first = false) {
      const character = this.#next();
      if (character === "]" && !first) return `${source}]`;
      if (character === "\\") source += this.#escape(true);
      else if (character === "-" && !first && this.#peek() !== "]") source += "-";
      else source += literal(character);
    }
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }

  #next(): string {
    const character = this.#characters[this.#at++];
    if (character === undefined) throw this.#fault("it ends too early");
    return character;
  }

  #fault(why: string): PatternError {
    return new PatternError(
      `Cannot use pattern '${this.#pattern}': ${why}, expected a Python regular expression`,
    );
  }
}

/** `\D`, `\W` or `\S` inside brackets. */
function complement(letter: string): string {
  if (letter === "D") return "\\P{Nd}";
  throw new PatternError(`Cannot use pattern: '\\${letter}' inside brackets is not supported`);
}

function literal(character: string): string {
  return /[\^$\\.*+?()[\]{}|/-]/.test(character)
    ? `\\${character}`.replace("\\-", "\\x2d")
    : character;
}
