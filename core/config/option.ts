/**
 * Pure. `Option`: one option as data, and how its text becomes a value by oslo.config's rules.
 *
 * Everything else about options is made of these rows: reading, checks, warnings about unknown names
 * and the README's tables. Looking values up is option_values.ts.
 */
import type { HostPort } from "./endpoint.ts";
import { stripSpace } from "./ini.ts";

/**
 * - `used`: read and honoured.
 * - `none`: of the reference, without a meaning here; one notice at start when it is set.
 * - `unsupported`: of the reference, and leaving it out would change what the operator asked for; an
 *   error when it is set.
 */
export type OptionMeaning = "used" | "none" | "unsupported";

interface OptionBase {
  readonly section: string;
  readonly name: string;
  /** One sentence. */
  readonly help: string;
  readonly meaning: OptionMeaning;
  /** For the tables: `s`, `bytes`, `lines`, ... */
  readonly unit?: string;
  /** Ours, not the reference's. */
  readonly ours?: boolean;
  /** Older names, read with a warning; the section is the same where not given. */
  readonly deprecated?: readonly { readonly section?: string; readonly name: string }[];
}

interface TextOption extends OptionBase {
  readonly kind: "string" | "secret" | "path" | "host" | "bool" | "port";
  /** As it would stand in a file, `$section.name` included. */
  readonly default?: string;
}

interface NumberOption extends OptionBase {
  readonly kind: "int" | "float";
  readonly default?: string;
  readonly min?: number;
  readonly max?: number;
}

/** `int` reads whole numbers only, everything else broken ones too. */
interface NumberRange {
  readonly kind: string;
  readonly min?: number;
  readonly max?: number;
}

interface ChoiceOption extends OptionBase {
  readonly kind: "choice";
  readonly default?: string;
  /** Compared without regard to case; the value is the one that stands here. */
  readonly choices: readonly string[];
}

interface ListOption extends OptionBase {
  readonly kind: "list" | "hosts";
  readonly default?: string;
  /** `hosts`: the port where an item names none; undefined: it must. */
  readonly defaultPort?: number;
}

interface MultiOption extends OptionBase {
  readonly kind: "multistr";
  /** `names` never hold a comma; in `urls` commas stand between the hosts of one URL. */
  readonly items: "names" | "urls";
  readonly default?: undefined;
}

/** A row of a table; the kind says which further members it has. */
export type Option = TextOption | NumberOption | ChoiceOption | ListOption | MultiOption;
/** How the text of an option is read. */
export type OptionKind = Option["kind"];

/** Why a text is no value of an option, and what would be. */
export interface Unreadable {
  readonly why: string;
  readonly expected: string;
}

/** A value, or why the text is none. */
export type Parsed<T> = { readonly value: T } | { readonly unreadable: Unreadable };

const TRUE = ["true", "1", "on", "yes"];
const FALSE = ["false", "0", "off", "no"];
const PYTHON_INT = /^[+-]?[0-9]+(_[0-9]+)*$/;
const PYTHON_FLOAT =
  /^[+-]?([0-9]+(_[0-9]+)*\.?([0-9]+(_[0-9]+)*)?|\.[0-9]+(_[0-9]+)*)(e[+-]?[0-9]+)?$/i;
const HOST = /^[^\s/@:?#,[\]]+$/;
const IPV6 = /^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.%a-z]*$/i;

/** oslo's booleans: 1/0, yes/no, true/false, on/off in any case. */
export function parseBool(text: string): Parsed<boolean> {
  const word = text.toLowerCase();
  if (TRUE.includes(word)) return { value: true };
  if (FALSE.includes(word)) return { value: false };
  return no("it is not a boolean", "true or false");
}

