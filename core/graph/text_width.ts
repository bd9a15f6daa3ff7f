/**
 * Pure. How wide a text is at most in the fonts of the drawing, so that boxes are wide enough whatever
 * sans-serif the reader has; and texts cut to a width.
 */

/** Widths in hundredths of the font's size, of the widest of the usual sans-serif fonts. */
const narrow = /[\s.,:;!'|ijl()[\]/\\-]/;
const wide = /[mwMW@%&]/;
const capital = /[A-Z]/;
const plain = /[\x20-\x7e]/;

const narrowest = 40;

/** Upper bound in pixels for a font of this size. */
export function textWidth(text: string, fontSize: number): number {
  let hundredths = 0;
  for (const character of text) hundredths += widthOf(character);
  return hundredths * fontSize / 100;
}

function widthOf(character: string): number {
  if (narrow.test(character)) return narrowest;
  if (wide.test(character)) return 100;
  if (capital.test(character)) return 74;
  return plain.test(character) ? 64 : 105;
}

/** The whole text, or its beginning and its end with `…` between where it is wider. */
export function cutText(text: string, fontSize: number, widthMax: number): string {
  if (textWidth(text, fontSize) <= widthMax) return text;
  const characters = Array.from(text);
  const most = Math.floor(widthMax * 100 / (narrowest * fontSize));
  for (let kept = Math.min(characters.length - 1, most); kept > 1; kept--) {
    const head = Math.ceil(kept / 2);
    const tail = characters.slice(characters.length - (kept - head)).join("");
    const cut = `${characters.slice(0, head).join("")}…${tail}`;
    if (textWidth(cut, fontSize) <= widthMax) return cut;
  }
  return "…";
}
