/**
 * Pure. Which meters or event types a source lets through, as Ceilometer's agent.py decides: first
 * the exclusions, then the inclusions, and with exclusions alone everything else.
 */
import { compileFnmatch, type NameMatcher } from "./fnmatch.ts";

/** Verdicts remembered per source; real names are a few hundred. */
const namesMax = 10_000;

/** Whether a name is taken, and by what. */
export interface FilterVerdict {
  readonly takes: boolean;
  /** Index of the pattern that decides, its `!` included; undefined where none matches. */
  readonly index: number | undefined;
}

/** A source's list, compiled. Verdicts are remembered by name. */
export class NameFilter {
  /** Exclusions first, because the first that matches decides. */
  readonly #steps: readonly (FilterVerdict & { readonly matches: NameMatcher })[];
  readonly #others: FilterVerdict;
  readonly #verdicts = new Map<string, boolean>();

  /** None of the patterns is empty; mixtures that make no sense are `filterProblem`'s. */
  constructor(readonly patterns: readonly string[]) {
    const steps = patterns.map((pattern, index) => {
      const takes = !pattern.startsWith("!");
      return { takes, index, matches: compileFnmatch(takes ? pattern : pattern.slice(1)) };
    });
    this.#steps = steps.toSorted((a, b) => Number(a.takes) - Number(b.takes));
    this.#others = { takes: !steps.some(({ takes }) => takes), index: undefined };
  }

  /** Whether the source takes what has this name. */
  takes(name: string): boolean {
    const known = this.#verdicts.get(name);
    if (known !== undefined) return known;
    const verdict = this.verdict(name).takes;
    if (this.#verdicts.size >= namesMax) this.#verdicts.clear();
    this.#verdicts.set(name, verdict);
    return verdict;
  }

  /** The same with its reason. */
  verdict(name: string): FilterVerdict {
    return this.#steps.find(({ matches }) => matches(name)) ?? this.#others;
  }
}

/** The way in which a list's patterns do not go together. */
export interface FilterProblem {
  /** Index of a pattern that shows it. */
  readonly index: number;
  readonly why: string;
  readonly expected: string;
}

/**
 * Included names beside exclusions, or beside `*`. "Included" means to the reference that the first
 * character is neither `!` nor `*`, so that `*foo` may stand beside either.
 */
export function filterProblem(patterns: readonly string[]): FilterProblem | undefined {
  const included = patterns.findIndex((pattern) => !/^[!*]/.test(pattern));
  if (included < 0) return undefined;
  if (patterns.some((pattern) => pattern.startsWith("!"))) {
    return {
      index: included,
      why: "included and excluded names stand in one list",
      expected: "only included ones, or '*' or nothing beside the excluded ones",
    };
  }
  if (!patterns.includes("*")) return undefined;
  return {
    index: included,
    why: "'*' stands in the same list",
    expected: "either '*' or included names",
  };
}
