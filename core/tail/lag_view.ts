/**
 * Edge (terminal, net, clock). `--lag`: on a terminal refreshed until somebody presses q; elsewhere once, or
 * with `follow` again and again, as lines.
 */
import type { Clock } from "../clock.ts";
import type { GroupLag } from "../kafka/group_lag.ts";
import { lagJson, type LagLook, lagRows, lagTable } from "./lag_table.ts";
import type { LineOutput } from "./line_output.ts";
import { orOver } from "./run_tail.ts";
import { openTerminalScreen, type TerminalScreenOptions } from "./terminal_screen.ts";

/** Between two looks. */
const lookMs = 2000;
/** Between the two looks that a single table is made of. */
const onceMs = 1000;

/** What lag is shown with. */
export interface LagDeps {
  readonly lag: GroupLag;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The topic and the group, and their cluster, for the heading. */
  readonly name: string;
}

/** Refreshed on a terminal; resolves when the signal aborts. */
export async function showLagScreen(
  { screen, keys }: Pick<TerminalScreenOptions, "screen" | "keys">,
  { lag, clock, signal, name, onQuit }: LagDeps & { onQuit(): void },
): Promise<void> {
  let before = await orOver(look(lag, clock), signal);
  if (before === undefined) return;
  let lines: string[] = [];
  const onKey = (key: string): void => {
    if (["q", "Q", "\x03", "\x04"].includes(key)) onQuit();
  };
  const draw = (): void => terminal.draw(lines);
  const terminal = openTerminalScreen({ screen, keys, onKey, onResize: draw });
  const render = (now: LagLook, then: LagLook | undefined): void => {
    const { width, height } = terminal;
    const table = lagTable(lagRows(now, then), { heading: name, width });
    // The sum stays where partitions find no room.
    const room = Math.max(0, height - 2);
    const shown = table.length <= room ? table : [...table.slice(0, room - 1), ...table.slice(-1)];
    lines = [...shown, "", "q quit"].slice(0, height);
    draw();
  };
  try {
    render(before, undefined);
    while (!signal.aborted) {
      await clock.sleep(lookMs, signal);
      if (signal.aborted) return;
      const now = await orOver(look(lag, clock), signal);
      if (now === undefined) return;
      render(now, before);
      before = now;
    }
  } finally {
    terminal.close();
  }
}

/** Lines: a table or JSON; once, unless it is to follow. */
export async function showLagLines(
  { json, follow, topic, group }: {
    readonly json: boolean;
    readonly follow: boolean;
    readonly topic: string;
    readonly group: string;
  },
  output: LineOutput,
  { lag, clock, signal, name }: LagDeps,
): Promise<void> {
  let before = await orOver(look(lag, clock), signal);
  for (let waitMs = onceMs;; waitMs = lookMs) {
    await clock.sleep(waitMs, signal);
    const now = await orOver(look(lag, clock), signal);
    if (now === undefined || signal.aborted) return;
    const rows = lagRows(now, before);
    const text = json
      ? lagJson(rows, { topic, group })
      : `${lagTable(rows, { heading: name, width: Infinity }).join("\n")}\n`;
    await output.write(text, { data: 0, live: false });
    before = now;
    if (!follow) return;
  }
}

async function look(lag: GroupLag, clock: Clock): Promise<LagLook> {
  const partitions = await lag.ask();
  return { atMs: clock.monotonic(), partitions };
}
