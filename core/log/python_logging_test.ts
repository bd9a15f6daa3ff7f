/**
 * Edge (files). Python logging configurations: upstream's own, each handler that has a meaning, and
 * what is refused. Nothing of them is ever evaluated.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigErrors } from "../errors.ts";
import type { HandlerPlan, OutputPlan } from "./log_plan.ts";
import { parsePythonLiteral, PythonName } from "./python_literal.ts";
import { planOfPythonLogging } from "./python_logging.ts";

const SAMPLE = join(import.meta.dir, "../../testdata/samples/persister-logging.conf");

/** A configuration with one handler, which the root logger has. */
function withHandler(handler: string, formatter = "format = %(message)s"): string {
  return `[loggers]\nkeys = root\n[handlers]\nkeys = h\n[formatters]\nkeys = f\n` +
    `[logger_root]\nlevel = INFO\nhandlers = h\n` +
    `[handler_h]\nformatter = f\n${handler}\n[formatter_f]\n${formatter}\n`;
}

function rootHandler(text: string): HandlerPlan | undefined {
  return planOfPythonLogging(text, "l.conf").loggers.get("")?.handlers[0];
}

function refusal(text: string): string {
  try {
    planOfPythonLogging(text, "l.conf");
  } catch (error) {
    if (error instanceof ConfigErrors) return error.message;
    throw error;
  }
  return "";
}

test("upstream's file", () => {
  const plan = planOfPythonLogging(readFileSync(SAMPLE, "utf8"), "l.conf");
  const pattern = "%(asctime)s %(levelname)s [%(name)s][%(threadName)s] %(message)s";
  const format = { pattern, dateFormat: undefined };
  const handlers = [
    { level: 10, format, output: { kind: "stderr" as const } },
    {
      level: 10,
      format,
      output: {
        kind: "file" as const,
        path: "/var/log/monasca/persister/persister.log",
        rotation: { type: "size" as const, bytesMax: 104857600, filesMax: 5 },
      },
    },
  ];
  expect([...plan.loggers]).toEqual([
    ["", { level: 20, handlers, propagate: false }],
    ["kafka", { level: 30, handlers, propagate: false }],
    ["influxdb", { level: 20, handlers, propagate: false }],
  ]);
  expect(plan.notice).toBe("l.conf: without a meaning in tpctl: the logger 'cassandra'");
});

describe("handlers", () => {
  const cases: readonly (readonly [string, OutputPlan])[] = [
    ["class = StreamHandler", { kind: "stderr" }],
    ["class = logging.StreamHandler\nargs = (sys.stdout,)", { kind: "stderr" }],
    ["class = logging.NullHandler\nargs = ()", { kind: "null" }],
    [
      "class = logging.handlers.WatchedFileHandler\nargs = ('/l',)",
      { kind: "file", path: "/l", rotation: { type: "none" } },
    ],
    [
      "class = FileHandler\nargs = ('/l%%d', 'a')",
      { kind: "file", path: "/l%d", rotation: { type: "none" } },
    ],
    [
      "class = handlers.RotatingFileHandler\nargs = ('/l', 'a', 10*1024*1024, 3)",
      { kind: "file", path: "/l", rotation: { type: "size", bytesMax: 10485760, filesMax: 3 } },
    ],
    [
      "class = handlers.RotatingFileHandler\nkwargs = {'filename': '/l', 'maxBytes': 9}",
      { kind: "file", path: "/l", rotation: { type: "none" } },
    ],
    [
      "class = handlers.TimedRotatingFileHandler\nargs = ('/l', 'midnight', 1, 7)",
      {
        kind: "file",
        path: "/l",
        rotation: { type: "interval", unit: "midnight", interval: 1, filesMax: 7 },
      },
    ],
    [
      "class = handlers.TimedRotatingFileHandler\nargs = ('/l', 'W6')",
      {
        kind: "file",
        path: "/l",
        rotation: { type: "interval", unit: "weekday", interval: 6, filesMax: 0 },
      },
    ],
    [
      "class = handlers.SysLogHandler\nargs = ('/dev/log', handlers.SysLogHandler.LOG_LOCAL1)",
      { kind: "syslog", path: "/dev/log", facility: 17 },
    ],
    [
      "class = oslo_log.handlers.OSSysLogHandler\nargs = (24,)",
      { kind: "syslog", path: "/dev/log", facility: 3 },
    ],
    ["class = oslo_log.handlers.OSJournalHandler", { kind: "journal", facility: 1 }],
  ];
  test.each(cases)("%s", (handler, output) => {
    expect(rootHandler(withHandler(handler))?.output).toEqual(output);
  });

  test("one without a meaning is a notice, and stderr takes its place", () => {
    const plan = planOfPythonLogging(withHandler("class = logging.handlers.SMTPHandler"), "l.conf");
    expect(plan.loggers.get("")?.handlers[0]?.output).toEqual({ kind: "stderr" });
    expect(plan.notice).toContain("the handler logging.handlers.SMTPHandler");
  });
});

