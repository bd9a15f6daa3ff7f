/**
 * Pure. Which meters or event types a source lets through, as Ceilometer's agent.py decides: first
 * the exclusions, then the inclusions, and with exclusions alone everything else.
 */
import { compileFnmatch } from "./fnmatch.ts";

/** Verdicts remembered per source; real names are a few hundred. */
const namesMax = 10_000;

/** A source's list, compiled. Verdicts are remembered by name. */
export class NameFilter {
  readonly #denied: readonly ((name: string) => boolean)[];
  readonly #allowed: readonly ((name: string) => boolean)[];
  readonly #verdicts = new Map<string, boolean>();

  /** None of the patterns is empty; mixtures that make no sense are `filterProblem`'s. */
  constructor(readonly patterns: readonly string[]) {
    const denied = patterns.filter((pattern) => pattern.startsWith("!"));
    this.#denied = denied.map((pattern) => compileFnmatch(pattern.slice(1)));
    const allowed = patterns.filter((pattern) => !pattern.startsWith("!"));
    this.#allowed = allowed.map(compileFnmatch);
  }

  /** Whether the source takes what has this name. */
  takes(name: string): boolean {
    const known = this.#verdicts.get(name);
    if (known !== undefined) return known;
    const verdict = this.#decide(name);
    if (this.#verdicts.size >= namesMax) this.#verdicts.clear();
    this.#verdicts.set(name, verdict);
    return verdict;
  }

  #decide(name: string): boolean {
    if (this.#denied.some((matches) => matches(name))) return false;
    return this.#allowed.length === 0 || this.#allowed.some((matches) => matches(name));
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
