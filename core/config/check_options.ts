/**
 * Pure. What an operator should hear about the options of the files and the environment besides
 * errors: unknown ones (with a suggestion), older names, and those without a meaning here.
 */
import { ConfigError, type Place } from "../errors.ts";
import type { IniFile, IniValue } from "./ini.ts";
import type { Option } from "./option.ts";
import { environmentName, optionKey } from "./option_values.ts";
import { closest } from "./suggest.ts";

/** Something to say once at start; `info` are the options that change nothing here. */
export interface ConfigNotice {
  readonly level: "info" | "warning";
  readonly text: string;
  readonly place: Place | undefined;
  /** The rule of `tpctl validate` that it falls under. */
  readonly rule?: string;
}

/** What the check found. */
export interface OptionCheck {
  readonly notices: readonly ConfigNotice[];
  /** One for each option that is set and not supported. */
  readonly errors: readonly ConfigError[];
}

/** Looks at every option that is set; an option that is set several times is said once. */
export function checkOptions(
  options: readonly Option[],
  files: readonly IniFile[],
  environment: Readonly<Record<string, string | undefined>>,
): OptionCheck {
  const check = new Checker(options);
  for (const file of files) {
    for (const [section, place] of file.sections) check.section(section, place);
    for (const value of file.values) check.value(value);
  }
  for (const name of Object.keys(environment).toSorted()) check.variable(name);
  return check;
}

class Checker implements OptionCheck {
  readonly notices: ConfigNotice[] = [];
  readonly errors: ConfigError[] = [];
  readonly #options: readonly Option[];
  readonly #byKey = new Map<string, Option>();
  readonly #byOldKey = new Map<string, Option>();
  readonly #byVariable = new Map<string, Option>();
  readonly #sections: ReadonlySet<string>;
  readonly #said = new Set<string>();

  constructor(options: readonly Option[]) {
    this.#options = options;
    this.#sections = new Set(options.map((option) => option.section));
    for (const option of options) {
      this.#byKey.set(optionKey(option), option);
      this.#byVariable.set(environmentName(option), option);
      for (const { section = option.section, name } of option.deprecated ?? []) {
        this.#byOldKey.set(`${section}.${name}`, option);
      }
    }
  }

  section(section: string, place: Place): void {
    if (this.#sections.has(section) || this.#hasOldOptions(section)) return;
    const meant = closest(section, this.#sections);
    const hint = meant === undefined ? "" : `, did you mean [${meant}]?`;
    this.#say(section, {
      level: "warning",
      text: `The section [${section}] is unknown${hint}`,
      place,
      rule: "config/unknown-section",
    });
  }

  value({ section, key, place }: IniValue): void {
    const name = `${section}.${key}`;
    const option = this.#byKey.get(name);
    const renamed = this.#byOldKey.get(name);
    if (option !== undefined) {
      this.#known(option, place);
    } else if (renamed !== undefined) {
      const now = `[${renamed.section}] ${renamed.name}`;
      this.#say(name, {
        level: "warning",
        text: `[${section}] ${key} is the older name of ${now}`,
        place,
        rule: "config/deprecated-option",
      });
      this.#known(renamed, place);
    } else if (this.#sections.has(section) || this.#hasOldOptions(section)) {
      const hint = this.#hint(section, key);
      // The name stands at the start of its line; the place is that of the value.
      const at = { ...place, column: 1 };
      this.#say(name, {
        level: "warning",
        text: `The option [${section}] ${key} is unknown${hint}`,
        place: at,
        rule: "config/unknown-option",
      });
    }
  }

  /** Other programs' variables begin with OS_ too: only the sections known here are looked at. */
  variable(variable: string): void {
    const option = this.#byVariable.get(variable);
    if (option !== undefined) return this.#known(option, { file: variable });
    const group = /^OS_([A-Z0-9_]+?)__(.+)$/.exec(variable);
    const section = [...this.#sections].find((known) => known.toUpperCase() === group?.[1]);
    if (group === null || section === undefined) return;
    const meant = closest(variable, this.#byVariable.keys());
    const hint = meant === undefined ? "" : `, did you mean ${meant}?`;
    const text = `The variable ${variable} names no option${hint}`;
    const rule = "config/unknown-variable";
    this.#say(variable, { level: "warning", text, place: undefined, rule });
  }

  #known(option: Option, place: Place): void {
    const name = `[${option.section}] ${option.name}`;
    if (option.meaning === "none") {
      const text = `${name} is accepted and has no meaning in tpctl`;
      const rule = "config/no-meaning";
      this.#say(optionKey(option), { level: "info", text, place, rule });
    } else if (option.meaning === "unsupported" && !this.#said.has(optionKey(option))) {
      this.#said.add(optionKey(option));
      const text = `Cannot use ${name}: it is not supported, expected the file without it`;
      this.errors.push(new ConfigError(text, place, { rule: "config/unsupported-option" }));
    }
  }

  #hint(section: string, name: string): string {
    const here = this.#options.filter((option) => option.section === section);
    const meant = closest(name, here.map((option) => option.name));
    if (meant !== undefined) return `, did you mean '${meant}'?`;
    const elsewhere = this.#options.find((option) => option.name === name);
    return elsewhere === undefined ? "" : `, it belongs to [${elsewhere.section}]`;
  }

  #hasOldOptions(section: string): boolean {
    return [...this.#byOldKey.keys()].some((key) => key.startsWith(`${section}.`));
  }

  #say(key: string, notice: ConfigNotice): void {
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.notices.push(notice);
  }
}
