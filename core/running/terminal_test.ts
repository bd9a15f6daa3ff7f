/**
 * Pure. The progress line and the log on one terminal.
 */
import { expect, test } from "bun:test";
import { type Log, silentLog } from "../log/log.ts";
import { createProgressLine } from "./terminal.ts";

test("a log line wipes the progress line first, and only when there is one", () => {
  const written: string[] = [];
  const terminal = { columns: 12, write: (text: string) => written.push(text) };
  const log: Log = { ...silentLog, info: (message) => written.push(`${message}\n`) };
  const line = createProgressLine(terminal);
  const above = line.above({ ...log, named: () => log }).named("tpctl.kafka");
  above.info("first");
  line.draw("1,234 records/s, 5,678 written");
  line.draw("2 records/s");
  above.info("second");
  above.info("third");
  line.clear();
  expect(written).toEqual([
    "first\n",
    "\r\x1b[K1,234 recor",
    "\r\x1b[K2 records/s",
    "\r\x1b[K",
    "second\n",
    "third\n",
  ]);
});

test("a terminal that does not know its width is taken for 80 columns wide", () => {
  const written: string[] = [];
  const line = createProgressLine({ columns: 0, write: (text: string) => written.push(text) });
  line.draw("x".repeat(200));
  expect(written).toEqual([`\r\x1b[K${"x".repeat(79)}`]);
});
