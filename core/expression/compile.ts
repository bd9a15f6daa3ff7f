/**
 * Pure. Compiles an expression once into a function over a datum. A member that is missing is null;
 * values of different kinds are different and have no order: `5 < "x"` and `5 > "x"` are both false.
 */
import type { Datum } from "../datum/datum.ts";
import { type Dict, isDict, PyFloat, type Value } from "../notifications/value.ts";
import { compileFnmatch } from "../pipeline/fnmatch.ts";
import { parseExpression } from "./parse.ts";
import type { Comparison, Condition, Operand, Path } from "./syntax.ts";

/** Whether the expression holds for a datum. */
export type DatumTest = (datum: Datum) => boolean;

/** Compiles `source`; throws ExpressionError with the place. */
export function compileExpression(source: string): DatumTest {
  return compile(parseExpression(source));
}

type Read = (datum: Datum) => Value;

function compile(condition: Condition): DatumTest {
  switch (condition.kind) {
    case "and":
      return all(condition.parts.map(compile));
    case "or": {
      const others = all(condition.parts.map((part) => negate(compile(part))));
      return negate(others);
    }
    case "not":
      return negate(compile(condition.part));
    case "compare":
      return comparison(condition.operator, readerOf(condition.left), readerOf(condition.right));
    case "in":
      return isAmong(readerOf(condition.left), condition.list);
    case "within": {
      const [left, list] = [readerOf(condition.left), pathReader(condition.list)];
      return (datum) => {
        const found = list(datum);
        const value = left(datum);
        return Array.isArray(found) && found.some((item) => equal(plain(item), value));
      };
    }
    case "match": {
      const [left, { pattern }] = [readerOf(condition.left), condition];
      return (datum) => {
        const value = textOf(left(datum));
        return value !== undefined && pattern.test(value);
      };
    }
    case "like": {
      const [left, matches] = [readerOf(condition.left), compileFnmatch(condition.glob)];
      return (datum) => {
        const value = textOf(left(datum));
        return value !== undefined && matches(value);
      };
    }
    case "present": {
      const read = readerOf(condition.operand);
      return (datum) => {
        const value = read(datum);
        return value !== null && value !== false;
      };
    }
  }
}

function negate(test: DatumTest): DatumTest {
  return (datum) => !test(datum);
}

function all(tests: readonly DatumTest[]): DatumTest {
  return (datum) => {
    for (const test of tests) if (!test(datum)) return false;
    return true;
  };
}

function comparison(operator: Comparison, left: Read, right: Read): DatumTest {
  switch (operator) {
    case "==":
      return (datum) => equal(left(datum), right(datum));
    case "!=":
      return (datum) => !equal(left(datum), right(datum));
    case "<":
      return (datum) => isBefore(left(datum), right(datum));
    case ">":
      return (datum) => isBefore(right(datum), left(datum));
    case "<=":
      return (datum) => isBeforeOrSame(left(datum), right(datum));
    case ">=":
      return (datum) => isBeforeOrSame(right(datum), left(datum));
  }
}

function isAmong(left: Read, list: readonly Operand[]): DatumTest {
  const items = list.map(readerOf);
  return (datum) => {
    const value = left(datum);
    return items.some((item) => equal(item(datum), value));
  };
}

/** JavaScript compares a number with a bigint exactly. */
function isNumeric(value: Value): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function isBefore(a: Value, b: Value): boolean {
  if (isNumeric(a)) return isNumeric(b) && a < b;
  return typeof a === "string" && typeof b === "string" && a < b;
}

function isBeforeOrSame(a: Value, b: Value): boolean {
  if (isNumeric(a)) return isNumeric(b) && a <= b;
  return typeof a === "string" && typeof b === "string" && a <= b;
}

function equal(a: Value, b: Value): boolean {
  return a === b || (isNumeric(a) && isNumeric(b) && a <= b && a >= b);
}

/** What patterns are tried on: texts, and numbers and booleans as they are written. */
function textOf(value: Value): string | undefined {
  if (typeof value === "string") return value;
  return isNumeric(value) || typeof value === "boolean" ? String(value) : undefined;
}

function readerOf(operand: Operand): Read {
  if (operand.kind === "path") return pathReader(operand);
  const { value } = operand;
  return () => value;
}

function pathReader({ steps }: Path): Read {
  const [first = "", ...rest] = steps;
  const root = rootReader(String(first));
  if (rest.length === 0) return root;
  return (datum) => {
    let value = root(datum);
    for (const step of rest) value = stepInto(value, step);
    return value;
  };
}

function rootReader(name: string): Read {
  const common = commonReaders.get(name);
  return (datum) => {
    const own = memberOf(datum.members, name);
    if (own !== undefined) return plain(own);
    return common === undefined ? null : common(datum);
  };
}

/** Names that every datum knows whatever its message calls them; its own member comes first. */
const commonReaders: ReadonlyMap<string, Read> = new Map<string, Read>([
  ["kind", ({ kind }) => kind],
  ["name", ({ name }) => name],
  ["tenant", ({ tenant }) => tenant],
  ["resource", ({ resource }) => resource],
  ["value", ({ value }) => Number.isNaN(value) ? null : value],
  ["volume", ({ value }) => Number.isNaN(value) ? null : value],
  ["unit", ({ unit }) => unit],
  ["time", ({ timeMs }) => isDate(timeMs) ? new Date(timeMs).toISOString() : null],
]);

/** Not NaN, and not beyond what a Date can hold. */
function isDate(ms: number): boolean {
  return Math.abs(ms) <= 8.64e15;
}

function stepInto(value: Value, step: string | number): Value {
  if (Array.isArray(value)) {
    const item = typeof step === "number" ? value.at(step) : namedItem(value, step);
    return plain(item ?? null);
  }
  if (typeof step === "number" || !isDict(value)) return null;
  return plain(memberOf(value, step) ?? null);
}

/** Traits are lists: [{name, dtype, value}, ...] or [[name, type, value], ...]. */
function namedItem(items: readonly Value[], name: string): Value | undefined {
  for (const item of items) {
    if (Array.isArray(item)) {
      if (item[0] === name) return item.at(-1);
    } else if (isDict(item) && memberOf(item, "name") === name) return memberOf(item, "value");
  }
  return undefined;
}

function memberOf(dict: Dict, name: string): Value | undefined {
  return Object.hasOwn(dict, name) ? dict[name] : undefined;
}

function plain(value: Value): Value {
  return value instanceof PyFloat ? value.value : value;
}
