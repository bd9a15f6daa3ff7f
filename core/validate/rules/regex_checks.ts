/**
 * Pure. Whether a Python pattern can take exponential time: whether some loop in it can match one text
 * in two ways. It is decided on the positions of the pattern (Glushkov's automaton): a loop that two
 * different walks go round with the same characters, or a step that two loops inside one another make.
 */
import { compilePattern, matchesStart, PatternError } from "../../python/pattern.ts";

/** Patterns with more characters and sets, or longer ones, are not judged. */
const positionsMax = 80;
const lengthMax = 500;
/** Pairs of steps that are looked at. */
const looksMax = 200_000;

/** Repetitions of at least this count as endless. */
const endless = 20;

/** What is asked of a character set to know what it takes; one of each sort. */
const alphabet = [
  ...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)),
  "\n",
  "\u00e9",
  "\u4e00",
];

/** Whether every event type begins with something that the pattern matches. */
export function matchesEverything(pattern: string): boolean {
  const compiled = compiledOf(pattern);
  return compiled !== undefined && ["", "x", "compute.instance.create.end", "\u0001~"]
    .every((text) => matchesStart(compiled, text));
}

/** Whether there are texts that it takes exponential time to refuse. */
export function blowsUp(pattern: string): boolean {
  // A loop over one set matches in one way: only loops over groups are of interest.
  if (!/\)[*+{]/.test(pattern) || pattern.length > lengthMax) return false;
  if (compiledOf(pattern) === undefined) return false;
  const reading = new Reading(pattern);
  reading.alternatives();
  const { sets, steps } = reading;
  return sets.length <= positionsMax && isAmbiguous(sets, steps);
}

function compiledOf(pattern: string): RegExp | undefined {
  try {
    return compilePattern(pattern, "match");
  } catch (error) {
    if (error instanceof PatternError) return undefined;
    throw error;
  }
}

/** A piece of a pattern by its positions: where it begins, where it ends, whether it may be empty. */
interface Piece {
  readonly first: readonly number[];
  readonly last: readonly number[];
  readonly isEmpty: boolean;
}

const nothing: Piece = { first: [], last: [], isEmpty: true };

