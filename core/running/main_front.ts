/**
 * Edge (net, signals). How a daemon's main process shows itself: metrics port, systemd, a progress
 * line or status lines in the log; and how it is told: by signals.
 */
import type { Clock } from "../clock.ts";
import type { Log } from "../log/log.ts";
import type { MetricsSnapshot } from "../observe/metrics.ts";
import { createProgress, formatProgress } from "../observe/progress.ts";
import type { Readiness } from "../observe/readiness.ts";
import type { ObserveServer } from "../observe/server.ts";
import type { Front } from "./daemon.ts";
import { listenForSignals, type Signals } from "./signals.ts";
import type { Systemd } from "./systemd.ts";
import type { ProgressLine } from "./terminal.ts";

/** What a main process shows, and where. */
export interface MainFrontDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly readiness: Readiness;
  /** Of this process and all workers. */
  readonly snapshot: () => MetricsSnapshot;
  readonly systemd: Systemd;
  /** Undefined where nothing is served. */
  readonly server: ObserveServer | undefined;
  /** Undefined where stderr is no terminal: status lines go to the log instead. */
  readonly progress: ProgressLine | undefined;
}

const drawMs = 500;
const systemdMs = 10_000;
const logMs = 60_000;
/** The watchdog is fed at most so many times in its period. */
const feedsPerPeriod = 6;

/** The front of a main process. */
export function createMainFront(deps: MainFrontDeps): Front {
  const { log, readiness, systemd, server, progress } = deps;
  const over = new AbortController();
  let signals: Signals | undefined;
  let ready = false;
  let stopping = false;
  return {
    feedPeriodMs: (systemd.watchdogMs ?? systemdMs) / feedsPerPeriod,
    feed: () => systemd.watchdogMs === undefined ? undefined : systemd.watchdog(),
    listen(control): void {
      signals = listenForSignals({
        drain: (signal) => control.drain(`${signal} (a second one ends it at once)`),
        exit: (signal) => control.exit(`a second ${signal}`),
        reload: () => control.reload(),
        report: () => control.report(),
      });
      const every = progress === undefined ? systemdMs : drawMs;
      void showForEver(deps, every, over.signal);
    },
    started: () => systemd.ready("running"),
    reloading: () => systemd.reloading(),
    reloaded: () => systemd.ready(),
    stopping(): void {
      stopping = true;
      systemd.stopping();
    },
    stateChanged(state): void {
      if (stopping || state.ready === ready) return;
      ready = state.ready;
      if (ready) log.info("Ready");
      // Whoever has the trouble has said so, as loudly as it deserves.
      else log.info(`Not ready: ${state.reasons.join("; ")}`);
      systemd.status(ready ? "ready" : `not ready: ${readiness.state().reasons.join("; ")}`);
    },
    async close(): Promise<void> {
      over.abort();
      progress?.clear();
      await server?.stop();
      systemd.close();
      signals?.stop();
    },
  };
}

async function showForEver(
  deps: MainFrontDeps,
  everyMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log, readiness, snapshot, systemd, progress } = deps;
  const look = createProgress();
  let lookedAt = clock.monotonic();
  let saidAt = lookedAt;
  for (;;) {
    await clock.sleep(everyMs, signal);
    if (signal.aborted) return;
    const now = clock.monotonic();
    const line = formatProgress(look(snapshot(), now - lookedAt));
    lookedAt = now;
    const { ready, reasons } = readiness.state();
    const text = ready ? line : `not ready (${reasons.join("; ")}); ${line}`;
    systemd.status(text);
    progress?.draw(text);
    if (progress !== undefined || now - saidAt < logMs) continue;
    saidAt = now;
    log.info(text);
  }
}
