/**
 * Pure. How far a replay is, as a bar for a terminal and as a line for a log.
 */
import { createProgress, type Progress } from "../observe/progress.ts";
import type { MetricsSnapshot } from "../observe/metrics.ts";

/** One look at a run. */
export interface ReplayLook {
  readonly bytes: number;
  /** 0: nobody knows how many there will be. */
  readonly bytesTotal: number;
  readonly snapshot: MetricsSnapshot;
}

/** What is shown of it. */
export interface ReplayShown {
  /** With a bar, for a terminal of so many columns. */
  bar(columns: number): string;
  /** Without, for a log. */
  readonly line: string;
}

/** A bar takes what room there is, between these. */
const barCellsMin = 8;
const barCellsMax = 24;
const partials = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"] as const;

/** Looks one after the other; `elapsedMs` is the time since the look before. */
export function createReplayProgress(): (look: ReplayLook, elapsedMs: number) => ReplayShown {
  const progressOf = createProgress();
  let bytesBefore = 0;
  let bytesPerMs = 0;
  return ({ bytes, bytesTotal, snapshot }, elapsedMs) => {
    const progress = progressOf(snapshot, elapsedMs);
    const now = elapsedMs > 0 ? Math.max(0, bytes - bytesBefore) / elapsedMs : 0;
    // The last looks count most: what was fast at first does not promise an early end.
    bytesPerMs = bytesPerMs === 0 ? now : bytesPerMs * 0.8 + now * 0.2;
    bytesBefore = bytes;
    const part = bytesTotal > 0 ? Math.min(1, bytes / bytesTotal) : undefined;
    const leftMs = part === undefined || bytesPerMs === 0
      ? undefined
      : Math.max(0, bytesTotal - bytes) / bytesPerMs;
    const text = textOf(progress, part, leftMs);
    return {
      line: text,
      bar(columns): string {
        const cells = Math.min(barCellsMax, columns - text.length - 4);
        return part === undefined || cells < barCellsMin ? text : `${barOf(part, cells)} ${text}`;
      },
    };
  };
}

function textOf(
  { perSecond, total }: Progress,
  part: number | undefined,
  leftMs: number | undefined,
): string {
  const rejected = total.dead_lettered + total.expired;
  return [
    ...(part === undefined ? [] : [`${(part * 100).toFixed(1)} %`]),
    `${count(perSecond)}/s`,
    `${count(total.written)} sent`,
    `${count(rejected)} rejected`,
    ...(leftMs === undefined ? [] : [`${durationText(leftMs)} left`]),
  ].join("  ");
}

function barOf(part: number, cells: number): string {
  const whole = Math.floor(part * cells);
  const partial = whole < cells ? partials[Math.floor((part * cells - whole) * 8)] ?? "" : "";
  return `│${("█".repeat(whole) + partial).padEnd(cells)}│`;
}

/** `1h02m`, `3m20s`, `7s`. */
function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  if (h > 0) return `${h}h${two(m)}m`;
  return m > 0 ? `${m}m${two(s)}s` : `${s}s`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
