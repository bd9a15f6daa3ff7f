/**
 * Pure. `SourceText`: a file's lines, for findings: what stands at a place, without secrets.
 */
import type { Place } from "../errors.ts";
import type { Excerpt } from "./finding.ts";
import { type ShownLine, shownLine } from "./masking.ts";

/** How much of a line a finding quotes, and shows around it, in characters. */
const foundMax = 60;
const excerptMax = 160;
const lookedAtMax = 1000;

/** A file that is being checked. */
export class SourceText {
  readonly #text: string;
  #starts: number[] | undefined;

  /** `name` is how the file was named. */
  constructor(readonly name: string, text: string) {
    this.#text = text;
  }

  get text(): string {
    return this.#text;
  }

  /** From 1; "" where there is none. */
  line(number: number): string {
    const starts = this.#starts ??= lineStarts(this.#text);
    const from = starts[number - 1];
    if (from === undefined) return "";
    const to = starts[number] ?? this.#text.length + 1;
    return this.#text.slice(from, to - 1).replace(/\r$/, "");
  }

  shownLine(number: number): ShownLine {
    return shownLine(this.line(number));
  }

  /** The place's line, cut around the column where it is long. */
  excerpt({ line, column = 1 }: Place): Excerpt | undefined {
    if (line === undefined) return undefined;
    const shown = this.shownLine(line);
    const at = shown.columnOf(column);
    const from = shown.text.length <= excerptMax ? 0 : Math.max(0, at - 1 - excerptMax / 2);
    return { text: shown.text.slice(from, from + excerptMax), column: at - from };
  }

  /** What stands at the place, up to the end of its word, quote or line. */
  found({ line, column = 1 }: Place): string | undefined {
    if (line === undefined) return undefined;
    const shown = this.shownLine(line);
    const start = shown.columnOf(column) - 1;
    // More of it is not looked at than could be shown.
    const rest = shown.text.slice(start, start + lookedAtMax).trimEnd();
    const token = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')/.exec(rest)?.[0] ??
      rest.replace(/\s+#.*$/, "");
    if (token === "") return undefined;
    return token.length <= foundMax ? token : `${token.slice(0, foundMax - 3)}...`;
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  const lineEnd = /\r\n|\n|\r/g;
  for (let found = lineEnd.exec(text); found !== null; found = lineEnd.exec(text)) {
    starts.push(found.index + found[0].length);
  }
  return starts;
}
