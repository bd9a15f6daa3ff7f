/**
 * Edge (processes, net, files). `tpctl replay`: finds the inputs and the target, runs, and turns how it
 * ended into the exit code. Everything that computes is in core/replay.
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { systemClock } from "../core/clock.ts";
import { UsageError } from "../core/errors.ts";
import { type ReplayFlags, replayFlags } from "./replay_flags.ts";

/** The subcommand. */
export function replayCommand(): CommandUnknownOpts {
  const { command, read } = replayFlags();
  command.action(() => runReplay(read(systemClock.now())));
  return command;
}

async function runReplay(flags: ReplayFlags): Promise<void> {
  if (flags.spool !== undefined) {
    throw new UsageError(`Cannot use --spool: this build does not have it, expected a run without`);
  }
  if (flags.pipeline !== undefined || flags.eventPipeline !== undefined) {
    const { replayToPipeline } = await import("./replay_pipeline.ts");
    return await replayToPipeline(flags);
  }
  const { replayToStores } = await import("./replay_stores.ts");
  return await replayToStores(flags);
}
