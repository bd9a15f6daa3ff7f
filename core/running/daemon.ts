/**
 * Pure. The life of a daemon, whatever it works on: start, be told (drain, reload, report), end
 * within a bound. How it is told and how it shows itself is its Front's business, what it does its
 * Work's.
 */
import type { Clock } from "../clock.ts";
import { ConfigError, describeConfigError } from "../errors.ts";
import type { Log, LogFields } from "../log/log.ts";
import { withoutSecrets } from "../validate/masking.ts";
import type { PartState, Readiness, ReadinessState } from "../observe/readiness.ts";
import { createTurns } from "./turns.ts";

/** What a daemon works on: its loops, or the workers that run them. */
export interface DaemonWork {
  /** Resolves when all of it has ended; rejects with what the process cannot get over. */
  readonly ended: Promise<WorkOutcome>;
  /** Ends in order, within the work's own bound. */
  stop(): void;
  /** Reads the configuration again and takes over what it can; says itself what came of it. */
  reload(): Promise<void>;
  /** What the state report says of it, a line each. */
  report(): readonly LogFields[];
}

/** How the work ended. */
export interface WorkOutcome {
  /** The sources came to their end and all of it is settled. */
  readonly complete: boolean;
  /** Nobody reads any more what is written (a closed pipe): ends quietly, whatever is left. */
  readonly readerGone: boolean;
}

/** What the work tells its daemon. */
export interface WorkEvents {
  /** A loop is there from now on; until `gone` its turns are waited for and its state counts. */
  started(loop: string): void;
  turned(loop: string): void;
  state(loop: string, state: PartState): void;
  gone(loop: string): void;
}

/** What a daemon can be told from outside. */
export interface DaemonControl {
  drain(why: string): void;
  exit(why: string): void;
  reload(): void;
  report(): void;
}

/** How a daemon shows itself: to systemd and monitoring, or to its parent. */
export interface Front {
  /** The watchdog need not be fed more often than this. */
  readonly feedPeriodMs: number;
  feed(): void;
  /** Called once, before the work starts; from then on `control` may be called. */
  listen(control: DaemonControl): void;
  started(): void;
  reloading(): void;
  reloaded(): void;
  stopping(): void;
  stateChanged(state: ReadinessState): void;
  close(): Promise<void>;
}

/** The bounds of a daemon. */
export interface DaemonOptions {
  /** How long the work waits for what is in flight when it is told to stop. */
  readonly drainMs: number;
  /** How long it may take beyond that: to leave its groups and close its connections. */
  readonly closeMs: number;
}

/** What a daemon is put together from. */
export interface DaemonDeps {
  readonly front: Front;
  readonly readiness: Readiness;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * - `ended`: the work came to its end by itself; - `drained`: it was told to stop, and did in time;
 * - `cut`: told twice, or not done in time: something is left as a crash would leave it.
 */
export interface DaemonOutcome extends WorkOutcome {
  readonly how: "ended" | "drained" | "cut";
}

/**
 * Whether the exit code is 0: told to stop and did, came to its end with all of it settled, or nobody
 * reads any more. A run to the end of the input (`once`) that was told to stop has left something.
 */
export function endedWell({ how, complete, readerGone }: DaemonOutcome, once: boolean): boolean {
  return readerGone || complete || (how === "drained" && !once);
}

const cutShort: DaemonOutcome = { how: "cut", complete: false, readerGone: false };

/** Runs the work to its end. Rejects with what the work could not get over. */
export async function runDaemon(
  start: (events: WorkEvents) => Promise<DaemonWork>,
  options: DaemonOptions,
  deps: DaemonDeps,
): Promise<DaemonOutcome> {
  const { front, log } = deps;
  const over = new AbortController();
  const cut = Promise.withResolvers<DaemonOutcome>();
  const early: (() => void)[] = [];
  let work: DaemonWork | undefined;
  let drained = false;
  /** What is told before the work stands is done as soon as it does. */
  const later = (act: () => void): void => void (work === undefined ? early.push(act) : act());
  const reload = createReload(() => work, deps);
  front.listen({
    drain(why): void {
      drained = true;
      log.info(`Draining: ${why}`, { seconds_max: options.drainMs / 1000 });
      front.stopping();
      later(() => work?.stop());
      void deps.clock.sleep(options.drainMs + options.closeMs, over.signal).then(() => {
        if (over.signal.aborted) return;
        log.error("Cannot end in time: going without what is in flight");
        cut.resolve(cutShort);
      });
    },
    exit(why): void {
      log.warning(`Ending at once: ${why}`);
      cut.resolve(cutShort);
    },
    reload: () => later(reload),
    report: () => later(() => writeReport(work, deps)),
  });
  try {
    work = await start(eventsOf(deps));
    for (const act of early) act();
    front.started();
    const ended = work.ended.then((outcome): DaemonOutcome => ({
      how: drained ? "drained" : "ended",
      ...outcome,
    }));
    return await Promise.race([ended, cut.promise]);
  } finally {
    over.abort();
  }
}

function eventsOf({ front, readiness, clock }: DaemonDeps): WorkEvents {
  const turns = createTurns(
    { periodMs: front.feedPeriodMs },
    { clock, feed: () => front.feed() },
  );
  const loops = new Set<string>();
  return {
    started(loop): void {
      loops.add(loop);
      turns.add(loop);
    },
    turned: (loop) => turns.turned(loop),
    state(loop, state): void {
      if (readiness.set(loop, state)) front.stateChanged(readiness.state());
    },
    gone(loop): void {
      turns.remove(loop);
      readiness.remove(loop);
      loops.delete(loop);
      const state = readiness.state();
      // What is left without a loop (stores, dead letters) does no work that could be ready.
      if (state.ready && loops.size > 0) front.stateChanged(state);
    },
  };
}

/** One reload at a time; one that is asked for meanwhile follows it. */
function createReload(work: () => DaemonWork | undefined, deps: DaemonDeps): () => void {
  const { front, log } = deps;
  let running = false;
  let again = false;
  const run = async (): Promise<void> => {
    running = true;
    do {
      again = false;
      front.reloading();
      await work()?.reload().catch((cause: unknown) => {
        log.error(
          `Cannot take over the new configuration, going on with the old: ${wordsOf(cause)}`,
        );
      });
      front.reloaded();
    } while (again);
    running = false;
  };
  return () => {
    again = true;
    if (!running) void run();
  };
}

function writeReport(work: DaemonWork | undefined, { readiness, log }: DaemonDeps): void {
  const { ready, reasons } = readiness.state();
  log.info(ready ? "State report: ready" : `State report: not ready: ${reasons.join("; ")}`);
  for (const fields of work?.report() ?? []) log.info("State report", fields);
}

function wordsOf(cause: unknown): string {
  if (cause instanceof ConfigError) return withoutSecrets(describeConfigError(cause));
  return cause instanceof Error ? cause.message : String(cause);
}
