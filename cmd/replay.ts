/**
 * Edge (processes, net, files). `tpctl replay`: finds the inputs and the target, runs, and turns how it
 * ended into the exit code. Everything that computes is in core/replay.
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { systemClock } from "../core/clock.ts";
import { writeReport } from "./replay_output.ts";
import { type ReplayFlags, replayFlags } from "./replay_flags.ts";

/** The subcommand. */
export function replayCommand(): CommandUnknownOpts {
  const { command, read } = replayFlags();
  command.action(() => runReplay(read(systemClock.now())));
  return command;
}

async function runReplay(flags: ReplayFlags): Promise<void> {
  if (flags.spool !== undefined && flags.dryRun) await printSpools(flags.spool, flags);
  const isPiped = flags.pipeline !== undefined || flags.eventPipeline !== undefined;
  if (flags.spool !== undefined && flags.dryRun && flags.to === undefined && !isPiped) return;
  if (isPiped) {
    const { replayToPipeline } = await import("./replay_pipeline.ts");
    return await replayToPipeline(flags);
  }
  const { replayToStores } = await import("./replay_stores.ts");
  return await replayToStores(flags);
}

/** What there is; where it would go is the rest of the dry run. */
async function printSpools(folder: string, { report, to }: ReplayFlags): Promise<void> {
  const { listSpools, spoolListText } = await import("../core/replay/spool_list.ts");
  const rows = await listSpools(folder);
  process.stdout.write(spoolListText(rows));
  if (to !== undefined) process.stdout.write("\n");
  else if (report !== undefined) await writeReport(report, { dry_run: true, spools: rows });
}
