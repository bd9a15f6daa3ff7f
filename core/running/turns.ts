/**
 * Pure. Feeds a watchdog from the completed turns of several loops: only when every one of them has
 * ended a turn since the last time. A loop whose turn never ends starves it; an outage or an idle
 * source, whose polls and back-off steps still end, does not.
 */
import type { Clock } from "../clock.ts";

/** How often at most. */
export interface TurnsOptions {
  /** Not fed more often than this. */
  readonly periodMs: number;
}

/** The loops whose turns count. */
export interface Turns {
  /** This loop ended a turn. A loop is known from its `add` on. */
  turned(loop: string): void;
  add(loop: string): void;
  /** The loop has ended; nobody waits for it any more. */
  remove(loop: string): void;
}

/** Calls `feed` as said above; without any loop it is never called. */
export function createTurns(
  options: TurnsOptions,
  deps: { readonly clock: Clock; readonly feed: () => void },
): Turns {
  const loops = new Set<string>();
  const waitedFor = new Set<string>();
  let fedAt = -Infinity;
  return {
    add(loop): void {
      loops.add(loop);
      waitedFor.add(loop);
    },
    remove(loop): void {
      loops.delete(loop);
      waitedFor.delete(loop);
    },
    turned(loop): void {
      waitedFor.delete(loop);
      if (waitedFor.size > 0 || !loops.has(loop)) return;
      const now = deps.clock.monotonic();
      if (now - fedAt < options.periodMs) return;
      fedAt = now;
      for (const one of loops) waitedFor.add(one);
      deps.feed();
    },
  };
}
