/**
 * Pure. `[tpctl] fail_fast_seconds`: a source that has been away this long ends the process, for
 * supervisors that expect the reference's exit. Stores that are away are always waited for.
 */
import type { Clock } from "../clock.ts";
import { RunError } from "../errors.ts";
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

/** Calls `fail` once with a RunError when the source has been away for too long without a break. */
export function createAwayWatch(
  { failFastMs, source }: AwayWatchOptions,
  deps: { readonly clock: Clock; readonly fail: (cause: RunError) => void },
): AwayWatch {
  let away: AbortController | undefined;
  let reason = "not ready";
  const end = (): void => {
    away?.abort();
    away = undefined;
  };
  return {
    heard(state): void {
      if (state.ready || failFastMs === 0) return end();
      reason = state.reason ?? reason;
      if (away !== undefined) return;
      const waiting = new AbortController();
      away = waiting;
      void deps.clock.sleep(failFastMs, waiting.signal).then(() => {
        if (waiting.signal.aborted) return;
        deps.fail(
          new RunError(
            `Cannot go on without '${source}': away for ${failFastMs / 1000} s ` +
              `([tpctl] fail_fast_seconds): ${reason}`,
          ),
        );
      });
    },
    stop: end,
  };
}
