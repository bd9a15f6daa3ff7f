/**
 * Pure. oslo.config's INI dialect: text to values with their places, in file order.
 *
 * Neither Python's configparser nor the common INI: no inline comments, no `%` interpolation, a
 * repeated key is a further value, a repeated section goes on. What a value means is option.ts.
 */
import { ConfigError, type Place } from "../errors.ts";

/** One `key = value`; line and column are those of the value's first character. */
export interface IniValue {
  /** As written; `DEFAULT` is upper case, all others compare in lower case. */
  readonly section: string;
  readonly key: string;
  readonly value: string;
  readonly place: Place;
}

/** A file, read. */
export interface IniFile {
  readonly file: string;
  readonly values: readonly IniValue[];
  /** Where each section was first opened. */
  readonly sections: ReadonlyMap<string, Place>;
  /** What could not be read, in file order; `values` holds the rest. */
  readonly errors: readonly ConfigError[];
}

const SPACE =
  "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const LEADING_SPACE = new RegExp(`^[${SPACE}]+`);
const TRAILING_SPACE = new RegExp(`[${SPACE}]+$`);

/** A name that announces a secret, with no `=` between the two. */
const SECRET_NAME = /^(\S*(?:password|secret|token|key|url)\S*)\s.*$/is;

/** White space as Python's `str.strip` sees it. */
export function stripSpace(text: string): string {
  return text.replace(LEADING_SPACE, "").replace(TRAILING_SPACE, "");
}

/** The name by which a section is looked up: lower case, but `DEFAULT` as it is. */
function sectionName(section: string): string {
  return section === "DEFAULT" ? section : section.toLowerCase();
}

/**
 * Reads a whole file. The rules are those of oslo_config.iniparser, checked against recorded answers
 * of it: lines are stripped at the right; a blank line, a comment (`#` or `;` in column 1 only) or a
 * section ends a value; a line that begins with a space or a tab continues it, joined by a newline;
 * the first of `:` and `=` splits; equal quotes around a first line are taken off.
 */
export function parseIni(text: string, file: string): IniFile {
  const reader = new IniReader(file);
  text.split(/\r\n|\r|\n/).forEach((line, i) => reader.take(line, i + 1));
  return reader.finish();
}

/** What a line's error shows of it, and where. */
interface Faulty {
  readonly line: string;
  readonly number: number;
  readonly column: number;
}

interface OpenValue {
  readonly key: string;
  readonly lines: string[];
  readonly place: Place;
}

class IniReader {
  readonly #file: string;
  readonly #values: IniValue[] = [];
  readonly #sections = new Map<string, Place>();
  readonly #errors: ConfigError[] = [];
  #section: string | undefined;
  #open: OpenValue | undefined;
  /** A line above was wrong: what continues it was said with it. */
  #afterError = false;

  constructor(file: string) {
    this.#file = file;
  }

  take(raw: string, number: number): void {
    const line = raw.replace(TRAILING_SPACE, "");
    if (line.startsWith(" ") || line.startsWith("\t")) {
      this.#continue(line, number);
      return;
    }
    this.#close();
    if (line === "" || line.startsWith("#") || line.startsWith(";")) return;
    this.#afterError = false;
    if (line.startsWith("[")) this.#startSection(line, number);
    else this.#startValue(line, number);
  }

  finish(): IniFile {
    this.#close();
    return {
      file: this.#file,
      values: this.#values,
      sections: this.#sections,
      errors: this.#errors,
    };
  }

  #continue(line: string, number: number): void {
    if (this.#open !== undefined) {
      this.#open.lines.push(line.replace(LEADING_SPACE, ""));
    } else if (!this.#afterError) {
      this.#fail(
        { line: line, number, column: 1 },
        "it continues nothing",
        "an option to begin in column 1",
      );
    }
  }

  #startSection(line: string, number: number): void {
    if (!line.endsWith("]")) {
      this.#fail(
        { line: line, number, column: line.length },
        "the section's name does not end",
        "a closing ']'",
      );
    } else if (line.length <= 2) {
      this.#fail({ line: line, number, column: 1 }, "the section has no name", "[name]");
    } else {
      const name = sectionName(line.slice(1, -1));
      this.#section = name;
      if (!this.#sections.has(name)) {
        this.#sections.set(name, { file: this.#file, line: number, column: 1 });
      }
    }
  }

  #startValue(line: string, number: number): void {
    const split = line.search(/[:=]/);
    if (split < 0) {
      return this.#fail(
        { line: line, number, column: 1 },
        "there is no '=' or ':'",
        "option = value",
      );
    }
    const key = stripSpace(line.slice(0, split));
    if (key === "") {
      return this.#fail(
        { line: "", number, column: 1 },
        "the option has no name",
        "option = value",
      );
    }
    if (this.#section === undefined) {
      return this.#fail(
        { line: key, number, column: 1 },
        "no section is open",
        "a line like [DEFAULT] above it",
      );
    }
    const rest = line.slice(split + 1);
    const value = stripSpace(rest);
    const column = split + 2 + (value === "" ? 0 : rest.indexOf(value));
    const place = { file: this.#file, line: number, column };
    this.#open = { key, lines: [withoutQuotes(value)], place };
  }

  #close(): void {
    if (this.#open === undefined || this.#section === undefined) return;
    const { key, lines, place } = this.#open;
    this.#values.push({ section: this.#section, key, value: lines.join("\n"), place });
    this.#open = undefined;
  }

  /** Only the key is quoted: what stands behind it may be a secret. */
  #fail({ line, number, column }: Faulty, why: string, expected: string): void {
    const named = stripSpace(line.split(/[:=]/, 1)[0] ?? "");
    const shown = named.replace(SECRET_NAME, "$1 ...").slice(0, 40);
    const place = { file: this.#file, line: number, column };
    const text = `Cannot read the line '${shown}': ${why}, expected ${expected}`;
    this.#errors.push(new ConfigError(text, place, { rule: "config/syntax" }));
    this.#afterError = true;
  }
}

function withoutQuotes(value: string): string {
  const quote = value[0];
  if (quote !== '"' && quote !== "'") return value;
  return value.endsWith(quote) ? value.slice(1, -1) : value;
}
