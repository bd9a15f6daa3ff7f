/**
 * Pure. The options in a publisher's URL, read by the rows of its kind: typed values, errors for what
 * cannot be read, notes for what is passed on. The publishers read by it and `validate` checks by it.
 */
import type { PublisherKind, PublisherOption, PublisherUrl } from "../pipeline/publisher.ts";
import { parseBool, parseChoice, parseNumber } from "./option.ts";
import { shownUrl } from "./publisher_url.ts";
import { didYouMean } from "./suggest.ts";

/** A problem or a note; the text shows no secret. */
export interface OptionRemark {
  readonly option: string;
  readonly text: string;
}

/** What a URL says, by option name. A getter of the wrong kind is a mistake in the code. */
export interface PublisherOptionValues {
  /** kinds string, choice and path; undefined where there is neither value nor default. */
  text(name: string): string | undefined;
  /** kinds int and float. */
  number(name: string): number;
  /** kinds bool and flag. */
  bool(name: string): boolean;
  /** Whether the URL itself gives it. */
  given(name: string): boolean;
}

/** The outcome: with errors, the values are the defaults in their place. */
export interface ReadPublisherOptions {
  readonly values: PublisherOptionValues;
  /** Pairs of the query that are no options of ours, in order. */
  readonly passedOn: PublisherUrl["query"];
  readonly errors: readonly OptionRemark[];
  readonly notes: readonly OptionRemark[];
}

type OptionKnowledge = Pick<PublisherKind<unknown>, "options" | "unknownOptions">;

/**
 * Reads the query. Of an option given twice the last counts; an empty value counts as not given,
 * except for a flag, as Python's parse_qs has it.
 */
export function readPublisherOptions(
  url: PublisherUrl,
  { options, unknownOptions }: OptionKnowledge,
): ReadPublisherOptions {
  const shown = shownUrl(url.text);
  const errors: OptionRemark[] = [];
  const notes: OptionRemark[] = [];
  const names = options.map((option) => option.name);
  const passedOn = url.query.filter(([name]) => !names.includes(name));
  for (const [name] of passedOn) {
    const hint = didYouMean(name, names);
    if (unknownOptions === "passed_on") {
      const text = `The option '${name}' of '${shown}' is passed on to the far end${hint}`;
      notes.push({ option: name, text });
    } else {
      const expected = hint === "" ? known(names) : hint.slice(2);
      const text = `Cannot use the option '${name}' of '${shown}': it is unknown, ${expected}`;
      errors.push({ option: name, text });
    }
  }
  const values = new Map<string, string | number | boolean | undefined>();
  for (const option of options) {
    const given = url.query.findLast(([name]) => name === option.name)?.[1];
    const read = readOption(option, given);
    if ("expected" in read) {
      const text = `Cannot use the option '${option.name}' of '${shown}': '${given}' ` +
        `${read.why.replace(/^it /, "")}, expected ${read.expected}`;
      errors.push({ option: option.name, text });
    }
    values.set(option.name, "expected" in read ? defaultOf(option) : read.value);
  }
  return { values: new Values(values, url), passedOn, errors, notes };
}

interface Failed {
  readonly why: string;
  readonly expected: string;
}

type OptionValue = string | number | boolean | undefined;

function readOption(
  option: PublisherOption,
  given: string | undefined,
): { readonly value: OptionValue } | Failed {
  if (given === undefined) return { value: defaultOf(option) };
  if (given === "") return { value: option.kind === "flag" ? true : defaultOf(option) };
  return parseValue(option, given);
}

function parseValue(
  option: PublisherOption,
  text: string,
): { readonly value: OptionValue } | Failed {
  const kind = option.kind;
  const parsed = kind === "int" || kind === "float"
    ? parseNumber(text, { ...option, kind })
    : kind === "bool" || kind === "flag"
    ? parseBool(text)
    : kind === "choice"
    ? parseChoice(text, option)
    : { value: text };
  return "value" in parsed ? parsed : parsed.unreadable;
}

function defaultOf(option: PublisherOption): OptionValue {
  if (option.default === undefined) return option.kind === "flag" ? false : undefined;
  const read = parseValue(option, option.default);
  if ("expected" in read) throw new Error(`the default of ${option.name} cannot be read`);
  return read.value;
}

function known(names: readonly string[]): string {
  if (names.length === 0) return "expected no options";
  return `expected one of ${names.join(", ")}`;
}

class Values implements PublisherOptionValues {
  readonly #values: ReadonlyMap<string, OptionValue>;
  readonly #given: ReadonlySet<string>;

  constructor(values: ReadonlyMap<string, OptionValue>, url: PublisherUrl) {
    this.#values = values;
    this.#given = new Set(url.query.map(([name]) => name));
  }

  text(name: string): string | undefined {
    const value = this.#get(name);
    if (value !== undefined && typeof value !== "string") throw new Error(`${name} is no text`);
    return value;
  }

  number(name: string): number {
    const value = this.#get(name);
    if (typeof value !== "number") throw new Error(`${name} is no number with a default`);
    return value;
  }

  bool(name: string): boolean {
    const value = this.#get(name);
    if (typeof value !== "boolean") throw new Error(`${name} is no boolean with a default`);
    return value;
  }

  given(name: string): boolean {
    return this.#given.has(name);
  }

  #get(name: string): OptionValue {
    if (!this.#values.has(name)) throw new Error(`${name} is no option of this publisher`);
    return this.#values.get(name);
  }
}
