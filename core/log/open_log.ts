/**
 * Edge (files, stdio, local sockets). Opens the log that a configuration asks for, once, at start.
 * What a plan is made of is log_plan.ts and python_logging.ts.
 */
import { existsSync, readFileSync } from "node:fs";
import type { Clock } from "../clock.ts";
import type { LogConfig } from "../config/log_config.ts";
import { ConfigError } from "../errors.ts";
import { whyUnreadable } from "../files/file_failure.ts";
import { openUnixDatagram } from "../unix_datagram.ts";
import { openFileOutput } from "./file_output.ts";
import { LEVEL_NUMBERS, settingNames } from "./levels.ts";
import { formatLine, type LineOrigin, type LogMessage } from "./line.ts";
import type { Log, LogFields, LogLevel } from "./log.ts";
import { type HandlerPlan, type LogPlan, type OutputPlan, planOfOptions } from "./log_plan.ts";
import { type LogOutput, nullOutput } from "./output.ts";
import { planOfPythonLogging } from "./python_logging.ts";
import { createRateLimit } from "./rate_limit.ts";
import { createStderrOutput, type StderrStream } from "./stderr_output.ts";
import { journalDatagram, syslogDatagram } from "./system_message.ts";

/** What the log needs. */
export interface LogDeps {
  readonly clock: Clock;
  readonly stderr: StderrStream;
  readonly origin: LineOrigin;
  /** Another place than the machine's, for tests. */
  readonly journalPath?: string;
}

/** A log that is open. */
export interface OpenLog {
  /** Its logger is `tpctl`. */
  readonly log: Log;
  /** Whether stderr carries JSON, so that other lines on it are JSON too. */
  readonly isJson: boolean;
  /** What of a Python logging configuration had no meaning, in one sentence. */
  readonly notice: string | undefined;
  /** Flushes; the log takes nothing afterwards. Resolves within a bound. Safe to call twice. */
  close(): Promise<void>;
}

const JOURNAL_PATH = "/run/systemd/journal/socket";
const ROOT_LOGGER = "tpctl";

/** Throws ConfigError or ConfigErrors when an output cannot be opened or the file not be read. */
export async function openLog(config: LogConfig, deps: LogDeps): Promise<OpenLog> {
  const plan = config.configAppend === undefined ? planOfOptions(config) : withDebugNotice(
    planOfPythonLogging(readText(config.configAppend), config.configAppend),
    config,
  );
  const outputs = await openOutputs(plan, deps);
  const routes = createRoutes(plan, outputs);
  const limit = plan.rateLimit === undefined ? undefined : createRateLimit(plan.rateLimit);
  let isOpen = true;
  const emit = (logger: string, level: LogLevel, message: string, fields?: LogFields): void => {
    const route = routes(logger);
    if (!isOpen || LEVEL_NUMBERS[level] < route.level) return;
    const verdict = limit?.(level, deps.clock.monotonic()) ?? "pass";
    if (verdict === "drop") return;
    const timeMs = deps.clock.now();
    if (verdict === "pass") return deliver(route, { timeMs, level, logger, message, fields }, deps);
    const text = "Messages of this interval are dropped from here on, by rate_limit_burst";
    const said = { timeMs, level: "error", logger, message: text, fields: undefined } as const;
    deliver(route, said, deps);
  };
  return {
    log: loggerOf(ROOT_LOGGER, emit),
    isJson: isJsonOnStderr(plan),
    notice: plan.notice,
    async close(): Promise<void> {
      if (!isOpen) return;
      isOpen = false;
      await Promise.all([...outputs.values()].map((output) => output.close()));
    },
  };
}

type Emit = (logger: string, level: LogLevel, message: string, fields?: LogFields) => void;

function loggerOf(name: string, emit: Emit): Log {
  return {
    debug: (message, fields) => emit(name, "debug", message, fields),
    info: (message, fields) => emit(name, "info", message, fields),
    warning: (message, fields) => emit(name, "warning", message, fields),
    error: (message, fields) => emit(name, "error", message, fields),
    critical: (message, fields) => emit(name, "critical", message, fields),
    named: (other) => loggerOf(other, emit),
  };
}

/** Where the messages of one logger go. */
interface Route {
  readonly level: number;
  readonly handlers: readonly { readonly plan: HandlerPlan; readonly output: LogOutput }[];
}

function deliver(route: Route, message: LogMessage, { origin }: LogDeps): void {
  for (const { plan, output } of route.handlers) {
    if (LEVEL_NUMBERS[message.level] < plan.level) continue;
    output.write(formatLine(message, plan.format, origin), message);
  }
}

