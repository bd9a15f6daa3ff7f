/**
 * Pure. What cannot be read is said by file and line: the first ones of each file, then how many more.
 * All of them stand in the dead letters.
 */
import type { Log } from "../log/log.ts";
import type { MessageEncoder, Refusal } from "../persist/encoder.ts";
import type { Reading } from "./replay_consumer.ts";

/** Lines of one file that are said one by one. */
const shownPerFile = 5;
const shownMax = 50;

/** See above. */
export class Refusals {
  readonly #log: Log;
  readonly #files = new Map<string, number>();
  #shown = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  say(
    { file, line }: { readonly file: string; readonly line: number },
    { class: what, reason }: { readonly class: string; readonly reason: string },
  ): void {
    const said = this.#files.get(file) ?? 0;
    this.#files.set(file, said + 1);
    if (said >= shownPerFile || this.#shown >= shownMax) return;
    this.#shown++;
    this.#log.warning(`${file}:${line}: ${reason}`, { class: what });
  }

  /** At the end: what was not said one by one. */
  sayRest(): void {
    for (const [file, count] of this.#files) {
      if (count <= shownPerFile) continue;
      this.#log.warning(`${file}: ${count - shownPerFile} more lines like these`, { lines: count });
    }
  }
}

/** Says of a last line without an end that this may be what is wrong with it. */
export function withOpenLines(encoder: MessageEncoder, reading: Reading): MessageEncoder {
  return {
    encode(block, index, sinks): Refusal | undefined {
      const refusal = encoder.encode(block, index, sinks);
      if (refusal?.class !== "decode" || !reading.openLines.has(block)) return refusal;
      return { ...refusal, reason: `the file ends in the middle of this line: ${refusal.reason}` };
    },
  };
}
