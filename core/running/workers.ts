/**
 * Edge (processes). The parent's side of worker processes: starts them, hears them, starts one that
 * died again after a back-off, and ends them all. What a worker does is its own business.
 */
import type { Clock } from "../clock.ts";
import { ConfigError, RunError } from "../errors.ts";
import type { Log } from "../log/log.ts";
import type { MetricsSnapshot } from "../observe/metrics.ts";
import { mergeSnapshots, retireSnapshot, type WorkerSnapshot } from "../observe/merge.ts";
import type { PartState } from "../observe/readiness.ts";
import {
  isWorkerMessage,
  type ParentMessage,
  type WorkerMessage,
  workerVariable,
} from "./worker_messages.ts";
import { systemdVariables } from "./systemd.ts";

/** How many workers, and what they are started with. */
export interface WorkersOptions {
  readonly count: number;
  /** Program and arguments of a worker: the same binary with the same arguments. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How long a worker may take to end in order before it is killed. */
  readonly stopMs: number;
}

/** What the parent uses. */
export interface WorkersDeps {
  readonly clock: Clock;
  readonly log: Log;
}

/** What workers say of themselves; the first argument is the worker's name. */
export interface WorkersEvents {
  readonly onStarted: (worker: string) => void;
  /** It ended a turn of all its loops, or a step of the wait before it starts again. */
  readonly onTurn: (worker: string) => void;
  readonly onState: (worker: string, state: PartState) => void;
}

/** What a place hears besides: its worker's output, which all of them share, has no reader. */
interface SlotEvents extends WorkersEvents {
  readonly onReaderGone: () => void;
}

/** All workers of a parent. */
export interface Workers {
  /**
   * Starts all of them; once. Resolves when every worker has ended after `drain` or `kill`, or since
   * one said that nobody reads what they write. Rejects when one ended by itself with 2 (ConfigError)
   * or 3 (RunError): what it could not get over, another start of it cannot either. A configuration
   * that is no good when one that died starts again is no reason: the others go on with the old.
   */
  run(events: WorkersEvents): Promise<{ readonly readerGone: boolean }>;
  /** Asks all to end in order, and waits; those that take longer than `stopMs` are killed. */
  drain(): Promise<void>;
  /** Kills all at once. */
  kill(): void;
  tell(type: Extract<ParentMessage["type"], "reload" | "report">): void;
  /** What the living say, and what the dead had counted. */
  snapshots(): readonly WorkerSnapshot[];
}

/** A worker that died starts again after this, doubled at each death in a row. */
const restartMs = 1_000;
const restartMsMax = 30_000;
/** A worker that lived this long has recovered: its next death is the first in a row. */
const recoveredMs = 60_000;

/** How long the last words of a worker that ended are waited for. */
const lastWordsMs = 500;

/** The name that a worker goes by in readiness. */
function workerName(number: number): string {
  return `worker ${number}`;
}

/** Program and arguments that start this process's own binary again, compiled or from source. */
export function ownCommand(): readonly string[] {
  const compiled = Bun.main.startsWith("/$bunfs/") || Bun.main.includes("~BUN");
  const args = process.argv.slice(2);
  return compiled
    ? [process.execPath, ...args]
    : [process.execPath, ...process.execArgv, Bun.main, ...args];
}

/** Workers that are yet to be started by `run`. */
export function prepareWorkers(options: WorkersOptions, deps: WorkersDeps): Workers {
  const stopping = new AbortController();
  const slots = Array.from({ length: options.count }, (_, i) => new Slot(i + 1, options, deps));
  let running: readonly Promise<void>[] = [];
  const kill = (): void => {
    stopping.abort();
    for (const slot of slots) slot.kill();
  };
  const drain = async (): Promise<void> => {
    stopping.abort();
    for (const slot of slots) slot.tell("drain");
    const all = new AbortController();
    const settled = Promise.allSettled(running).then(() => all.abort());
    void deps.clock.sleep(options.stopMs, all.signal).then(() => {
      if (all.signal.aborted) return;
      deps.log.error("Killing the workers that did not end in time");
      kill();
    });
    await settled;
  };
  return {
    async run(events): Promise<{ readerGone: boolean }> {
      let readerGone = false;
      const onReaderGone = (): void => {
        if (!readerGone) void drain();
        readerGone = true;
      };
      running = slots.map((slot) => slot.run({ ...events, onReaderGone }, stopping.signal));
      await Promise.all(running);
      return { readerGone };
    },
    drain,
    kill,
    tell(type): void {
      for (const slot of slots) slot.tell(type);
    },
    snapshots: () => slots.flatMap((slot) => slot.snapshots()),
  };
}

