/**
 * Edge (files). Log files: appended to, put aside by size and by time, followed when somebody moves
 * them, shared by two writers, and full disks survived.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogRotation } from "../config/log_config.ts";
import { ConfigError } from "../errors.ts";
import { openFileOutput } from "./file_output.ts";
import type { LogMessage } from "./line.ts";
import type { LogOutput } from "./output.ts";
import { rolloverAt } from "./rotation.ts";

const MESSAGE: LogMessage = {
  timeMs: 0,
  level: "info",
  logger: "tpctl",
  message: "",
  fields: undefined,
};

let folder = "";
let nowMs = 0;
let trouble: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tpctl-log-"));
  nowMs = new Date(2026, 2, 4, 12, 0, 0).getTime();
  trouble = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function open(rotation: LogRotation, path = join(folder, "p.log")): LogOutput {
  const clock = { now: () => nowMs, monotonic: () => nowMs, sleep: () => Promise.resolve() };
  return openFileOutput(path, rotation, { clock, onTrouble: (text) => trouble.push(text) });
}

function write(output: LogOutput, ...lines: string[]): void {
  for (const line of lines) output.write(line, MESSAGE);
}

function content(name: string): string {
  return readFileSync(join(folder, name), "utf8");
}

test("appends, and does not read what was there", async () => {
  writeFileSync(join(folder, "p.log"), "before\n");
  const output = open({ type: "none" });
  write(output, "ä", "b");
  expect(content("p.log")).toBe("before\nä\nb\n");
  await output.close();
});

test("by size, keeping so many", () => {
  const output = open({ type: "size", bytesMax: 10, filesMax: 2 });
  write(output, "11111", "22222", "33333", "44444");
  expect(readdirSync(folder).toSorted()).toEqual(["p.log", "p.log.1", "p.log.2"]);
  expect([content("p.log"), content("p.log.1"), content("p.log.2")]).toEqual([
    "44444\n",
    "33333\n",
    "22222\n",
  ]);
});

test("two writers of one file put it aside once", () => {
  const rotation = { type: "size", bytesMax: 10, filesMax: 20 } as const;
  const [one, two] = [open(rotation), open(rotation)];
  for (const n of [1, 2, 3, 4]) {
    write(one, `one ${n}`);
    write(two, `two ${n}`);
  }
  const lines = readdirSync(folder).map(content).join("").trim().split("\n");
  expect(lines.toSorted()).toEqual(
    [1, 2, 3, 4].flatMap((n) => [`one ${n}`, `two ${n}`]).toSorted(),
  );
});

test("by time, with Python's names, keeping so many", () => {
  const output = open({ type: "interval", unit: "hours", interval: 1, filesMax: 2 });
  for (const n of [1, 2, 3, 4]) {
    write(output, `${n}`);
    nowMs += 3_600_000;
  }
  expect(readdirSync(folder).toSorted()).toEqual([
    "p.log",
    "p.log.2026-03-04_13",
    "p.log.2026-03-04_14",
  ]);
  expect([content("p.log.2026-03-04_13"), content("p.log")]).toEqual(["2\n", "4\n"]);
});

test("a file from before is put aside by its own age", () => {
  writeFileSync(join(folder, "p.log"), "old\n");
  const yesterday = new Date(nowMs - 86_400_000);
  utimesSync(join(folder, "p.log"), yesterday, yesterday);
  write(open({ type: "interval", unit: "midnight", interval: 1, filesMax: 2 }), "new");
  expect(content("p.log")).toBe("new\n");
  expect(content("p.log.2026-03-03")).toBe("old\n");
});

describe("when it is over", () => {
  const from = new Date(2026, 2, 4, 12, 0, 0).getTime(); // a Wednesday

  test.each(
    [
      ["seconds", 90, new Date(2026, 2, 4, 12, 1, 30)],
      ["days", 2, new Date(from + 2 * 86_400_000)],
      ["midnight", 1, new Date(2026, 2, 5)],
      ["weekday", 3, new Date(2026, 2, 5)],
      ["weekday", 0, new Date(2026, 2, 9)],
      ["weekday", 2, new Date(2026, 2, 11)],
    ] as const,
  )("%s %d", (unit, interval, expected) => {
    const rotation = { type: "interval", unit, interval, filesMax: 1 } as const;
    expect(new Date(rolloverAt(rotation, from))).toEqual(expected);
  });
});

test("logrotate's move is followed at once", () => {
  const output = open({ type: "none" });
  write(output, "a");
  renameSync(join(folder, "p.log"), join(folder, "p.log.1"));
  write(output, "b");
  expect([content("p.log.1"), content("p.log")]).toEqual(["a\n", "b\n"]);
});

test("what cannot be opened is a configuration error", () => {
  expect(() => open({ type: "none" }, join(folder, "none/p.log"))).toThrow(ConfigError);
  expect(() => open({ type: "none" }, join(folder, "none/p.log"))).toThrow(
    "its folder does not exist",
  );
  mkdirSync(join(folder, "d"));
  expect(() => open({ type: "none" }, join(folder, "d"))).toThrow("it is a folder");
});

const hasFullDisk = existsSync("/dev/full");
if (!hasFullDisk) console.error("skipped: a full disk, this system has no /dev/full");

test.skipIf(!hasFullDisk)("a full disk is said once and survived", () => {
  const output = open({ type: "none" }, "/dev/full");
  write(output, "a", "b");
  expect(trouble).toEqual(["Cannot write to the log file '/dev/full': the disk is full"]);
});
