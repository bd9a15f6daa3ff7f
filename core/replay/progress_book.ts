/**
 * Pure. How far each file of a run is read and settled; what its checkpoint says.
 */
import type { Position } from "../delivery/records.ts";
import type { InputFile } from "../files/input_files.ts";
import { type FileHead, type FileProgress, isAsPacked } from "./checkpoint.ts";

/** One file on its way. */
interface Entry {
  readonly input: InputFile;
  readonly known: FileProgress | undefined;
  readonly head: { readonly head: string; readonly head_bytes: number };
  nextLine: number;
  /** Where reading ended, once it did: the line behind the last one. */
  endLine: number | undefined;
  /** That is the end of the file. */
  isWhole: boolean;
  openLine: boolean;
}

/** How reading a file came to its end. */
export interface FileEnd {
  /** The line behind the last one. */
  readonly endLine: number;
  /** The last line has no end. */
  readonly openLine: boolean;
  /** False: it could not be read any further. */
  readonly isWhole: boolean;
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
        ...{ endLine: undefined, isWhole: false, openLine: false },
      };
    });
  }

  /** The line at which the file goes on; undefined where nothing is left of it. */
  firstLine(partition: number): number | undefined {
    const { known, input, nextLine } = this.#at(partition);
    const isOver = known?.done === true && known.bytes === input.bytes && !input.isStream;
    return isOver ? undefined : nextLine;
  }

  /** Reading the file is over. */
  ended(partition: number, end: FileEnd): void {
    Object.assign(this.#at(partition), end);
  }

  settled(positions: readonly Position[]): void {
    for (const { partition, nextOffset } of positions) this.#at(partition).nextLine = nextOffset;
  }

  progress(): readonly FileProgress[] {
    return this.#entries.flatMap((entry, partition) => {
      const { input, known, nextLine, endLine, isWhole, openLine } = entry;
      if (input.isStream) return [];
      const isOver = this.firstLine(partition) === undefined;
      if (isOver && known !== undefined) return [{ ...known, path: input.path }];
      const isSettled = endLine !== undefined && nextLine >= endLine;
      return [{
        path: input.path,
        bytes: input.bytes,
        ...entry.head,
        next_line: nextLine,
        done: isSettled && isWhole,
        open_line: isSettled && openLine,
      }];
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

/** A last line without an end is read again where there may be more of it now. */
function firstLineOf(known: FileProgress, input: InputFile): number {
  const isAsBefore = known.done && isAsPacked(input, known) && input.bytes <= known.bytes;
  return known.open_line && !isAsBefore ? Math.max(1, known.next_line - 1) : known.next_line;
}
