/**
 * Pure. Text in the columns of a terminal.
 */

/** Most texts are ASCII without control characters: each of their characters is a column. */
const plain = /^[ -~]*$/;

/** Names come from outside: control characters and escape sequences never reach the terminal. */
export function printable(text: string): string {
  return plain.test(text) ? text : text.replace(/\p{C}/gu, "\ufffd");
}

/** Columns on the terminal: wide characters count double, joined and combining ones as drawn. */
export function widthOf(text: string): number {
  return plain.test(text) ? text.length : Bun.stringWidth(text);
}

/** Cut to so many columns, with an ellipsis where something is missing. */
export function fit(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width > 0 && plain.test(text)) return `${text.slice(0, width - 1)}…`;
  let kept = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (widthOf(kept + segment) > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Filled with blanks to so many columns. */
export function pad(text: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - widthOf(text)));
  return align === "left" ? text + space : space + text;
}
