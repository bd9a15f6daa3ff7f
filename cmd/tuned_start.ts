/**
 * Edge (process). Long-running subcommands start again once, in the same process, with the settings of
 * the runtime that suit them: it reads them from the environment alone, and early.
 */
import { existsSync } from "node:fs";

/**
 * The compiler's last tier (FTL) waits until code has run six times as often as it would by itself.
 * Compiling earlier costs a run of 20,000 notifications a fifth of its CPU time, and pays off for
 * nothing but the few loops over bytes, which get there all the same.
 */
const settings: Readonly<Record<string, string>> = {
  BUN_JSC_thresholdForFTLOptimizeAfterWarmUp: "400000",
};

const longRunning: ReadonlySet<string | undefined> = new Set(["pipeline"]);

/** Comes back where there is nothing to set: another subcommand, set already, or run from source. */
export function startTuned(argv: readonly string[]): void {
  const isExecutable = Bun.main.startsWith("/$bunfs/");
  const { env, argv0, execPath } = process;
  if (!isExecutable || !longRunning.has(argv[0])) return;
  if (Object.keys(settings).some((name) => env[name] !== undefined)) return;
  // Put away meanwhile; the runtime would fail with words of its own.
  if (!existsSync(execPath)) return;
  try {
    process.execve?.(execPath, [argv0, ...argv], { ...env, ...settings });
  } catch {
    // Where the system does not allow it, the work is done all the same.
  }
}
