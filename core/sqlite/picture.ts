/**
 * Pure. A picture of what an SQLite store holds, for a terminal: a table with one row per measurement
 * and a sparkline of its busiest series. Reading the store is reader.ts; live views are tail's.
 */
import { fit, pad, printable, widthOf } from "../terminal/cells.ts";
import { count, grouped, numberText } from "../terminal/figures.ts";
import { sparkline } from "../terminal/sparkline.ts";
import type { MeasurementSummary } from "./reader.ts";

/** What is shown. */
export interface Picture {
  /** The store's name, for the heading. */
  readonly store: string;
  readonly summaries: readonly MeasurementSummary[];
  /** Values of the busiest series in time order, by series id. */
  readonly values: ReadonlyMap<number, readonly number[]>;
  readonly documents: readonly { readonly index: string; readonly documents: number }[];
}

/** How it is shown. */
export interface PictureStyle {
  /** Columns that a line may take; wide columns go first where it is narrow. */
  readonly width: number;
  readonly color: boolean;
}

/** At most so many measurements and indices are shown; the rest is counted in a closing line. */
const rowsMax = 40;
const sparkWidthMax = 32;
const sparkWidthMin = 8;
const nameWidthMax = 40;
const sparkTitle = "busiest series";

/** The picture as lines of text, each at most `width` columns wide, ended by a newline. */
export function renderPicture(picture: Picture, style: PictureStyle): string {
  const rows = mergeTenants(picture.summaries);
  const points = sumOf(rows, (row) => row.points);
  const tenants = new Set(picture.summaries.map((row) => `${row.database}\n${row.tenant}`)).size;
  const paint = style.color ? painted : plain;
  const lines = [
    paint("heading", fit(`${picture.store}`, style.width)),
    fit(
      `${count(points, "point")} in ${
        count(sumOf(rows, (row) => row.series), "series", "series")
      } ` +
        `of ${count(rows.length, "measurement")}, ${count(tenants, "tenant")}`,
      style.width,
    ),
    ...spanLines(rows, style.width),
  ];
  if (rows.length > 0) lines.push("", ...measurementLines(rows, picture, style));
  if (picture.documents.length > 0) lines.push("", ...documentLines(picture.documents, style));
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

interface Row extends Omit<MeasurementSummary, "database" | "tenant"> {
  readonly first: string;
  readonly last: string;
}

function mergeTenants(summaries: readonly MeasurementSummary[]): Row[] {
  const byName = new Map<string, MeasurementSummary>();
  for (const summary of summaries) {
    const known = byName.get(summary.measurement);
    byName.set(summary.measurement, known === undefined ? summary : merge(known, summary));
  }
  return [...byName.values()]
    .map((row) => ({ ...row, first: timeText(row.firstNs), last: timeText(row.lastNs) }))
    .sort((a, b) => b.points - a.points || (a.measurement < b.measurement ? -1 : 1));
}

function merge(a: MeasurementSummary, b: MeasurementSummary): MeasurementSummary {
  const valued = a.valued + b.valued;
  const busiest = a.busiestPoints >= b.busiestPoints ? a : b;
  return {
    ...busiest,
    series: a.series + b.series,
    points: a.points + b.points,
    valued,
    firstNs: a.firstNs < b.firstNs ? a.firstNs : b.firstNs,
    lastNs: a.lastNs > b.lastNs ? a.lastNs : b.lastNs,
    min: a.min === null || b.min === null ? a.min ?? b.min : Math.min(a.min, b.min),
    max: a.max === null || b.max === null ? a.max ?? b.max : Math.max(a.max, b.max),
    mean: a.mean === null || b.mean === null
      ? a.mean ?? b.mean
      : (a.mean * a.valued + b.mean * b.valued) / valued,
  };
}

interface Column {
  readonly title: string;
  readonly align: "left" | "right";
  /** Columns with the highest number go first where the terminal is narrow. */
  readonly dispensable: number;
  readonly text: (row: Row) => string;
}

const columns: readonly Column[] = [
  { title: "measurement", align: "left", dispensable: 0, text: (row) => row.measurement },
  { title: "series", align: "right", dispensable: 1, text: (row) => grouped(row.series) },
  { title: "points", align: "right", dispensable: 0, text: (row) => grouped(row.points) },
  { title: "first time", align: "left", dispensable: 4, text: (row) => row.first },
  { title: "last time", align: "left", dispensable: 3, text: (row) => row.last },
  { title: "min", align: "right", dispensable: 2, text: (row) => numberText(row.min) },
  { title: "mean", align: "right", dispensable: 1, text: (row) => numberText(row.mean) },
  { title: "max", align: "right", dispensable: 2, text: (row) => numberText(row.max) },
];

function measurementLines(rows: readonly Row[], picture: Picture, style: PictureStyle): string[] {
  const shown = rows.slice(0, rowsMax);
  const cells = columns.map((column) => {
    const texts = shown.map((row) => fit(printable(column.text(row)), nameWidthMax));
    return { column, texts, width: Math.max(...[column.title, ...texts].map(widthOf)) };
  });
  const widthOfAll = (): number => sumOf(cells, (cell) => cell.width + 2);
  for (let rank = 4; rank > 0 && widthOfAll() + sparkWidthMin > style.width; rank--) {
    cells.splice(0, Infinity, ...cells.filter((cell) => cell.column.dispensable < rank));
  }
  const sparkWidth = Math.min(sparkWidthMax, style.width - widthOfAll());
  const paint = style.color ? painted : plain;
  const heads = cells.map(({ column, width }) => pad(column.title, width, column.align));
  const spark = sparkWidth >= sparkWidthMin;
  const head = [
    ...heads,
    ...(spark ? [sparkWidth < sparkTitle.length ? "busiest" : sparkTitle] : []),
  ];
  const lines = [paint("title", fit(head.join("  "), style.width))];
  shown.forEach((row, i) => {
    const left = cells.map(({ column, texts, width }) => pad(texts[i] ?? "", width, column.align));
    const values = picture.values.get(row.busiestSeries) ?? [];
    const line = fit(left.join("  "), style.width);
    lines.push(spark ? `${line}  ${paint("spark", sparkline(values, sparkWidth))}` : line);
  });
  if (rows.length > shown.length) {
    const rest = rows.slice(shown.length);
    const points = count(sumOf(rest, (row) => row.points), "point");
    lines.push(
      fit(`... and ${count(rest.length, "measurement")} more with ${points}`, style.width),
    );
  }
  return lines;
}

function documentLines(documents: Picture["documents"], style: PictureStyle): string[] {
  const shown = documents.slice(0, rowsMax);
  const width = Math.max(...shown.map((row) => widthOf(grouped(row.documents))), 9);
  const paint = style.color ? painted : plain;
  const lines = [paint("title", fit(`${pad("documents", width, "right")}  index`, style.width))];
  for (const { index, documents: n } of shown) {
    lines.push(fit(`${pad(grouped(n), width, "right")}  ${printable(index)}`, style.width));
  }
  if (documents.length > shown.length) {
    lines.push(`... and ${count(documents.length - shown.length, "index", "indices")} more`);
  }
  return lines;
}

function spanLines(rows: readonly Row[], width: number): string[] {
  const first = rows.map((row) => row.first).sort()[0];
  const last = rows.map((row) => row.last).sort().at(-1);
  return first === undefined ? [] : [fit(`${first} to ${last} UTC`, width)];
}

/** UTC, to the second: `2026-11-22 21:25:00`. */
function timeText(ns: bigint): string {
  const date = new Date(Number(ns / 1_000_000n));
  return date.toISOString().slice(0, 19).replace("T", " ");
}

function sumOf<Item>(items: readonly Item[], part: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + part(item), 0);
}

type Ink = "heading" | "title" | "spark";

const inks: Readonly<Record<Ink, string>> = { heading: "1", title: "2", spark: "36" };

function painted(ink: Ink, text: string): string {
  return `\x1b[${inks[ink]}m${text}\x1b[0m`;
}

function plain(_ink: Ink, text: string): string {
  return text;
}
