/**
 * Pure. Shows how far a run is until it is over: a bar that is drawn over and over, or a line every ten
 * seconds where nobody looks at a terminal.
 */
import type { Clock } from "../clock.ts";
import type { Log } from "../log/log.ts";
import type { ProgressLine } from "../running/terminal.ts";
import { createReplayProgress, type ReplayLook } from "./replay_progress.ts";

const drawMs = 250;
const logMs = 10_000;

/** Where it is shown. */
export interface ShowDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined where stderr is no terminal. */
  readonly progress: ProgressLine | undefined;
  readonly columns: () => number;
}

/** Resolves when the signal aborts. */
export async function showProgress(
  look: () => ReplayLook,
  { clock, log, progress, columns }: ShowDeps,
  signal: AbortSignal,
): Promise<void> {
  const shownOf = createReplayProgress();
  let lookedAt = clock.monotonic();
  while (!signal.aborted) {
    await clock.sleep(progress === undefined ? logMs : drawMs, signal);
    if (signal.aborted) break;
    const now = clock.monotonic();
    const shown = shownOf(look(), now - lookedAt);
    lookedAt = now;
    if (progress === undefined) log.info(shown.line);
    else progress.draw(shown.bar(columns()));
  }
  progress?.clear();
}