test.each([
  ["class = oslo_log.formatters.JSONFormatter", undefined],
  ["class = oslo_log.formatters.ContextFormatter", "%(asctime)s.%(msecs)03d %(process)d"],
  ["format = %(levelname)s\ndatefmt = %H:%M", "%(levelname)s"],
])("formatter %s", (formatter, start) => {
  const pattern = rootHandler(withHandler("class = StreamHandler", formatter))?.format.pattern;
  if (start === undefined) expect(pattern).toBeUndefined();
  else expect(pattern).toStartWith(start);
});

describe("what is refused, with its place", () => {
  test.each([
    ["", "[loggers] keys is not set"],
    [
      withHandler("class = FileHandler\nargs = (open('/etc/passwd'),)"),
      "l.conf:13:8: Cannot read [handler_h] args",
    ],
    [
      withHandler("class = FileHandler\nargs = (__import__('os').system('x'),)"),
      "it is no plain literal",
    ],
    [withHandler("class = FileHandler"), "it names no file"],
    [withHandler("args = ()"), "[handler_h] class: it is not set"],
    [
      withHandler("class = StreamHandler\nlevel = LOUD"),
      "l.conf:13:9: Cannot read [handler_h] level 'LOUD'",
    ],
    [
      withHandler("class = StreamHandler").replace("handlers = h", "handlers = g"),
      "'g' is no handler",
    ],
    [
      withHandler("class = StreamHandler").replace("formatter = f", "formatter = g"),
      "formatter 'g'",
    ],
    [
      withHandler("class = StreamHandler").replace("keys = root", "keys = kafka"),
      "no logger 'root'",
    ],
    [withHandler("class = handlers.TimedRotatingFileHandler\nargs = ('/l', 'X')"), "'X' with 1"],
  ])("%#", (text, why) => {
    expect(refusal(text)).toContain(why);
  });
});

describe("literals", () => {
  test.each([
    ["('a', \"b\", 3, 2*3*4, -1)", ["a", "b", 3, 24, -1]],
    ["('a' 'b',)", ["ab"]],
    ["('a')", "a"],
    ["()", []],
    ["[1, (2, True), None]", [1, [2, true], null]],
    ["(r'C:\\n', 'a\\nb', u'ü')", ["C:\\n", "a\nb", "ü"]],
    ["0x10", 16],
    ["sys.stderr", new PythonName("sys.stderr")],
    ["{'a': 1}", new Map([["a", 1]])],
  ])("%s", (text, value) => {
    expect<unknown>(parsePythonLiteral(text)).toEqual(value);
  });

  test.each([
    "f()",
    "a + b",
    "(",
    "(1",
    "1 2",
    "'a",
    "{1: 2}",
    "{'a' 1}",
    "[1 2]",
    "lambda: 1",
    "",
  ])(
    "no literal: %s",
    (text) => {
      expect(parsePythonLiteral(text)).toBeUndefined();
    },
  );

  test("no text makes it throw or hang", () => {
    const piece = fc.constantFrom(
      "(",
      ")",
      "[",
      "]",
      "{",
      "}",
      ",",
      "*",
      "-",
      "'a'",
      "1",
      "x.y",
      ":",
      " ",
    );
    fc.assert(fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      parsePythonLiteral(pieces.join(""));
    }));
    expect(parsePythonLiteral("(".repeat(100_000))).toBeUndefined();
  });
});
