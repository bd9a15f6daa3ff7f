/**
 * Edge (processes, files). What every real server in the tests is started with: a folder of its own
 * under the system's temp folder, free loopback ports, a wait for readiness that also sees an early
 * end, and a stop that leaves nothing behind. Which server, and with what configuration, is the
 * business of the files beside this one.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

/** Where downloads (jars, built servers) are kept between runs, outside the repository. */
export const cacheFolder = process.env.TPCTL_TEST_CACHE ?? join(homedir(), ".cache", "tpctl-tests");

/** A started server. */
export interface ServerProcess {
  readonly pid: number;
  /** What the server has printed so far, both streams, at most the last 256 kB. */
  output(): string;
  /** Sends a signal to the server alone (SIGSTOP, which is waited for, and SIGCONT freeze and thaw it). */
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL after 10 s; resolves when it is gone. Safe to call twice. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/** What to start, and how to tell that it is ready. */
export interface ServerOptions {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Asked every 50 ms until it says true; a rejection counts as not yet. */
  readonly ready: () => Promise<boolean>;
  /** How long it may take to get ready; 60 s if left out. */
  readonly readyMs?: number;
}

const outputBytesMax = 256 * 1024;
const living = new Set<ServerProcess>();
process.on("exit", () => {
  for (const server of living) server.signal("SIGKILL");
});

/** Starts a server and resolves once it is ready; rejects with its output if it ends or is late. */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  let output = "";
  const child = Bun.spawn([...options.argv], {
    env: { ...process.env, ...options.env },
    cwd: options.cwd ?? tmpdir(),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const collect = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      output = (output + decoder.decode(chunk, { stream: true })).slice(-outputBytesMax);
    }
  };
  void collect(child.stdout);
  void collect(child.stderr);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGCONT");
      child.kill(signal);
      const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await child.exited;
      clearTimeout(late);
    }
    living.delete(server);
  };
  const server: ServerProcess = {
    pid: child.pid,
    output: () => output,
    signal: (name) => {
      child.kill(name);
      if (name === "SIGSTOP") waitUntilStopped(child.pid);
    },
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
  };
  living.add(server);
  const deadline = performance.now() + (options.readyMs ?? 60_000);
  while (!await options.ready().catch(() => false)) {
    if (child.exitCode !== null || child.signalCode !== null || performance.now() > deadline) {
      await server.kill();
      throw new Error(`${options.name} did not get ready:\n${output}`);
    }
    await Bun.sleep(50);
  }
  return server;
}

/** Threads that run when the signal comes may answer once more; at most a second. */
function waitUntilStopped(pid: number): void {
  const deadline = performance.now() + 1000;
  while (!isStopped(pid) && performance.now() < deadline) Bun.sleepSync(1);
}

function isStopped(pid: number): boolean {
  const threads = `/proc/${pid}/task`;
  try {
    return readdirSync(threads).every((thread) =>
      /\) [TXZ] /.test(readFileSync(`${threads}/${thread}/stat`, "utf8"))
    );
  } catch {
    return !existsSync(threads); // A thread has ended meanwhile; without /proc nothing is known.
  }
}

/** A server that a test takes away and gives back; the same one on the same ports and data. */
export interface Restartable {
  /** SIGTERM; what it keeps stays for `start`. */
  stop(): Promise<void>;
  /** SIGKILL; what it has made durable stays for `start`. */
  kill(): Promise<void>;
  /** Starts it again; one that runs is stopped first. */
  start(): Promise<void>;
  /** Accepts connections and answers nothing until `thaw`. */
  freeze(): void;
  thaw(): void;
}

/** As `startServer`, for one that is started more than once. */
export async function startRestartable(options: ServerOptions): Promise<Restartable> {
  let server = await startServer(options);
  return {
    stop: () => server.stop(),
    kill: () => server.kill(),
    start: async () => {
      await server.stop();
      server = await startServer(options);
    },
    freeze: () => server.signal("SIGSTOP"),
    thaw: () => server.signal("SIGCONT"),
  };
}

/** A loopback TCP port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

/** A folder that goes away with the test. */
export interface TempFolder extends AsyncDisposable {
  readonly path: string;
  remove(): Promise<void>;
}

/** A new empty folder; removed by `remove` or at the end of an `await using` block. */
export async function tempFolder(name: string): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), `tpctl-${name}-`));
  const remove = (): Promise<void> => rm(path, { recursive: true, force: true });
  return { path, remove, [Symbol.asyncDispose]: remove };
}

/** The first of these programs that is there (absolute paths, or names looked up in PATH). */
export function findProgram(...candidates: readonly string[]): string | undefined {
  for (const candidate of candidates) {
    const found = candidate.startsWith("/")
      ? (existsSync(candidate) ? candidate : null)
      : Bun.which(candidate);
    if (found !== null) return found;
  }
  return undefined;
}
