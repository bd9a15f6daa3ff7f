/**
 * Edge (processes). tpctl as a process that a test starts, listens to and signals: from source by
 * default, so that nothing must be built first.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./sources.ts";

/** A process under test. */
export interface Program extends AsyncDisposable {
  readonly pid: number;
  readonly exited: Promise<number>;
  stdout(): string;
  stderr(): string;
  /** Resolves with the line on stderr that matches; rejects with all of them after 30 s. */
  said(pattern: RegExp): Promise<string>;
  /** Writes to stdin, which `startProgram` was told to keep open. */
  write(text: string): void;
  endInput(): void;
  kill(signal: NodeJS.Signals): void;
}

/** How it is started. */
export interface ProgramOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Keeps stdin open for `write`; otherwise it is empty. */
  readonly input?: boolean;
  /** Another program than tpctl from source. */
  readonly argv?: readonly string[];
}

const waitMs = 30_000;
const tpctl = [process.execPath, join(root, "cmd/tpctl.ts")];

/**
 * Starts tpctl with the folder as home and nothing of this process's environment but PATH. Disposing
 * kills what is still there.
 */
export function startProgram(args: readonly string[], options: ProgramOptions): Program {
  const child = Bun.spawn([...options.argv ?? tpctl, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env.PATH ?? "", HOME: options.cwd, TZ: "UTC", ...options.env },
    stdin: options.input === true ? "pipe" : "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const { stdin } = child;
  const exited = Promise.all([child.exited, stdout.ended, stderr.ended]).then(([code]) => code);
  return {
    pid: child.pid,
    exited,
    stdout: stdout.text,
    stderr: stderr.text,
    said: (pattern) =>
      eventually(() => stderr.text().split("\n").find((line) => pattern.test(line))).catch(() => {
        throw new Error(`no ${pattern} in\n${stderr.text()}`);
      }),
    write: (text) => void stdin?.write(text),
    endInput: () => void stdin?.end(),
    kill: (signal) => child.kill(signal),
    async [Symbol.asyncDispose](): Promise<void> {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

/** The first value that is not undefined; rejects after 30 s. */
export async function eventually<T>(
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + waitMs;
  while (performance.now() < deadline) {
    const found = await look();
    if (found !== undefined) return found;
    await Bun.sleep(20);
  }
  throw new Error(`it did not happen in ${waitMs} ms`);
}

/** The processes that a process has started and that are still there. */
export function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return children.trim().split(" ").filter((word) => word !== "").map(Number);
}

/** Whether a process runs, zombies not counted. */
export async function isAlive(pid: number): Promise<boolean> {
  const stat = await Bun.file(`/proc/${pid}/stat`).text().catch(() => "");
  return stat !== "" && !/\) [ZX] /.test(stat);
}

function collect(
  stream: ReadableStream<Uint8Array>,
): { readonly ended: Promise<void>; text(): string } {
  let text = "";
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  };
  return { ended: read(), text: () => text };
}
