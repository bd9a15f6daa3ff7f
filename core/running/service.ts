/**
 * Edge (net, processes). Puts a daemon together for the part that this process plays: it works
 * itself, or it is the parent of worker processes, or one of those. Same program, same arguments.
 */
import type { Clock } from "../clock.ts";
import type { ListenConfig } from "../config/persist_config.ts";
import type { Log } from "../log/log.ts";
import { formatExposition } from "../observe/exposition.ts";
import { mergeSnapshots } from "../observe/merge.ts";
import type { Metrics, MetricsSnapshot } from "../observe/metrics.ts";
import { type BuildInfo, observeProcess, processMemory } from "../observe/process.ts";
import { createReadiness } from "../observe/readiness.ts";
import { startObserveServer } from "../observe/server.ts";
import { type DaemonOutcome, type DaemonWork, runDaemon, type WorkEvents } from "./daemon.ts";
import { watchMemory } from "./memory.ts";
import { createMainFront } from "./main_front.ts";
import { openSystemd } from "./systemd.ts";
import type { ProgressLine } from "./terminal.ts";
import type { WorkerChannel } from "./worker_channel.ts";
import { createWorkerFront } from "./worker_front.ts";
import { ownCommand, prepareWorkers, type Workers } from "./workers.ts";

/** What the configuration says of the process itself. */
export interface ServiceOptions {
  /** Worker processes; up to 1 this process works itself. */
  readonly workers: number;
  /** Undefined: no port. */
  readonly listen: ListenConfig | undefined;
  readonly drainMs: number;
  readonly build: BuildInfo;
}

/** The process that it runs in. */
export interface ServiceDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  /** The channel to the parent, where this process is a worker. */
  readonly channel: WorkerChannel | undefined;
  readonly progress: ProgressLine | undefined;
}

/** What a service does. */
export interface Service {
  /** Starts the work of a process that works. */
  start(events: WorkEvents): Promise<DaemonWork>;
  /** A parent's own part of a reload, before its workers are told; rejects when they must not be. */
  reloadParent(): Promise<void>;
}

/** How it ended, and what was counted. */
export interface ServiceOutcome extends DaemonOutcome {
  /** The metrics of this process and its workers, at the end. */
  readonly snapshot: MetricsSnapshot;
}

/** What leaving groups and closing connections may take, behind the drain. */
const closeMs = 15_000;
/** A worker that takes longer than its own bound is killed so much later; a parent ends after that. */
const killMs = 3_000;
const parentMs = 8_000;

/** Runs to the end. Rejects with what the process cannot get over (RunError). */
export async function runService(
  service: Service,
  options: ServiceOptions,
  deps: ServiceDeps,
): Promise<ServiceOutcome> {
  const readProcess = observeProcess(deps.metrics, options.build);
  const own = (): MetricsSnapshot => {
    readProcess();
    return deps.metrics.snapshot();
  };
  const { channel, clock } = deps;
  const over = new AbortController();
  void watchMemory({ memory: processMemory, clock }, over.signal);
  try {
    return channel === undefined
      ? await runMain(service, options, { ...deps, own })
      : await runWorker(service, options, { ...deps, own, channel });
  } finally {
    over.abort();
  }
}

type OwnDeps = ServiceDeps & { readonly own: () => MetricsSnapshot };

async function runWorker(
  service: Service,
  options: ServiceOptions,
  deps: OwnDeps & { readonly channel: WorkerChannel },
): Promise<ServiceOutcome> {
  const front = createWorkerFront({ ...deps, snapshot: deps.own });
  try {
    const start = (events: WorkEvents): Promise<DaemonWork> => service.start(events);
    const outcome = await runDaemon(
      start,
      { ...options, closeMs },
      { ...deps, front, readiness: createReadiness() },
    );
    if (outcome.readerGone) deps.channel.send({ type: "reader_gone" });
    return { ...outcome, snapshot: deps.own() };
  } finally {
    await front.close();
  }
}

async function runMain(
  service: Service,
  options: ServiceOptions,
  deps: OwnDeps,
): Promise<ServiceOutcome> {
  const { own, log } = deps;
  const readiness = createReadiness();
  const workers = options.workers > 1 ? createWorkers(options, deps) : undefined;
  const snapshot = workers === undefined
    ? own
    : () => mergeSnapshots([{ worker: "parent", families: own() }, ...workers.snapshots()]);
  const server = options.listen && startObserveServer(options.listen, {
    metrics: () => formatExposition(snapshot()),
    readiness: () => readiness.state(),
    log,
  });
  const systemd = await openSystemd(deps.env, deps);
  const front = createMainFront({ ...deps, readiness, snapshot, systemd, server });
  try {
    const start = (events: WorkEvents): Promise<DaemonWork> =>
      workers === undefined ? service.start(events) : parentWork(workers, events, { service });
    const bounds = { ...options, closeMs: workers === undefined ? closeMs : closeMs + parentMs };
    const outcome = await runDaemon(start, bounds, { ...deps, front, readiness });
    if (outcome.how === "cut") workers?.kill();
    await workers?.drain();
    return { ...outcome, snapshot: snapshot() };
  } finally {
    await workers?.drain();
    await front.close();
  }
}

function createWorkers(options: ServiceOptions, { clock, log, env }: ServiceDeps): Workers {
  const { workers: count, drainMs } = options;
  const stopMs = drainMs + closeMs + killMs;
  return prepareWorkers({ count, argv: ownCommand(), env, stopMs }, { clock, log });
}

function parentWork(
  workers: Workers,
  events: WorkEvents,
  { service }: { readonly service: Service },
): Promise<DaemonWork> {
  const ended = workers.run({
    onStarted: events.started,
    onTurn: events.turned,
    onState: events.state,
  });
  return Promise.resolve({
    ended: ended.then(({ readerGone }) => ({ complete: false, readerGone })),
    stop: () => void workers.drain(),
    async reload(): Promise<void> {
      await service.reloadParent();
      workers.tell("reload");
    },
    report(): [] {
      workers.tell("report");
      return [];
    },
  });
}
