/**
 * Pure. Name patterns as Python's fnmatch decides them: `*`, `?`, `[seq]`, `[!seq]`, on whole code
 * points, with case, newlines included. Compiled once; no pattern and no name makes it slow.
 *
 * Facts: Lib/fnmatch.py of CPython 3.11, whose answers the filter cases hold.
 */

/** Takes a whole name. */
export type NameMatcher = (name: string) => boolean;

interface Span {
  readonly from: number;
  readonly to: number;
}

/** One character of a name: any, or one in (or not in) some spans of code points. */
interface Step {
  readonly kind: "many" | "any" | "set";
  readonly spans: readonly Span[];
  readonly negated: boolean;
}

const MANY: Step = { kind: "many", spans: [], negated: false };
const ANY: Step = { kind: "any", spans: [], negated: false };

/** Compiles a pattern; every text is one. */
export function compileFnmatch(pattern: string): NameMatcher {
  if (!/[*?[]/.test(pattern)) return (name) => name === pattern;
  if (pattern === "*") return () => true;
  const steps = stepsOf(pattern);
  return (name) => matches(steps, codePoints(name));
}

function stepsOf(pattern: string): Step[] {
  const points = codePoints(pattern);
  const steps: Step[] = [];
  // Behind a bracket that nothing closes there is none that something does.
  let isOpenEnded = false;
  let i = 0;
  while (i < points.length) {
    const point = points[i] ?? 0;
    const end: number = point === OPEN && !isOpenEnded ? closingBracket(points, i + 1) : -1;
    if (point === OPEN) isOpenEnded = end < 0;
    if (end >= 0) {
      steps.push(setOf(points.slice(i + 1, end)));
      i = end + 1;
      continue;
    }
    if (point !== STAR) steps.push(point === QUESTION ? ANY : literal(point));
    else if (steps.at(-1) !== MANY) steps.push(MANY);
    i++;
  }
  return steps;
}

const [STAR = 0, QUESTION = 0, OPEN = 0, CLOSE = 0, BANG = 0, DASH = 0] = codePoints("*?[]!-");

/** A bracket right behind `[` or `[!` belongs to the set; -1 where the set never ends. */
function closingBracket(points: readonly number[], start: number): number {
  let i = start;
  if (points[i] === BANG) i++;
  if (points[i] === CLOSE) i++;
  return points.indexOf(CLOSE, i);
}

/** `a-c` is a range where something stands on both sides; a range backwards holds nothing. */
function setOf(body: readonly number[]): Step {
  const negated = body[0] === BANG;
  const members = negated ? body.slice(1) : body;
  const spans: Span[] = [];
  let i = 0;
  while (i < members.length) {
    const from = members[i] ?? 0;
    const to = members[i + 2];
    const isRange = members[i + 1] === DASH && to !== undefined;
    if (!isRange) spans.push({ from, to: from });
    else if (from <= to) spans.push({ from, to });
    i += isRange ? 3 : 1;
  }
  return { kind: "set", spans, negated };
}

function literal(point: number): Step {
  return { kind: "set", spans: [{ from: point, to: point }], negated: false };
}

/** Goes back to the last star only: time is at most pattern times name. */
function matches(steps: readonly Step[], name: readonly number[]): boolean {
  let at = 0;
  let step = 0;
  let star = -1;
  let starAt = 0;
  while (at < name.length) {
    const current = steps[step];
    if (current?.kind === "many") {
      star = step++;
      starAt = at;
    } else if (current !== undefined && takes(current, name[at] ?? 0)) {
      step++;
      at++;
    } else if (star >= 0) {
      step = star + 1;
      at = ++starAt;
    } else {
      return false;
    }
  }
  while (steps[step]?.kind === "many") step++;
  return step === steps.length;
}

function takes(step: Step, point: number): boolean {
  if (step.kind === "any") return true;
  return step.spans.some(({ from, to }) => from <= point && point <= to) !== step.negated;
}

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}
