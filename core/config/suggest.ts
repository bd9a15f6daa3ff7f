/**
 * Pure. "Did you mean": the closest of the known names, for misspelt options, schemes and commands.
 */

/** A name counts as meant when at most this share of its letters differs. */
const DIFFERENCE_MAX = 0.4;

/** The candidate closest to `word`, undefined where none is close enough. */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const bound = Math.max(word.length, candidate.length) * DIFFERENCE_MAX;
    if (Math.abs(word.length - candidate.length) > bound) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    const isCloser = distance < bestDistance ||
      distance === bestDistance && best !== undefined && sharedStart(word, candidate) >
          sharedStart(word, best);
    if (distance <= bound && isCloser) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `, did you mean 'x'?` or "". */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const found = closest(word, candidates);
  return found === undefined ? "" : `, did you mean '${found}'?`;
}

/** Of two that are as close, the one that begins alike is meant. */
function sharedStart(a: string, b: string): number {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return i;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let steps = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        steps = Math.min(steps, at(beforeLast, j - 2) + 1);
      }
      row.push(steps);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], j: number): number {
  return row[j] ?? Infinity;
}
