/**
 * Edge (files, stdio, local sockets). The log as a whole: which line goes where, by both forms of
 * configuration, and that readers that are slow, gone or missing never harm.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { dlopen } from "bun:ffi";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogConfig } from "../config/log_config.ts";
import { ConfigError, ConfigErrors } from "../errors.ts";
import { type LogDeps, openLog } from "./open_log.ts";
import { waitingCharsMax } from "./stderr_output.ts";

const CONFIG: LogConfig = {
  debug: false,
  configAppend: undefined,
  file: undefined,
  rotation: { type: "none" },
  useStderr: false,
  useSyslog: false,
  syslogFacility: 1,
  useJournal: false,
  useJson: false,
  dateFormat: "%Y-%m-%d %H:%M:%S",
  levels: new Map(),
  rateLimit: undefined,
};

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tpctl-log-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A stderr that keeps what it is given; a slow one answers only when told. */
function fakeStderr(isSlow = false): {
  lines: () => string[];
  fail: () => void;
  release: () => void;
  stream: LogDeps["stderr"];
} {
  let text = "";
  let listener: ((error: Error) => void) | undefined;
  const waiting: ((error?: Error) => void)[] = [];
  return {
    lines: () => text.split("\n").slice(0, -1),
    fail: () => listener?.(new Error("EPIPE")),
    release: () => waiting.splice(0).forEach((done) => done()),
    stream: {
      write(chunk, done): void {
        text += chunk;
        if (isSlow) waiting.push(done);
        else done();
      },
      on(_event, on): void {
        listener = on;
      },
      off(): void {
        listener = undefined;
      },
    },
  };
}

const TIME = new Date(2026, 2, 4, 5, 6, 7, 89).getTime();

function deps(stream: LogDeps["stderr"], monotonic: () => number = () => 0): LogDeps {
  return {
    clock: { now: () => TIME, monotonic, sleep: () => Promise.resolve() },
    stderr: stream,
    origin: { pid: 42, hostname: "node1", program: "tpctl-persist" },
    journalPath: join(folder, "journal"),
  };
}

test("text on stderr by default, debug left out", async () => {
  const stderr = fakeStderr();
  const { log, isJson, close } = await openLog(CONFIG, deps(stderr.stream));
  log.debug("hidden");
  log.info("up", { port: 9127 });
  log.named("tpctl.kafka").error("down");
  expect(isJson).toBe(false);
  expect(stderr.lines()).toEqual([
    "2026-03-04 05:06:07.089 42 INFO tpctl [-] up port=9127",
    "2026-03-04 05:06:07.089 42 ERROR tpctl.kafka [-] down",
  ]);
  await close();
  await close();
  log.error("after the end");
  expect(stderr.lines()).toHaveLength(2);
});

test("JSON, debug and levels per logger, by our names and the reference's", async () => {
  const stderr = fakeStderr();
  const levels = new Map([["kafka", "error"], ["tpctl.influxdb", "warning"]] as const);
  const config = { ...CONFIG, useJson: true, debug: true, levels };
  const { log, isJson } = await openLog(config, deps(stderr.stream));
  log.debug("a");
  log.named("tpctl.kafka.group").warning("hidden");
  log.named("tpctl.kafka.group").error("b");
  log.named("tpctl.influxdb").info("hidden");
  expect(isJson).toBe(true);
  expect(stderr.lines().map((line) => JSON.parse(line).message)).toEqual(["a", "b"]);
});

test("a file takes the place of stderr, unless both are asked for", async () => {
  const file = join(folder, "p.log");
  const alone = fakeStderr();
  const first = await openLog({ ...CONFIG, file }, deps(alone.stream));
  first.log.info("one");
  renameSync(file, `${file}.1`);
  first.log.info("two");
  expect(alone.lines()).toEqual([]);
  expect(readFileSync(`${file}.1`, "utf8")).toEndWith(" one\n");
  expect(readFileSync(file, "utf8")).toEndWith(" two\n");
  const both = fakeStderr();
  const second = await openLog({ ...CONFIG, file, useStderr: true }, deps(both.stream));
  second.log.info("three");
  expect(both.lines()).toHaveLength(1);
  expect(readFileSync(file, "utf8")).toEndWith(" three\n");
});

