/**
 * Pure. JSONPath as meter and event definitions write it: read once, asked for every message.
 *
 * The dialect is jsonpath-rw-ext's (1.2, with jsonpath-rw 1.4), odd corners included. A plain chain
 * of fields, which nearly all definitions are, is walked without making matches.
 */
import { madeValue, memberIn, MemberName, Unread } from "../notifications/unread.ts";
import type { Value } from "../notifications/value.ts";
import { compilePath, noParent } from "./compile.ts";
import { bareMatch, Match } from "./match.ts";
import { parseJsonPath } from "./parser.ts";
import type { Path } from "./syntax.ts";

/** What an expression is asked about: the outermost value. */
export type Looked = Value | Unread;

/** A compiled expression. All three throw PythonError where the reference raises. */
export interface JsonPath {
  readonly text: string;
  /** The first value that is not null, else null. */
  first(from: Looked): Value;
  /** All values, null among them. */
  values(from: Looked): Value[];
  /** All values with the ways to them. */
  matches(from: Looked): Match[];
}

/** Chains of fields by how they are written, for definitions of one service ask for the same. */
const known = new Map<string, JsonPath>();
const knownMax = 10_000;

/** Throws JsonPathError, whose message names the text, the column and what was expected. */
export function compileJsonPath(text: string): JsonPath {
  const before = known.get(text);
  if (before !== undefined) return before;
  const path = parseJsonPath(text);
  const names = plainFields(path);
  if (names === undefined) return searching(text, path);
  if (known.size >= knownMax) known.clear();
  const chain = walking(text, names);
  known.set(text, chain);
  return chain;
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

/** What a chain has found in the message that is asked about. */
interface Answer {
  isKnown: boolean;
  found: Value | undefined;
}

// The next definition of the same event asks the same message for the same. Here, as definitions share
// nothing but their chains. Of messages before nothing is kept, and nothing of what is made already,
// which may be large.
let asked: Unread | undefined;
const answers: Answer[] = [];

function askAbout(message: Unread): void {
  for (const answer of answers) {
    answer.isKnown = false;
    answer.found = undefined;
  }
  answers.length = 0;
  asked = message;
}

function walking(text: string, steps: readonly string[]): JsonPath {
  const names = steps.map((step) => new MemberName(step));
  const answer: Answer = { isKnown: false, found: undefined };
  const find = (from: Looked): Value | undefined => {
    if (!(from instanceof Unread)) return walk(from);
    if (from !== asked) askAbout(from);
    if (!answer.isKnown) {
      answer.found = walk(from);
      answer.isKnown = true;
      answers.push(answer);
    }
    return answer.found;
  };
  const walk = (from: Looked): Value | undefined => {
    let value: Looked | undefined = from;
    for (const name of names) {
      value = memberIn(value, name);
      if (value === undefined) return undefined;
    }
    return madeValue(value);
  };
  return {
    text,
    first: (from) => find(from) ?? null,
    values: (from) => {
      const value = find(from);
      return value === undefined ? [] : [value];
    },
    matches: (from) => {
      let match = bareMatch(from);
      for (const name of names) {
        const value = memberIn(match.found, name);
        if (value === undefined) return [];
        match = new Match(value, name.text, match);
      }
      return [match];
    },
  };
}

function searching(text: string, path: Path): JsonPath {
  const find = compilePath(path);
  const matches = (from: Looked): Match[] =>
    find(bareMatch(from)).map((match) => {
      if (match === null) throw noParent();
      return match;
    });
  const values = (from: Looked): Value[] => matches(from).map((match) => match.value);
  return {
    text,
    first: (from) => values(from).find((value) => value !== null) ?? null,
    values,
    matches,
  };
}
