/**
 * Edge (files). `file://`: each sample or event as a line of a file, as JSON or as Python prints a
 * dict, rotated by size. Accepted means on the disk: each call ends with fdatasync, so that neither a
 * killed process nor a power cut loses what was acknowledged. Several workers may share the file.
 */
import {
  type PublisherOptionValues,
  readPublisherOptions,
} from "../core/config/publisher_options.ts";
import { shownUrl } from "../core/config/publisher_url.ts";
import type { PublisherSettings } from "../core/config/pipeline_config.ts";
import { StoreError } from "../core/delivery/writer.ts";
import { ConfigError } from "../core/errors.ts";
import { systemCode, whyUnwritable } from "../core/files/file_failure.ts";
import { openFileLocks } from "../core/files/file_lock.ts";
import { RotatingFile } from "../core/files/rotating_file.ts";
import type { Log } from "../core/log/log.ts";
import type { Event } from "../core/pipeline/event.ts";
import { eventJson, eventLiteral, sampleJson, sampleLiteral } from "../core/pipeline/messages.ts";
import type {
  Publisher,
  PublisherDeps,
  PublisherKind,
  PublisherOption,
  PublisherUrl,
} from "../core/pipeline/publisher.ts";
import type { Sample } from "../core/pipeline/sample.ts";

const options: readonly PublisherOption[] = [
  {
    name: "max_bytes",
    kind: "int",
    default: "0",
    unit: "bytes",
    help: "Puts the file aside before a line would make it this large; needs backup_count.",
  },
  {
    name: "backup_count",
    kind: "int",
    default: "0",
    help: "How many old files (.1 is the newest) are kept; needs max_bytes.",
  },
  {
    name: "json",
    kind: "string",
    help: "Present, whatever its value: lines are JSON, else Python literals.",
  },
];

/** `file:///path?max_bytes=N&backup_count=N&json`. */
export const fileKind: PublisherKind<PublisherSettings> = {
  schemes: ["file"],
  help: "Appends each sample or event to a file as one line, rotated by size.",
  takes: ["samples", "events"],
  options,
  unknownOptions: "error",
  concurrency: 1,
  gather: { items_max: 2000, wait_ms: 0 },
  check: (url, { log }) => void readUrl(url, log),
  create: (url, deps) => new FilePublisher(url, deps),
};

/** What the URL says. Throws ConfigError. */
function readUrl(url: PublisherUrl, log: Log): PublisherOptionValues {
  const name = shownUrl(url.text);
  if (url.path === "") {
    throw new ConfigError(
      `Cannot use the publisher '${name}': it names no path, expected file:///path/to/file`,
    );
  }
  if (url.host !== "" && url.host !== "localhost") {
    const text = `The publisher '${name}' names a host: it is ignored, as is usual`;
    log.warning(text, { path: url.path });
  }
  const { values, errors } = readPublisherOptions(url, fileKind);
  const problem = errors[0]?.text ?? blankNumber(url, name);
  if (problem !== undefined) throw new ConfigError(problem);
  return values;
}

class FilePublisher implements Publisher {
  readonly name: string;
  readonly #file: RotatingFile;
  readonly #isJson: boolean;
  readonly #path: string;
  #isClosed = false;

  constructor(url: PublisherUrl, { clock, log }: PublisherDeps<PublisherSettings>) {
    this.name = shownUrl(url.text);
    this.#path = url.path;
    const values = readUrl(url, log);
    this.#isJson = values.given("json");
    const rotation = {
      bytesMax: values.number("max_bytes"),
      backups: values.number("backup_count"),
    };
    const deps = {
      clock,
      locks: openFileLocks(),
      isOwnLine: (beginning: string) => ownLine.test(beginning),
      onTorn: (text: string) => log.warning(text),
    };
    try {
      this.#file = new RotatingFile(url.path, rotation, deps);
    } catch (error) {
      const text = `Cannot open the file '${url.path}' of a publisher: ${whyUnwritable(error)}, ` +
        "expected a file that can be written";
      throw new ConfigError(text, undefined, { cause: error });
    }
  }

  publishSamples(samples: readonly Sample[], signal: AbortSignal): Promise<void> {
    return this.#append(samples.map(this.#isJson ? sampleJson : sampleLiteral), signal);
  }

  publishEvents(events: readonly Event[], signal: AbortSignal): Promise<void> {
    return this.#append(events.map(this.#isJson ? eventJson : eventLiteral), signal);
  }

  close(): Promise<void> {
    if (!this.#isClosed) this.#file.close();
    this.#isClosed = true;
    return Promise.resolve();
  }

  async #append(lines: readonly string[], signal: AbortSignal): Promise<void> {
    if (this.#isClosed) throw new Error(`${this.name} is closed`);
    if (lines.length === 0) return;
    try {
      await this.#file.append(lines, signal);
    } catch (error) {
      throw this.#storeError(error);
    }
  }

  #storeError(error: unknown): StoreError {
    const reaction = operatorsFault.includes(systemCode(error) ?? "") ? "hold" : "retry";
    const text = `Cannot write to '${this.#path}': ${
      whyUnwritable(error)
    }, expected room and access`;
    return new StoreError(text, reaction, { cause: error });
  }
}

/** How all lines of samples and events begin, in both forms. */
const ownLine = /^\{["'](name|message_id)?/;

/** What waiting alone does not mend. */
const operatorsFault = ["EACCES", "EPERM", "EROFS", "ENOENT", "ENOTDIR", "EISDIR"];

/** The reference takes an empty number for a broken one. */
function blankNumber(url: PublisherUrl, name: string): string | undefined {
  const blank = url.query.find(([option, value]) =>
    value === "" && (option === "max_bytes" || option === "backup_count")
  );
  if (blank === undefined) return undefined;
  return `Cannot use the option '${blank[0]}' of '${name}': it is empty, expected an integer`;
}
