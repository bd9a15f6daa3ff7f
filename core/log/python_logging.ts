/**
 * Pure. A Python logging configuration (`log_config_append`, logging.config.fileConfig's form) as a
 * LogPlan: loggers, levels, propagation, handlers and patterns. What has no meaning here is gathered
 * into one notice; what cannot be read is an error with its place.
 */
import { ConfigError, ConfigErrors, type Place } from "../errors.ts";
import { parseIni, stripSpace } from "../config/ini.ts";
import { parseLevel } from "../config/log_options.ts";
import { isKnownLogger, LEVEL_NUMBERS } from "./levels.ts";
import { unknownNames } from "./line.ts";
import type { HandlerPlan, LineFormat, LoggerPlan, LogPlan } from "./log_plan.ts";
import { OSLO_PATTERN } from "./log_plan.ts";
import { readHandler } from "./python_handlers.ts";
import { parsePythonLiteral, type PythonValue } from "./python_literal.ts";

const PLAIN: LineFormat = { pattern: "%(message)s", dateFormat: undefined };
const STDERR: HandlerPlan = { level: 0, format: PLAIN, output: { kind: "stderr" } };

/** Throws ConfigErrors with every problem of the file. */
export function planOfPythonLogging(text: string, file: string): LogPlan {
  // Python takes indented comments too.
  const ini = parseIni(text.replace(/^[ \t]+(?=[#;])/gm, ""), file);
  const reading = new PythonReading(file);
  for (const { section, key, value, place } of ini.values) {
    reading.set(section, key.toLowerCase(), { text: value, place });
  }
  const plan = reading.plan();
  const errors = [...ini.errors, ...reading.errors];
  if (errors.length > 0) throw new ConfigErrors(errors);
  return plan;
}

interface Setting {
  readonly text: string;
  readonly place: Place;
}

class PythonReading {
  readonly errors: ConfigError[] = [];
  readonly #file: string;
  readonly #sections = new Map<string, Map<string, Setting>>();
  readonly #meaningless: string[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  set(section: string, key: string, setting: Setting): void {
    const settings = this.#sections.get(section) ?? new Map<string, Setting>();
    this.#sections.set(section, settings.set(key, setting));
  }

  plan(): LogPlan {
    const formats = new Map(this.#keys("formatters").map((key) => [key, this.#format(key)]));
    const handlers = new Map(
      this.#keys("handlers").map((key) => [key, this.#handler(key, formats)]),
    );
    const loggers = new Map<string, LoggerPlan>();
    for (const key of this.#keys("loggers")) {
      const name = key === "root" ? "" : this.#text(`logger_${key}`, "qualname") ?? key;
      if (!isKnownLogger(name)) {
        this.#meaningless.push(`the logger '${name}'`);
        continue;
      }
      loggers.set(name, this.#logger(`logger_${key}`, handlers));
    }
    const root = loggers.get("");
    if (root === undefined) {
      this.#fail(["loggers", "keys"], "there is no logger 'root'", "root in it");
    } else if (root.handlers.length === 0) loggers.set("", { ...root, handlers: [STDERR] });
    const said = [...new Set(this.#meaningless)].join(", ");
    return {
      loggers,
      rateLimit: undefined,
      notice: said === "" ? undefined : `${this.#file}: without a meaning in tpctl: ${said}`,
    };
  }

  #keys(section: string): string[] {
    const keys = this.#text(section, "keys");
    if (keys !== undefined) return keys.split(",").map(stripSpace).filter((key) => key !== "");
    const text = `Cannot read the logging configuration: [${section}] keys is not set, ` +
      "expected a comma-separated list";
    this.errors.push(new ConfigError(text, { file: this.#file }));
    return [];
  }

  #logger(section: string, handlers: ReadonlyMap<string, HandlerPlan | undefined>): LoggerPlan {
    const names = (this.#text(section, "handlers") ?? "").split(",").map(stripSpace);
    const found = names.filter((name) => name !== "").flatMap((name) => {
      if (!handlers.has(name)) {
        this.#fail([section, "handlers"], `'${name}' is no handler`, "its key");
      }
      return handlers.get(name) ?? [];
    });
    const isRoot = section === "logger_root";
    const propagate = !isRoot && (this.#text(section, "propagate") ?? "1") !== "0";
    const level = this.#level(section);
    // NOTSET takes the level of the logger above; at the root all messages pass.
    const isUnset = level === undefined || (level === 0 && !isRoot);
    const rootLevel = LEVEL_NUMBERS.warning;
    return {
      level: isUnset ? (isRoot ? rootLevel : undefined) : level,
      handlers: found,
      propagate,
    };
  }

  #handler(key: string, formats: ReadonlyMap<string, LineFormat>): HandlerPlan | undefined {
    const section = `handler_${key}`;
    const className = this.#text(section, "class");
    if (className === undefined) {
      this.#fail([section, "class"], "it is not set", "a handler's class");
      return undefined;
    }
    const args = this.#literal(section, "args", "()");
    const kwargs = this.#literal(section, "kwargs", "{}");
    if (args === undefined || kwargs === undefined) return undefined;
    const reading = readHandler(className, {
      args: Array.isArray(args) ? args : [args],
      kwargs: kwargs instanceof Map ? kwargs : new Map(),
    });
    if ("unknown" in reading) {
      this.#meaningless.push(`the handler ${className}`);
      return undefined;
    }
    if ("wrong" in reading) {
      this.#fail([section, "args"], reading.wrong, `arguments of ${className}`);
      return undefined;
    }
    if (reading.notice !== undefined) this.#meaningless.push(reading.notice);
    return {
      level: this.#level(section) ?? 0,
      format: this.#formatOf(section, formats),
      output: reading.output,
    };
  }

  #formatOf(section: string, formats: ReadonlyMap<string, LineFormat>): LineFormat {
    const key = this.#text(section, "formatter");
    if (key === undefined || key === "") return PLAIN;
    const format = formats.get(key);
    if (format === undefined) this.#fail([section, "formatter"], "there is none", "its key");
    return format ?? PLAIN;
  }

  #format(key: string): LineFormat {
    const section = `formatter_${key}`;
    const dateFormat = this.#text(section, "datefmt") || undefined;
    const className = this.#text(section, "class")?.split(".").at(-1) ?? "Formatter";
    if (className === "JSONFormatter" || className === "FluentFormatter") {
      return { pattern: undefined, dateFormat };
    }
    if (className === "ContextFormatter") {
      return { pattern: OSLO_PATTERN, dateFormat: dateFormat ?? "%Y-%m-%d %H:%M:%S" };
    }
    if (className !== "Formatter") this.#meaningless.push(`the formatter ${className}`);
    const style = this.#text(section, "style") ?? "%";
    if (style !== "%") {
      this.#meaningless.push(`the formatter style '${style}'`);
      return { pattern: OSLO_PATTERN, dateFormat };
    }
    const pattern = this.#text(section, "format") || "%(message)s";
    for (const name of unknownNames(pattern)) this.#meaningless.push(`%(${name}) in a format`);
    return { pattern, dateFormat };
  }

  #level(section: string): number | undefined {
    const name = this.#text(section, "level");
    if (name === undefined || name === "") return undefined;
    if (name.toUpperCase() === "NOTSET") return 0;
    const level = parseLevel(name);
    if (level !== undefined) return LEVEL_NUMBERS[level];
    this.#fail(
      [section, "level"],
      "it is no level",
      "DEBUG, INFO, WARNING, ERROR, CRITICAL or NOTSET",
    );
    return undefined;
  }

  #literal(section: string, key: string, absent: string): PythonValue | undefined {
    // Python's configparser halves percent signs here, but not in formats.
    const text = (this.#text(section, key) ?? absent).replaceAll("%%", "%");
    const value = parsePythonLiteral(text);
    if (value === undefined) {
      this.#fail([section, key], "it is no plain literal", "a tuple of texts, numbers and names");
    }
    return value;
  }

  #text(section: string, key: string): string | undefined {
    return this.#sections.get(section)?.get(key)?.text;
  }

  #fail([section, key]: readonly [string, string], why: string, expected: string): void {
    const setting = this.#sections.get(section)?.get(key);
    const shown = setting === undefined ? "" : ` '${setting.text}'`;
    const text = `Cannot read [${section}] ${key}${shown}: ${why}, expected ${expected}`;
    this.errors.push(new ConfigError(text, setting?.place ?? { file: this.#file }));
  }
}
