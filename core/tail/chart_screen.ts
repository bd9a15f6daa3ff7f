/**
 * Pure. `chart`: the busiest series as the lines of a screen, with sparklines. What keys do to it is
 * `pressKey`; drawing on a terminal is terminal_screen.ts.
 */
import { fit, pad, printable, widthOf } from "../terminal/cells.ts";
import { count, grouped, numberText } from "../terminal/figures.ts";
import { sparkline } from "../terminal/sparkline.ts";
import { shortIds } from "./describe.ts";
import { withTellingLabels } from "./labels.ts";
import type { SeriesRow } from "./series_board.ts";

/** What the rows may be sorted by. */
export const sortKeys = ["rate", "count", "last", "min", "max", "name"] as const;
/** One of them. */
export type SortKey = (typeof sortKeys)[number];

/** What a person has chosen by keys. */
export interface ChartChoice {
  readonly sort: SortKey;
  readonly ascending: boolean;
  /** The first row that is shown. */
  readonly top: number;
  /** The rows stand still while data go on being counted. */
  readonly paused: boolean;
}

/** What is shown before any key was pressed. */
export const firstChoice: ChartChoice = {
  sort: "rate",
  ascending: false,
  top: 0,
  paused: false,
};

/** What stands above the rows. */
export interface ChartFacts {
  readonly source: string;
  readonly total: number;
  readonly unfollowed: number;
  /** Why nothing comes at the moment; undefined where all is well. */
  readonly trouble: string | undefined;
  /** Nothing more will come. */
  readonly ended: boolean;
}

/** A screen's size and means. */
export interface ScreenStyle {
  readonly width: number;
  readonly height: number;
  readonly color: boolean;
}

const keysLine =
  "q quit · sort by r rate c count l last i min a max n name · ↑↓ scroll · space pause";

const keySorts: ReadonlyMap<string, SortKey> = new Map([
  ["r", "rate"],
  ["c", "count"],
  ["l", "last"],
  ["i", "min"],
  ["a", "max"],
  ["n", "name"],
]);

const steps: ReadonlyMap<string, number> = new Map([
  ["k", -1],
  ["j", 1],
  ["\x1b[A", -1],
  ["\x1b[B", 1],
  ["\x1b[5~", -10],
  ["\x1b[6~", 10],
]);

/** The choice after a key; undefined: to quit. Keys without a meaning change nothing. */
export function pressKey(choice: ChartChoice, key: string): ChartChoice | undefined {
  if (key === "q" || key === "Q" || key === "\x03" || key === "\x04") return undefined;
  if (key === " ") return { ...choice, paused: !choice.paused };
  if (key === "g" || key === "\x1b[H") return { ...choice, top: 0 };
  const step = steps.get(key);
  if (step !== undefined) return { ...choice, top: Math.max(0, choice.top + step) };
  const sort = keySorts.get(key);
  if (sort === undefined) return choice;
  const again = choice.sort === sort;
  return { ...choice, sort, top: 0, ascending: again ? !choice.ascending : sort === "name" };
}

