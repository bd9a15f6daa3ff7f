/**
 * Edge (processes). A worker's end of the channel to its parent: what it sends, what it is told, and
 * that the parent is gone.
 */
import type { Log, LogFields, LogLevel } from "../log/log.ts";
import {
  isParentMessage,
  type ParentMessage,
  type WorkerMessage,
  workerVariable,
} from "./worker_messages.ts";

/** What joins a worker to its parent. */
export interface WorkerChannel {
  /** The worker's number, from 1. */
  readonly number: number;
  /** Sends a message; a parent that is gone hears nothing. */
  send(message: WorkerMessage): void;
  /** Who is told of the parent's messages and of its end; once, before the first await. */
  listen(listener: WorkerListener): void;
  /** Resolves when what was sent has left the process, then the channel is closed. */
  close(): Promise<void>;
}

/** What a worker does about what it hears. */
export interface WorkerListener {
  message(type: ParentMessage["type"]): void;
  /** The parent ended without a word: nobody supervises this process any more. */
  orphaned(): void;
}

/** The channel, if this process was started as a worker; undefined otherwise. */
export function openWorkerChannel(
  env: Readonly<Record<string, string | undefined>>,
): WorkerChannel | undefined {
  const number = Number(env[workerVariable]);
  if (process.send === undefined || !(number >= 1)) return undefined;
  let open = true;
  const post = (message: WorkerMessage, sent: () => void): void => {
    if (!open || process.send === undefined) return sent();
    process.send(message, undefined, undefined, () => sent());
  };
  return {
    number,
    send: (message) => post(message, ignore),
    listen(listener): void {
      process.on("message", (message: unknown) => {
        if (isParentMessage(message)) listener.message(message.type);
      });
      process.on("disconnect", () => {
        if (open) listener.orphaned();
        open = false;
      });
    },
    async close(): Promise<void> {
      await new Promise<void>((resolve) => post({ type: "turn" }, resolve));
      open = false;
      if (process.connected) process.disconnect?.();
    },
  };
}

/**
 * A worker's log: every line goes to the parent, which alone writes (and rotates) the log files and
 * adds the worker's number. Lines of a worker without its parent go nowhere.
 */
export function createChannelLog(channel: WorkerChannel, logger: string): Log {
  const at = (level: LogLevel) => (message: string, fields: LogFields = {}) =>
    channel.send({ type: "log", level, logger, message, fields });
  return {
    debug: at("debug"),
    info: at("info"),
    warning: at("warning"),
    error: at("error"),
    critical: at("critical"),
    named: (name) => createChannelLog(channel, name),
  };
}

function ignore(): void {}