/** Whole and broken numbers as Python reads them, without what JavaScript cannot hold. */
export function parseNumber(text: string, option: NumberRange): Parsed<number> {
  const digits = stripSpace(text);
  const expected = `${option.kind === "int" ? "an integer" : "a number"}${rangeText(option)}`;
  const pattern = option.kind === "int" ? PYTHON_INT : PYTHON_FLOAT;
  if (!pattern.test(digits)) {
    return no(`it is not ${option.kind === "int" ? "an integer" : "a number"}`, expected);
  }
  const value = Number(digits.replaceAll("_", ""));
  if (!Number.isFinite(value) || (option.kind === "int" && !Number.isSafeInteger(value))) {
    return no("it is too large", expected);
  }
  if (option.min !== undefined && value < option.min) return no("it is too small", expected);
  if (option.max !== undefined && value > option.max) return no("it is too large", expected);
  return { value };
}

/** A port to connect to or to listen on. */
export function parsePort(text: string): Parsed<number> {
  const digits = stripSpace(text);
  const value = Number(digits);
  if (!PYTHON_INT.test(digits) || value < 1 || value > 65535) {
    return no("it is not a port", "an integer from 1 to 65535");
  }
  return { value };
}

/** One of the choices, as it is written there. */
export function parseChoice(
  text: string,
  { choices = [] }: { readonly kind: string; readonly choices?: readonly string[] },
): Parsed<string> {
  const found = choices.find((choice) => choice.toLowerCase() === text.toLowerCase());
  if (found !== undefined) return { value: found };
  const names = choices.map((choice) => choice === "" ? "nothing" : choice);
  return no("it is none of the choices", names.join(" or "));
}

/** oslo's lists: comma-separated, items stripped, commas at the end left out. */
export function parseList(text: string): string[] {
  const items = stripSpace(text).replace(/,+$/, "");
  return items === "" ? [] : items.split(",").map(stripSpace);
}

/** A host name or an address, without scheme, port or path. */
export function parseHost(text: string): Parsed<string> {
  const expected = "a host name or an IP address";
  if (text === "") return no("it is empty", expected);
  if (text.includes("://")) return no("it is a URL", `${expected} without scheme and port`);
  if (HOST.test(text) || IPV6.test(text)) return { value: text };
  return no("it is not a host", expected);
}

/** `host:port`, with an IPv6 address in brackets; without a port only where there is a default. */
export function parseHostPort(
  text: string,
  defaultPort: number | undefined,
): Parsed<HostPort> {
  const expected = defaultPort === undefined ? "host:port" : "host or host:port";
  if (text.includes("://")) return no(`'${text}' is a URL`, `${expected} without a scheme`);
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]*))(?::(.*))?$/.exec(text);
  const host = parseHost(parts?.[1] ?? parts?.[2] ?? "");
  if (parts === null || "unreadable" in host) return no(`'${text}' is not an address`, expected);
  if (parts[3] === undefined) {
    if (defaultPort === undefined) return no(`'${text}' has no port`, expected);
    return { value: { host: host.value, port: defaultPort } };
  }
  const port = parsePort(parts[3]);
  if ("unreadable" in port) return no(`'${text}' has a wrong port`, `${expected} with 1 to 65535`);
  return { value: { host: host.value, port: port.value } };
}

/** A list of addresses, never empty. */
export function parseHosts(
  text: string,
  { defaultPort }: { readonly kind: string; readonly defaultPort?: number },
): Parsed<readonly HostPort[]> {
  const items = parseList(text);
  if (items.length === 0) return no("it is empty", "host:port[,host:port...]");
  const hosts: HostPort[] = [];
  for (const item of items) {
    const host = parseHostPort(item, defaultPort);
    if ("unreadable" in host) return host;
    hosts.push(host.value);
  }
  return { value: hosts };
}

/** The values that a comma-joined multistr value was meant to be; undefined where it is one value. */
export function commaJoined(text: string, option: MultiOption): readonly string[] | undefined {
  const parts = text.split(",").map(stripSpace);
  const joined = option.items === "names"
    ? parts.length > 1
    : parts.slice(1).some((part) => part.includes("://"));
  return joined ? parts.filter((part) => part !== "") : undefined;
}

function rangeText({ min, max }: NumberRange): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max !== undefined ? ` of at most ${max}` : "";
}

function no(why: string, expected: string): { readonly unreadable: Unreadable } {
  return { unreadable: { why, expected } };
}
