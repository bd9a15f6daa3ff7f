/**
 * Edge (files). A log file as an output: appended to, put aside by size or time as Python's handlers
 * do, and opened anew when somebody else moved it. Several processes may write into one file.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Clock } from "../clock.ts";
import type { LogRotation } from "../config/log_config.ts";
import { ConfigError } from "../errors.ts";
import { whyUnwritable } from "../files/file_failure.ts";
import type { LogOutput } from "./output.ts";
import { INTERVAL_SUFFIX, intervalSuffix, rolloverAt } from "./rotation.ts";

/** What a log file needs. */
export interface FileOutputDeps {
  readonly clock: Clock;
  /** Told once per spell of trouble: the disk is full, the file cannot be opened again. */
  onTrouble(text: string): void;
}

/** Opens the file; throws a ConfigError when it cannot be. */
export function openFileOutput(
  path: string,
  rotation: LogRotation,
  deps: FileOutputDeps,
): LogOutput {
  try {
    return new FileOutput(path, rotation, deps);
  } catch (error) {
    const text = `Cannot open the log file '${path}': ${
      whyUnwritable(error)
    }, expected a writable file`;
    throw new ConfigError(text, undefined, { cause: error });
  }
}

class FileOutput implements LogOutput {
  readonly #path: string;
  readonly #rotation: LogRotation;
  readonly #deps: FileOutputDeps;
  #descriptor: number;
  #rolloverAtMs = Infinity;
  #inTrouble = false;

  constructor(path: string, rotation: LogRotation, deps: FileOutputDeps) {
    this.#path = path;
    this.#rotation = rotation;
    this.#deps = deps;
    const lastChangeMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? deps.clock.now();
    this.#descriptor = openSync(path, "a", 0o640);
    if (rotation.type === "interval") this.#rolloverAtMs = rolloverAt(rotation, lastChangeMs);
  }

  write(line: string): void {
    const bytes = new TextEncoder().encode(`${line}\n`);
    try {
      this.#follow();
      if (this.#isDue(bytes.length)) this.#putAside();
      for (let at = 0; at < bytes.length;) at += writeSync(this.#descriptor, bytes, at);
      this.#inTrouble = false;
    } catch (error) {
      if (this.#inTrouble) return;
      this.#inTrouble = true;
      this.#deps.onTrouble(`Cannot write to the log file '${this.#path}': ${whyUnwritable(error)}`);
    }
  }

  close(): Promise<void> {
    closeSync(this.#descriptor);
    return Promise.resolve();
  }

  /** Somebody moved or removed the file: logrotate, or another process of ours. */
  #follow(): void {
    const there = statSync(this.#path, { throwIfNoEntry: false });
    const ours = fstatSync(this.#descriptor);
    if (there?.ino === ours.ino && there.dev === ours.dev) return;
    this.#reopen();
    if (this.#rotation.type === "interval") {
      this.#rolloverAtMs = rolloverAt(this.#rotation, this.#deps.clock.now());
    }
  }

  #reopen(): void {
    try {
      const descriptor = openSync(this.#path, "a", 0o640);
      closeSync(this.#descriptor);
      this.#descriptor = descriptor;
    } catch (error) {
      this.#deps.onTrouble(
        `Cannot open the log file '${this.#path}' again: ${whyUnwritable(error)}`,
      );
    }
  }

  #isDue(bytes: number): boolean {
    const { type } = this.#rotation;
    if (type === "interval") return this.#deps.clock.now() >= this.#rolloverAtMs;
    if (type !== "size" || this.#rotation.bytesMax === 0 || this.#rotation.filesMax === 0) {
      return false;
    }
    const { size } = fstatSync(this.#descriptor);
    return size > 0 && size + bytes > this.#rotation.bytesMax;
  }

  #putAside(): void {
    if (this.#rotation.type === "interval") {
      const aside = `${this.#path}.${intervalSuffix(this.#rotation, this.#rolloverAtMs)}`;
      renameSync(this.#path, aside);
      this.#rolloverAtMs = rolloverAt(this.#rotation, this.#deps.clock.now());
      this.#removeOldest(this.#rotation.filesMax);
    } else if (this.#rotation.type === "size") {
      for (let n = this.#rotation.filesMax - 1; n >= 1; n--) {
        if (existsSync(`${this.#path}.${n}`)) {
          renameSync(`${this.#path}.${n}`, `${this.#path}.${n + 1}`);
        }
      }
      renameSync(this.#path, `${this.#path}.1`);
    }
    this.#reopen();
  }

  #removeOldest(filesMax: number): void {
    if (filesMax === 0) return;
    const folder = dirname(this.#path);
    const start = `${basename(this.#path)}.`;
    const aside = readdirSync(folder).filter((name) =>
      name.startsWith(start) && INTERVAL_SUFFIX.test(name.slice(start.length))
    );
    for (const name of aside.toSorted().slice(0, -filesMax)) rmSync(join(folder, name));
  }
}
