/**
 * Pure. How far each file of a run is read and settled; what its checkpoint says.
 */
import type { Position } from "../delivery/records.ts";
import type { InputFile } from "../files/input_files.ts";
import type { FileHead, FileProgress } from "./checkpoint.ts";

/** One file on its way. */
interface Entry {
  readonly input: InputFile;
  readonly known: FileProgress | undefined;
  readonly head: { readonly head: string; readonly head_bytes: number };
  nextLine: number;
  /** Where the file ends, once that was read: the line behind its last one. */
  endLine: number | undefined;
  openLine: boolean;
}

/** Files by their place in the run, which is the partition of their records. */
export class ProgressBook {
  readonly #entries: readonly Entry[];

  /** `known` is where each file goes on, by its path; `heads` how they begin, where that matters. */
  constructor(
    inputs: readonly InputFile[],
    known: ReadonlyMap<string, FileProgress>,
    heads: readonly FileHead[],
  ) {
    const byPath = new Map(heads.map((head) => [head.input.path, head]));
    this.#entries = inputs.map((input) => {
      const before = known.get(input.path);
      return {
        input,
        known: before,
        head: headOf(byPath.get(input.path)),
        nextLine: before === undefined ? 1 : firstLineOf(before, input),
        endLine: undefined,
        openLine: false,
      };
    });
  }

  /** The line at which the file goes on; undefined where nothing is left of it. */
  firstLine(partition: number): number | undefined {
    const { known, input, nextLine } = this.#at(partition);
    const isOver = known?.done === true && known.bytes === input.bytes && !input.isStream;
    return isOver ? undefined : nextLine;
  }

  /** The file was read to its end. */
  ended(partition: number, endLine: number, openLine: boolean): void {
    const entry = this.#at(partition);
    entry.endLine = endLine;
    entry.openLine = openLine;
  }

  settled(positions: readonly Position[]): void {
    for (const { partition, nextOffset } of positions) this.#at(partition).nextLine = nextOffset;
  }

  progress(): readonly FileProgress[] {
    return this.#entries.filter(({ input }) => !input.isStream).map((entry) => {
      const { input, known, nextLine, endLine, openLine } = entry;
      const isOver = this.firstLine(this.#entries.indexOf(entry)) === undefined;
      if (isOver && known !== undefined) return { ...known, path: input.path };
      return {
        path: input.path,
        bytes: input.bytes,
        ...entry.head,
        next_line: nextLine,
        done: endLine !== undefined && nextLine >= endLine,
        open_line: openLine,
      };
    });
  }

  #at(partition: number): Entry {
    const entry = this.#entries[partition];
    if (entry === undefined) throw new Error(`there is no input ${partition}`);
    return entry;
  }
}

function headOf(found: FileHead | undefined): Entry["head"] {
  return found === undefined
    ? { head: "", head_bytes: 0 }
    : { head: found.headOf(found.bytes), head_bytes: found.bytes };
}

/** A last line without an end is read again when the file has grown. */
function firstLineOf(
  { next_line, open_line, done, bytes }: FileProgress,
  input: InputFile,
): number {
  return open_line && done && input.bytes > bytes ? Math.max(1, next_line - 1) : next_line;
}
