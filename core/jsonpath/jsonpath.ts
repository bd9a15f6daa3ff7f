/**
 * Pure. JSONPath as meter and event definitions write it: read once, asked for every message.
 *
 * The dialect is jsonpath-rw-ext's (1.2, with jsonpath-rw 1.4), odd corners included. A plain chain
 * of fields, which nearly all definitions are, is walked without making matches.
 */
import { isDict, type Value } from "../notifications/value.ts";
import { compilePath, noParent } from "./compile.ts";
import { bareMatch, Match } from "./match.ts";
import { parseJsonPath } from "./parser.ts";
import type { Path } from "./syntax.ts";

/** A compiled expression. All three throw PythonError where the reference raises. */
export interface JsonPath {
  readonly text: string;
  /** The first value that is not null, else null. */
  first(root: Value): Value;
  /** All values, null among them. */
  values(root: Value): Value[];
  /** All values with the ways to them. */
  matches(root: Value): Match[];
}

/** Throws JsonPathError, whose message names the text, the column and what was expected. */
export function compileJsonPath(text: string): JsonPath {
  const path = parseJsonPath(text);
  const names = plainFields(path);
  return names === undefined ? searching(text, path) : walking(text, names);
}

/** The names of `$.a.b.c` or `a.b.c`; undefined for any other expression. */
function plainFields(path: Path): readonly string[] | undefined {
  if (path.kind === "fields") {
    return path.names.length === 1 && path.names[0] !== "*" ? path.names : undefined;
  }
  if (path.kind !== "child" || path.right.kind !== "fields") return undefined;
  const last = plainFields(path.right);
  const first = path.left.kind === "root" ? [] : plainFields(path.left);
  return first === undefined || last === undefined ? undefined : [...first, ...last];
}

function walking(text: string, names: readonly string[]): JsonPath {
  const find = (root: Value): Value | undefined => {
    let value: Value | undefined = root;
    for (const name of names) {
      if (!isDict(value) || !Object.hasOwn(value, name)) return undefined;
      value = value[name];
    }
    return value;
  };
  return {
    text,
    first: (root) => find(root) ?? null,
    values: (root) => {
      const value = find(root);
      return value === undefined ? [] : [value];
    },
    matches: (root) => {
      let match = bareMatch(root);
      for (const name of names) {
        const { value } = match;
        if (!isDict(value) || !Object.hasOwn(value, name)) return [];
        match = new Match(value[name] ?? null, name, match);
      }
      return [match];
    },
  };
}

function searching(text: string, path: Path): JsonPath {
  const find = compilePath(path);
  const matches = (root: Value): Match[] =>
    find(bareMatch(root)).map((match) => {
      if (match === null) throw noParent();
      return match;
    });
  const values = (root: Value): Value[] => matches(root).map((match) => match.value);
  return {
    text,
    first: (root) => values(root).find((value) => value !== null) ?? null,
    values,
    matches,
  };
}
