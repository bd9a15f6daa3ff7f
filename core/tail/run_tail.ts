/**
 * Edge (clock). Shows what a source gives until it ends or somebody has seen enough. Being told to stop is
 * no failure, and nothing that hangs is waited for then.
 */
import type { Clock } from "../clock.ts";
import type { ChartHistory } from "./chart_history.ts";
import type { TailBatch, TailSource } from "./source.ts";
import type { TailView } from "./view.ts";

/** What it runs with. */
export interface RunTailDeps {
  readonly clock: Clock;
  /** Aborts when it is to end. */
  readonly signal: AbortSignal;
  /** Filled with what passes, where a picture is wanted. */
  readonly history: ChartHistory | undefined;
}

/** So long others wait for their turn: signals, timers, the terminal. */
const turnMs = 50;
/** How long saying good-bye may take, the slow reader of a run that was told to end included. */
const closeMsMax = 2000;

/** Resolves when it is over; the view is closed then. Rejects with what ended the source. */
export async function runTail(
  source: TailSource,
  view: TailView,
  { clock, signal, history }: RunTailDeps,
): Promise<void> {
  const done = new AbortController();
  const over = whenOver(signal, done.signal);
  const batches = source.batches()[Symbol.asyncIterator]();
  let turnAtMs = clock.monotonic();
  try {
    for (;;) {
      const next = await nextOf(batches, over);
      if (next === undefined) break;
      for (const datum of history === undefined ? [] : next.data) history?.add(datum);
      await Promise.race([view.show(next), over]);
      if (clock.monotonic() - turnAtMs < turnMs) continue;
      await clock.sleep(0);
      turnAtMs = clock.monotonic();
    }
    if (!signal.aborted) await Promise.race([view.atEnd(), over]);
    await Promise.race([view.close(), over]);
  } finally {
    done.abort();
    await withinBound(Promise.all([source.close(), view.close()]), clock);
  }
}

/** What `doing` comes to; undefined as soon as the signal aborts, whatever hangs. */
export async function orOver<T>(
  doing: Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  // Whatever it comes to after the end concerns nobody.
  doing.catch(() => undefined);
  const done = new AbortController();
  try {
    return await Promise.race([doing, whenOver(signal, done.signal)]);
  } finally {
    done.abort();
  }
}

/** Resolves when the signal aborts; nobody listens any more once `done` has. */
function whenOver(signal: AbortSignal, done: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true, signal: done });
  });
}

/** Undefined at the end, and as soon as it is over. */
async function nextOf(
  batches: AsyncIterator<TailBatch>,
  over: Promise<undefined>,
): Promise<TailBatch | undefined> {
  const pulling = batches.next();
  // Whatever it comes to after the end concerns nobody.
  pulling.catch(() => undefined);
  const result = await Promise.race([pulling, over]);
  return result === undefined || result.done === true ? undefined : result.value;
}

async function withinBound(closing: Promise<unknown>, clock: Clock): Promise<void> {
  const done = new AbortController();
  const closed = closing.finally(() => done.abort());
  await Promise.race([closed, clock.sleep(closeMsMax, done.signal)]);
}
