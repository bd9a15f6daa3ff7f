/**
 * Pure. An error in an expression as a person is shown it: the column, the text, a caret below it.
 */
import type { ExpressionError } from "./tokens.ts";

/** As much of a long expression as is shown around the place. */
const shownMax = 100;

/** `why (column n)`, and below it the expression with a caret under the place. */
export function showExpressionError(
  option: string,
  source: string,
  error: ExpressionError,
): string {
  const column = columnsOf(source.slice(0, error.at)) + 1;
  const line = source.replaceAll(/\s/g, " ");
  const from = Math.max(0, error.at - shownMax / 2);
  const shown = line.slice(from, from + shownMax);
  const before = columnsOf(line.slice(from, error.at));
  return `Cannot use ${option}: at column ${column}, ${error.message}\n` +
    `  ${printable(shown)}\n  ${" ".repeat(before)}^`;
}

/** Columns on a terminal: wide characters take two. */
function columnsOf(text: string): number {
  return Bun.stringWidth(printable(text));
}

function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, "\ufffd");
}
