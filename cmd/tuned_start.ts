/**
 * Edge (process). Long-running subcommands start again once, in the same process, with the settings of
 * the runtime that suit them: it reads them from the environment alone, and early.
 */
import { dlopen, ptr } from "bun:ffi";
import { existsSync, readdirSync, readlinkSync, realpathSync } from "node:fs";
import { basename } from "node:path";
import { openLibc } from "../core/libc.ts";

/** Memory that nobody uses for 10 s goes back to the system; what is used again meanwhile stays. */
const memory = { MIMALLOC_PURGE_DELAY: "10000" };

/**
 * By subcommand. The compiler's upper tiers wait until code has run several times as often as they
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

/**
 * Comes back where there is nothing to set (another subcommand, set already, run from source) or no way
 * to do it: on anything but Linux.
 */
export function startTuned(argv: readonly string[]): void {
  const isExecutable = Bun.main.startsWith("/$bunfs/");
  const { env, argv0 } = process;
  const wanted = settings.get(argv[0]);
  if (!isExecutable || wanted === undefined) return;
  if (Object.keys(wanted).some((name) => env[name] !== undefined)) return;
  try {
    const path = ownPath();
    if (path !== undefined) runInstead(path, [argv0, ...argv], { ...env, ...wanted });
  } catch {
    // No C library or /proc as on Linux, or put away meanwhile: the work is done all the same.
  }
}

/**
 * The path that it was started by, as `pidof` knows a process by the last part of that, a link's name
 * for one. Nothing where the executable was put away meanwhile, or where another program runs it: the
 * dynamic linker by hand.
 */
function ownPath(): string | undefined {
  const { argv0, execPath } = process;
  if (!existsSync(execPath) || basename(execPath).startsWith("ld-")) return undefined;
  const named = argv0.includes("/") ? argv0 : Bun.which(argv0);
  const isOwn = named !== null && existsSync(named) && realpathSync(named) === execPath;
  return isOwn ? named : execPath;
}

/**
 * execve(2); comes back where the system does not allow it. What was handed over open
 * (`--from <(zcat ...)`, the lock of `flock -F`) stays open: the runtime has marked it to be closed.
 */
function runInstead(path: string, argv: readonly string[], env: NodeJS.ProcessEnv): void {
  const calls = openLibc((name) => dlopen(name, libcCalls)).symbols;
  for (const descriptor of openedDescriptors()) calls.fcntl(descriptor, F_SETFD, 0);
  const around = Object.entries(env).map(([name, text]) => `${name}=${text}`);
  const [given, set] = [argv, around].map((texts) => texts.map(terminated));
  calls.execve(terminated(path), addresses(given ?? []), addresses(set ?? []));
}

function terminated(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

/** Where the texts stand, and 0. */
function addresses(texts: readonly Buffer[]): BigUint64Array {
  return BigUint64Array.from([...texts.map((text) => BigInt(ptr(text))), 0n]);
}

const F_SETFD = 2;
const libcCalls = {
  execve: { args: ["ptr", "ptr", "ptr"], returns: "i32" },
  fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
} as const;

/** Those that were handed over: so far the runtime has opened no other than its event loop's. */
function openedDescriptors(): readonly number[] {
  const folder = "/proc/self/fd";
  return readdirSync(folder).map(Number).filter((descriptor) => {
    try {
      return descriptor > 2 && !readlinkSync(`${folder}/${descriptor}`).startsWith("anon_inode:");
    } catch {
      return false; // The folder itself, closed by now.
    }
  });
}
