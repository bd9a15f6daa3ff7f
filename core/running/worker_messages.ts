/**
 * Pure. What a parent and its worker processes tell each other. Both ends are the same binary, so a
 * message of another form is a defect of ours or a foreign sender: it is left alone.
 */
import type { LogFields, LogLevel } from "../log/log.ts";
import type { MetricsSnapshot } from "../observe/metrics.ts";

/** What a parent says. */
export type ParentMessage = {
  /** End in order; end now; read the configuration again; write a state report. */
  readonly type: "drain" | "exit" | "reload" | "report";
};

/** What a worker says. */
export type WorkerMessage =
  | { readonly type: "turn" }
  /** Nobody reads any more what is written: it ends, and another start of it would too. */
  | { readonly type: "reader_gone" }
  /** What it cannot get over, in words for the user; it ends. */
  | { readonly type: "failed"; readonly text: string }
  | { readonly type: "ready"; readonly ready: boolean; readonly reasons: readonly string[] }
  | { readonly type: "metrics"; readonly families: MetricsSnapshot }
  | {
    readonly type: "log";
    readonly level: LogLevel;
    readonly logger: string;
    readonly message: string;
    readonly fields: LogFields;
  };

const parentTypes: ReadonlySet<unknown> = new Set(["drain", "exit", "reload", "report"]);
const workerTypes: ReadonlySet<unknown> = new Set([
  "turn",
  "reader_gone",
  "failed",
  "ready",
  "metrics",
  "log",
]);

/** The environment variable that makes a process a worker; its value is the worker's number, from 1. */
export const workerVariable = "TPCTL_WORKER";

/** Whether a parent of ours said it. */
export function isParentMessage(message: unknown): message is ParentMessage {
  return parentTypes.has(typeOf(message));
}

/** Whether a worker of ours said it. */
export function isWorkerMessage(message: unknown): message is WorkerMessage {
  return workerTypes.has(typeOf(message));
}

function typeOf(message: unknown): unknown {
  return typeof message === "object" && message !== null && "type" in message
    ? message.type
    : undefined;
}
