/**
 * Edge (net). systemd's notification socket (sd_notify(3)): one datagram per message, sent by libc's
 * socket and sendto, so that it comes from the main process and starts no other. When and what to
 * say is the caller's business.
 */
import type { Log } from "../log/log.ts";

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
    const channel = await openChannel(path);
    let warned = false;
    const send = (text: string): void => {
      const failure = channel.send(text);
      if (failure === undefined || warned) return;
      warned = true;
      deps.log.warning(`Cannot notify systemd at '${path}': ${failure}, expected its socket`);
    };
    return systemdOf({ send, close: channel.close }, watchdogMs);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    deps.log.warning(`Cannot notify systemd at '${path}': ${why}, expected a socket of Linux`);
    return systemdOf(undefined, undefined);
  }
}

interface Channel {
  /** Sends one datagram; returns why not, if not. */
  send(text: string): string | undefined;
  close(): void;
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

/** Linux's numbers, the same on all architectures that Bun runs on. */
const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;
const pathBytesMax = 107;
/** glibc, and musl on the two architectures that are built for. */
const libcNames = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

async function openChannel(path: string): Promise<Channel> {
  if (process.platform !== "linux") throw new Error("this system has no systemd");
  const address = addressOf(path);
  const { dlopen } = await import("bun:ffi");
  const open = (name: string) =>
    dlopen(name, {
      socket: { args: ["i32", "i32", "i32"], returns: "i32" },
      sendto: { args: ["i32", "ptr", "usize", "i32", "ptr", "u32"], returns: "i64" },
      close: { args: ["i32"], returns: "i32" },
    });
  const { symbols, close } = firstOf(libcNames, open);
  const descriptor = symbols.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  if (descriptor < 0) {
    close();
    throw new Error("no socket could be opened");
  }
  return {
    send(text): string | undefined {
      const bytes = new TextEncoder().encode(text);
      const sent = Number(
        symbols.sendto(
          descriptor,
          bytes,
          bytes.length,
          MSG_DONTWAIT_NOSIGNAL,
          address,
          address.length,
        ),
      );
      return sent === bytes.length ? undefined : "nobody takes the message";
    },
    close(): void {
      symbols.close(descriptor);
      close();
    },
  };
}

function firstOf<T>(names: readonly string[], open: (name: string) => T): T {
  let failure: unknown;
  for (const name of names) {
    try {
      return open(name);
    } catch (cause) {
      failure ??= cause;
    }
  }
  throw failure;
}

/** struct sockaddr_un: the family, then the path ended by 0, or after a 0 the abstract name. */
function addressOf(path: string): Uint8Array {
  const abstract = path.startsWith("@");
  if (!abstract && !path.startsWith("/")) throw new Error("it is neither a path nor '@name'");
  const name = new TextEncoder().encode(abstract ? path.slice(1) : path);
  if (name.length > pathBytesMax) throw new Error(`it is longer than ${pathBytesMax} bytes`);
  const address = new Uint8Array(2 + name.length + 1);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(name, abstract ? 3 : 2);
  return address;
}
