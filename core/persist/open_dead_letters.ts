/**
 * Edge (files). The dead-letter box that a configuration asks for.
 */
import { hostname } from "node:os";
import { join } from "node:path";
import type { DaemonConfig } from "../config/persist_config.ts";
import type { DeadLetterBox } from "../delivery/dead_letter.ts";
import { type DeadLetterFilesDeps, openDeadLetterFiles } from "../delivery/dead_letter_files.ts";
import { ConfigError } from "../errors.ts";

/** Who writes the letters. */
export interface DeadLetterWriter {
  /** The subcommand. */
  readonly command: string;
  readonly pid: number;
}

/** Rejects with a ConfigError where the folder cannot be written. */
export async function openDeadLetters(
  config: DaemonConfig,
  writer: DeadLetterWriter,
  deps: DeadLetterFilesDeps,
): Promise<DeadLetterBox> {
  if (config.deadLetterTopic !== undefined) {
    throw new ConfigError(
      `Cannot use [tpctl] dead_letter_topic '${config.deadLetterTopic}': dead letters are not ` +
        "written to Kafka yet, expected none (they go to state_dir)",
    );
  }
  return await openDeadLetterFiles(
    {
      ...writer,
      folder: join(config.stateDir, "dead-letters"),
      host: hostname(),
      bytesMax: config.deadLetterBytesMax,
    },
    deps,
  );
}
