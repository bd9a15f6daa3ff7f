/**
 * Edge (stdio). stderr as an output: never blocks on a reader that is slow and outlives one that is
 * gone. Lines beyond a bound are dropped and counted rather than kept.
 */
import type { LogOutput } from "./output.ts";

/** The part of process.stderr that is needed. */
export interface StderrStream {
  write(text: string, done: (error?: Error | null) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
}

/** How much may wait for a slow reader, in characters. */
export const waitingCharsMax = 4 * 1024 * 1024;

/** How long closing waits for a slow reader, in ms. */
const closeWaitMs = 2000;

/** Listens for the stream's errors until it is closed. */
export function createStderrOutput(stream: StderrStream): LogOutput {
  let waiting = 0;
  let dropped = 0;
  let isGone = false;
  let idle: (() => void) | undefined;
  // Without a listener the runtime ends the process when the reader is gone.
  const onError = (): void => {
    isGone = true;
    idle?.();
  };
  stream.on("error", onError);
  const send = (text: string): void => {
    waiting += text.length;
    stream.write(text, (error) => {
      waiting -= text.length;
      if (error) isGone = true;
      if (waiting === 0) idle?.();
    });
  };
  const settled = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, closeWaitMs);
      idle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  return {
    write(line): void {
      if (isGone) return;
      if (waiting + line.length > waitingCharsMax) {
        dropped += 1;
        return;
      }
      if (dropped > 0) {
        send(`tpctl: ${dropped} messages were dropped, the reader of stderr is too slow\n`);
        dropped = 0;
      }
      send(`${line}\n`);
    },
    async close(): Promise<void> {
      if (!isGone && waiting > 0) await settled();
      stream.off("error", onError);
    },
  };
}
