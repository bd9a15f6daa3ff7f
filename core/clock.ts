/**
 * Edge (clock). Time as a dependency: whatever waits or reads the time is given a Clock, so that a
 * test can run it without waiting.
 */

/** The two readings of time, and waiting. */
export interface Clock {
  /** Milliseconds since the epoch, for timestamps that leave the process. */
  now(): number;
  /** Milliseconds that only go forward, for durations. */
  monotonic(): number;
  /** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: sleepFor,
};

/** The runtime's timers take 31 bits and end at once for more, some 25 days. */
const timerMsMax = 2 ** 31 - 1;

function sleepFor(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const wait = (left: number): ReturnType<typeof setTimeout> =>
      left <= timerMsMax ? setTimeout(done, left) : setTimeout(() => {
        timer = wait(left - timerMsMax);
      }, timerMsMax);
    let timer = wait(ms);
    signal?.addEventListener("abort", done, { once: true });
  });
}
