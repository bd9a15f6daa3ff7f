/**
 * Pure. JSONPath filters: `[?(@.name = 'cpu') & value > 3]`, with Python's rules for comparing.
 */
import { equalValues, intOf, isInt, lessThan, PythonError } from "../notifications/value_rules.ts";
import type { Value } from "../notifications/value.ts";
import { compilePattern, matchesStart, PatternError } from "../python/pattern.ts";
import { bareMatch, type Finder, Match } from "./match.ts";
import type { Condition, Path } from "./syntax.ts";

/** Compiles a path that is asked inside another. */
export type FinderOf = (path: Path) => Finder;

/** Finds the items of a list that meet all conditions; in anything else nothing. */
export function filterFinder(conditions: readonly Condition[], finderOf: FinderOf): Finder {
  const tests = conditions.map((condition) => conditionTest(condition, finderOf));
  return (at) => {
    const value = at === null ? null : at.value;
    if (!Array.isArray(value)) return [];
    const found: Match[] = [];
    value.forEach((item, i) => {
      // All are asked, as there: a later one may raise whatever an earlier one says.
      const unmet = tests.filter((test) => !test(item)).length;
      if (unmet === 0) found.push(new Match(item, `[${i}]`, at));
    });
    return found;
  };
}

function conditionTest(condition: Condition, finderOf: FinderOf): (item: Value) => boolean {
  const find = finderOf(condition.path);
  const { operator, value: wanted = null } = condition;
  if (operator === undefined) return (item) => find(bareMatch(item)).length > 0;
  const compare = comparison(operator, wanted);
  const asInt = isInt(wanted) || typeof wanted === "boolean";
  return (item) => {
    let met = false;
    for (const match of find(bareMatch(item))) {
      if (match === null) {
        throw new PythonError("AttributeError", "the outermost value has no parent");
      }
      if (match.value === null) continue;
      const value = asInt ? intOrNothing(match.value) : match.value;
      if (value !== undefined && compare(value)) met = true;
    }
    return met;
  };
}

/** Beside a whole number or a truth value, what is found is read as a whole number first. */
function intOrNothing(value: Value): Value | undefined {
  try {
    return intOf(value);
  } catch (error) {
    if (error instanceof PythonError && error.kind === "ValueError") return undefined;
    throw error;
  }
}

function comparison(operator: string, wanted: Value): (value: Value) => boolean {
  switch (operator) {
    case "=":
    case "==":
      return (value) => equalValues(value, wanted);
    case "!=":
      return (value) => !equalValues(value, wanted);
    case "<":
      return (value) => lessThan(value, wanted);
    case ">":
      return (value) => lessThan(wanted, value);
    case "<=":
      return (value) => lessThan(value, wanted) || equalValues(value, wanted);
    case ">=":
      return (value) => lessThan(wanted, value) || equalValues(value, wanted);
    default:
      return patternTest(wanted);
  }
}

/** `~`: a bad pattern raises when it is used, not before. */
function patternTest(wanted: Value): (value: Value) => boolean {
  let pattern: RegExp | undefined;
  let why = "the right side of '~' is no text";
  try {
    if (typeof wanted === "string") pattern = compilePattern(wanted, "match");
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    why = error.message;
  }
  return (value) => {
    if (pattern === undefined) throw new PythonError("re.error", why);
    if (typeof value !== "string") {
      throw new PythonError("TypeError", "'~' compares text, and the value is none");
    }
    return matchesStart(pattern, value);
  };
}
