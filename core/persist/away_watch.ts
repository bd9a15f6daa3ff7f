/**
 * Pure. A source that is away: said again now and then, and with `[tpctl] fail_fast_seconds` the end of
 * the process, for supervisors that expect the reference's exit. Stores are always waited for.
 */
import type { Clock } from "../clock.ts";
import { RunError } from "../errors.ts";
import type { Log } from "../log/log.ts";
import type { LoopState } from "./loop_options.ts";

/** How long, and of what. */
export interface AwayWatchOptions {
  /** 0: for ever. */
  readonly failFastMs: number;
  /** The source as operators name it. */
  readonly source: string;
}

/** Hears how the source is. */
export interface AwayWatch {
  /** The source's state, at every change; away from the start until told otherwise. */
  heard(state: LoopState): void;
  stop(): void;
}

const remindMs = 60_000;

/** What a watch works with. */
export interface AwayWatchDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly fail: (cause: RunError) => void;
}

/**
 * Calls `fail` once with a RunError when the source has been away for too long without a break. Until
 * then, and for ever where there is no bound, the log is reminded of it.
 */
export function createAwayWatch(options: AwayWatchOptions, deps: AwayWatchDeps): AwayWatch {
  let away: AbortController | undefined;
  let reason = "not ready";
  return {
    heard(state): void {
      if (state.ready) return this.stop();
      reason = state.reason ?? reason;
      if (away !== undefined) return;
      away = new AbortController();
      void remind(() => reason, away.signal, { ...options, ...deps });
      if (options.failFastMs > 0) void end(() => reason, away.signal, { ...options, ...deps });
    },
    stop(): void {
      away?.abort();
      away = undefined;
    },
  };
}

async function remind(
  reason: () => string,
  signal: AbortSignal,
  { source, failFastMs, clock, log }: AwayWatchOptions & AwayWatchDeps,
): Promise<void> {
  const hint = failFastMs > 0 ? "" : ", for ever ([tpctl] fail_fast_seconds would end it)";
  for (let minutes = 1;; minutes++) {
    await clock.sleep(remindMs, signal);
    if (signal.aborted) return;
    log.warning(`Still waiting for '${source}'${hint}`, { minutes, reason: reason() });
  }
}

async function end(
  reason: () => string,
  signal: AbortSignal,
  { source, failFastMs, clock, fail }: AwayWatchOptions & AwayWatchDeps,
): Promise<void> {
  await clock.sleep(failFastMs, signal);
  if (signal.aborted) return;
  fail(
    new RunError(
      `Cannot go on without '${source}': away for ${failFastMs / 1000} s ` +
        `([tpctl] fail_fast_seconds): ${reason()}`,
    ),
  );
}
