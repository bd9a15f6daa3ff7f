/**
 * Pure. `LogOutput`: where finished lines go. An output never throws and never waits: what it cannot
 * take it counts, and says so when it can again or through `onTrouble`.
 */
import type { LogMessage } from "./line.ts";

/** One place that lines go to; see above. */
export interface LogOutput {
  /** `line` has no newline at its end. */
  write(line: string, message: LogMessage): void;
  /** Resolves when all is out, or within a named bound when it cannot be. */
  close(): Promise<void>;
}

/** Takes everything and keeps nothing. */
export const nullOutput: LogOutput = {
  write: () => undefined,
  close: () => Promise.resolve(),
};
