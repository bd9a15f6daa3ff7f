/**
 * Pure. The refused records of one loop on their way into the dead letters: in line, a few appends for
 * many, each record settled once its letter is kept.
 */
import type { DeadLetter, DeadLetterBox, DeadLetterClass } from "../delivery/dead_letter.ts";
import type { Offsets } from "../delivery/offsets.ts";
import { keyOf, type RecordBlock, valueOf } from "../delivery/records.ts";
import type { TrackedBlock } from "../delivery/tracked_block.ts";

/** Letters of one append. */
const lettersMax = 500;
const text = new TextDecoder();
const noBytes = new Uint8Array(0);

/** A record, or one item of it, that nobody will take. */
export interface RefusedRecord {
  readonly block: TrackedBlock;
  /** Index of the record in the block as it was read. */
  readonly index: number;
  readonly class: DeadLetterClass;
  readonly reason: string;
  /** The one item that was refused, where the record holds several. */
  readonly item?: unknown;
}

/** Where letters go, and who hears of it. */
export interface LetterDeskDeps {
  readonly box: DeadLetterBox;
  readonly offsets: Offsets;
  /** The store's name. */
  readonly destination: string;
  readonly signal: AbortSignal;
  readonly onSettled: () => void;
  /** The box rejected although nobody aborted. */
  readonly onFailure: (error: unknown) => void;
}

/** No letter in line. */
export class LetterDesk {
  #deps: LetterDeskDeps;
  #refused: RefusedRecord[] = [];
  #running = false;

  constructor(deps: LetterDeskDeps) {
    this.#deps = deps;
  }

  add(refused: RefusedRecord): void {
    this.#refused.push(refused);
    if (this.#running) return;
    this.#running = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    const { box, offsets, signal, onSettled, onFailure } = this.#deps;
    try {
      // Whatever is refused in this turn goes into the first append.
      await Promise.resolve();
      while (this.#refused.length > 0 && !signal.aborted) {
        const some = this.#refused.splice(0, lettersMax).filter(({ block }) => !block.forgotten);
        await box.append(some.map((refused) => this.#letter(refused)), signal);
        for (const refused of some) offsets.settle(refused.block, refused.index, refused.class);
        onSettled();
      }
    } catch (error) {
      if (!signal.aborted) onFailure(error);
    } finally {
      this.#running = false;
    }
  }

  #letter({ block: tracked, index, class: letterClass, reason, item }: RefusedRecord): DeadLetter {
    const { block } = tracked;
    const at = tracked.at(index);
    return {
      source: sourceOf(block, at),
      class: letterClass,
      reason,
      destination: this.#deps.destination,
      payload: valueOf(block, at) ?? noBytes,
      ...(item === undefined ? {} : { item }),
    };
  }
}

function sourceOf(block: RecordBlock, at: number): DeadLetter["source"] {
  const { topic, partition, file } = block;
  const offset = block.offsets[at] ?? -1;
  if (file !== undefined) return { file, line: offset };
  const key = keyOf(block, at);
  const timestamp = block.timestamps[at] ?? NaN;
  return {
    topic,
    partition,
    offset,
    key: key === null ? null : text.decode(key),
    timestamp: Number.isNaN(timestamp) ? null : timestamp,
  };
}
