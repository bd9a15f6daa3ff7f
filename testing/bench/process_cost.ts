/**
 * Edge (processes). Runs one subject of the benchmark and says what it cost: wall time, CPU time of
 * the process and all its children (user and system), resident memory over time. Read from /proc, so
 * Linux only.
 */
import { readdirSync, readFileSync } from "node:fs";

const sampleMs = 100;
/** Ticks of /proc/PID/stat in a second; 100 on every Linux that Bun runs on. */
const ticksPerSecond = 100;

/** What a run cost. */
export interface Cost {
  readonly wallSeconds: number;
  /** User and system time of the process and its children. */
  readonly cpuSeconds: number;
  /** The most that process and children held resident together, as their own high-water marks say. */
  readonly peakRssMb: number;
  /** Resident memory (MB) at a quarter, a half, three quarters and the end of the run. */
  readonly rssMb: readonly number[];
  readonly stdout: string;
  readonly stderr: string;
}

/** How a run is started and when it counts as done. */
export interface CostOptions {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Left out: done when the process ends, which it must with 0. Else asked again and again. */
  readonly done?: () => Promise<boolean>;
  /** A run that takes longer is ended and rejects. */
  readonly timeoutMs: number;
}

interface Sample {
  readonly cpuSeconds: number;
  readonly rssMb: number;
  readonly highWaterMb: number;
}

/** Runs the command to its end, or until `done`; then it is stopped with SIGTERM. */
export async function measureCost(options: CostOptions): Promise<Cost> {
  const started = performance.now();
  const child = Bun.spawn([...options.argv], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const texts = Promise.all([child.stdout.text(), child.stderr.text()]);
  const samples: Sample[] = [];
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const take = (): void => {
    const sample = sampleTree(child.pid);
    // A process that has ended and was not yet waited for holds nothing any more.
    if (sample.rssMb > 0) samples.push(sample);
  };
  const timer = setInterval(take, sampleMs);
  const late = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs);
  try {
    const whole = options.done === undefined;
    if (whole) await child.exited;
    while (!whole && !ended() && !await options.done()) await Bun.sleep(sampleMs);
    const wallSeconds = (performance.now() - started) / 1000;
    if (!ended()) take();
    clearInterval(timer);
    const early = !whole && ended();
    if (!ended()) child.kill("SIGTERM");
    await child.exited;
    const [stdout, stderr] = await texts;
    if (early || (whole && child.exitCode !== 0)) {
      const end = child.exitCode ?? child.signalCode;
      throw new Error(`${options.argv.join(" ")} ended with ${end}:\n${stderr.slice(-4000)}`);
    }
    const usage = child.resourceUsage();
    const last = samples.at(-1);
    const cpuSeconds = whole && usage !== undefined
      ? Number(usage.cpuTime.total) / 1e6
      : last?.cpuSeconds ?? 0;
    return { wallSeconds, cpuSeconds, ...rssOf(samples), stdout, stderr };
  } finally {
    clearInterval(timer);
    clearTimeout(late);
  }
}

function rssOf(samples: readonly Sample[]): Pick<Cost, "peakRssMb" | "rssMb"> {
  const at = (part: number): number =>
    Math.round(samples[Math.floor((samples.length - 1) * part)]?.rssMb ?? 0);
  return {
    peakRssMb: Math.round(Math.max(0, ...samples.map((sample) => sample.highWaterMb))),
    rssMb: [0.25, 0.5, 0.75, 1].map(at),
  };
}

/** Resident memory of a process and its children at this moment, in MB. */
export function residentMb(pid: number): number {
  return sampleTree(pid).rssMb;
}

/** Sums over the process and everything below it; what has just ended counts as nothing. */
function sampleTree(pid: number): Sample {
  const children = childrenByParent();
  const sum = { cpuSeconds: 0, rssMb: 0, highWaterMb: 0 };
  const waiting = [pid];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const own = sampleProcess(next);
    sum.cpuSeconds += own.cpuSeconds;
    sum.rssMb += own.rssMb;
    sum.highWaterMb += own.highWaterMb;
    waiting.push(...children.get(next) ?? []);
  }
  return sum;
}

function childrenByParent(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(statOf(Number(name))[1] ?? 0);
    children.set(parent, [...children.get(parent) ?? [], Number(name)]);
  }
  return children;
}

/** The fields of /proc/PID/stat from the third (state) on; empty when the process is gone. */
function statOf(pid: number): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

function sampleProcess(pid: number): Sample {
  const stat = statOf(pid);
  // utime, stime, and those of children that were waited for (fields 14 to 17).
  const ticks = stat.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const megabytes = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) / 1024;
    return {
      cpuSeconds: ticks / ticksPerSecond,
      rssMb: megabytes("VmRSS"),
      highWaterMb: megabytes("VmHWM"),
    };
  } catch {
    return { cpuSeconds: ticks / ticksPerSecond, rssMb: 0, highWaterMb: 0 };
  }
}