class Reading {
  /** What each position takes. */
  readonly sets: ReadonlySet<string>[] = [];
  /** In how many ways one position follows another. */
  readonly steps = new Map<number, Map<number, number>>();
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern.replace(/^\(\?[a-zA-Z]+\)/, "");
  }

  alternatives(): Piece {
    let all = this.#sequence();
    while (this.#take("|")) {
      const next = this.#sequence();
      all = {
        first: [...all.first, ...next.first],
        last: [...all.last, ...next.last],
        isEmpty: all.isEmpty || next.isEmpty,
      };
    }
    return all;
  }

  #sequence(): Piece {
    let all = nothing;
    while (this.#at < this.#pattern.length && !/[|)]/.test(this.#pattern[this.#at] ?? "")) {
      const next = this.#repeated(this.#atom());
      this.#follow(all.last, next.first);
      all = {
        first: all.isEmpty ? [...all.first, ...next.first] : all.first,
        last: next.isEmpty ? [...all.last, ...next.last] : next.last,
        isEmpty: all.isEmpty && next.isEmpty,
      };
    }
    return all;
  }

  #repeated(piece: Piece): Piece {
    const found = /^(?:[*+?]|\{(\d*)(?:(,)(\d*))?\})\??/.exec(this.#pattern.slice(this.#at));
    if (found === null) return piece;
    this.#at += found[0].length;
    const [quantifier, least, comma, most] = found;
    const sign = quantifier[0] ?? "";
    const max = comma === undefined ? Number(least) : most === "" ? Infinity : Number(most);
    const loops = sign === "*" || sign === "+" || (sign === "{" && max >= endless);
    if (loops) this.#follow(piece.last, piece.first);
    const isOptional = sign === "*" || sign === "?" || (sign === "{" && Number(least) === 0);
    return isOptional ? { ...piece, isEmpty: true } : piece;
  }

  #atom(): Piece {
    const rest = this.#pattern.slice(this.#at);
    if (rest.startsWith("(")) return this.#group(rest);
    const zeroWidth = /^(?:[\^$]|\\[bBAZ])/.exec(rest)?.[0];
    if (zeroWidth !== undefined) {
      this.#at += zeroWidth.length;
      return nothing;
    }
    const atom =
      /^(?:\[\^?\]?(?:\\[^]|[^\]\\])*\]|\\(?:x..|u.{4}|U.{8}|[^])|[^])/u.exec(rest)?.[0] ?? "";
    this.#at += Math.max(1, atom.length);
    return this.#position(atom);
  }

  #group(rest: string): Piece {
    const opening = /^\((?:\?(?:P<[^>]*>|<[=!]|[:=!#]|P=[^)]*))?/.exec(rest)?.[0] ?? "(";
    this.#at += opening.length;
    if (opening.startsWith("(?#")) {
      this.#at = Math.max(this.#at, this.#pattern.indexOf(")", this.#at));
    }
    const inside = opening.startsWith("(?P=") ? nothing : this.alternatives();
    this.#take(")");
    const isLook = /[=!#]$/.test(opening) && !opening.startsWith("(?P=");
    return isLook ? nothing : inside;
  }

  #position(atom: string): Piece {
    const compiled = compiledOf(atom);
    const taken = alphabet.filter((one) => compiled !== undefined && matchesStart(compiled, one));
    const at = this.sets.push(new Set(taken)) - 1;
    return { first: [at], last: [at], isEmpty: false };
  }

  #follow(from: readonly number[], to: readonly number[]): void {
    // Beyond the bound nothing is judged, and the pairs would be many.
    if (this.sets.length > positionsMax) return;
    for (const a of from) {
      const next = this.steps.get(a) ?? new Map<number, number>();
      this.steps.set(a, next);
      for (const b of to) next.set(b, (next.get(b) ?? 0) + 1);
    }
  }

  #take(character: string): boolean {
    if (this.#pattern[this.#at] !== character) return false;
    this.#at++;
    return true;
  }
}

function isAmbiguous(
  sets: readonly ReadonlySet<string>[],
  steps: ReadonlyMap<number, ReadonlyMap<number, number>>,
): boolean {
  const size = sets.length;
  const next = sets.map((_, at) => [...steps.get(at)?.keys() ?? []]);
  const meets = sets.map((a) => sets.map((b) => !a.isDisjointFrom(b)));
  const loops = componentsOf(next);
  const doubled = [...steps].some(([from, to]) =>
    [...to].some(([at, ways]) => ways > 1 && loops[from] === loops[at])
  );
  if (doubled || isForked({ next, meets, loops })) return true;
  const pairs = pairsOf(next, meets);
  if (pairs === undefined) return false;
  const components = componentsOf(pairs);
  const equal = new Set(sets.map((_, at) => components[at * size + at]));
  return components.some((component, pair) =>
    Math.floor(pair / size) !== pair % size && equal.has(component)
  );
}

/** Within a loop, two ways of one text part and meet again at once: the usual case, told cheaply. */
function isForked(
  { next, meets, loops }: {
    readonly next: readonly (readonly number[])[];
    readonly meets: readonly (readonly boolean[])[];
    readonly loops: readonly number[];
  },
): boolean {
  return next.some((nodes, from) => {
    const inside = nodes.filter((at) => loops[at] === loops[from]);
    return inside.some((a, i) =>
      inside.slice(i + 1).some((b) =>
        meets[a]?.[b] && next[a]?.some((at) => loops[at] === loops[from] && next[b]?.includes(at))
      )
    );
  });
}

/**
 * What follows each pair of positions that one text can lead to; undefined where that is too much to be
 * judged. A pair is one number: both have begun at the same position.
 */
function pairsOf(
  next: readonly (readonly number[])[],
  meets: readonly (readonly boolean[])[],
): readonly (readonly number[])[] | undefined {
  const size = next.length;
  const pairs: number[][] = Array.from({ length: size * size }, () => []);
  const open = next.map((_, at) => at * size + at);
  const seen = new Set(open);
  let looks = 0;
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [ones, others] = [next[Math.floor(pair / size)] ?? [], next[pair % size] ?? []];
    looks += ones.length * others.length;
    if (looks > looksMax) return undefined;
    const behind = ones.flatMap((a) => others.flatMap((b) => meets[a]?.[b] ? a * size + b : []));
    pairs[pair] = behind;
    for (const one of behind) {
      if (seen.has(one)) continue;
      seen.add(one);
      open.push(one);
    }
  }
  return pairs;
}

/** For each node a number that it shares with those that it reaches and that reach it. */
function componentsOf(next: readonly (readonly number[])[]): readonly number[] {
  const order: number[] = [];
  const seen = new Set<number>();
  for (const start of next.keys()) walk(start, { next, seen, left: (at) => void order.push(at) });
  const before: number[][] = next.map(() => []);
  next.forEach((nodes, from) => nodes.forEach((to) => before[to]?.push(from)));
  const components: number[] = next.map(() => -1);
  const again = new Set<number>();
  for (const start of order.toReversed()) {
    walk(start, { next: before, seen: again, left: (at) => void (components[at] = start) });
  }
  return components;
}

/** Depth first, without recursion; `left` is told of each node behind all that it leads to. */
function walk(
  start: number,
  { next, seen, left }: {
    readonly next: readonly (readonly number[])[];
    readonly seen: Set<number>;
    readonly left: (at: number) => void;
  },
): void {
  if (seen.has(start)) return;
  seen.add(start);
  const open = [{ at: start, i: 0 }];
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const to = next[top.at]?.[top.i++];
    if (to === undefined) {
      left(top.at);
      open.pop();
    } else if (!seen.has(to)) {
      seen.add(to);
      open.push({ at: to, i: 0 });
    }
  }
}
