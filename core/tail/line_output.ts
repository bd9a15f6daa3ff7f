/**
 * Edge (stdio). Lines to a reader that may be slow or gone. What is live is dropped, and counted, when
 * too much waits; everything else waits for the reader. Memory is bounded either way.
 */
import type { Clock } from "../clock.ts";

/** The part of process.stdout that is needed. */
export interface OutputStream {
  write(text: string, done: (error?: Error | null) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** What the output works with and tells. */
export interface LineOutputDeps {
  readonly clock: Clock;
  /** Live data that were not shown since the last time it was said; at most so often. */
  onDropped(count: number): void;
  /** The reader has closed its end. */
  onGone(): void;
}

/** How much may wait for the reader, in characters. */
const waitingMax = 4 * 1024 * 1024;
/** What waits is waited for down to this. */
const waitingLow = 1024 * 1024;
/** Drops are said so often while they go on. */
const sayMs = 5000;

/** Where lines go. */
export interface LineOutput {
  /** Resolves when there is room again; lines of live data may be dropped instead. */
  write(text: string, of: { readonly data: number; readonly live: boolean }): Promise<void>;
  /** Of live data, how many were not shown. */
  readonly dropped: number;
  /** Resolves when all is out or the reader is gone. */
  close(): Promise<void>;
}

/** Listens for the stream's errors from now on. */
export function createLineOutput(stream: OutputStream, deps: LineOutputDeps): LineOutput {
  const { clock } = deps;
  let waiting = 0;
  let dropped = 0;
  let said = 0;
  let saidAtMs = -Infinity;
  let isGone = false;
  let wake: (() => void) | undefined;
  let low = waitingLow;
  const leave = (): void => {
    if (!isGone) deps.onGone();
    isGone = true;
    wake?.();
  };
  stream.on("error", leave);
  const say = (): void => {
    if (dropped > said) deps.onDropped(dropped - said);
    said = dropped;
    saidAtMs = clock.monotonic();
  };
  const room = async (down: number): Promise<void> => {
    low = down;
    while (!isGone && waiting > down) await new Promise<void>((resolve) => wake = resolve);
  };
  return {
    get dropped(): number {
      return dropped;
    },
    async write(text, { data, live }): Promise<void> {
      if (isGone || text === "") return;
      if (live && waiting + text.length > waitingMax) {
        dropped += data;
        if (clock.monotonic() - saidAtMs >= sayMs) say();
        // The stream's own turn: without it nothing would ever get out.
        return await clock.sleep(0);
      }
      waiting += text.length;
      stream.write(text, (error) => {
        waiting -= text.length;
        if (error) leave();
        else if (waiting <= low) wake?.();
      });
      if (!live && waiting > waitingMax) await room(waitingLow);
    },
    async close(): Promise<void> {
      say();
      await room(0);
    },
  };
}
