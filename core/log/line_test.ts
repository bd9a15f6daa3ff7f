/**
 * Pure. Lines as oslo.log and Python write them, and times in strftime's form.
 */
import { describe, expect, test } from "bun:test";
import { formatLine, type LogMessage, unknownNames } from "./line.ts";
import { OSLO_PATTERN } from "./log_plan.ts";
import { strftime } from "./strftime.ts";

const ORIGIN = { pid: 42, hostname: "node1", program: "tpctl-persist" };
const TIME = new Date(2026, 2, 4, 5, 6, 7, 89).getTime();
const MESSAGE: LogMessage = {
  timeMs: TIME,
  level: "warning",
  logger: "tpctl.kafka",
  message: "fetched",
  fields: undefined,
};

function line(
  pattern: string | undefined,
  over: Partial<LogMessage> = {},
  dateFormat?: string,
): string {
  return formatLine({ ...MESSAGE, ...over }, { pattern, dateFormat }, ORIGIN);
}

test("oslo.log's line", () => {
  expect(line(OSLO_PATTERN, {}, "%Y-%m-%d %H:%M:%S")).toBe(
    "2026-03-04 05:06:07.089 42 WARNING tpctl.kafka [-] fetched",
  );
});

test("Python's line, with its own time", () => {
  const pattern = "%(asctime)s %(levelname)s [%(name)s][%(threadName)s] %(message)s";
  expect(line(pattern)).toBe("2026-03-04 05:06:07,089 WARNING [tpctl.kafka][MainThread] fetched");
});

test("fields follow the message, and a line is one line", () => {
  const fields = {
    topic: "metrics",
    offset: 7,
    text: "a b",
    quote: 'a"',
    gone: undefined,
    no: null,
  };
  expect(line("%(message)s", { message: "a\nb\x1b[31m\x9b2J\0\t", fields })).toBe(
    'a\\nb\\x1b[31m\\x9b2J\\x00\\t topic=metrics offset=7 text="a b" quote="a\\"" no=null',
  );
});

test("width, precision and percent signs", () => {
  expect(line("%(levelname)-10s|%(levelname).4s|%(levelno)5d|%(process)05d|%%|%(created).3f")).toBe(
    `WARNING   |WARN|   30|00042|%|${(TIME / 1000).toFixed(3)}`,
  );
});

test("names that stand for nothing are known as such", () => {
  expect(unknownNames("%(asctime)s %(taskName)s %(message)s %(funcName)s")).toEqual(["taskName"]);
});

test("JSON has oslo.log's names, and fields as extra", () => {
  const json: unknown = JSON.parse(line(undefined, { message: "a\nb", fields: { n: 1 } }));
  expect(json).toEqual({
    message: "a\nb",
    asctime: "2026-03-04 05:06:07,089",
    name: "tpctl.kafka",
    levelname: "WARNING",
    levelno: 30,
    created: TIME / 1000,
    msecs: 89,
    process: 42,
    process_name: "tpctl-persist",
    hostname: "node1",
    extra: { n: 1 },
  });
});

describe("strftime", () => {
  test.each([
    ["%Y-%m-%dT%H:%M:%S", "2026-03-04T05:06:07"],
    ["%a %A %b %B %e %y", "Wed Wednesday Mar March  4 26"],
    ["%I %p %j %f", "05 AM 063 089000"],
    ["%F %T %D %R", "2026-03-04 05:06:07 03/04/26 05:06"],
    ["100%% %Q %", "100% %Q %"],
  ])("%s", (format, text) => {
    expect(strftime(format, TIME)).toBe(text);
  });

  test("the offset is the machine's", () => {
    expect(strftime("%z", TIME)).toMatch(/^[+-]\d{4}$/);
  });
});
