/**
 * Edge (files). The inputs of a run, each of which can be read as often as the run has to: stdin and
 * pipes give what they hold once.
 */
import { UsageError } from "../errors.ts";
import { findInputFiles, type InputFile } from "../files/input_files.ts";

/** What was asked for, as far as it says how often the inputs are read. */
export interface InputsWanted {
  readonly paths: readonly string[];
  /** Read twice: the newest time is looked for first. */
  readonly now: boolean;
  /** Read twice: what is in the store is compared with them afterwards. */
  readonly verify: boolean;
  readonly resume: boolean;
}

/** Throws UsageError for what is not there, or cannot be read so often. */
export function findInputs({ paths, now, verify, resume }: InputsWanted): readonly InputFile[] {
  const inputs = findInputFiles(paths);
  const stream = inputs.find(({ isStream }) => isStream);
  if (stream === undefined) return inputs;
  const name = stream.path === "-" ? "stdin" : `the pipe '${stream.path}'`;
  if (now || verify) {
    throw new UsageError(
      `Cannot use ${now ? "--now" : "--verify"} with ${name}: it is read twice, expected files`,
    );
  }
  if (resume && inputs.every(({ isStream }) => isStream)) {
    throw new UsageError(
      `Cannot use --resume with ${name} alone: what was read is gone, expected files`,
    );
  }
  return inputs;
}