test("what cannot be opened is a configuration error", async () => {
  const { stream } = fakeStderr();
  const file = join(folder, "none/p.log");
  await expect(openLog({ ...CONFIG, file }, deps(stream))).rejects.toThrow(ConfigError);
  await expect(openLog({ ...CONFIG, useJournal: true }, deps(stream))).rejects.toThrow(
    /Cannot write the log to the journal '.*': it does not exist, expected the socket of a running/,
  );
  const configAppend = join(folder, "none.conf");
  await expect(openLog({ ...CONFIG, configAppend }, deps(stream))).rejects.toThrow(
    /Cannot read log_config_append '.*': it does not exist/,
  );
});

test("the rate limit says once per interval that it drops, and lets the worst pass", async () => {
  let nowMs = 0;
  const stderr = fakeStderr();
  const rateLimit = { burst: 2, intervalMs: 1000, exceptLevel: "critical" } as const;
  const { log } = await openLog({ ...CONFIG, rateLimit }, deps(stderr.stream, () => nowMs));
  for (const n of [1, 2, 3, 4]) log.info(`m${n}`);
  log.critical("m5");
  nowMs = 1000;
  log.info("m6");
  expect(stderr.lines().map((line) => line.split("[-] ")[1])).toEqual([
    "m1",
    "m2",
    "Messages of this interval are dropped from here on, by rate_limit_burst",
    "m5",
    "m6",
  ]);
});

describe("stderr", () => {
  test("a slow reader costs messages, not memory, and is told how many", async () => {
    const stderr = fakeStderr(true);
    const { log, close } = await openLog(CONFIG, deps(stderr.stream));
    const long = "x".repeat(1024 * 1024);
    for (let n = 0; n < 10; n++) log.info(long);
    expect(stderr.lines().join("\n").length).toBeLessThan(waitingCharsMax);
    const before = stderr.lines().length;
    stderr.release();
    log.info("back");
    expect(stderr.lines().slice(before)[0]).toBe(
      `tpctl: ${10 - before} messages were dropped, the reader of stderr is too slow`,
    );
    expect(stderr.lines().at(-1)).toEndWith(" back");
    const closing = close();
    stderr.release();
    await closing;
  });

  test("a reader that is gone is no harm", async () => {
    const stderr = fakeStderr(true);
    const { log, close } = await openLog(CONFIG, deps(stderr.stream));
    log.info("a");
    stderr.fail();
    log.info("b");
    expect(stderr.lines()).toHaveLength(1);
    await close();
  });

  test.each(["| true", "| (sleep 0.5; wc -l >&2)"])("a real process: %s", async (reader) => {
    const script = join(folder, "writer.ts");
    writeFileSync(
      script,
      `import { openLog } from ${JSON.stringify(join(import.meta.dir, "open_log.ts"))};
       import { systemClock } from ${JSON.stringify(join(import.meta.dir, "../clock.ts"))};
       const config = { levels: new Map(), rotation: { type: "none" }, dateFormat: "%s" };
       const origin = { pid: 1, hostname: "h", program: "p" };
       const { log, close } = await openLog(config, { clock: systemClock, stderr: process.stderr, origin });
       for (let n = 0; n < 2000; n++) log.info("x".repeat(200));
       await Bun.sleep(50);
       log.info("still here");
       await close();
       process.exit(7);`,
    );
    const command =
      `{ ${process.execPath} ${script} 2>&1 >/dev/null; echo $? > ${folder}/code; } ${reader}`;
    const shell = Bun.spawn(["sh", "-c", command], { stderr: "pipe" });
    await shell.exited;
    expect(readFileSync(join(folder, "code"), "utf8").trim()).toBe("7");
    if (reader !== "| true") expect((await new Response(shell.stderr).text()).trim()).toBe("2001");
  });
});

