/**
 * Pure. The shape of a subcommand: cmd/<name>.ts exports one function `<name>Command()` that returns
 * it, and cmd/tpctl.ts has one line for it.
 *
 * An action never calls process.exit and never prints an error: it throws (UsageError, ConfigError,
 * RunError, ...) and main turns the class into the exit code, or it resolves and the code is 0, or it
 * sets `process.exitCode` itself for findings (1) or a run that left something behind (3).
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";

/** One row of the table in cmd/tpctl.ts: enough for `--help` without loading the subcommand. */
export interface Subcommand {
  readonly name: string;
  readonly summary: string;
  load(): Promise<CommandUnknownOpts>;
}
