/**
 * Pure. What an expectation says against what came: members that are named must be equal, the rest may
 * be anything. Each difference is a line that says where, what was expected and what was found.
 */
import { shownUrl } from "../config/publisher_url.ts";
import { isDict, type Value } from "../notifications/value.ts";
import { equalValues } from "../notifications/value_rules.ts";
import { dumpValue } from "../notifications/value_text.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { ExpectedItem } from "./test_cases.ts";
import { anyValue } from "./tests_shape.ts";

/** What came, in the form in which it is compared. */
export interface CameItem {
  readonly members: Value;
  readonly pipelines: readonly Pipeline[];
}

/** Found by nobody: what was expected, and what came nearest to it. */
export interface Missing {
  readonly expected: ExpectedItem;
  /** Undefined where nothing came that could have been meant. */
  readonly nearest: CameItem | undefined;
  /** Against the nearest. */
  readonly differences: readonly string[];
}

/** Characters of a value in a line. */
const shownMax = 120;

/**
 * Gives each expected item one of its own among those that came, as many as can be, and says what is
 * wrong with the rest.
 */
export function missingItems(
  expected: readonly ExpectedItem[],
  came: readonly CameItem[],
): Missing[] {
  const owners = new Map<number, number>();
  const unmatched = expected.flatMap((item, i) =>
    assign(i, { expected, came, owners }, new Set()) ? [] : [item]
  );
  const free = came.filter((_, j) => !owners.has(j));
  return unmatched.map((item) => nearestTo(item, free.length > 0 ? free : came));
}

interface Assignment {
  readonly expected: readonly ExpectedItem[];
  readonly came: readonly CameItem[];
  /** Index of what came -> index of what it is taken for. */
  readonly owners: Map<number, number>;
}

/** Takes a free one, or one whose owner can do with another. */
function assign(i: number, given: Assignment, tried: Set<number>): boolean {
  const item = given.expected[i];
  if (item === undefined) return false;
  for (const [j, one] of given.came.entries()) {
    if (tried.has(j) || differencesOf(item, one).length > 0) continue;
    tried.add(j);
    const owner = given.owners.get(j);
    if (owner === undefined || assign(owner, given, tried)) {
      given.owners.set(j, i);
      return true;
    }
  }
  return false;
}

function nearestTo(expected: ExpectedItem, came: readonly CameItem[]): Missing {
  const named = came.filter(({ members }) => sameKind(expected.members, members));
  const ranked = named.map((item) => ({ item, differences: differencesOf(expected, item) }))
    .toSorted((a, b) => a.differences.length - b.differences.length);
  const [best] = ranked;
  return { expected, nearest: best?.item, differences: best?.differences ?? [] };
}

/** Only a sample of the same meter, or an event of the same type, could have been meant. */
function sameKind(expected: Value, members: Value): boolean {
  if (!isDict(expected) || !isDict(members)) return false;
  return ["name", "event_type"].every((member) => {
    const wanted = expected[member];
    return wanted === undefined || differencesOfValue(wanted, members[member], "").length === 0;
  });
}

/** Nothing where it fits. */
export function differencesOf(expected: ExpectedItem, came: CameItem): string[] {
  const sinks = [...new Set(came.pipelines.map(({ sink }) => sink.name))];
  const publishers = came.pipelines.flatMap(({ sink }) =>
    sink.publishers.map(({ text }) => shownUrl(text))
  );
  return [
    ...differencesOfValue(expected.members, came.members, ""),
    ...differencesOfNames("sinks", expected.sinks, sinks),
    ...differencesOfNames("publishers", expected.publishers?.map(shownUrl), [
      ...new Set(publishers),
    ]),
  ];
}

function differencesOfNames(
  what: string,
  expected: readonly string[] | undefined,
  came: readonly string[],
): string[] {
  if (expected === undefined) return [];
  const [wanted, found] = [[...new Set(expected)].toSorted(), came.toSorted()];
  if (wanted.join("\n") === found.join("\n")) return [];
  const list = (names: readonly string[]) => names.length === 0 ? "none" : names.join(", ");
  return [`${what}: expected ${list(wanted)}, got ${list(found)}`];
}

function differencesOfValue(
  expected: Value,
  came: Value | undefined,
  path: string,
): string[] {
  if (expected === anyValue && came !== undefined && came !== null) return [];
  if (isDict(expected) && isDict(came)) {
    return Object.entries(expected).flatMap(([name, value]) => {
      const own = Object.hasOwn(came, name) ? came[name] : undefined;
      return differencesOfValue(value, own, path === "" ? name : `${path}.${name}`);
    });
  }
  if (Array.isArray(expected) && Array.isArray(came) && expected.length === came.length) {
    return expected.flatMap((value, i) => differencesOfValue(value, came[i], `${path}[${i}]`));
  }
  if (came !== undefined && equalValues(expected, came)) return [];
  const wanted = expected === anyValue ? "any value" : shown(expected);
  return [`${path}: expected ${wanted}, got ${came === undefined ? "nothing" : shown(came)}`];
}

/** As JSON, shortened. */
export function shown(value: Value): string {
  const text = dumpValue(value, { ensureAscii: false });
  return text.length <= shownMax ? text : `${text.slice(0, shownMax - 1)}…`;
}
