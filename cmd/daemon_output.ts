/**
 * Edge (processes, files). Where a daemon's messages go, and what its configuration is read around:
 * the same for `persist` and `pipeline`.
 */
import { homedir, hostname } from "node:os";
import { systemClock } from "../core/clock.ts";
import type { LogConfig } from "../core/config/log_config.ts";
import { openLog } from "../core/log/open_log.ts";
import { createLogSwitch, type LogSwitch } from "../core/running/log_switch.ts";
import { createProgressLine } from "../core/running/terminal.ts";
import {
  createChannelLog,
  openWorkerChannel,
  type WorkerChannel,
} from "../core/running/worker_channel.ts";
import { describeFailure, ToldFailure } from "./failure.ts";

/** The environment, home and root that configuration files are looked for in. */
export function surroundings(): {
  readonly environment: NodeJS.ProcessEnv;
  readonly home: string | undefined;
  readonly root: string;
} {
  const home = homedir();
  return { environment: process.env, home: home === "" ? undefined : home, root: "/" };
}

/** The log that the configuration asks for; a worker's log is its parent's. */
export function openOutput(
  log: LogConfig,
  channel: WorkerChannel | undefined,
): Promise<LogSwitch> {
  if (channel !== undefined) return Promise.resolve(workerOutput(channel));
  const { pid, stderr } = process;
  const origin = { pid, hostname: hostname(), program: "tpctl" };
  return createLogSwitch(log, (config) => openLog(config, { clock: systemClock, stderr, origin }));
}

/** The progress line, where a person looks at a terminal that can draw one. */
export function openProgress(
  channel: WorkerChannel | undefined,
): ReturnType<typeof createProgressLine> | undefined {
  const { env, stderr } = process;
  const drawn = channel === undefined && stderr.isTTY && env.TERM !== "dumb";
  return drawn ? createProgressLine(stderr) : undefined;
}

/**
 * Runs a daemon's process. What ends a worker is its parent's to say, once however many workers it
 * ends; the channel is open until then.
 */
export async function runProcess(
  run: (channel: WorkerChannel | undefined) => Promise<void>,
): Promise<void> {
  const channel = openWorkerChannel(process.env);
  try {
    await run(channel);
  } catch (error) {
    const { code, text } = describeFailure(error);
    if (channel === undefined || text === undefined) throw error;
    channel.send({ type: "failed", text });
    throw new ToldFailure(code);
  } finally {
    await channel?.close();
  }
}

function workerOutput(channel: WorkerChannel): LogSwitch {
  return {
    log: createChannelLog(channel, "tpctl"),
    isJson: false,
    reopen: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
