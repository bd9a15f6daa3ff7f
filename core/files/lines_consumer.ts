/**
 * Edge (files, stdin). A Consumer over files and stdin: one record per line, one file after the other,
 * to the end, plain or compressed. There is nothing to commit to: what was read is known by its line
 * number.
 */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import type { Clock } from "../clock.ts";
import type { Consumer, ConsumerEvents } from "../delivery/consumer.ts";
import type { RecordBlock } from "../delivery/records.ts";
import { ConfigError, RunError } from "../errors.ts";
import { readChunks } from "./chunks.ts";
import { whyUnreadable } from "./file_failure.ts";
import { LineBlocks } from "./line_blocks.ts";
import { sqliteRefusal } from "./sqlite_magic.ts";

const lineBytesMaxDefault = 64 * 1024 * 1024;
/** A source that is waited for is said to be alive so often. */
const turnMs = 1000;

/** What to read. */
export interface LinesConsumerOptions {
  /** Paths in the order they are read; `-` is stdin. */
  readonly paths: readonly string[];
  readonly lineBytesMax?: number;
}

/** What the consumer works with. */
export interface LinesConsumerDeps {
  readonly events: ConsumerEvents;
  readonly clock: Clock;
}

/** Looks whether every file is there and readable; rejects with a ConfigError where one is not. */
export async function openLinesConsumer(
  options: LinesConsumerOptions,
  deps: LinesConsumerDeps,
): Promise<Consumer> {
  for (const path of options.paths) await checkFile(path);
  const { events } = deps;
  const closing = new AbortController();
  events.onAssigned(options.paths.map((_, partition) => ({ topic: "file", partition })));
  events.onState({ ready: true });
  return {
    blocks: () => readAll(options, deps, closing.signal),
    commit: () => Promise.resolve(),
    close(): Promise<void> {
      closing.abort();
      return Promise.resolve();
    },
  };
}

async function* readAll(
  options: LinesConsumerOptions,
  deps: LinesConsumerDeps,
  signal: AbortSignal,
): AsyncGenerator<RecordBlock> {
  const lineBytesMax = options.lineBytesMax ?? lineBytesMaxDefault;
  for (const [partition, file] of options.paths.entries()) {
    const lines = new LineBlocks({ file, partition, lineBytesMax });
    const chunks = readChunks(file);
    // A read that never ends (a terminal, a pipe) is not waited for.
    const letGo = (): void => void chunks.return(undefined).catch(() => undefined);
    // Whoever pulls may have stopped for good: the file is closed all the same, and not left to be
    // found by the garbage collector, which takes that for a defect.
    signal.addEventListener("abort", letGo, { once: true });
    try {
      for (;;) {
        const chunk = await nextChunk(chunks, deps, signal);
        if (signal.aborted) return;
        yield* chunk === undefined ? lines.end() : lines.add(chunk);
        if (chunk === undefined) break;
      }
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause);
      throw new RunError(`Cannot read '${file}': ${text}, expected lines of text`, { cause });
    } finally {
      signal.removeEventListener("abort", letGo);
      letGo();
    }
  }
}

/** The next chunk; undefined at the end and when the signal aborts. */
async function nextChunk(
  chunks: AsyncIterator<Uint8Array>,
  { clock, events }: LinesConsumerDeps,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  let read: IteratorResult<Uint8Array> | undefined;
  const done = new AbortController();
  const end = AbortSignal.any([done.signal, signal]);
  const reading = chunks.next().then((result) => {
    read = result;
  }).finally(() => done.abort());
  while (!end.aborted) {
    await Promise.race([reading, clock.sleep(turnMs, end)]);
    events.onTurn();
  }
  if (!signal.aborted) await reading;
  else reading.catch(() => undefined);
  return read === undefined || read.done === true ? undefined : read.value;
}

/** Rejects with a ConfigError where there is no such file, or none of lines; `-` is always there. */
export async function checkFile(path: string): Promise<void> {
  if (path === "-") return;
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new Error("it is a folder");
    if (found.isSocket()) throw new Error("it is a socket");
    await access(path, constants.R_OK);
  } catch (cause) {
    throw new ConfigError(
      `Cannot read '${path}': ${whyUnreadable(cause)}, expected a file with one message per line`,
      undefined,
      { cause },
    );
  }
  const refusal = sqliteRefusal(path);
  if (refusal !== undefined) throw new ConfigError(refusal);
}
