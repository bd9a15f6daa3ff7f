/**
 * Edge (process). Long-running subcommands start again once, in the same process, with the settings of
 * the runtime that suit them: it reads them from the environment alone, and early.
 */
import { existsSync } from "node:fs";

/** Memory that nobody uses for 10 s goes back to the system; what is used again meanwhile stays. */
const memory = { MIMALLOC_PURGE_DELAY: "10000" };

/**
 * By subcommand. The compiler's two upper tiers wait until code has run several times as often as they
 * would by themselves: compiling earlier costs a run of 20,000 notifications a quarter of its CPU time,
 * and pays off for nothing but the few loops over bytes, which get there all the same.
 */
const settings = new Map<string | undefined, Readonly<Record<string, string>>>([
  ["persist", { ...memory, BUN_JSC_thresholdForFTLOptimizeAfterWarmUp: "400000" }],
  ["pipeline", {
    ...memory,
    BUN_JSC_thresholdForOptimizeAfterWarmUp: "4000",
    BUN_JSC_thresholdForFTLOptimizeAfterWarmUp: "1500000",
  }],
]);

/** Comes back where there is nothing to set: another subcommand, set already, or run from source. */
export function startTuned(argv: readonly string[]): void {
  const isExecutable = Bun.main.startsWith("/$bunfs/");
  const { env, argv0, execPath } = process;
  const wanted = settings.get(argv[0]);
  if (!isExecutable || wanted === undefined) return;
  if (Object.keys(wanted).some((name) => env[name] !== undefined)) return;
  // Put away meanwhile; the runtime would fail with words of its own.
  if (!existsSync(execPath)) return;
  try {
    process.execve?.(execPath, [argv0, ...argv], { ...env, ...wanted });
  } catch {
    // Where the system does not allow it, the work is done all the same.
  }
}
