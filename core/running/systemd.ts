/**
 * Edge (net). systemd's notification socket (sd_notify(3)): one datagram per message, from the main
 * process itself. When and what to say is the caller's business.
 */
import type { Log } from "../log/log.ts";
import { openUnixDatagram } from "../unix_datagram.ts";

/** The messages of sd_notify(3) that a daemon sends. */
export interface Systemd {
  /** Start-up is over, or a reload is; with the status text if given. */
  ready(status?: string): void;
  reloading(): void;
  stopping(): void;
  /** One line for `systemctl status`. */
  status(text: string): void;
  /** Feeds the watchdog. */
  watchdog(): void;
  /** What WatchdogSec= is, in ms; undefined without a watchdog. */
  readonly watchdogMs: number | undefined;
  close(): void;
}

/** The variables of the environment that systemd sets. */
export interface SystemdEnv {
  readonly NOTIFY_SOCKET?: string | undefined;
  readonly WATCHDOG_USEC?: string | undefined;
  readonly WATCHDOG_PID?: string | undefined;
}

/** Their names: a child process must not inherit them. */
export const systemdVariables: readonly (keyof SystemdEnv)[] = [
  "NOTIFY_SOCKET",
  "WATCHDOG_USEC",
  "WATCHDOG_PID",
];

const statusLengthMax = 400;

/**
 * Opens the socket that the environment names. Without one every call does nothing; where the socket
 * cannot be used (another system, no libc, gone) one warning says so, and nothing is sent.
 */
export async function openSystemd(
  env: SystemdEnv,
  deps: { readonly log: Log; readonly pid: number },
): Promise<Systemd> {
  const path = env.NOTIFY_SOCKET ?? "";
  if (path === "") return systemdOf(undefined, undefined);
  const watchdogMs = watchdogOf(env, deps.pid);
  try {
    const socket = await openUnixDatagram(path);
    const encoder = new TextEncoder();
    let warned = false;
    const send = (text: string): void => {
      if (socket.send(encoder.encode(text)) || warned) return;
      warned = true;
      deps.log.warning(
        `Cannot notify systemd at '${path}': nobody takes the message, expected its socket`,
      );
    };
    return systemdOf({ send, close: () => socket.close() }, watchdogMs);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    deps.log.warning(`Cannot notify systemd at '${path}': ${why}, expected a socket of Linux`);
    return systemdOf(undefined, undefined);
  }
}

function systemdOf(
  channel: { send(text: string): void; close(): void } | undefined,
  watchdogMs: number | undefined,
): Systemd {
  const send = (text: string): void => channel?.send(text);
  return {
    watchdogMs,
    ready: (text) => send(text === undefined ? "READY=1" : `READY=1\nSTATUS=${oneLine(text)}`),
    reloading: () => send("RELOADING=1"),
    stopping: () => send("STOPPING=1"),
    status: (text) => send(`STATUS=${oneLine(text)}`),
    watchdog: () => send("WATCHDOG=1"),
    close: () => channel?.close(),
  };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").slice(0, statusLengthMax);
}

function watchdogOf(env: SystemdEnv, pid: number): number | undefined {
  const usec = Number(env.WATCHDOG_USEC);
  if (!Number.isFinite(usec) || usec <= 0) return undefined;
  return env.WATCHDOG_PID === undefined || Number(env.WATCHDOG_PID) === pid
    ? usec / 1000
    : undefined;
}
