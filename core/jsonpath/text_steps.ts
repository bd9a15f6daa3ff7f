/**
 * Pure. The JSONPath operations `split`, `sub` and sorting; what they make has no way to it.
 */
import { isDict, type Value } from "../notifications/value.ts";
import { equalValues, lessThan, PythonError, typeName } from "../notifications/value_rules.ts";
import { compilePattern, PatternError } from "../python/pattern.ts";
import { compileSubstitution } from "../python/pattern_template.ts";
import { splitText } from "../python/split.ts";
import type { FinderOf } from "./filters.ts";
import { bareMatch, type Finder, type Match } from "./match.ts";
import type { Path, SortKey } from "./syntax.ts";

/** `split(char, segment, max)`: nothing where there is no such segment, or no text. */
export function splitFinder(path: Extract<Path, { kind: "split" }>): Finder {
  const { separator, segment, splits_max } = path;
  return (at) => {
    const value = at === null ? null : at.value;
    if (typeof value !== "string") return [];
    const part = splitText(value, separator, splits_max)[segment];
    return part === undefined ? [] : [bareMatch(part)];
  };
}

/** `sub(/regex/, replacement)`: nothing where it changes nothing. */
export function subFinder(path: Extract<Path, { kind: "sub" }>): Finder {
  const substitute = substitution(path.pattern, path.template);
  return (at) => {
    const value = at === null ? null : at.value;
    if (typeof value !== "string") {
      throw new PythonError(
        "TypeError",
        `\`sub\` takes text, and the value is '${typeName(value)}'`,
      );
    }
    const changed = substitute(value);
    return changed === value ? [] : [bareMatch(changed)];
  };
}

/** A replacement that Python refuses is refused when it is used, as there. */
function substitution(pattern: string, template: string): (text: string) => string {
  try {
    return compileSubstitution(compilePattern(pattern, "sub"), template);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return () => {
      throw new PythonError("re.error", error.message);
    };
  }
}

/** Lists sorted by keys, or by themselves; an object's names sorted. */
export function sortedFinder(keys: readonly SortKey[], finderOf: FinderOf): Finder {
  const finders = keys.map(({ path, descending }) => ({ find: finderOf(path), descending }));
  return (at) => {
    if (at === null) throw new PythonError("AttributeError", "the outermost value has no parent");
    const { value } = at;
    if (Array.isArray(value)) {
      const compare = finders.length > 0 ? byKeys(finders) : compareValues;
      return [bareMatch(value.toSorted(compare))];
    }
    if (isDict(value) && finders.length === 0) {
      return [bareMatch(Object.keys(value).toSorted(compareValues))];
    }
    throw new PythonError("TypeError", `'${typeName(value)}' cannot be sorted`);
  };
}

function compareValues(a: Value, b: Value): number {
  if (lessThan(a, b)) return -1;
  return lessThan(b, a) ? 1 : 0;
}

interface KeyFinder {
  readonly find: Finder;
  readonly descending: boolean;
}

/** A key that finds nothing, several values, or the same on both sides, decides nothing. */
function byKeys(keys: readonly KeyFinder[]): (a: Value, b: Value) => number {
  return (a, b) => {
    for (const { find, descending } of keys) {
      const left = onlyValue(find(bareMatch(a)));
      const right = onlyValue(find(bareMatch(b)));
      if (left === undefined || right === undefined || equalValues(left, right)) continue;
      return lessThan(left, right) === descending ? 1 : -1;
    }
    return 0;
  };
}

function onlyValue(found: readonly (Match | null)[]): Value | undefined {
  const [only] = found;
  if (only === undefined || found.length > 1) return undefined;
  if (only === null) {
    throw new PythonError("AttributeError", "the outermost value has no parent");
  }
  return only.value;
}
