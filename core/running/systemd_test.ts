/**
 * Edge (net). What systemd hears, on a real datagram socket; and the unit file, judged by systemd's
 * own tools.
 */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { type Log, silentLog } from "../log/log.ts";
import { openSystemd } from "./systemd.ts";
import { createTurns } from "./turns.ts";
import { openNotifySocket } from "../../testing/notify_socket.ts";
import { tempFolder } from "../../testing/servers/server.ts";

const deps = { log: silentLog, pid: process.pid };

describe("notification", () => {
  test("path and abstract sockets hear every message", async () => {
    await using folder = await tempFolder("notify");
    for (const path of [join(folder.path, "notify"), `@tpctl-test-${process.pid}`]) {
      using socket = openNotifySocket(path);
      const systemd = await openSystemd({ NOTIFY_SOCKET: path }, deps);
      systemd.ready("reading\n2 topics");
      systemd.status("10 records/s");
      systemd.reloading();
      systemd.ready();
      systemd.watchdog();
      systemd.stopping();
      systemd.close();
      expect(socket.messages()).toEqual([
        "READY=1\nSTATUS=reading 2 topics",
        "STATUS=10 records/s",
        "RELOADING=1",
        "READY=1",
        "WATCHDOG=1",
        "STOPPING=1",
      ]);
    }
  });

  test("without a socket nothing is done; with one that cannot be used, one warning", async () => {
    const warnings: string[] = [];
    const log: Log = { ...silentLog, warning: (message) => warnings.push(message) };
    (await openSystemd({}, { log, pid: 1 })).ready();
    expect(warnings).toEqual([]);
    const gone = await openSystemd({ NOTIFY_SOCKET: "/nonexistent/notify" }, { log, pid: 1 });
    gone.ready();
    gone.watchdog();
    expect(warnings).toEqual([
      "Cannot notify systemd at '/nonexistent/notify': nobody takes the message, expected its socket",
    ]);
    (await openSystemd({ NOTIFY_SOCKET: "vsock:2:1" }, { log, pid: 1 })).ready();
    expect(warnings[1]).toContain("it is neither a path nor '@name'");
  });

  test("the watchdog is ours only when it names this process or none", async () => {
    const NOTIFY_SOCKET = `@tpctl-watchdog-${process.pid}`;
    const WATCHDOG_USEC = "3000000";
    const own = { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID: String(process.pid) };
    expect((await openSystemd(own, deps)).watchdogMs).toBe(3000);
    expect((await openSystemd({ NOTIFY_SOCKET, WATCHDOG_USEC }, deps)).watchdogMs).toBe(3000);
    expect((await openSystemd({ ...own, WATCHDOG_PID: "1" }, deps)).watchdogMs).toBeUndefined();
    expect((await openSystemd({ NOTIFY_SOCKET }, deps)).watchdogMs).toBeUndefined();
  });
});

describe("turns", () => {
  function setup(): {
    feeds: () => number;
    at: (ms: number) => void;
    turns: ReturnType<typeof createTurns>;
  } {
    let now = 0;
    let fed = 0;
    const clock = { now: () => now, monotonic: () => now, sleep: () => Promise.resolve() };
    const turns = createTurns({ periodMs: 1000 }, { clock, feed: () => fed++ });
    return { feeds: () => fed, at: (ms) => now = ms, turns };
  }

  test("every loop must end a turn before each feed", () => {
    const { feeds, at, turns } = setup();
    turns.add("metrics");
    turns.add("alarms");
    for (let i = 0; i < 5; i++) turns.turned("metrics");
    expect(feeds()).toBe(0);
    turns.turned("alarms");
    expect(feeds()).toBe(1);
    at(60_000);
    for (let i = 0; i < 5; i++) turns.turned("metrics");
    expect(feeds()).toBe(1);
    turns.turned("alarms");
    expect(feeds()).toBe(2);
  });

  test("not more often than the period; a loop that is gone is not waited for", () => {
    const { feeds, at, turns } = setup();
    turns.turned("nobody");
    expect(feeds()).toBe(0);
    turns.add("metrics");
    turns.add("alarms");
    turns.remove("alarms");
    turns.turned("metrics");
    turns.turned("metrics");
    expect(feeds()).toBe(1);
    at(1000);
    turns.turned("metrics");
    expect(feeds()).toBe(2);
  });
});

const samples = join(import.meta.dir, "../../testdata/samples");
const missing = Bun.which("systemd-analyze") === null
  ? "systemd-analyze is not here (Debian package systemd)"
  : undefined;
if (missing !== undefined) console.error(`skipped: ${missing}`);

/** What operators rely on in both unit files, and what differs. */
const units = [
  {
    name: "tpctl-persist",
    relied: [
      "User=mon-persister",
      "Group=monasca",
      "WorkingDirectory=/var/lib/monasca-persister",
      "ConditionPathExists=/etc/monasca/persister.conf",
    ],
  },
  {
    name: "tpctl-pipeline",
    relied: [
      "User=ceilometer",
      "Group=ceilometer",
      "WorkingDirectory=/var/lib/ceilometer",
      "ConditionPathExists=/etc/ceilometer/ceilometer.conf",
    ],
  },
];

describe.skipIf(missing !== undefined).each(units)("unit file $name", ({ name, relied }) => {
  /** systemd's exposure score for it, in tenths; 100 is none at all. */
  const exposureMax = 20;
  const unit = join(samples, `${name}.service`);

  test("systemd reads it without a complaint", async () => {
    await using folder = await tempFolder("unit");
    const text = (await Bun.file(unit).text()).replaceAll("/usr/local/bin/tpctl", "/bin/true");
    const copy = join(folder.path, `${name}.service`);
    await Bun.write(copy, text);
    const { exitCode, stderr } = Bun.spawnSync(["systemd-analyze", "verify", "--man=no", copy]);
    const complaints = stderr.toString().split("\n").filter((line) =>
      line.includes(name) && !line.includes("multi-user.target")
    );
    expect({ exitCode, complaints }).toEqual({ exitCode: 0, complaints: [] });
  });

  test("its exposure is low", () => {
    const threshold = `--threshold=${exposureMax}`;
    const argv = ["systemd-analyze", "security", "--offline=true", threshold, unit];
    const { exitCode, stdout } = Bun.spawnSync(argv);
    if (exitCode !== 0) console.error(stdout.toString());
    expect(exitCode).toBe(0);
  });

  test("it says what operators rely on", async () => {
    const lines = (await Bun.file(unit).text()).split("\n");
    const expected = [
      ...relied,
      "Type=notify",
      "Restart=on-failure",
      "RestartSec=5",
      "RestartPreventExitStatus=2",
      `SyslogIdentifier=${name}`,
    ];
    expect(lines).toEqual(expect.arrayContaining(expected));
    expect(lines.some((line) => line.startsWith("MemoryDenyWriteExecute"))).toBe(false);
  });
});
