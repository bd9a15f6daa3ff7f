/**
 * Edge (processes, net). What every daemon does, on real processes: signals, worker processes that
 * are killed, a parent that is killed, the watchdog.
 */
import { afterEach, describe, expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openNotifySocket } from "../../testing/notify_socket.ts";
import { sampleValue } from "../../testing/exposition.ts";
import { eventually, isAlive, type Program, startProgram } from "../../testing/program.ts";
import { freePort, tempFolder } from "../../testing/servers/server.ts";

interface Daemon extends Program {
  readonly base: string;
  lines(): readonly Record<string, unknown>[];
  /** Resolves with the nth (0 if left out) log line whose message matches. */
  line(pattern: RegExp, nth?: number): Promise<Record<string, unknown>>;
}

const running: Program[] = [];
afterEach(async () => {
  for (const program of running.splice(0)) await program[Symbol.asyncDispose]();
});

const testMs = 60_000;
const argv = [process.execPath, join(import.meta.dir, "../../testing/daemon_program.ts")];

async function startDaemon(env: Readonly<Record<string, string>> = {}): Promise<Daemon> {
  const port = await freePort();
  const program = startProgram([], {
    argv,
    cwd: tmpdir(),
    env: { TPCTL_TEST_PORT: String(port), ...env },
  });
  running.push(program);
  const lines = (): Record<string, unknown>[] =>
    program.stderr().split("\n").slice(0, -1).map((line) => JSON.parse(line));
  return {
    ...program,
    base: `http://127.0.0.1:${port}`,
    lines,
    async line(pattern, nth = 0): Promise<Record<string, unknown>> {
      const found = await eventually(() =>
        lines().filter(({ message }) => pattern.test(String(message)))[nth]
      ).catch(() => undefined);
      if (found === undefined) throw new Error(`no ${pattern} in\n${program.stderr()}`);
      return found;
    },
  };
}

async function alivesOf(lines: readonly Record<string, unknown>[]): Promise<readonly number[]> {
  const pids = lines.map(({ pid }) => Number(pid));
  const states = await Promise.all(pids.map(isAlive));
  return pids.filter((_, i) => states[i]);
}

describe("signals", () => {
  test("SIGTERM and SIGINT drain and end with 0", async () => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const daemon = await startDaemon();
      await daemon.line(/^started$/);
      daemon.kill(signal);
      expect(await daemon.exited).toBe(0);
      expect(daemon.lines().map(({ message }) => message)).toContain(
        `Draining: ${signal} (a second one ends it at once)`,
      );
    }
  });

  test("a second one ends the drain at once, with 3", async () => {
    const daemon = await startDaemon({ TPCTL_TEST_SLOW: "60000" });
    await daemon.line(/^started$/);
    daemon.kill("SIGTERM");
    await daemon.line(/^Draining/);
    daemon.kill("SIGINT");
    expect(await daemon.exited).toBe(3);
    await daemon.line(/^Ending at once: a second SIGINT$/);
  });

  test("SIGHUP reloads, SIGUSR1 and SIGUSR2 report, none of them ends it", async () => {
    await using folder = await tempFolder("signals");
    using socket = openNotifySocket(join(folder.path, "notify"));
    const daemon = await startDaemon({ NOTIFY_SOCKET: socket.path });
    await daemon.line(/^started$/);
    await socket.waitFor(/^READY=1\nSTATUS=/);
    daemon.kill("SIGUSR1");
    await daemon.line(/^State report$/, 0);
    daemon.kill("SIGUSR2");
    await daemon.line(/^State report$/, 1);
    await daemon.line(/^State report: ready$/);
    daemon.kill("SIGHUP");
    await daemon.line(/^reloaded$/);
    await socket.waitFor(/^RELOADING=1$/);
    await socket.waitFor(/^READY=1$/);
    expect(await (await fetch(`${daemon.base}/healthz`)).text()).toBe("ok\n");
    daemon.kill("SIGTERM");
    expect(await daemon.exited).toBe(0);
    await socket.waitFor(/^STOPPING=1$/);
  });
});

describe("watchdog", () => {
  test("is fed while turns end, and starves when one never does", async () => {
    await using folder = await tempFolder("watchdog");
    for (const workers of ["1", "2"]) {
      using socket = openNotifySocket(join(folder.path, `notify${workers}`));
      const stuck = join(folder.path, `stuck${workers}`);
      const daemon = await startDaemon({
        NOTIFY_SOCKET: socket.path,
        WATCHDOG_USEC: "600000",
        TPCTL_TEST_STUCK: stuck,
        TPCTL_TEST_WORKERS: workers,
      });
      const feeds = (): number => socket.messages().filter((one) => one === "WATCHDOG=1").length;
      await eventually(() => feeds() >= 3 || undefined);
      await Bun.write(stuck, "");
      await Bun.sleep(1500);
      const before = feeds();
      await Bun.sleep(1500);
      expect(feeds()).toBe(before);
      daemon.kill("SIGTERM");
      expect(await daemon.exited).toBe(0);
    }
  }, testMs);
});