/** Python's rule: the closest level counts, and handlers are gathered upwards while they propagate. */
function createRoutes(
  plan: LogPlan,
  outputs: ReadonlyMap<OutputPlan, LogOutput>,
): (logger: string) => Route {
  const known = new Map<string, Route>();
  return (logger) => {
    const found = known.get(logger);
    if (found !== undefined) return found;
    const settings = settingNames(logger).flatMap((name) => plan.loggers.get(name) ?? []);
    const level = settings.find((setting) => setting.level !== undefined)?.level;
    const end = settings.findIndex((setting) => !setting.propagate);
    const gathered = settings.slice(0, end < 0 ? undefined : end + 1);
    const handlers = [...new Set(gathered.flatMap((setting) => setting.handlers))];
    const route = {
      level: level ?? LEVEL_NUMBERS.info,
      handlers: handlers.map((handler) => ({
        plan: handler,
        output: outputs.get(handler.output) ?? nullOutput,
      })),
    };
    known.set(logger, route);
    return route;
  };
}

function handlersOf(plan: LogPlan): readonly HandlerPlan[] {
  return [...new Set([...plan.loggers.values()].flatMap((logger) => logger.handlers))];
}

function isJsonOnStderr(plan: LogPlan): boolean {
  return handlersOf(plan).some(({ output, format }) =>
    output.kind === "stderr" && format.pattern === undefined
  );
}

/** One output per plan; stderr and a file that is named twice are opened once. */
async function openOutputs(
  plan: LogPlan,
  deps: LogDeps,
): Promise<ReadonlyMap<OutputPlan, LogOutput>> {
  const stderr = createStderrOutput(deps.stderr);
  const origin = deps.origin;
  const onTrouble = (message: string): void => {
    const said = { timeMs: deps.clock.now(), level: "error", logger: ROOT_LOGGER } as const;
    const format = { pattern: "%(asctime)s %(levelname)s %(message)s", dateFormat: undefined };
    const whole = { ...said, message, fields: undefined };
    stderr.write(formatLine(whole, format, origin), whole);
  };
  const files = new Map<string, LogOutput>();
  const outputs = new Map<OutputPlan, LogOutput>();
  for (const { output } of handlersOf(plan)) {
    if (output.kind === "stderr") outputs.set(output, stderr);
    else if (output.kind === "file") {
      const { path, rotation } = output;
      const file = files.get(path) ??
        openFileOutput(path, rotation, { clock: deps.clock, onTrouble });
      files.set(path, file);
      outputs.set(output, file);
    } else if (output.kind !== "null") {
      outputs.set(output, await openSystemOutput(output, deps, onTrouble));
    }
  }
  return outputs;
}

/** syslog or the journal. */
async function openSystemOutput(
  output: OutputPlan & { readonly kind: "syslog" | "journal" },
  deps: LogDeps,
  onTrouble: (text: string) => void,
): Promise<LogOutput> {
  const isJournal = output.kind === "journal";
  const path = isJournal ? deps.journalPath ?? JOURNAL_PATH : output.path;
  const cannot = `Cannot write the log to ${isJournal ? "the journal" : "syslog"} '${path}'`;
  const expected = `expected the socket of a running ${isJournal ? "journald" : "syslog"}`;
  if (!existsSync(path)) throw new ConfigError(`${cannot}: it does not exist, ${expected}`);
  const socket = await openUnixDatagram(path).catch((error: Error) => {
    throw new ConfigError(`${cannot}: ${error.message}, ${expected}`, undefined, { cause: error });
  });
  const from = { ...deps.origin, facility: output.facility };
  let isOut = false;
  return {
    write(line, message): void {
      const bytes = isJournal
        ? journalDatagram(message, from)
        : syslogDatagram(line, message, from);
      const isTaken = socket.send(bytes);
      if (!isTaken && !isOut) onTrouble(`${cannot}: nobody takes messages, ${expected}`);
      isOut = !isTaken;
    },
    close(): Promise<void> {
      socket.close();
      return Promise.resolve();
    },
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const why = whyUnreadable(error);
    throw new ConfigError(
      `Cannot read log_config_append '${path}': ${why}, expected a Python logging configuration`,
      undefined,
      { cause: error },
    );
  }
}

/** As in oslo.log, the file decides alone; unlike there, that is said. */
function withDebugNotice(plan: LogPlan, { debug }: LogConfig): LogPlan {
  if (!debug) return plan;
  const text = "debug has no effect beside log_config_append, whose levels count";
  return { ...plan, notice: plan.notice === undefined ? text : `${plan.notice}; ${text}` };
}
