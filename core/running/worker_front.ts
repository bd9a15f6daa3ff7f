/**
 * Edge (processes). How a worker shows itself: everything goes to its parent, which also tells it
 * what to do. A worker whose parent is gone drains and ends.
 */
import type { Clock } from "../clock.ts";
import type { MetricsSnapshot } from "../observe/metrics.ts";
import type { Front } from "./daemon.ts";
import { listenForSignals } from "./signals.ts";
import type { WorkerChannel } from "./worker_channel.ts";

/** What a worker tells, and through what. */
export interface WorkerFrontDeps {
  readonly channel: WorkerChannel;
  readonly clock: Clock;
  readonly snapshot: () => MetricsSnapshot;
}

/** How often turns and metrics are told. */
const tellMs = 1_000;

/** The front of a worker process. The channel stays open: the log's last lines go through it. */
export function createWorkerFront({ channel, clock, snapshot }: WorkerFrontDeps): Front {
  const over = new AbortController();
  const tellMetrics = (): void => channel.send({ type: "metrics", families: snapshot() });
  return {
    feedPeriodMs: tellMs,
    feed: () => channel.send({ type: "turn" }),
    listen(control): void {
      // A supervisor may signal the whole group, and the parent tells its workers besides: only the
      // parent cuts a worker's drain short.
      listenForSignals({ ...control, exit: ignore });
      channel.listen({
        message(type): void {
          switch (type) {
            case "drain":
              return control.drain("the parent says so");
            case "exit":
              return control.exit("the parent says so");
            case "reload":
              return control.reload();
            case "report":
              return control.report();
          }
        },
        orphaned: () => control.drain("the parent is gone"),
      });
      void tellForEver(tellMetrics, clock, over.signal);
    },
    started: ignore,
    reloading: ignore,
    reloaded: ignore,
    stopping: ignore,
    stateChanged: (state) => channel.send({ type: "ready", ...state }),
    close(): Promise<void> {
      over.abort();
      tellMetrics();
      return Promise.resolve();
    },
  };
}

async function tellForEver(tell: () => void, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    tell();
    await clock.sleep(tellMs, signal);
  }
}

function ignore(): void {}