/** The rows in the chosen order; of equal ones by name, so that the screen does not flicker. */
function sortRows(rows: readonly SeriesRow[], choice: ChartChoice): SeriesRow[] {
  const { sort, ascending } = choice;
  const byName = (a: SeriesRow, b: SeriesRow): number =>
    compare(a.name, b.name) || compare(a.resource, b.resource) || compare(a.labels, b.labels) ||
    compare(a.tenant, b.tenant);
  const way = ascending ? 1 : -1;
  return rows.toSorted((a, b) => {
    if (sort === "name") return way * byName(a, b);
    const [x, y] = [a[sort], b[sort]];
    // What has no value stands last either way.
    if (Number.isNaN(x) || Number.isNaN(y)) {
      return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    }
    return way * (x - y) || byName(a, b);
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

interface Column {
  readonly title: string;
  readonly sort?: SortKey;
  readonly align: "left" | "right";
  readonly widthMax: number;
  /** Columns with the highest number go first where the terminal is narrow. */
  readonly dispensable: number;
  text(row: SeriesRow): string;
}

const columns: readonly Column[] = [
  {
    title: "series",
    sort: "name",
    align: "left",
    widthMax: 40,
    dispensable: 0,
    text: (r) => r.name,
  },
  { title: "resource", align: "left", widthMax: 20, dispensable: 4, text: (r) => r.resource },
  { title: "labels", align: "left", widthMax: 20, dispensable: 3, text: (r) => r.labels },
  { title: "tenant", align: "left", widthMax: 12, dispensable: 7, text: (r) => r.tenant },
  {
    title: "rate",
    sort: "rate",
    align: "right",
    widthMax: 12,
    dispensable: 0,
    text: (r) => rateText(r.rate),
  },
  {
    title: "count",
    sort: "count",
    align: "right",
    widthMax: 12,
    dispensable: 6,
    text: (r) => grouped(r.count),
  },
  {
    title: "last",
    sort: "last",
    align: "right",
    widthMax: 12,
    dispensable: 1,
    text: (r) => figure(r.last),
  },
  {
    title: "min",
    sort: "min",
    align: "right",
    widthMax: 12,
    dispensable: 5,
    text: (r) => figure(r.min),
  },
  {
    title: "max",
    sort: "max",
    align: "right",
    widthMax: 12,
    dispensable: 5,
    text: (r) => figure(r.max),
  },
  { title: "unit", align: "left", widthMax: 10, dispensable: 2, text: (r) => r.unit },
];

const sparkMin = 12;
const sparkMax = 60;
/** Head, blank, titles, keys. */
const aroundRows = 4;

/** Exactly `height` lines, each at most `width` columns. */
export function renderChart(
  rows: readonly SeriesRow[],
  facts: ChartFacts,
  { choice, style }: { readonly choice: ChartChoice; readonly style: ScreenStyle },
): string[] {
  const { width, height } = style;
  const paint = style.color ? painted : (_ink: string, text: string) => text;
  const room = Math.max(1, height - aroundRows);
  const top = Math.max(0, Math.min(choice.top, rows.length - room));
  const shown = sortRows(withTellingLabels(rows), choice).slice(top, top + room);
  const span = rows.length > room ? `, rows ${top + 1} to ${top + shown.length}` : "";
  const unfollowed = facts.unfollowed > 0
    ? `, ${count(facts.unfollowed, "datum", "data")} of more series only counted`
    : "";
  const rate = rows.reduce((sum, row) => sum + row.rate, 0);
  const facts1 = `${count(facts.total, "datum", "data")}, ${rateText(rate)}, ` +
    `${count(rows.length, "series", "series")}${span}${unfollowed}` +
    (choice.paused ? ", PAUSED" : facts.ended ? ", the input has ended" : "");
  const head = [
    paint("1", fit(printable(facts.source), width)),
    facts.trouble === undefined
      ? paint("2", fit(facts1, width))
      : paint("31", fit(printable(facts.trouble), width)),
  ];
  const lines = [...head, ...table(shown, choice, style).slice(0, Math.max(0, height - 3))];
  while (lines.length < height - 1) lines.push("");
  lines.push(paint("2", fit(keysLine, width)));
  return lines.slice(0, Math.max(1, height));
}

/** The titles and one line per row. */
function table(rows: readonly SeriesRow[], choice: ChartChoice, style: ScreenStyle): string[] {
  const { width, color } = style;
  const paint = color ? painted : (_ink: string, text: string) => text;
  let cells = columns.map((column) => {
    const texts = rows.map((row) => fit(printable(shortIds(column.text(row))), column.widthMax));
    const arrow = column.sort !== choice.sort ? "" : choice.ascending ? "▲" : "▼";
    const title = `${column.title}${arrow}`;
    return { column, title, texts, width: Math.max(widthOf(title), ...texts.map(widthOf)) };
  });
  const used = (): number => cells.reduce((sum, cell) => sum + cell.width + 2, 0);
  cells = cells.filter(({ column, texts }) =>
    column.dispensable === 0 || texts.some((text) => text !== "" && text !== "-")
  );
  for (let rank = 7; rank > 0 && used() + sparkMin > width; rank--) {
    cells = cells.filter(({ column }) => column.dispensable < rank);
  }
  const sparkWidth = Math.min(sparkMax, width - used());
  const spark = sparkWidth >= 4;
  const titles = cells.map(({ title, column, width: own }) => pad(title, own, column.align));
  const head = [...titles, ...spark ? [fit("last values", sparkWidth)] : []].join("  ");
  const lines = [paint("2", fit(head, width))];
  rows.forEach((row, i) => {
    const left = cells.map(({ column, texts, width: own }) =>
      pad(texts[i] ?? "", own, column.align)
    );
    const line = fit(left.join("  "), width);
    const bars = spark
      ? `  ${paint("36", sparkline(row.values.slice(-sparkWidth), sparkWidth))}`
      : "";
    lines.push(line + bars);
  });
  return lines;
}

/** `12/s`, or `3/min` where a second is too short to see any. */
function rateText(rate: number): string {
  return rate >= 1 || rate === 0 ? `${numberText(rate)}/s` : `${numberText(rate * 60)}/min`;
}

function figure(value: number): string {
  return numberText(Number.isNaN(value) ? null : value);
}

function painted(ink: string, text: string): string {
  return `\x1b[${ink}m${text}\x1b[0m`;
}

/** The same rows as plain lines, where no screen can be drawn; ended by newlines. */
export function renderSummary(
  rows: readonly SeriesRow[],
  facts: ChartFacts,
  { width, rowsMax }: { readonly width: number; readonly rowsMax: number },
): string {
  const shown = sortRows(withTellingLabels(rows), firstChoice).slice(0, rowsMax);
  const head = `${printable(facts.source)}: ${count(facts.total, "datum", "data")} in ` +
    count(rows.length, "series", "series");
  const rest = rows.length - shown.length;
  const lines = [fit(head, width)];
  if (shown.length > 0) {
    lines.push(...table(shown, firstChoice, { width, height: 0, color: false }));
  }
  if (rest > 0) lines.push(`... and ${grouped(rest)} more series`);
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}
