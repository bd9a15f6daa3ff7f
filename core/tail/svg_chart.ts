/**
 * Pure. The series of a history as an SVG line chart: one panel per unit under a common time axis (UTC), the
 * busiest series of each in colours with a legend below, what finds no room counted.
 */
import { count } from "../terminal/figures.ts";
import { escapeXml } from "../xml/escape.ts";
import type { HistoryPoint, HistorySeries } from "./chart_history.ts";
import { shortIds } from "./describe.ts";
import { withTellingLabels } from "./labels.ts";
import { label, shortened, textWidth } from "./svg_text.ts";
import { numberTicks, type Tick, timeTicks } from "./ticks.ts";

/** What is drawn. */
export interface SvgChart {
  /** Stands above it. */
  readonly title: string;
  /** The busiest first. */
  readonly series: readonly HistorySeries[];
  /** Series that are not among them. */
  readonly seriesLeft: number;
}

const width = 1000;
const plotHeight = 220;
/** Half of the longest text below the axis, a day. */
const marginRight = 50;
const titleHeight = 46;
const panelHead = 28;
const timeHeight = 46;
const legendLine = 18;
const legendGap = 12;
const legendRight = 30;
const panelsMax = 6;
const seriesShownMax = 10;

/** As many as series are shown; told apart also by most who do not see all colours. */
const colors = [
  ...["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b"],
  ...["#56b4e9", "#7f3fbf", "#555555", "#8b1a1a", "#2f6f2f"],
];

interface Panel {
  readonly heading: string;
  readonly shown: readonly HistorySeries[];
  readonly left: number;
}

/** The picture as the text of an SVG file. */
export function renderSvg({ title, series, seriesLeft }: SvgChart): string {
  const all = panelsOf(series.filter(({ points }) => points.length > 0));
  const panels = all.slice(0, panelsMax);
  const undrawn = seriesLeft +
    all.slice(panelsMax).reduce((sum, { shown, left }) => sum + shown.length + left, 0);
  const times = timeSpan(panels);
  const yTicks = panels.map(({ shown }) => ticksOf(shown));
  const marginLeft = 24 + Math.max(40, ...yTicks.flat().map(({ text }) => textWidth(text, 11)));
  const plot = { left: marginLeft, right: width - marginRight };
  const parts: string[] = [];
  let y = titleHeight;
  panels.forEach((panel, i) => {
    const ticks = yTicks[i] ?? [];
    const area = { ...plot, top: y + panelHead, bottom: y + panelHead + plotHeight };
    parts.push(label(panel.heading, { x: plot.left, y: y + 18, size: 13, bold: true }));
    parts.push(yAxis(ticks, area), xAxis(times, area), lines(panel.shown, { times, ticks, area }));
    const legend = legendOf(panel, plot.left, area.bottom + timeHeight);
    parts.push(legend.text);
    y = legend.bottom + legendGap;
  });
  if (panels.length === 0) {
    parts.push(label("No value was seen.", { x: 24, y: y + 20, size: 13 }));
    y += 40;
  }
  if (undrawn > 0) {
    const text = `${count(undrawn, "more series", "more series")} not drawn`;
    parts.push(label(text, { x: 24, y: y + 8, size: 12, color: "#666" }));
    y += 20;
  }
  const height = Math.ceil(y + 8);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" font-family="DejaVu Sans, Verdana, Arial, sans-serif">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    label(shortened(title, width - 48, 15), { x: 24, y: 28, size: 15, bold: true }),
    ...parts,
    "</svg>\n",
  ].join("\n");
}

/** One panel per unit; without a unit, one per name: what is not alike has no common axis. */
function panelsOf(series: readonly HistorySeries[]): Panel[] {
  const byUnit = Map.groupBy(series, ({ unit, name }) => unit === "" ? `\n${name}` : unit);
  return Array.from(byUnit.values(), (group) => {
    const shown = group.slice(0, seriesShownMax);
    const names = [...new Set(group.map(({ name }) => name))];
    const unit = group[0]?.unit ?? "";
    const named = names.length <= 3 ? names.join(", ") : `${names.slice(0, 3).join(", ")}, ...`;
    const heading = shortened(unit === "" ? named : `${named} [${unit}]`, width - 100, 13);
    return { heading, shown, left: group.length - shown.length };
  });
}

interface Span {
  readonly from: number;
  readonly to: number;
}

interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** From the first point to the last; one moment alone gets a minute around it. */
function timeSpan(panels: readonly Panel[]): Span {
  let [from, to] = [Infinity, -Infinity];
  for (const { points } of panels.flatMap(({ shown }) => shown)) {
    from = Math.min(from, points[0]?.timeMs ?? Infinity);
    to = Math.max(to, points.at(-1)?.timeMs ?? -Infinity);
  }
  if (!(to >= from)) return { from: 0, to: 60_000 };
  return to > from ? { from, to } : { from: from - 30_000, to: to + 30_000 };
}