/** One worker's place: the process that stands there now, and what its predecessors counted. */
class Slot {
  readonly #number: number;
  readonly #options: WorkersOptions;
  readonly #deps: WorkersDeps;
  readonly #log: Log;
  #events: SlotEvents | undefined;
  #child: Bun.Subprocess | undefined;
  #families: MetricsSnapshot = [];
  #retired: MetricsSnapshot = [];
  /** What its process could not get over. */
  #failure: string | undefined;

  constructor(number: number, options: WorkersOptions, deps: WorkersDeps) {
    this.#number = number;
    this.#options = options;
    this.#deps = deps;
    this.#log = deps.log.named("tpctl.workers");
  }

  /** Keeps a worker running until the signal; rejects as `Workers.run` does. */
  async run(events: SlotEvents, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    this.#events = events;
    events.onStarted(workerName(this.#number));
    let waitMs = restartMs;
    let isFirst = true;
    while (!signal.aborted) {
      const startedAt = clock.monotonic();
      const end = await this.#live();
      this.#retire();
      if (signal.aborted) return;
      const how = end.signal === null ? `exit code ${end.code}` : String(end.signal);
      if (end.code === 3 || (end.code === 2 && isFirst)) throw this.#failureOf(end.code, how);
      isFirst = false;
      if (clock.monotonic() - startedAt >= recoveredMs) waitMs = restartMs;
      this.#log.error(`A worker died and is started again: ${how}`, {
        worker: this.#number,
        pid: end.pid,
        wait_seconds: waitMs / 1000,
        reason: this.#failure,
      });
      this.#say({ ready: false, reason: `died (${how}), starts again` });
      await this.#wait(waitMs, signal);
      waitMs = Math.min(waitMs * 2, restartMsMax);
    }
  }

  /** Its own words, where it has told them. */
  #failureOf(code: 2 | 3, how: string): ConfigError | RunError {
    const worker = workerName(this.#number);
    const text = this.#failure ?? `Cannot go on: ${worker} ended with ${how}`;
    return code === 2 ? new ConfigError(text) : new RunError(text);
  }

  tell(type: ParentMessage["type"]): void {
    try {
      this.#child?.send({ type } satisfies ParentMessage);
    } catch {
      // The channel closes before the end of the process is known.
    }
  }

  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  snapshots(): readonly WorkerSnapshot[] {
    const worker = String(this.#number);
    return [{ worker, families: this.#retired }, { worker, families: this.#families }];
  }

  async #live(): Promise<{ code: number | null; signal: unknown; pid: number }> {
    const env: Record<string, string | undefined> = { ...this.#options.env };
    for (const name of systemdVariables) delete env[name];
    env[workerVariable] = String(this.#number);
    this.#failure = undefined;
    const told = Promise.withResolvers<void>();
    const child = Bun.spawn([...this.#options.argv], {
      env,
      stdin: "ignore",
      stdout: "inherit",
      stderr: "inherit",
      serialization: "json",
      ipc: (message: unknown) => this.#hear(message),
      onDisconnect: () => told.resolve(),
    });
    this.#child = child;
    this.#say({ ready: false, reason: "starting" });
    await child.exited;
    this.#child = undefined;
    // Its last words may still be on their way.
    await Promise.race([told.promise, this.#deps.clock.sleep(lastWordsMs)]);
    return { code: child.exitCode, signal: child.signalCode, pid: child.pid };
  }

  #hear(message: unknown): void {
    if (!isWorkerMessage(message)) return;
    switch (message.type) {
      case "turn":
        this.#events?.onTurn(workerName(this.#number));
        return;
      case "reader_gone":
        return this.#events?.onReaderGone();
      case "failed":
        this.#failure = message.text;
        return;
      case "ready":
        return this.#say({ ready: message.ready, reason: message.reasons.join("; ") });
      case "metrics":
        this.#families = message.families;
        return;
      case "log":
        return this.#write(message);
    }
  }

  #write({ level, logger, message, fields }: Extract<WorkerMessage, { type: "log" }>): void {
    this.#deps.log.named(logger)[level](message, { ...fields, worker: this.#number });
  }

  #say(state: PartState): void {
    this.#events?.onState(workerName(this.#number), state);
  }

  #retire(): void {
    const worker = String(this.#number);
    this.#retired = mergeSnapshots([
      { worker, families: this.#retired },
      { worker, families: retireSnapshot(this.#families) },
    ]);
    this.#families = [];
  }

  /** In steps, since a back-off is a turn of the worker's loop and must not starve the watchdog. */
  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    for (let left = ms; left > 0 && !signal.aborted; left -= restartMs) {
      await this.#deps.clock.sleep(Math.min(left, restartMs), signal);
      this.#events?.onTurn(workerName(this.#number));
    }
  }
}
