/**
 * Edge (files, processes). The compiled executable for tests that run the program as operators do:
 * dist/tpctl, built when it is missing or older than what it is made of.
 */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { listFiles, root } from "./sources.ts";

/** What one run of the executable said and how it ended. */
export interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run the executable. */
export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** SIGKILL after this long; 30 s if left out. */
  readonly timeoutMs?: number;
}

let built: Promise<string> | undefined;

/** The path of an executable that is as new as the sources; builds at most once per process. */
export function builtExecutable(): Promise<string> {
  built ??= build();
  return built;
}

async function build(): Promise<string> {
  const executable = join(root, "dist", process.platform === "win32" ? "tpctl.exe" : "tpctl");
  const made = existsSync(executable) ? statSync(executable).mtimeMs : 0;
  const parts = listFiles().filter((path) =>
    /^(cmd|core|publishers)\/|^(build\.ts|bun\.lock|package\.json)$/.test(path) &&
    !path.endsWith("_test.ts")
  );
  if (parts.every((path) => statSync(join(root, path)).mtimeMs <= made)) return executable;
  const child = Bun.spawn([process.execPath, "build.ts"], {
    cwd: root,
    stdout: "pipe",
    stderr: "pipe",
  });
  const [said, complained] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  if (await child.exited !== 0) throw new Error(`Cannot build tpctl:\n${said}${complained}`);
  return executable;
}

/**
 * Runs the executable to its end in a folder of the test's, with that folder as home and nothing of
 * this process's environment but PATH.
 */
export async function runExecutable(argv: readonly string[], options: RunOptions): Promise<Run> {
  const child = Bun.spawn([await builtExecutable(), ...argv], {
    cwd: options.cwd,
    env: { PATH: process.env.PATH ?? "", HOME: options.cwd, TZ: "UTC", ...options.env },
    stdin: options.stdin === undefined ? "ignore" : new Blob([options.stdin]),
    stdout: "pipe",
    stderr: "pipe",
    timeout: options.timeoutMs ?? 30_000,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { exitCode: await child.exited, stdout, stderr };
}