test("a Python logging configuration decides alone", async () => {
  const configAppend = join(folder, "l.conf");
  const file = join(folder, "p.log");
  writeFileSync(
    configAppend,
    `[loggers]\nkeys = root, kafka, amqp\n[handlers]\nkeys = console, file\n[formatters]\nkeys = f\n
[logger_root]\nlevel = INFO\nhandlers = console\n
[logger_kafka]\nqualname = kafka\nlevel = WARNING\nhandlers = file\npropagate = 0\n
[logger_amqp]\nqualname = amqp\nlevel = INFO\nhandlers = file\n
[handler_console]\nclass = StreamHandler\nargs = (sys.stderr,)\nlevel = ERROR\nformatter = f\n
[handler_file]\nclass = FileHandler\nargs = ('${file}',)\n
[formatter_f]\nformat = %(levelname)s %(name)s %(message)s\n`,
  );
  const stderr = fakeStderr();
  const config = { ...CONFIG, configAppend, debug: true, file: join(folder, "unused.log") };
  const { log, notice } = await openLog(config, deps(stderr.stream));
  log.info("below the handler");
  log.error("one");
  log.named("tpctl.kafka").info("below the logger");
  log.named("tpctl.kafka").error("two");
  expect(stderr.lines()).toEqual(["ERROR tpctl one"]);
  expect(readFileSync(file, "utf8")).toBe("two\n");
  expect(notice).toBe(
    `${configAppend}: without a meaning in tpctl: the logger 'amqp'; ` +
      "debug has no effect beside log_config_append, whose levels count",
  );
  writeFileSync(configAppend, "[loggers]\nkeys = root\n");
  await expect(openLog(config, deps(stderr.stream))).rejects.toThrow(ConfigErrors);
});

/** A datagram socket of the test's own, for what the runtime cannot open. */
function listenTo(path: string): { receive: () => string; close: () => void } {
  const { symbols, close } = dlopen("libc.so.6", {
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
    recv: { args: ["i32", "ptr", "usize", "i32"], returns: "i64" },
    close: { args: ["i32"], returns: "i32" },
  });
  const name = new TextEncoder().encode(path);
  const address = new Uint8Array(2 + name.length + 1);
  address[0] = 1;
  address.set(name, 2);
  const descriptor = symbols.socket(1, 2, 0);
  expect(symbols.bind(descriptor, address, address.length)).toBe(0);
  const buffer = new Uint8Array(65536);
  return {
    receive(): string {
      const length = Number(symbols.recv(descriptor, buffer, buffer.length, 0x40));
      return new TextDecoder().decode(buffer.subarray(0, Math.max(length, 0)));
    },
    close(): void {
      symbols.close(descriptor);
      close();
    },
  };
}

const isLinux = process.platform === "linux";
if (!isLinux) console.error("skipped: syslog and the journal, this system is not Linux");

describe.skipIf(!isLinux)("the machine's own logs", () => {
  test("the journal by its native protocol, and one word when it goes away", async () => {
    const journal = listenTo(join(folder, "journal"));
    const stderr = fakeStderr();
    const { log, close } = await openLog({ ...CONFIG, useJournal: true }, deps(stderr.stream));
    log.named("tpctl.kafka").warning("a\nb", { n: 1 });
    expect(journal.receive()).toBe(
      "PRIORITY=4\nSYSLOG_FACILITY=1\nSYSLOG_IDENTIFIER=tpctl-persist\nLOGGER_NAME=tpctl.kafka\n" +
        "LOGGER_LEVEL=WARNING\nMESSAGE=a\\nb n=1\n",
    );
    log.info("ä".repeat(100_000));
    expect(journal.receive()).toEndWith("ää...\n");
    journal.close();
    log.info("lost");
    log.info("lost");
    expect(stderr.lines().join()).toContain("nobody takes messages");
    expect(stderr.lines()).toHaveLength(1);
    await close();
  });

  test("syslog in its local form", async () => {
    const path = join(folder, "log");
    const socket = listenTo(path);
    const configAppend = join(folder, "l.conf");
    writeFileSync(
      configAppend,
      `[loggers]\nkeys = root\n[handlers]\nkeys = h\n[formatters]\nkeys =\n[logger_root]\n` +
        `level = INFO\nhandlers = h\n[handler_h]\nclass = handlers.SysLogHandler\n` +
        `args = ('${path}', handlers.SysLogHandler.LOG_LOCAL0)\n`,
    );
    const { log, close } = await openLog({ ...CONFIG, configAppend }, deps(fakeStderr().stream));
    log.error("down", { n: 1 });
    expect(socket.receive()).toBe("<131>Mar  4 05:06:07 tpctl-persist[42]: down n=1");
    socket.close();
    await close();
  });
});
