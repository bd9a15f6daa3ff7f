/**
 * Pure. How far a consumer group is behind, per partition, with the rates between two looks: as a table and
 * as JSON lines.
 */
import type { PartitionLag } from "../kafka/group_lag.ts";
import { fit, pad, printable, widthOf } from "../terminal/cells.ts";
import { grouped, numberText } from "../terminal/figures.ts";

/** One look at all partitions. */
export interface LagLook {
  readonly atMs: number;
  readonly partitions: readonly PartitionLag[];
}

/** One partition as it is shown. */
export interface LagRow {
  readonly partition: number;
  /** null where the group has committed nothing. */
  readonly position: number | null;
  readonly end: number;
  /** Without a position all that the log holds. */
  readonly lag: number;
  /** Committed per second between the looks; null where there is only one look. */
  readonly rate: number | null;
  /** Records that came per second. */
  readonly arriving: number | null;
}

/** The rows of a look, rates since an earlier one. */
export function lagRows(look: LagLook, before: LagLook | undefined): LagRow[] {
  const earlier = new Map(before?.partitions.map((each) => [each.partition, each]));
  const seconds = before === undefined ? 0 : (look.atMs - before.atMs) / 1000;
  const perSecond = (now: number | undefined, then: number | undefined): number | null =>
    seconds > 0 && now !== undefined && then !== undefined
      ? Math.max(0, now - then) / seconds
      : null;
  return look.partitions.map(({ partition, position, start, end }) => {
    const then = earlier.get(partition);
    return {
      partition,
      position: position ?? null,
      end,
      lag: Math.max(0, end - Math.max(start, position ?? start)),
      rate: perSecond(position, then?.position),
      arriving: perSecond(end, then?.end),
    };
  });
}

/** One JSON object a line. */
export function lagJson(rows: readonly LagRow[], of: { topic: string; group: string }): string {
  return rows.map((row) => `${JSON.stringify({ ...of, ...row })}\n`).join("");
}

const titles = ["PARTITION", "POSITION", "END", "LAG", "RATE", "ARRIVING", "CAUGHT UP IN"];

/** A table with a sum below, each line at most `width` columns, without newlines. */
export function lagTable(
  rows: readonly LagRow[],
  { heading, width }: { readonly heading: string; readonly width: number },
): string[] {
  const lines = [...rows.map((row) => cellsOf(String(row.partition), row))];
  if (rows.length !== 1) lines.push(cellsOf("all", sumOf(rows)));
  const widths = titles.map((title, i) =>
    Math.max(widthOf(title), ...lines.map((cells) => widthOf(cells[i] ?? "")))
  );
  const text = (cells: readonly string[]): string =>
    fit(cells.map((cell, i) => pad(cell, widths[i] ?? 0, "right")).join("  "), width);
  return [fit(printable(heading), width), text(titles), ...lines.map(text)];
}

function cellsOf(name: string, row: Omit<LagRow, "partition">): string[] {
  const { position, end, lag, rate, arriving } = row;
  return [
    name,
    position === null ? "none" : grouped(position),
    grouped(end),
    grouped(lag),
    rate === null ? "-" : `${numberText(rate)}/s`,
    arriving === null ? "-" : `${numberText(arriving)}/s`,
    caughtUp(row),
  ];
}

/** How long it takes at the present rates. */
function caughtUp({ lag, rate, arriving }: Pick<LagRow, "lag" | "rate" | "arriving">): string {
  if (lag === 0) return "0 s";
  if (rate === null || arriving === null) return "-";
  if (rate <= arriving) return "never";
  const seconds = lag / (rate - arriving);
  if (seconds < 120) return `${Math.ceil(seconds)} s`;
  return seconds < 7200 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 3600)} h`;
}

function sumOf(rows: readonly LagRow[]): Omit<LagRow, "partition"> {
  const sum = (part: (row: LagRow) => number | null): number | null => {
    const values = rows.map(part).filter((value) => value !== null);
    return values.length === 0 ? null : values.reduce((a, b) => a + b, 0);
  };
  return {
    position: sum((row) => row.position),
    end: sum((row) => row.end) ?? 0,
    lag: sum((row) => row.lag) ?? 0,
    rate: sum((row) => row.rate),
    arriving: sum((row) => row.arriving),
  };
}
