/**
 * Pure. One trait of an event definition: where its value comes from and what type it is made to.
 *
 * Facts: ceilometer/event/{converter,models}.py.
 */
import { didYouMean } from "../config/suggest.ts";
import { DefinitionError } from "../definitions/definition_error.ts";
import { compileField, type Field } from "../definitions/field.ts";
import { ConfigError } from "../errors.ts";
import type { Looked } from "../jsonpath/jsonpath.ts";
import { floatValue } from "../notifications/load_value.ts";
import type { Value } from "../notifications/value.ts";
import { floatOf, intOf, PythonError, typeName } from "../notifications/value_rules.ts";
import { valueStr } from "../notifications/value_text.ts";
import { DateTimeValue, type Trait, type TraitType } from "../pipeline/event.ts";
import { parseIsoTime } from "../python/iso_time.ts";
import { describeNode, yamlGet, type YamlNode, yamlText } from "../yaml/node.ts";

/** A trait's recipe. */
export interface TraitDefinition {
  readonly name: string;
  readonly type: TraitType;
  readonly field: Field;
}

/** Trait types by the names that definitions use. */
export const traitTypes: ReadonlyMap<string, TraitType> = new Map([
  ["text", 1],
  ["int", 2],
  ["float", 3],
  ["datetime", 4],
]);

/** Text traits are cut to this many code points. */
const textMax = 255;

/** Years 1 to 9999, which Python's datetime can hold, in microseconds since the epoch. */
const FIRST_MICRO = -62_135_596_800_000_000n;
const LAST_MICRO = 253_402_300_799_999_999n;

/** Takes what is wrong, and reading goes on. */
export type Report = (problem: ConfigError) => void;

/** Undefined where something is wrong, which is reported with its place. */
export function readTrait(
  name: string,
  node: YamlNode,
  report: Report,
): TraitDefinition | undefined {
  const type = readType(name, node, report);
  const field = readField(name, node, report);
  return type && field && { name, type, field };
}

function readField(name: string, node: YamlNode, report: Report): Field | undefined {
  try {
    return compileField(name, node);
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    report(new ConfigError(error.message, error.place, { cause: error, rule: error.rule }));
    return undefined;
  }
}

function readType(name: string, node: YamlNode, report: Report): TraitType | undefined {
  const given = yamlGet(node, "type");
  if (given === undefined) return 1;
  const text = yamlText(given);
  const type = text === undefined ? undefined : traitTypes.get(text.toLowerCase());
  if (type !== undefined) return type;
  const names = [...traitTypes.keys()];
  const hint = text === undefined ? "" : didYouMean(text, names);
  const message = `Cannot use the trait '${name}': ${describeNode(given)} is no type of a trait, ` +
    `expected ${names.join(", ")}${hint}`;
  report(new ConfigError(message, given.place, { rule: "events/bad-trait" }));
  return undefined;
}

/** Undefined where the notification has no value for it. Throws PythonError. */
export function makeTrait(
  { name, type, field }: TraitDefinition,
  message: Looked,
): Trait | undefined {
  const value = field.first(message);
  if (value === null || (value === "" && type !== 1)) return undefined;
  return { name, type, value: convert(type, value) };
}

function convert(type: TraitType, value: Value): Trait["value"] {
  switch (type) {
    case 1:
      return textOf(value);
    case 2:
      return intOf(value);
    case 3:
      return floatValue(floatOf(value));
    case 4:
      return dateTimeOf(value);
  }
}

function textOf(value: Value): string {
  const text = valueStr(value);
  if (text.length <= textMax) return text;
  return Array.from(text).slice(0, textMax).join("");
}

// The form in which nearly all services write, in the years whose microseconds are whole in a double.
// All else goes the long way.
const NAIVE =
  /^((?:19|20|21)[0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])[ T]([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{6}))?$/;

/** The UTC time that a text names, without its offset. Throws PythonError for all else. */
export function dateTimeOf(value: Value): DateTimeValue {
  const naive = typeof value === "string" ? NAIVE.exec(value) : null;
  if (naive !== null) {
    const part = (i: number) => Number(naive[i] ?? 0);
    const ms = Date.UTC(part(1), part(2) - 1, part(3), part(4), part(5), part(6));
    return new DateTimeValue(BigInt(ms * 1000 + part(7)));
  }
  const time = typeof value === "string" ? parseIsoTime(value) : undefined;
  if (time === undefined) {
    const shown = typeof value === "string" ? `'${value.slice(0, 60)}'` : `a ${typeName(value)}`;
    throw new PythonError("ValueError", `${shown} is no ISO 8601 time`);
  }
  if (time.microseconds < FIRST_MICRO || time.microseconds > LAST_MICRO) {
    throw new PythonError("OverflowError", "date value out of range");
  }
  return new DateTimeValue(time.microseconds);
}