describe("workers", () => {
  const readyz = async ({ base }: Daemon): Promise<string | undefined> => {
    const response = await fetch(`${base}/readyz`).catch(() => undefined);
    return response?.ok ? await response.text() : undefined;
  };
  const metrics = async ({ base }: Daemon): Promise<string> =>
    await (await fetch(`${base}/metrics`)).text();

  test("one port speaks for all; a worker killed starts again and no counter falls", async () => {
    const daemon = await startDaemon({ TPCTL_TEST_WORKERS: "2" });
    await eventually(() => readyz(daemon));
    const first = await daemon.line(/^started$/, 0);
    const second = await daemon.line(/^started$/, 1);
    expect(new Set([first.worker, second.worker])).toEqual(new Set([1, 2]));
    const before = await eventually(async () => {
      const text = await metrics(daemon);
      const turns = sampleValue(text, "turns_total");
      const resident = ["parent", "1", "2"].map((worker) =>
        sampleValue(text, "process_resident_memory_bytes", { worker })
      );
      return turns > 0 && resident.every((bytes) => bytes > 1e6) ? turns : undefined;
    });
    process.kill(Number(first.pid), "SIGKILL");
    const death = await daemon.line(/^A worker died and is started again: SIGKILL$/);
    expect(death).toMatchObject({ worker: first.worker, pid: first.pid, level: "error" });
    expect(sampleValue(await metrics(daemon), "turns_total")).toBeGreaterThanOrEqual(before);
    const again = await daemon.line(/^started$/, 2);
    expect(again.worker).toBe(first.worker);
    await eventually(() => readyz(daemon));
    expect(sampleValue(await metrics(daemon), "turns_total")).toBeGreaterThanOrEqual(before);
    daemon.kill("SIGHUP");
    await daemon.line(/^reloaded$/, 1);
    daemon.kill("SIGTERM");
    expect(await daemon.exited).toBe(0);
    expect(await alivesOf([first, second, again])).toEqual([]);
    expect(daemon.lines().filter(({ message }) => message === "over: drained")).toHaveLength(3);
  }, testMs);

  test(
    "a signal to the whole group drains too, and is no second signal to the workers",
    async () => {
      const daemon = await startDaemon({ TPCTL_TEST_WORKERS: "2", TPCTL_TEST_SLOW: "300" });
      const pids = [await daemon.line(/^started$/, 0), await daemon.line(/^started$/, 1)];
      for (const { pid } of pids) process.kill(Number(pid), "SIGTERM");
      daemon.kill("SIGTERM");
      expect(await daemon.exited).toBe(0);
      expect(daemon.lines().filter(({ message }) => message === "over: drained")).toHaveLength(3);
    },
    testMs,
  );

  test("workers whose parent is killed drain and end", async () => {
    const daemon = await startDaemon({ TPCTL_TEST_WORKERS: "2" });
    const pids = [await daemon.line(/^started$/, 0), await daemon.line(/^started$/, 1)];
    daemon.kill("SIGKILL");
    await daemon.exited;
    await eventually(async () => (await alivesOf(pids)).length > 0 ? undefined : true);
  }, testMs);

  test("a worker that ends with 3 ends the whole with 3, none stays behind", async () => {
    const daemon = await startDaemon({ TPCTL_TEST_WORKERS: "2", TPCTL_TEST_END: "3" });
    const pids = [await daemon.line(/^started$/, 0), await daemon.line(/^started$/, 1)];
    expect(await daemon.exited).toBe(3);
    await daemon.line(/Cannot go on: worker \d ended with exit code 3/);
    expect(await alivesOf(pids)).toEqual([]);
  }, testMs);

  test("a worker whose output nobody reads ends them all, and is not started again", async () => {
    const daemon = await startDaemon({ TPCTL_TEST_WORKERS: "2", TPCTL_TEST_READER_GONE: "1" });
    expect(await daemon.exited).toBe(0);
    const starts = daemon.lines().filter(({ message }) => message === "started");
    expect(starts).toHaveLength(2);
    expect(await alivesOf(starts)).toEqual([]);
    expect(daemon.lines().filter(({ level }) => level === "error")).toEqual([]);
    const ends = daemon.lines().filter(({ message }) => String(message).startsWith("over: "));
    expect(ends).toHaveLength(3);
    expect(ends.filter(({ worker }) => worker === 2)).toMatchObject([{ message: "over: drained" }]);
    expect(ends.at(-1)).toMatchObject({ message: "over: ended", reader_gone: true });
  }, testMs);

  test("a second signal kills workers that drain", async () => {
    const daemon = await startDaemon({ TPCTL_TEST_WORKERS: "2", TPCTL_TEST_SLOW: "60000" });
    const pids = [await daemon.line(/^started$/, 0), await daemon.line(/^started$/, 1)];
    daemon.kill("SIGTERM");
    await daemon.line(/^Draining/);
    daemon.kill("SIGTERM");
    expect(await daemon.exited).toBe(3);
    expect(await alivesOf(pids)).toEqual([]);
  }, testMs);
});