function ticksOf(series: readonly HistorySeries[]): Tick[] {
  let [low, high] = [Infinity, -Infinity];
  for (const { points } of series) {
    for (const { value } of points) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  // Zero belongs to the picture where it is not far.
  if (low > 0 && low < high * 0.5) low = 0;
  if (high < 0 && high > low * 0.5) high = 0;
  return numberTicks(low, high, 5);
}

function place(value: number, span: Span, onto: Span): number {
  // What lies beyond the largest of all ticks is drawn at the edge.
  const share = Math.max(0, Math.min(1, (value - span.from) / (span.to - span.from)));
  return onto.from + share * (onto.to - onto.from);
}

function yAxis(ticks: readonly Tick[], { left, right, top, bottom }: Area): string {
  const span = { from: ticks[0]?.at ?? 0, to: ticks.at(-1)?.at ?? 1 };
  const rows = ticks.map(({ at, text }) => {
    const y = place(at, span, { from: bottom, to: top });
    const line = `<line x1="${left}" x2="${right}" y1="${px(y)}" y2="${px(y)}" stroke="#e2e2e2"/>`;
    return line + label(text, { x: left - 8, y: y + 4, size: 11, anchor: "end", color: "#333" });
  });
  const axis = `<line x1="${left}" x2="${left}" y1="${top}" y2="${bottom}" stroke="#888"/>`;
  return [...rows, axis].join("\n");
}

/** A label of 8 letters and some air. */
const timeLabelWidth = 96;

function xAxis(times: Span, { left, right, top, bottom }: Area): string {
  const most = Math.floor((right - left) / timeLabelWidth);
  const ticks = timeTicks(times.from, times.to, most);
  const rows = ticks.flatMap(({ at, text, day }) => {
    const x = place(at, times, { from: left, to: right });
    const marks = [
      `<line x1="${px(x)}" x2="${px(x)}" y1="${top}" y2="${bottom}" stroke="#f0f0f0"/>`,
      `<line x1="${px(x)}" x2="${px(x)}" y1="${bottom}" y2="${bottom + 4}" stroke="#888"/>`,
      label(text, { x, y: bottom + 17, size: 11, anchor: "middle", color: "#333" }),
    ];
    if (day !== undefined) {
      marks.push(
        label(`${day} UTC`, { x, y: bottom + 31, size: 11, anchor: "middle", color: "#666" }),
      );
    }
    return marks;
  });
  rows.push(
    `<line x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}" stroke="#888"/>`,
  );
  if (ticks.every(({ day }) => day === undefined)) {
    const at = { x: right, y: bottom + 31, size: 11, color: "#666" };
    rows.push(label("UTC", { ...at, anchor: "end" }));
  }
  return rows.join("\n");
}

function lines(
  series: readonly HistorySeries[],
  { times, ticks, area }: {
    readonly times: Span;
    readonly ticks: readonly Tick[];
    readonly area: Area;
  },
): string {
  const span = { from: ticks[0]?.at ?? 0, to: ticks.at(-1)?.at ?? 1 };
  const at = ({ timeMs, value }: HistoryPoint): string =>
    `${px(place(timeMs, times, { from: area.left, to: area.right }))},` +
    px(place(value, span, { from: area.bottom, to: area.top }));
  // The busiest is drawn last, above the others.
  return series.map(({ points }, i) => {
    const color = colors[i % colors.length];
    const places = points.map(at);
    const [first] = places;
    if (first === undefined) return "";
    // A line to itself would not be seen.
    if (places.some((place) => place !== first)) {
      return `<polyline points="${places.join(" ")}" fill="none" stroke="${color}" ` +
        `stroke-width="1.6" stroke-linejoin="round"/>`;
    }
    const [x, y] = first.split(",");
    return `<circle cx="${x}" cy="${y}" r="3.5" fill="${color}"/>`;
  }).reverse().join("\n");
}

/** A line per series in as many columns as their names allow. */
function legendOf(
  { shown, left }: Panel,
  x: number,
  top: number,
): { readonly text: string; readonly bottom: number } {
  const names = legendNames(shown);
  if (left > 0) names.push(`and ${count(left, "more", "more")}`);
  const room = width - legendRight - x;
  const widest = Math.max(...names.map((name) => textWidth(name, 12) + 40));
  const perRow = Math.max(1, Math.min(names.length, Math.floor(room / widest)));
  const cell = room / perRow;
  const parts = names.map((name, i) => {
    const [at, y] = [x + (i % perRow) * cell, top + Math.floor(i / perRow) * legendLine + 10];
    const color = colors[i % colors.length];
    const isSeries = i < shown.length;
    const text = shortened(name, cell - 40, 12);
    const words = label(text, { x: at + (isSeries ? 26 : 0), y, size: 12, color: "#222" });
    if (!isSeries) return words;
    return `<line x1="${px(at)}" x2="${px(at + 20)}" y1="${y - 4}" y2="${
      y - 4
    }" stroke="${color}" ` +
      `stroke-width="3"/>${words}`;
  });
  return {
    text: parts.join("\n"),
    bottom: top + Math.ceil(names.length / perRow) * legendLine,
  };
}

/** Only as much as tells the series of a panel apart. */
function legendNames(shown: readonly HistorySeries[]): string[] {
  const series = withTellingLabels(shown);
  const named = (parts: readonly NamePart[], text: (part: string) => string): string[] =>
    series.map((each) =>
      parts.map((part) => text(each[part])).filter((part) => part !== "").join(" ") || each.name
    );
  const areApart = (names: readonly string[]): boolean => new Set(names).size === names.length;
  if (series.length === 1) return named(["name", "resource"], shortIds);
  const parts: NamePart[] = [];
  for (const part of nameParts) {
    if (new Set(series.map((each) => each[part])).size > 1) parts.push(part);
    if (areApart(named(parts, asItIs))) break;
  }
  const short = named(parts, shortIds);
  // Ids that begin alike are no names.
  return areApart(short) ? short : named(parts, asItIs);
}

const nameParts = ["name", "resource", "labels", "tenant"] as const;
type NamePart = (typeof nameParts)[number];

function asItIs(text: string): string {
  return text;
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}
