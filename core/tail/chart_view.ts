/**
 * Edge (terminal, clock). `chart` while data pass: a screen that is drawn anew every second and at every key,
 * or, where no screen can be drawn, the same as lines every now and then and at the end.
 */
import type { Clock } from "../clock.ts";
import {
  type ChartChoice,
  type ChartFacts,
  firstChoice,
  pressKey,
  renderChart,
  renderSummary,
} from "./chart_screen.ts";
import type { LineOutput } from "./line_output.ts";
import { SeriesBoard, type SeriesRow } from "./series_board.ts";
import { openTerminalScreen, type TerminalScreenOptions } from "./terminal_screen.ts";
import type { TailView } from "./view.ts";

const drawMs = 1000;
const summaryMs = 10_000;
const summaryRows = 40;
const summaryWidth = 120;

/** What both ways work with. */
export interface ChartDeps {
  readonly clock: Clock;
  /** The source's name. */
  readonly source: string;
}

/** The terminal, and what happens when somebody presses q. */
export interface ChartScreenOptions extends Pick<TerminalScreenOptions, "screen" | "keys"> {
  readonly color: boolean;
  onQuit(): void;
}

/** Takes the terminal until it is closed. */
export function createChartView(options: ChartScreenOptions, deps: ChartDeps): TailView {
  const { clock, source } = deps;
  const board = new SeriesBoard();
  const closing = new AbortController();
  let choice: ChartChoice = firstChoice;
  let held: readonly SeriesRow[] | undefined;
  let trouble: string | undefined;
  let ended = false;
  const draw = (): void => {
    const rows = held ?? board.rows(clock.monotonic());
    const { width, height } = terminal;
    const facts = { ...factsOf(board, source, trouble), ended };
    terminal.draw(
      renderChart(rows, facts, { choice, style: { width, height, color: options.color } }),
    );
  };
  const terminal = openTerminalScreen({
    ...options,
    onResize: draw,
    onKey(key): void {
      const next = pressKey(choice, key);
      if (next === undefined) return options.onQuit();
      if (next.paused !== choice.paused) {
        held = next.paused ? board.rows(clock.monotonic()) : undefined;
      }
      // A key that scrolls behind the end is taken back here.
      const top = Math.min(next.top, Math.max(0, (held?.length ?? board.size) - 1));
      choice = { ...next, top };
      draw();
    },
  });
  const redraw = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      draw();
      await clock.sleep(drawMs, closing.signal);
    }
  };
  void redraw();
  return {
    show({ data }): Promise<void> {
      for (const datum of data) board.add(datum, clock.monotonic());
      return Promise.resolve();
    },
    trouble(text): void {
      trouble = text;
      draw();
    },
    // Nobody has seen it yet: it stays until somebody has.
    async atEnd(): Promise<void> {
      ended = true;
      draw();
      if (options.keys === undefined) return;
      await new Promise<void>(() => undefined);
    },
    close(): Promise<void> {
      closing.abort();
      terminal.close();
      return Promise.resolve();
    },
  };
}

/** Lines every ten seconds and at the end, for a pipe, a file or a terminal that cannot do more. */
export function createSummaryView(
  output: LineOutput,
  { clock, source, say }: ChartDeps & { readonly say: (text: string) => void },
): TailView {
  const board = new SeriesBoard();
  let shownMs = clock.monotonic();
  let shownTotal = -1;
  const write = async (): Promise<void> => {
    shownMs = clock.monotonic();
    shownTotal = board.total;
    const facts = factsOf(board, source, undefined);
    const rows = board.rows(clock.monotonic());
    const text = renderSummary(rows, facts, { width: summaryWidth, rowsMax: summaryRows });
    await output.write(text, { data: 0, live: true });
  };
  return {
    async show({ data }): Promise<void> {
      for (const datum of data) board.add(datum, clock.monotonic());
      if (clock.monotonic() - shownMs >= summaryMs) await write();
    },
    trouble: (text) => say(text ?? "Going on."),
    atEnd: () => Promise.resolve(),
    async close(): Promise<void> {
      if (shownTotal !== board.total) await write();
      await output.close();
    },
  };
}

function factsOf(board: SeriesBoard, source: string, trouble: string | undefined): ChartFacts {
  const { total, unfollowed } = board;
  return { source, total, unfollowed, trouble, ended: false };
}
