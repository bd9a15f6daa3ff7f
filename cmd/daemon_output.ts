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
import { createChannelLog, type WorkerChannel } from "../core/running/worker_channel.ts";

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

function workerOutput(channel: WorkerChannel): LogSwitch {
  return {
    log: createChannelLog(channel, "tpctl"),
    isJson: false,
    reopen: () => Promise.resolve(),
    close: () => channel.close(),
  };
}
