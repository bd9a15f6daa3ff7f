/**
 * Edge (processes, net, files). One life of `tpctl persist` in a fault test: its start, its memory while
 * it lives, what it says, and how it ends.
 */
import { readdirSync, readFileSync } from "node:fs";
import { type Program, startProgram } from "../program.ts";
import { isAlive } from "../program.ts";

const sampleMs = 100;
const pollMs = 50;

/** How a life ended that was told to. */
export interface Ending {
  readonly code: number;
  /** From SIGTERM to the end. */
  readonly seconds: number;
  /** The closing account. */
  readonly account: Readonly<Record<string, unknown>>;
}

/** A line of the JSON log, under oslo.log's names. */
export interface Said {
  readonly levelname: string;
  readonly message: string;
  readonly extra: Readonly<Record<string, unknown>>;
}

/** A process and its workers. */
export interface Life extends AsyncDisposable {
  readonly program: Program;
  readonly port: number;
  /** Worker processes, in no order; [] while there are none. */
  workers(): readonly number[];
  /** The largest resident set of any of its processes so far, in MB. */
  peakMb(): number;
  /** The same of now. */
  currentMb(): number;
  metrics(): Promise<string>;
  isReady(): Promise<boolean>;
  /** The log so far, without the account. */
  log(): readonly Said[];
  /** SIGTERM and the end. */
  term(): Promise<Ending>;
  /** SIGKILL, and the end of its workers too. */
  kill(): Promise<void>;
}

/** Where it runs. */
export interface LifeOptions {
  readonly folder: string;
  readonly configFile: string;
  readonly port: number;
  readonly compiled: string;
}

/** Starts `persist` with a configuration whose log is JSON. */
export function startLife({ folder, configFile, port, compiled }: LifeOptions): Life {
  const program = startProgram(["persist", "--config-file", configFile], {
    cwd: folder,
    argv: [compiled],
  });
  const get = async (path: string): Promise<Response | undefined> =>
    await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
  const workers = (): readonly number[] => childrenOf(program.pid);
  const currentMb = (): number => Math.max(...[program.pid, ...workers()].map(residentMb));
  let peak = 0;
  const sampler = setInterval(() => {
    peak = Math.max(peak, currentMb());
  }, sampleMs);
  void program.exited.finally(() => clearInterval(sampler));
  return {
    program,
    port,
    workers,
    currentMb,
    peakMb: () => peak,
    metrics: async () => await (await get("/metrics"))?.text() ?? "",
    isReady: async () => (await get("/readyz"))?.status === 200,
    log: () => readLog(program.stderr()),
    async term(): Promise<Ending> {
      const began = performance.now();
      program.kill("SIGTERM");
      const code = await program.exited;
      const last = program.stderr().trimEnd().split("\n").at(-1) ?? "";
      return { code, seconds: (performance.now() - began) / 1000, account: JSON.parse(last) };
    },
    async kill(): Promise<void> {
      const children = workers();
      program.kill("SIGKILL");
      await program.exited;
      while ((await Promise.all(children.map(isAlive))).includes(true)) await Bun.sleep(pollMs);
    },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** The first thing that is not undefined; rejects after `ms` with what was waited for. */
export async function until<T>(
  what: string,
  ms: number,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  for (const deadline = performance.now() + ms; performance.now() < deadline;) {
    const found = await Promise.resolve().then(look).catch(() => undefined);
    if (found !== undefined) return found;
    await Bun.sleep(pollMs);
  }
  throw new Error(`not within ${ms / 1000} s: ${what}`);
}

/** Whole lines of the log; a killed process may leave half a line. */
function readLog(text: string): readonly Said[] {
  return text.split("\n").flatMap((line) => {
    if (!line.startsWith("{") || !line.endsWith("}")) return [];
    const said = JSON.parse(line) as Partial<Said>;
    return said.message === undefined ? [] : [said as Said];
  });
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
      const text = readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim();
      return text === "" ? [] : text.split(" ").map(Number);
    });
  } catch {
    return [];
  }
}

function residentMb(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
