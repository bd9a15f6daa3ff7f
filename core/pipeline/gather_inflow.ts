/**
 * Pure. Notifications gathered before they are handled (`[notification] batch_size`, `batch_timeout`):
 * what is handled in one turn, a publisher that sends several notifications at once sends in one
 * request. What has come already is never held back to the batch's size.
 */
import type { Clock } from "../clock.ts";
import type { Incoming, Inflow } from "./inflow.ts";

/** A batch of so many bytes waits for no more. */
const batchBytesMax = 16 * 1024 * 1024;

/** When a batch is due: whichever comes first. */
export interface BatchBounds {
  readonly messagesMax: number;
  /** After its first notification. */
  readonly waitMs: number;
}

/** The inflow with batches of its own making; itself where a batch is one notification. */
export function gatherInflow(inflow: Inflow, bounds: BatchBounds, clock: Clock): Inflow {
  if (bounds.messagesMax <= 1) return inflow;
  const waiting: Waiting = { clock, isClosing: false, stop: new AbortController() };
  return {
    name: inflow.name,
    deliveries: () => gather(inflow, bounds, waiting),
    flush: () => inflow.flush(),
    close: () => {
      waiting.isClosing = true;
      waiting.stop.abort();
      return inflow.close();
    },
  };
}

interface Waiting {
  readonly clock: Clock;
  isClosing: boolean;
  /** Ends the wait for the rest of a batch: a new one for each, which is cheaper than joined signals. */
  stop: AbortController;
}

async function* gather(
  inflow: Inflow,
  { messagesMax, waitMs }: BatchBounds,
  waiting: Waiting,
): AsyncGenerator<readonly Incoming[], void, void> {
  const pulls = inflow.deliveries()[Symbol.asyncIterator]();
  const next = (): ReturnType<typeof pulls.next> => {
    const coming = pulls.next();
    // Who waits for it hears of a failure; until somebody does, it is nobody's.
    coming.catch(() => undefined);
    return coming;
  };
  let pull = next();
  for (let first = await pull; first.done !== true; first = await pull) {
    const batch = [...first.value];
    let bytes = bytesOf(batch);
    const stop = waiting.stop = new AbortController();
    if (waiting.isClosing) stop.abort();
    const over = waiting.clock.sleep(waitMs, stop.signal).then(() => undefined);
    pull = next();
    while (batch.length < messagesMax && bytes < batchBytesMax) {
      const more = await Promise.race([pull, over]);
      if (more === undefined || more.done === true) break;
      batch.push(...more.value);
      bytes += bytesOf(more.value);
      pull = next();
    }
    stop.abort();
    yield batch;
  }
}

function bytesOf(messages: readonly Incoming[]): number {
  return messages.reduce((sum, { bytes }) => sum + bytes.length, 0);
}
