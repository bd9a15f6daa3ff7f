/**
 * Pure. Text in an SVG: escaped, placed, and cut to a width that is estimated, since no font is at hand.
 */

import { escapeXml } from "../xml/escape.ts";

/** Where and how a text stands. */
export interface LabelStyle {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly anchor?: "middle" | "end";
  readonly bold?: boolean;
  readonly color?: string;
}

/** A `<text>` element. */
export function label(text: string, { x, y, size, anchor, bold, color }: LabelStyle): string {
  const attributes = [
    `x="${Math.round(x * 10) / 10}"`,
    `y="${Math.round(y * 10) / 10}"`,
    `font-size="${size}"`,
    ...anchor === undefined ? [] : [`text-anchor="${anchor}"`],
    ...bold === true ? ['font-weight="bold"'] : [],
    `fill="${color ?? "#111"}"`,
  ];
  return `<text ${attributes.join(" ")}>${escapeXml(text)}</text>`;
}

/** About how wide a text is, in px: wide letters count double. */
export function textWidth(text: string, size: number): number {
  return Bun.stringWidth(text) * size * 0.64;
}

/** Cut to so many px, with an ellipsis where something is missing. */
export function shortened(text: string, width: number, size: number): string {
  if (textWidth(text, size) <= width) return text;
  let kept = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (textWidth(`${kept}${segment}…`, size) > width) break;
    kept += segment;
  }
  return `${kept}…`;
}
