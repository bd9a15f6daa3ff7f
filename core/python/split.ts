/**
 * Pure. Python's `str.split`.
 */

/** At most `max` splits, from the left; negative is no bound. The separator is not empty. */
export function splitText(text: string, separator: string, max: number): string[] {
  const parts = text.split(separator);
  if (max < 0 || parts.length <= max + 1) return parts;
  return [...parts.slice(0, max), parts.slice(max).join(separator)];
}

// deno-lint-ignore no-control-regex
const BLANKS = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;

/** Split at blanks, of which those at the ends count for nothing; at most `max` splits. */
export function splitBlanks(text: string, max: number): string[] {
  const parts: string[] = [];
  let rest = text;
  for (;;) {
    rest = rest.replace(new RegExp(`^${BLANKS.source}`, "u"), "");
    if (rest === "") return parts;
    const blank = BLANKS.exec(rest);
    if (blank === null) return [...parts, rest];
    if (max >= 0 && parts.length >= max) return [...parts, rest];
    parts.push(rest.slice(0, blank.index));
    rest = rest.slice(blank.index);
  }
}
