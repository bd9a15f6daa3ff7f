/**
 * Pure. A picture of what an SQLite store holds, for a terminal: a table with one row per measurement
 * and a sparkline of its busiest series. Reading the store is reader.ts; live views are tail's.
 */
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

const bars = "▁▂▃▄▅▆▇█";

/** Means that differ by less than this share are the same but for rounding. */
const roundingShare = 1e-12;

/** The values as bars, at most `width` of them (means of equal runs); "" for no values. */
export function sparkline(values: readonly number[], width: number): string {
  const cells = Math.min(width, values.length);
  const means = Array.from({ length: cells }, (_, i) => {
    const run = values.slice(
      Math.floor(i * values.length / cells),
      Math.floor((i + 1) * values.length / cells),
    );
    return sumOf(run, (value) => value) / run.length;
  });
  const low = Math.min(...means);
  const high = Math.max(...means);
  return means.map((mean) => {
    const share = high - low > roundingShare * Math.abs(high) ? (mean - low) / (high - low) : 0.5;
    return bars[Math.min(bars.length - 1, Math.floor(share * bars.length))];
  }).join("");
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

/** Four significant digits, large and small ones with an exponent; "-" where there is none. */
function numberText(value: number | null): string {
  if (value === null) return "-";
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e9 || size < 1e-3)) return value.toExponential(2);
  if (Number.isInteger(value) || size >= 1000) return grouped(Math.round(value));
  return String(Number(value.toPrecision(4)));
}

function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

function count(value: number, one: string, many = `${one}s`): string {
  return `${grouped(value)} ${value === 1 ? one : many}`;
}

function sumOf<Item>(items: readonly Item[], part: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + part(item), 0);
}

/** Names come from outside: control characters and escape sequences never reach the terminal. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, "\ufffd");
}

/** Columns on the terminal: wide characters count double, joined and combining ones as drawn. */
function widthOf(text: string): number {
  return Bun.stringWidth(text);
}

function fit(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (widthOf(kept + segment) > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

function pad(text: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - widthOf(text)));
  return align === "left" ? text + space : space + text;
}

type Ink = "heading" | "title" | "spark";

const inks: Readonly<Record<Ink, string>> = { heading: "1", title: "2", spark: "36" };

function painted(ink: Ink, text: string): string {
  return `\x1b[${inks[ink]}m${text}\x1b[0m`;
}

function plain(_ink: Ink, text: string): string {
  return text;
}
