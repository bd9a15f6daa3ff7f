/**
 * Pure. `TailView`: what is done with the data that are to be shown.
 */
import type { TailBatch } from "./source.ts";

/** One way to show data. */
export interface TailView {
  /** Resolves when the next batch may come. */
  show(batch: TailBatch): Promise<void>;
  /** Why nothing comes at the moment; undefined when it does again. */
  trouble(text: string | undefined): void;
  /** The input is at its end: resolves when the view may go. */
  atEnd(): Promise<void>;
  /** Resolves when all is out and the terminal is as it was. Safe to call twice. */
  close(): Promise<void>;
}
