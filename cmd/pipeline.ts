/**
 * Edge (processes, net, files). `tpctl pipeline`: puts configuration, log, source, publishers and the
 * daemon together, and turns how it ended into the exit code. Everything that computes is in core/.
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { systemClock } from "../core/clock.ts";
import { loadPipelineConfig } from "../core/config/load_pipeline_config.ts";
import type { PipelineConfig } from "../core/config/pipeline_config.ts";
import type { Log } from "../core/log/log.ts";
import { formatPipelineAccount, pipelineAccount } from "../core/observe/pipeline_closing.ts";
import { createMetrics } from "../core/observe/metrics.ts";
import { openDeadLetters } from "../core/persist/open_dead_letters.ts";
import { leftSpools } from "../core/pipeline/left_spools.ts";
import { openInflow } from "../core/pipeline/open_inflow.ts";
import { openLane } from "../core/pipeline/open_lane.ts";
import { createNameLookup, type NameLookup } from "../core/pipeline/name_lookup.ts";
import { openSetup } from "../core/pipeline/open_setup.ts";
import {
  type PipelineSetup,
  type PipelineWorkDeps,
  startPipelineWork,
} from "../core/pipeline/pipeline_work.ts";
import { endedWell } from "../core/running/daemon.ts";
import type { LogSwitch } from "../core/running/log_switch.ts";
import { runService, type ServiceOutcome } from "../core/running/service.ts";
import type { WorkerChannel } from "../core/running/worker_channel.ts";
import { loadPublisherKind, publisherSchemes } from "../publishers/mod.ts";
import { buildInfo } from "./build_info.ts";
import { openOutput, openProgress, runProcess, surroundings } from "./daemon_output.ts";
import { type PipelineFlags, pipelineFlags } from "./flags.ts";

const command = "pipeline";
const clock = systemClock;

/** The subcommand. */
export function pipelineCommand(): CommandUnknownOpts {
  const { command: pipeline, read } = pipelineFlags();
  pipeline.action(() => runProcess((channel) => runPipeline(read(), channel)));
  return pipeline;
}

async function runPipeline(
  flags: PipelineFlags,
  channel: WorkerChannel | undefined,
): Promise<void> {
  const { env, pid } = process;
  const names = createNameLookup(clock);
  const setup = await readSetup(flags, names);
  const { config } = setup;
  const progress = openProgress(channel);
  const output = await openOutput(config.log, channel);
  const log = progress?.above(output.log) ?? output.log;
  if (channel === undefined) saySetup(setup, log);
  const metrics = createMetrics();
  const reread = async (): Promise<PipelineSetup> => {
    const after = await readSetup(flags, names);
    await output.reopen(after.config.log);
    if (channel === undefined) saySetup(after, log);
    return after;
  };
  const deps = { clock, log, registry: metrics, random: Math.random };
  const once = flags.once ? { idleMs: flags.idleMs } : undefined;
  const workDeps: PipelineWorkDeps = {
    ...deps,
    reread,
    isOnce: flags.once,
    lookUp: (wanted) => names.lookUp(wanted),
    openDeadLetters: (hooks) =>
      openDeadLetters(
        { ...config, inputs: kafkaInputs(config) },
        { command, pid },
        { ...deps, ...hooks },
      ),
    openInflow: (eventsOf) => openInflow(config, { once }, { ...deps, eventsOf }),
    sayLeftSpools: (given, publishers) => leftSpools(given.config, publishers, deps),
    openLane: (request, given, laneDeps) =>
      openLane(request, given.config, {
        ...laneDeps,
        keepsOrder: given.config.input.file !== undefined,
        loadKind: loadPublisherKind,
      }),
  };
  try {
    const outcome = await runService(
      {
        start: (events) => startPipelineWork(setup, events, workDeps),
        reloadParent: () => reread().then(() => undefined),
      },
      { ...config, workers: processesOf(flags, config), build: buildInfo },
      { ...deps, metrics, env, pid, channel, progress },
    );
    if (channel === undefined) close(outcome, flags, output);
  } finally {
    await output.close();
  }
}

function readSetup(flags: PipelineFlags, names: NameLookup): Promise<PipelineSetup> {
  const config = loadPipelineConfig({ ...flags.config, ...surroundings() }, flags.inputs);
  names.use(config);
  return openSetup(config, {
    schemes: publisherSchemes,
    kindsOf: async (schemes) => [
      ...new Set(await Promise.all(schemes.map((scheme) => loadPublisherKind(scheme)))),
    ],
    knownName: config.samples.identityNameDiscovery ? names.known : undefined,
  });
}

/** Files are read once, in their order: several processes would each read them whole. */
function processesOf({ once }: PipelineFlags, { input, workers }: PipelineConfig): number {
  return once || input.file !== undefined ? 1 : workers;
}

/** Once at start: the files, what they say without effect, what is wrong with single definitions. */
function saySetup({ config, pipelines }: PipelineSetup, log: Log): void {
  log.info(`Configuration: ${config.files.join(", ") || "no file, defaults"}`);
  for (const { level, text, place } of [...config.notices, ...pipelines.notices]) {
    log[level](text, { ...place });
  }
  for (const { error } of pipelines.samples?.meters.problems ?? []) {
    log.warning(error.message, { ...error.place });
  }
}

/** For a dead-letter topic: the brokers that are read from. */
function kafkaInputs({ input }: PipelineConfig): Parameters<typeof openDeadLetters>[0]["inputs"] {
  return input.transports.flatMap((transport) => {
    if (transport.driver !== "kafka") return [];
    const { brokers, security, topic = "" } = transport;
    const { group } = input.kafka;
    return [{ source: { scheme: "kafka", brokers, security, topic, group, format: undefined } }];
  });
}

/** The closing account, and the exit code where it is not 0. */
function close(
  outcome: ServiceOutcome,
  flags: PipelineFlags,
  { log, isJson }: LogSwitch,
): void {
  const account = pipelineAccount(outcome.snapshot, {
    command,
    time: clock.now(),
    complete: outcome.complete,
  });
  if (flags.once || isJson) process.stderr.write(`${JSON.stringify(account)}\n`);
  else log.info(`Over: ${formatPipelineAccount(account)}`);
  if (!endedWell(outcome, flags.once)) process.exitCode = 3;
}
