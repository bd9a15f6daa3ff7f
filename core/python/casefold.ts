/**
 * Pure. Python's `str.casefold()`, by JavaScript's case tables: right for all letters whose folded
 * form is the lower case of their upper case, or their own lower case.
 */

/** `STRASSE` and `straße` become one. */
export function casefold(text: string): string {
  return Array.from(text, foldLetter).join("");
}

function foldLetter(letter: string): string {
  if (letter === "ς") return "σ";
  const lower = letter.toLowerCase();
  const upper = lower.toUpperCase();
  return upper.length > lower.length ? upper.toLowerCase() : lower;
}
