/**
 * Pure. `OptionValues`: typed answers to "what is [section] name", from the command line, the
 * environment, the files and the defaults, in this order.
 *
 * All problems are gathered, so that an operator sees them at once: a getter answers with the default
 * where the value cannot be read, and `finish` throws what was found.
 */
import { ConfigError, ConfigErrors, type Place } from "../errors.ts";
import type { IniFile, IniValue } from "./ini.ts";
import {
  commaJoined,
  type Option,
  parseBool,
  parseChoice,
  type Parsed,
  parseHost,
  parseHosts,
  parseList,
  parseNumber,
  parsePort,
  type Unreadable,
} from "./option.ts";
import { substitute } from "./interpolation.ts";
import type { HostPort } from "./endpoint.ts";

/** Where values come from; the first that has an option wins, among files the last one read. */
export interface ValueLayers {
  /** By `section.name`, with the flag it was given by, for error texts. */
  readonly commandLine: ReadonlyMap<string, { readonly text: string; readonly flag: string }>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly files: readonly IniFile[];
}

/** A text as it was given, and where; a default has no place. */
interface Found {
  readonly option: Option;
  readonly text: string;
  readonly place: Place | undefined;
}

/** The values of one start or reload; see above. */
export class OptionValues {
  readonly #options: ReadonlyMap<string, Option>;
  readonly #layers: ValueLayers;
  readonly #files: readonly ReadonlyMap<string, readonly IniValue[]>[];
  readonly #problems = new Map<string, ConfigError>();
  readonly #asked = new Set<string>();

