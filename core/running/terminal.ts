/**
 * Edge (terminal). One line of progress at the bottom of a terminal, drawn over and over, that gives
 * way to the log's lines.
 */
import type { Log } from "../log/log.ts";
import { logThrough } from "./log_through.ts";

/** The line, and the log above it. */
export interface ProgressLine {
  draw(text: string): void;
  /** Wipes the line, so that something else can be printed. */
  clear(): void;
  /** The same log, whose lines wipe the progress line first. */
  above(log: Log): Log;
}

/** What a progress line needs of a terminal. */
export interface Terminal {
  readonly columns: number;
  write(text: string): unknown;
}

const wipe = "\r\x1b[K";

/** A progress line on this terminal. */
export function createProgressLine(terminal: Terminal): ProgressLine {
  let drawn = false;
  const clear = (): void => {
    if (drawn) terminal.write(wipe);
    drawn = false;
  };
  return {
    draw(text): void {
      const columns = terminal.columns > 0 ? terminal.columns : 80;
      terminal.write(`${wipe}${text.slice(0, columns - 1)}`);
      drawn = true;
    },
    clear,
    above: (log) =>
      logThrough(() => {
        clear();
        return log;
      }),
  };
}
