/**
 * Pure. The log of a process over reloads: one that stays the same for whoever was given it while
 * files, levels and forms behind it change. A worker's is its parent's.
 */
import type { LogConfig } from "../config/log_config.ts";
import type { Log } from "../log/log.ts";
import type { OpenLog } from "../log/open_log.ts";
import { logThrough } from "./log_through.ts";

/** Where a process's lines go, now and after reloads. */
export interface LogSwitch {
  readonly log: Log;
  readonly isJson: boolean;
  /** Writes by the new options from now on; rejects with a ConfigError, and goes on with the old. */
  reopen(config: LogConfig): Promise<void>;
  close(): Promise<void>;
}

/** Opens the log that the options ask for; rejects with a ConfigError. */
export async function createLogSwitch(
  config: LogConfig,
  open: (config: LogConfig) => Promise<OpenLog>,
): Promise<LogSwitch> {
  let current = await openWithNotice(config, open);
  return {
    log: logThrough(() => current.log),
    get isJson(): boolean {
      return current.isJson;
    },
    async reopen(after): Promise<void> {
      const before = current;
      current = await openWithNotice(after, open);
      await before.close();
    },
    close: () => current.close(),
  };
}

async function openWithNotice(
  config: LogConfig,
  open: (config: LogConfig) => Promise<OpenLog>,
): Promise<OpenLog> {
  const opened = await open(config);
  if (opened.notice !== undefined) opened.log.info(opened.notice);
  return opened;
}
