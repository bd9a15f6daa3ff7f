/**
 * Pure. `Path` -> closures that find in a Value what jsonpath-rw-ext 1.2 finds, in its order, with
 * its errors: a PythonError where the reference raises.
 */
import { memberIn, MemberName } from "../notifications/unread.ts";
import { isDict, type Value } from "../notifications/value.ts";
import { calculate, lengthOf, PythonError, typeName } from "../notifications/value_rules.ts";
import { bareMatch, type Finder, Match } from "./match.ts";
import { filterFinder, type FinderOf } from "./filters.ts";
import { sortedFinder, splitFinder, subFinder } from "./text_steps.ts";
import type { Operation, Pair, Path } from "./syntax.ts";

/** What finds the path's matches, from the outermost value on. */
export function compilePath(path: Path): Finder {
  return compile(path, true);
}

/** `outermost`: whether it is asked first, with what no other step has found. */
function compile(path: Path, outermost: boolean): Finder {
  switch (path.kind) {
    case "root":
      return findRoot;
    case "this":
      return (at) => [at ?? bareMatch(null)];
    case "parent":
      return (at) => [at === null ? null : at.context];
    case "len":
      return findLength;
    case "fields":
      return path.names.includes("*") ? findAllFields : fieldsFinder(path.names);
    case "index":
      return indexFinder(path.index);
    case "slice":
      return sliceFinder(path.start, path.end);
    case "filter":
      return filterFinder(path.conditions, compileInner);
    case "sorted":
      return outermost ? refuseSorting : sortedFinder(path.keys, compileInner);
    case "split":
      return splitFinder(path);
    case "sub":
      return subFinder(path);
    case "operation":
      return operationFinder(path, outermost);
    default:
      return compilePair(path, outermost);
  }
}

const compileInner: FinderOf = (path) => compile(path, false);

function compilePair({ kind, left, right }: Pair, outermost: boolean): Finder {
  const first = compile(left, outermost);
  const second = compile(right, outermost && kind === "union");
  switch (kind) {
    case "child":
      return (at) => first(at).flatMap(second);
    case "where":
      return (at) => first(at).filter((found) => second(found).length > 0);
    case "union":
      return (at) => [...first(at), ...second(at)];
    case "intersect":
      return () => {
        throw new PythonError("NotImplementedError", "'&' finds nothing: it is not implemented");
      };
    case "descendants":
      return (at) => first(at).flatMap((found) => findDeep(found, second));
  }
}

function findDeep(at: Match | null, finder: Finder): (Match | null)[] {
  const found = finder(at);
  if (at === null) throw noParent();
  const { value } = at;
  if (Array.isArray(value)) {
    return [
      ...found,
      ...value.flatMap((item, i) => findDeep(new Match(item, `[${i}]`, at), finder)),
    ];
  }
  if (!isDict(value)) return found;
  const deeper = Object.keys(value).flatMap((name) =>
    findDeep(new Match(value[name] ?? null, name, at), finder)
  );
  return [...found, ...deeper];
}

/** What Python says when something is asked of the parent of the outermost value. */
export function noParent(): PythonError {
  return new PythonError("AttributeError", "the outermost value has no parent");
}

function findRoot(at: Match | null): Match[] {
  if (at === null) return [bareMatch(null)];
  let root = at;
  while (root.context !== null) root = root.context;
  return [bareMatch(root.found)];
}

function findLength(at: Match | null): Match[] {
  const value = at === null ? null : at.value;
  const countable = typeof value === "string" || Array.isArray(value) || isDict(value);
  return countable ? [bareMatch(lengthOf(value))] : [];
}

function findAllFields(at: Match | null): Match[] {
  if (at === null || !isDict(at.value)) return [];
  return Object.entries(at.value).map(([name, value]) => new Match(value, name, at));
}

function fieldsFinder(texts: readonly string[]): Finder {
  const names = texts.map((text) => new MemberName(text));
  return (at) => {
    if (at === null) return [];
    const found: Match[] = [];
    for (const name of names) {
      const value = memberIn(at.found, name);
      if (value !== undefined) found.push(new Match(value, name.text, at));
    }
    return found;
  };
}

function indexFinder(index: number): Finder {
  const step = `[${index}]`;
  return (at) => {
    const value = at === null ? null : at.value;
    if (lengthOf(value) <= index) return [];
    if (isDict(value)) throw new PythonError("KeyError", `an object has no index ${index}`);
    const items = typeof value === "string" ? Array.from(value) : Array.isArray(value) ? value : [];
    const item = items.at(index);
    if (item === undefined) {
      throw new PythonError("IndexError", `index ${index} is out of range`);
    }
    return [new Match(item, step, at)];
  };
}

function sliceFinder(start: number | null, end: number | null): Finder {
  return (at) => {
    const value = at === null ? null : at.value;
    // What is no list stands for a list of one; a float or null has no length.
    const single = isDict(value) || typeof value === "string" || isWholeNumber(value);
    const items = Array.isArray(value) ? value : single ? [value] : undefined;
    if (items === undefined) {
      throw new PythonError("TypeError", `object of type '${typeName(value)}' has no len()`);
    }
    const context = single ? new Match(items, at?.step ?? "", at?.context ?? null) : at;
    const first = sliceEnd(start ?? 0, items.length);
    const last = sliceEnd(end ?? items.length, items.length);
    const found: Match[] = [];
    for (let i = first; i < last; i++) {
      found.push(new Match(items[i] ?? null, `[${i}]`, context));
    }
    return found;
  };
}

function isWholeNumber(value: Value): boolean {
  return typeof value === "boolean" || typeof value === "bigint" ||
    (typeof value === "number" && Number.isInteger(value));
}

function sliceEnd(at: number, length: number): number {
  return at < 0 ? Math.max(0, at + length) : Math.min(at, length);
}

function refuseSorting(): Match[] {
  throw new PythonError("AttributeError", "`sorted` needs something in front of it");
}

/** Whole results are matches without a way to them; a pair that does not go together voids all. */
function operationFinder({ operator, left, right }: Operation, outermost: boolean): Finder {
  const first = left.kind === "constant" ? undefined : compile(left, outermost);
  const second = right.kind === "constant" ? undefined : compile(right, outermost);
  return (at) => {
    const a = first?.(at);
    const b = second?.(at);
    if (a !== undefined && b !== undefined && a.length !== b.length) return [];
    const count = a?.length ?? b?.length ?? 1;
    const found: Match[] = [];
    for (let i = 0; i < count; i++) {
      const x = left.kind === "constant" ? left.value : valueOf(a?.[i]);
      const y = right.kind === "constant" ? right.value : valueOf(b?.[i]);
      try {
        found.push(bareMatch(calculate(operator, x, y)));
      } catch (error) {
        if (error instanceof PythonError && error.kind === "TypeError") return [];
        throw error;
      }
    }
    return found;
  };
}

function valueOf(match: Match | null | undefined): Value {
  if (match === null || match === undefined) throw noParent();
  return match.value;
}
