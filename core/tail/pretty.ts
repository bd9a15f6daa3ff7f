/**
 * Pure. `pretty`: one line a datum, aligned, coloured where it is wanted, cut to the terminal unless it is
 * to be wide. Columns grow with what passes, up to a bound, so that a line never moves back and forth.
 */
import type { Datum, DatumKind } from "../datum/datum.ts";
import { fit, pad, printable, widthOf } from "../terminal/cells.ts";
import { details, kindWords, shortIds, timeText, valueText } from "./describe.ts";

/** How lines look. */
export interface LineStyle {
  /** Columns of the terminal now; undefined where a line may be as long as it likes. */
  columns(): number | undefined;
  readonly color: boolean;
  /** Nothing is shortened or cut. */
  readonly wide: boolean;
}

/** Lines out of data, each ended by a newline. */
export interface LineFormat {
  lines(data: readonly Datum[]): string;
}

const widthsMax = { name: 44, value: 14, unit: 10, resource: 30, tenant: 12 } as const;
type Column = keyof typeof widthsMax;

/** Escape codes of the colours. */
const inks = { dim: "2", name: "1", value: "36", bad: "31", good: "32" } as const;

const kindInks: Readonly<Record<DatumKind, string>> = {
  metric: "34",
  alarm: "31",
  monasca_event: "35",
  sample: "32",
  event: "35",
  notification: "33",
  point: "34",
};

/** Behind the columns a line has this much for details before it is cut anyway. */
const wideMax = 4000;

/** Lines for a person to read. */
export function createPretty({ columns, color, wide }: LineStyle): LineFormat {
  const widths: Record<Column, number> = { name: 24, value: 8, unit: 0, resource: 10, tenant: 8 };
  const paint = (ink: string, text: string): string =>
    color && text.trim() !== "" ? `\x1b[${ink}m${text}\x1b[0m` : text;
  const cell = (column: Column, text: string, align: "left" | "right" = "left"): string => {
    const max = wide ? Infinity : widthsMax[column];
    const shown = wide ? printable(text) : fit(printable(shortIds(text)), max);
    widths[column] = Math.min(max, Math.max(widths[column], widthOf(shown)));
    return pad(shown, widths[column], align);
  };
  const line = (datum: Datum): string => {
    const width = wide ? wideMax : columns() ?? wideMax;
    const parts: readonly (readonly [ink: string, text: string])[] = [
      [inks.dim, pad(timeText(datum.timeMs, wide), wide ? 24 : 14, "left")],
      [kindInks[datum.kind], pad(kindWords[datum.kind], 6, "left")],
      [inks.name, cell("name", datum.name)],
      [inks.value, cell("value", valueText(datum.value), "right")],
      [inks.dim, cell("unit", datum.unit)],
      ["", cell("resource", datum.resource || "-")],
      [inks.dim, cell("tenant", datum.tenant || "-")],
    ];
    let used = 0;
    let text = "";
    const add = (ink: string, part: string): boolean => {
      const room = width - used - (used === 0 ? 0 : 1);
      if (room < 2) return false;
      const shown = fit(part, room);
      text += (used === 0 ? "" : " ") + (ink === "" ? shown : paint(ink, shown));
      used += widthOf(shown) + (used === 0 ? 0 : 1);
      return true;
    };
    for (const [ink, part] of parts) if (part !== "" && !add(ink, part)) break;
    for (const detail of details(datum)) {
      if (!add(inkOf(datum.kind, detail), wide ? detail : shortIds(detail))) break;
    }
    return `${text.trimEnd()}\n`;
  };
  return { lines: (data) => data.map(line).join("") };
}

function inkOf(kind: DatumKind, detail: string): string {
  if (kind === "alarm" && detail === "newState=ALARM") return inks.bad;
  return kind === "alarm" && detail === "newState=OK" ? inks.good : inks.dim;
}
