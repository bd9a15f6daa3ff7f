/**
 * Pure. `table`: columns under a head, whole values, no colour: to be read in a pager or cut into
 * columns. The head stands again whenever a column has grown.
 */
import type { Datum } from "../datum/datum.ts";
import { pad, printable, widthOf } from "../terminal/cells.ts";
import { details, kindWords, timeText, valueText } from "./describe.ts";
import type { LineFormat } from "./pretty.ts";

interface Column {
  readonly title: string;
  readonly align: "left" | "right";
  text(datum: Datum): string;
}

const columns: readonly Column[] = [
  { title: "TIME", align: "left", text: ({ timeMs }) => timeText(timeMs, true) },
  { title: "KIND", align: "left", text: ({ kind }) => kindWords[kind] },
  { title: "NAME", align: "left", text: ({ name }) => name || "-" },
  { title: "VALUE", align: "right", text: ({ value }) => valueText(value) || "-" },
  { title: "UNIT", align: "left", text: ({ unit }) => unit || "-" },
  { title: "TENANT", align: "left", text: ({ tenant }) => tenant || "-" },
  { title: "RESOURCE", align: "left", text: ({ resource }) => resource || "-" },
  { title: "DETAILS", align: "left", text: (datum) => [...details(datum)].join(" ") },
];

/** Rows for a pager. */
export function createTable(): LineFormat {
  const widths = columns.map(({ title }) => widthOf(title));
  let headed = false;
  const row = (cells: readonly string[]): string => {
    const padded = cells.map((cell, i) =>
      // Nothing stands behind the last one.
      i === cells.length - 1 ? cell : pad(cell, widths[i] ?? 0, columns[i]?.align ?? "left")
    );
    return `${padded.join("  ").trimEnd()}\n`;
  };
  return {
    lines(data): string {
      const rows = data.map((datum) => columns.map(({ text }) => printable(text(datum))));
      let grew = !headed;
      for (const cells of rows) {
        for (const [i, cell] of cells.slice(0, -1).entries()) {
          const width = widthOf(cell);
          if (width <= (widths[i] ?? 0)) continue;
          widths[i] = width;
          grew = true;
        }
      }
      if (rows.length === 0) return "";
      headed = true;
      const head = grew ? row(columns.map(({ title }) => title)) : "";
      return head + rows.map(row).join("");
    },
  };
}
