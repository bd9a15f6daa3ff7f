/**
 * Edge (files, stdin). A Consumer over recorded files: the lines that are wanted, at the pace that is
 * wanted, several sets of files side by side, each set in its order. Its commit is the checkpoint.
 */
import type { Clock } from "../clock.ts";
import type { Consumer, ConsumerEvents } from "../delivery/consumer.ts";
import type { Position, RecordBlock } from "../delivery/records.ts";
import type { InputFile } from "../files/input_files.ts";
import type { Log } from "../log/log.ts";
import type { Pace } from "./pace.ts";
import type { ProgressBook } from "./progress_book.ts";
import { readReplayFile } from "./replay_file.ts";
import type { SelectedBlock, Selector } from "./selector.ts";

/** What is read, and how. */
export interface ReplayConsumerOptions {
  readonly inputs: readonly InputFile[];
  /** Sets of files that are read side by side. */
  readonly parallel: number;
}

/** What the consumer works with. */
export interface ReplayConsumerDeps {
  readonly events: ConsumerEvents;
  readonly clock: Clock;
  readonly log: Log;
  readonly selector: Selector;
  /** Undefined: as fast as it goes. */
  readonly pace: Pace | undefined;
  readonly book: ProgressBook;
  readonly reading: Reading;
  /** Keeps the checkpoint; resolves when it is durable. */
  readonly save: () => Promise<void>;
  /** Called at the end: another run may have the checkpoint. */
  readonly release: () => void;
}

/** How the reading goes, for whoever shows it. */
export class Reading {
  /** Bytes read, as they are stored; of files that are passed over all of them. */
  bytes = 0;
  /** Inputs that could not be read to their end, each with why. */
  readonly failed: { readonly path: string; readonly reason: string }[] = [];
  /** Blocks whose one line has no end. */
  readonly openLines = new WeakSet<object>();
}

/** The consumer; `blocks` ends at the end of the last file. */
export function openReplayConsumer(
  options: ReplayConsumerOptions,
  deps: ReplayConsumerDeps,
): Consumer {
  return new ReplayConsumer(options, deps);
}

class ReplayConsumer implements Consumer {
  readonly #options: ReplayConsumerOptions;
  readonly #deps: ReplayConsumerDeps;
  readonly #closing = new AbortController();
  /** Those that may hold an open file. */
  #sets: readonly AsyncGenerator<RecordBlock>[] = [];

  constructor(options: ReplayConsumerOptions, deps: ReplayConsumerDeps) {
    this.#options = options;
    this.#deps = deps;
    deps.events.onState({ ready: true });
  }

  async *blocks(): AsyncGenerator<RecordBlock> {
    const { selector, pace } = this.#deps;
    const { signal } = this.#closing;
    this.#sets = this.#openSets();
    for await (const block of sideBySide(this.#sets, this.#options.parallel)) {
      if (signal.aborted) return;
      const selected = this.#select(block);
      if (pace === undefined) yield selected;
      else yield* pace.take(selected, signal);
      // Before the next one is waited for, which may never come.
      if (selector.isDone) return;
    }
  }

  async commit(positions: readonly Position[]): Promise<void> {
    this.#deps.book.settled(positions);
    await this.#deps.save();
  }

  close(): Promise<void> {
    this.#closing.abort();
    // A read that never ends (a terminal, a pipe) is not waited for.
    for (const set of this.#sets) void set.return(undefined).catch(() => undefined);
    this.#deps.release();
    return Promise.resolve();
  }

  #select(block: RecordBlock): SelectedBlock {
    const { selector, reading } = this.#deps;
    const selected = selector.select(block);
    if (reading.openLines.has(block)) reading.openLines.add(selected);
    return selected;
  }

  /** The files of each set, one behind the other. */
  #openSets(): AsyncGenerator<RecordBlock>[] {
    const sets = new Map<string, number[]>();
    for (const [partition, { set }] of this.#options.inputs.entries()) {
      sets.set(set, [...sets.get(set) ?? [], partition]);
    }
    return [...sets.values()].map((partitions) => this.#readSet(partitions));
  }

  async *#readSet(partitions: readonly number[]): AsyncGenerator<RecordBlock> {
    for (const partition of partitions) yield* this.#readFile(partition);
  }

  async *#readFile(partition: number): AsyncGenerator<RecordBlock> {
    const input = this.#options.inputs[partition];
    if (input === undefined) return;
    const { book, events, log, reading } = this.#deps;
    const firstLine = book.firstLine(partition);
    if (firstLine === undefined) {
      reading.bytes += input.bytes;
      return;
    }
    const { path } = input;
    let endLine = firstLine;
    let openLine = false;
    try {
      const blocks = readReplayFile({ path, partition, firstLine }, {
        onRead(bytes): void {
          reading.bytes += bytes;
          events.onTurn();
        },
        onOddity: (what) => log.info(`'${path}' ${what}`),
        onOpenLine(block): void {
          openLine = true;
          reading.openLines.add(block);
        },
      });
      for await (const block of blocks) {
        endLine = block.nextOffset;
        yield block;
      }
      book.ended(partition, { endLine, openLine, isWhole: true });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.error(`Cannot read '${path}' to its end: ${reason}, expected whole lines of text`, {
        lines_read: endLine - 1,
      });
      reading.failed.push({ path, reason });
      book.ended(partition, { endLine, openLine, isWhole: false });
    }
  }
}

/** What they give, as it comes; at most `count` of them are under way, the others follow. */
async function* sideBySide<T>(
  generators: readonly AsyncGenerator<T>[],
  count: number,
): AsyncGenerator<T> {
  type Answer = { readonly from: AsyncGenerator<T>; readonly result: IteratorResult<T> };
  const waiting = [...generators];
  const asked = new Map<AsyncGenerator<T>, Promise<Answer>>();
  const ask = (from: AsyncGenerator<T>): void => {
    asked.set(from, from.next().then((result) => ({ from, result })));
  };
  for (;;) {
    while (asked.size < count && waiting.length > 0) {
      const next = waiting.shift();
      if (next !== undefined) ask(next);
    }
    if (asked.size === 0) return;
    const { from, result } = await Promise.race(asked.values());
    asked.delete(from);
    if (result.done === true) continue;
    // The next block is read while this one is worked on.
    ask(from);
    yield result.value;
  }
}