  /** `problems` were found before; `finish` throws them with the rest. */
  constructor(
    options: readonly Option[],
    layers: ValueLayers,
    problems: readonly ConfigError[] = [],
  ) {
    this.#options = new Map(options.map((option) => [optionKey(option), option]));
    this.#layers = layers;
    this.#files = layers.files.toReversed().map(valuesByKey);
    problems.forEach((problem, i) => this.#problems.set(`${i}`, problem));
  }

  /** The text, undefined where it is empty or neither given nor defaulted. */
  text(section: string, name: string): string | undefined {
    const found = this.#find(section, name, ["string", "secret", "path"]);
    return found === undefined || found.text === "" ? undefined : found.text;
  }

  host(section: string, name: string): string | undefined {
    return this.#read(this.#option(section, name, ["host"]), parseHost);
  }

  bool(section: string, name: string): boolean {
    return this.#readSure(this.#option(section, name, ["bool"]), parseBool);
  }

  number(section: string, name: string): number {
    return this.#readSure(this.#option(section, name, ["int", "float"]), parseNumber);
  }

  port(section: string, name: string): number {
    return this.#readSure(this.#option(section, name, ["port"]), parsePort);
  }

  /** One of the choices of the option's row, which the caller repeats for their type. */
  choice<T extends string>(section: string, name: string, choices: readonly T[]): T {
    const text = this.#readSure(this.#option(section, name, ["choice"]), parseChoice);
    const value = choices.find((choice) => choice === text);
    if (value === undefined) throw new Error(`[${section}] ${name} has other choices`);
    return value;
  }

  list(section: string, name: string): readonly string[] {
    const found = this.#find(section, name, ["list"]);
    return found === undefined ? [] : parseList(found.text);
  }

  /** At least one address, or an error. */
  hosts(section: string, name: string): readonly HostPort[] {
    return this.#readSure(this.#option(section, name, ["hosts"]), parseHosts);
  }

  /** Every value of an option that is given once per value; those of earlier files first. */
  multi(section: string, name: string): readonly string[] {
    const option = this.#option(section, name, ["multistr"]);
    const values: string[] = [];
    for (const found of this.#allGiven(option)) {
      const substituted = this.#substituted(found, []);
      const parts = option.kind === "multistr" && commaJoined(substituted.text, option);
      if (parts) {
        const lines = parts.map((part) => `${name} = ${part}`).join(" and ");
        this.#fail(substituted, {
          why: "commas do not separate its values",
          expected: `one line for each: ${lines}`,
        }, "config/comma-joined");
      } else if (substituted.text !== "") {
        values.push(substituted.text);
      }
    }
    return values;
  }

  /** Where the option was given, undefined where only its default holds. */
  given(section: string, name: string): Place | undefined {
    const option = this.#option(section, name, undefined);
    return this.#given(option)?.place;
  }

  /** Adds a problem that only shows when several options are looked at together. */
  problem(section: string, name: string, text: string): void {
    const place = this.given(section, name);
    const error = new ConfigError(text, place, { rule: "config/bad-value" });
    this.#problems.set(`${section}.${name}.${text}`, error);
  }

  /** Throws all that was found: what the files could not say and what could not be read of them. */
  finish(): void {
    const files = this.#layers.files.map((file) => file.file);
    const order = (error: ConfigError): number => {
      const file = files.indexOf(error.place?.file ?? "");
      return file < 0 ? files.length : file;
    };
    const errors = this.#layers.files.flatMap((file) => file.errors)
      .concat([...this.#problems.values()])
      .toSorted((a, b) => order(a) - order(b) || (a.place?.line ?? 0) - (b.place?.line ?? 0));
    if (errors.length > 0) throw new ConfigErrors(errors);
  }

  /** Keys (`section.name`) of the options that were asked for, so that a test finds unused ones. */
  get asked(): ReadonlySet<string> {
    return this.#asked;
  }

  #readSure<T>(option: Option, parse: (text: string, option: Option) => Parsed<T>): T {
    const value = this.#read(option, parse);
    if (value === undefined) throw new Error(`${optionKey(option)} needs a default`);
    return value;
  }

  #read<T>(option: Option, parse: (text: string, option: Option) => Parsed<T>): T | undefined {
    const found = this.#resolve(option, []);
    if (found === undefined) return undefined;
    const parsed = parse(found.text, option);
    if ("value" in parsed) return parsed.value;
    this.#fail(found, parsed.unreadable);
    const fallback = parse(this.#plainDefault(option), option);
    return "value" in fallback ? fallback.value : undefined;
  }

  #find(section: string, name: string, kinds: readonly Option["kind"][]): Found | undefined {
    return this.#resolve(this.#option(section, name, kinds), []);
  }

  #option(section: string, name: string, kinds: readonly Option["kind"][] | undefined): Option {
    const key = `${section}.${name}`;
    const option = this.#options.get(key);
    if (option === undefined) throw new Error(`[${section}] ${name} is in no table`);
    if (kinds !== undefined && !kinds.includes(option.kind)) {
      throw new Error(`[${section}] ${name} is of kind ${option.kind}`);
    }
    this.#asked.add(key);
    return option;
  }

  /** The text that holds, references in it followed; `chain` are the options on the way here. */
  #resolve(option: Option, chain: readonly string[]): Found | undefined {
    this.#asked.add(optionKey(option));
    const given = this.#given(option);
    const isNumber = option.kind === "int" || option.kind === "float" || option.kind === "port";
    if (given === undefined || (isNumber && given.text === "")) return this.#default(option, chain);
    return this.#substituted(given, chain);
  }

  #default(option: Option, chain: readonly string[]): Found | undefined {
    if (option.default === undefined) return undefined;
    const found = { option, text: option.default, place: undefined };
    const target = this.#defaultTarget(option);
    if (target === undefined) return this.#substituted(found, chain);
    return this.#resolve(target, [...chain, optionKey(option)]);
  }

  /** The option that the default stands for, where it is nothing but a reference. */
  #defaultTarget(option: Option): Option | undefined {
    const reference = /^\$([a-z_]+\.[a-z_]+)$/.exec(option.default ?? "");
    return this.#options.get(reference?.[1] ?? "");
  }

  /** What holds if nothing was given anywhere, so that reading goes on behind a wrong value. */
  #plainDefault(option: Option): string {
    const target = this.#defaultTarget(option);
    return target === undefined ? option.default ?? "" : this.#plainDefault(target);
  }

  #substituted(found: Found, chain: readonly string[]): Found {
    if (!found.text.includes("$")) return found;
    const { option } = found;
    const result = substitute(found.text, (name) => {
      const target = this.#referenced(name, option.section);
      if (target === undefined) return undefined;
      const seen = [...chain, optionKey(option)];
      if (seen.includes(optionKey(target))) return undefined;
      return this.#resolve(target, seen)?.text ?? "";
    });
    if (result.unknown === undefined) return { ...found, text: result.text };
    const shown = option.kind === "secret" ? "a '$' in it" : `'$${result.unknown}' in it`;
    this.#fail(found, {
      why: `${shown} names no option that has a value here`,
      expected: "$$ for a dollar sign, or ${section.option}",
    });
    return found;
  }

  #referenced(name: string, section: string): Option | undefined {
    const dot = name.indexOf(".");
    if (dot >= 0) return this.#options.get(`${name.slice(0, dot)}.${name.slice(dot + 1)}`);
    return this.#options.get(`${section}.${name}`) ?? this.#options.get(`DEFAULT.${name}`);
  }

  #given(option: Option): Found | undefined {
    return this.#above(option) ?? this.#inFiles(option)?.at(-1);
  }

  #allGiven(option: Option): readonly Found[] {
    const above = this.#above(option);
    if (above !== undefined) return [above];
    return this.#files.toReversed().flatMap((file) => found(option, file));
  }

  #above(option: Option): Found | undefined {
    const flag = this.#layers.commandLine.get(optionKey(option));
    if (flag !== undefined) return { option, text: flag.text, place: { file: flag.flag } };
    const variable = environmentName(option);
    const text = this.#layers.environment[variable];
    return text === undefined ? undefined : { option, text, place: { file: variable } };
  }

  #inFiles(option: Option): readonly Found[] | undefined {
    for (const file of this.#files) {
      const values = found(option, file);
      if (values.length > 0) return values;
    }
    return undefined;
  }

  #fail(
    { option, text, place }: Found,
    { why, expected }: Unreadable,
    rule = "config/bad-value",
  ): void {
    const shown = option.kind === "secret" ? "" : ` '${text}'`;
    const message =
      `Cannot read [${option.section}] ${option.name}${shown}: ${why}, expected ${expected}`;
    const key = `${optionKey(option)}@${place?.file}:${place?.line}`;
    if (!this.#problems.has(key)) {
      this.#problems.set(key, new ConfigError(message, place, { rule }));
    }
  }
}

/** `section.name`, the name under which an option is looked up. */
export function optionKey(option: { readonly section: string; readonly name: string }): string {
  return `${option.section}.${option.name}`;
}

/** `OS_<GROUP>__<OPTION>`, the variable that oslo.config reads. */
export function environmentName(
  option: { readonly section: string; readonly name: string },
): string {
  return `OS_${option.section.toUpperCase()}__${option.name.toUpperCase()}`;
}

/** The option's values in one file, under its name or, failing that, an older one. */
function found(option: Option, file: ReadonlyMap<string, readonly IniValue[]>): readonly Found[] {
  const keys = [optionKey(option)];
  for (const { section = option.section, name } of option.deprecated ?? []) {
    keys.push(`${section}.${name}`);
  }
  for (const key of keys) {
    const values = file.get(key);
    if (values !== undefined) {
      return values.map(({ value, place }) => ({ option, text: value, place }));
    }
  }
  return [];
}

function valuesByKey(file: IniFile): ReadonlyMap<string, readonly IniValue[]> {
  return Map.groupBy(file.values, ({ section, key }) => `${section}.${key}`);
}
