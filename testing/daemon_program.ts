/**
 * Edge (processes). A daemon that does nothing but take turns, for the tests of what every daemon
 * does: signals, workers, watchdog. Its environment says how it behaves:
 * `TPCTL_TEST_WORKERS`, `TPCTL_TEST_PORT`, `TPCTL_TEST_STUCK` (a file: while it is there, a turn never
 * ends), `TPCTL_TEST_SLOW` (the drain takes so many ms), `TPCTL_TEST_END` (a worker ends by itself
 * with this code), `TPCTL_TEST_READER_GONE` (the number of the worker whose output nobody reads).
 */
import { existsSync, writeSync } from "node:fs";
import { systemClock } from "../core/clock.ts";
import type { Log, LogFields, LogLevel } from "../core/log/log.ts";
import { createMetrics } from "../core/observe/metrics.ts";
import type { DaemonWork, WorkEvents } from "../core/running/daemon.ts";
import { runService } from "../core/running/service.ts";
import { createChannelLog, openWorkerChannel } from "../core/running/worker_channel.ts";

const { env } = process;
const channel = openWorkerChannel(env);
const log = channel === undefined ? stderrLog("daemon") : createChannelLog(channel, "daemon");
const metrics = createMetrics();
const turnsTaken = metrics.counter("turns_total", "Turns.");

function stderrLog(logger: string): Log {
  const at = (level: LogLevel) => (message: string, fields: LogFields = {}) => {
    writeSync(2, `${JSON.stringify({ level, logger, message, ...fields })}\n`);
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warning: at("warning"),
    error: at("error"),
    critical: at("critical"),
    named: stderrLog,
  };
}

async function takeTurns(events: WorkEvents, stopping: AbortSignal): Promise<void> {
  const stuck = env.TPCTL_TEST_STUCK ?? "";
  while (!stopping.aborted) {
    if (stuck === "" || !existsSync(stuck)) {
      turnsTaken.add();
      events.turned("turns");
    }
    await systemClock.sleep(20, stopping);
  }
  await systemClock.sleep(Number(env.TPCTL_TEST_SLOW ?? 0));
}

function start(events: WorkEvents): Promise<DaemonWork> {
  const stopping = new AbortController();
  events.started("turns");
  events.state("turns", { ready: true });
  log.info("started", { pid: process.pid });
  const readerGone = channel !== undefined && env.TPCTL_TEST_READER_GONE === String(channel.number);
  if (readerGone) setTimeout(() => stopping.abort(), 100);
  const ended = takeTurns(events, stopping.signal).then(() => ({
    complete: !readerGone,
    readerGone,
  }));
  if (channel !== undefined && env.TPCTL_TEST_END !== undefined) {
    setTimeout(() => process.exit(Number(env.TPCTL_TEST_END)), 100);
  }
  return Promise.resolve({
    ended,
    stop: () => stopping.abort(),
    reload(): Promise<void> {
      log.info("reloaded");
      return Promise.resolve();
    },
    report: () => [{ turns: 1 }],
  });
}

const { how, readerGone } = await runService(
  { start, reloadParent: () => Promise.resolve() },
  {
    workers: Number(env.TPCTL_TEST_WORKERS ?? 1),
    listen: { host: "127.0.0.1", port: Number(env.TPCTL_TEST_PORT ?? 0), given: true },
    drainMs: 1000,
    build: { version: "0", commit: "0", runtime: "test" },
  },
  { clock: systemClock, log, metrics, env, pid: process.pid, channel, progress: undefined },
).catch((cause: unknown) => {
  log.critical(String(cause));
  return { how: "failed", readerGone: false };
});
log.info(`over: ${how}`, readerGone ? { reader_gone: true } : {});
await channel?.close();
process.exit(how === "failed" || how === "cut" ? 3 : 0);
