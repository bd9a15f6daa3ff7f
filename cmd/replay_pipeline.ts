/**
 * Edge (processes, net, files). `tpctl replay --pipeline F`: recorded notifications, samples and events
 * through the same loop, publishers, spools and dead letters as `tpctl pipeline`.
 */
import { systemClock } from "../core/clock.ts";
import { loadPipelineConfig } from "../core/config/load_pipeline_config.ts";
import type { PipelineConfig } from "../core/config/pipeline_config.ts";
import { shownUrl } from "../core/config/publisher_url.ts";
import type { DeadLetterSource } from "../core/delivery/dead_letter.ts";
import type { Log } from "../core/log/log.ts";
import { createMetrics } from "../core/observe/metrics.ts";
import { formatPipelineAccount, pipelineAccount } from "../core/observe/pipeline_closing.ts";
import { openDeadLetters } from "../core/persist/open_dead_letters.ts";
import { leftSpools } from "../core/pipeline/left_spools.ts";
import { createNameLookup, type NameLookup } from "../core/pipeline/name_lookup.ts";
import { openLane } from "../core/pipeline/open_lane.ts";
import { openSetup } from "../core/pipeline/open_setup.ts";
import {
  type PipelineSetup,
  type PipelineWorkDeps,
  startPipelineWork,
} from "../core/pipeline/pipeline_work.ts";
import { openRecordsInflow } from "../core/pipeline/records_inflow.ts";
import { valueOf } from "../core/delivery/records.ts";
import { findInputs } from "../core/replay/find_inputs.ts";
import { openJob, openLook, type ReplayJob, type ReplayOptions } from "../core/replay/job.ts";
import { Refusals } from "../core/replay/refusals.ts";
import { ReplayMaker } from "../core/replay/replay_maker.ts";
import { type Check, surveyInputs } from "../core/replay/survey_run.ts";
import { lookAtSpool, openSpoolJob } from "../core/replay/spool_job.ts";
import type { WorkEvents } from "../core/running/daemon.ts";
import type { LogSwitch } from "../core/running/log_switch.ts";
import { count } from "../core/terminal/figures.ts";
import { loadPublisherKind, publisherSchemes } from "../publishers/mod.ts";
import { openOutput, openProgress, surroundings } from "./daemon_output.ts";
import type { ReplayFlags } from "./replay_flags.ts";
import {
  newestShift,
  printSurvey,
  runShown,
  sayAccount,
  sayLetterFolder,
} from "./replay_output.ts";

const command = "replay";
const clock = systemClock;

interface PipelineReplay {
  readonly flags: ReplayFlags;
  readonly setup: PipelineSetup;
  readonly names: NameLookup;
  readonly options: ReplayOptions;
  readonly log: Log;
  readonly output: LogSwitch;
  readonly progress: ReturnType<typeof openProgress>;
}

/** Runs to the end. */
export async function replayToPipeline(flags: ReplayFlags): Promise<void> {
  const names = createNameLookup(clock);
  const setup = await readSetup(flags, names);
  const inputs = flags.spool === undefined ? findInputs({ ...flags, ...flags.options }) : [];
  const progress = flags.dryRun ? undefined : openProgress(undefined);
  const output = await openOutput(setup.config.log, undefined);
  const log = progress?.above(output.log) ?? output.log;
  const options = { ...flags.options, inputs };
  const run: PipelineReplay = { flags, setup, names, options, log, output, progress };
  try {
    for (const { level, text, place } of [...setup.config.notices, ...setup.pipelines.notices]) {
      log[level](text, { ...place });
    }
    sayLetterFolder(setup.config, log);
    if (flags.dryRun) await dryRun(run);
    else await send(run);
  } finally {
    await output.close();
  }
}

/** Only what is named takes part: nothing of a replay goes to a pipeline that nobody spoke of. */
async function readSetup(flags: ReplayFlags, names: NameLookup): Promise<PipelineSetup> {
  const files = {
    from: "-",
    pipelineFile: flags.pipeline,
    eventPipelineFile: flags.eventPipeline,
  };
  const config = loadPipelineConfig({ ...flags.config, ...surroundings() }, files);
  names.use(config);
  const pipelines: PipelineConfig["pipelines"] = [
    ...(flags.pipeline === undefined ? [] : ["meter" as const]),
    ...(flags.eventPipeline === undefined ? [] : ["event" as const]),
  ];
  return await openSetup({ ...config, pipelines }, {
    schemes: publisherSchemes,
    kindsOf: async (schemes) => [
      ...new Set(await Promise.all(schemes.map((scheme) => loadPublisherKind(scheme)))),
    ],
    knownName: config.samples.identityNameDiscovery ? names.known : undefined,
  });
}

/** The publishers as dead letters name them; `#n` tells apart those of one name. */
function publisherNames({ pipelines: { samples, events } }: PipelineSetup): readonly string[] {
  const files = [samples?.file, events?.file].flatMap((file) => file ?? []);
  const all = files.flatMap(({ pipelines }) => pipelines)
    .flatMap(({ sink }) => sink.publishers.map(({ text }) => shownUrl(text)));
  return [...new Set(all)];
}

function contextOf({ setup, log }: PipelineReplay): Parameters<typeof openLook>[1] {
  const names = new Set(publisherNames(setup));
  const takesLettersFor = (destination: string): boolean =>
    names.has(destination.replace(/#\d+$/, ""));
  return { takesLettersFor, clock, log };
}

async function withShift(run: PipelineReplay): Promise<ReplayOptions> {
  const { flags, options } = run;
  if (!flags.now) return options;
  const look = openLook({ ...options, rate: undefined }, contextOf(run));
  return { ...options, shiftMs: await newestShift(look, options) };
}

async function dryRun(run: PipelineReplay): Promise<void> {
  const { setup, flags } = run;
  const options = { ...await withShift(run), rate: undefined };
  const job = flags.spool === undefined
    ? openLook(options, contextOf(run))
    : await lookAtSpool(flags.spool, options);
  const maker = new ReplayMaker(setup.samples, setup.events, options);
  const check: Check = (block, index, survey) => {
    const made = maker.make(valueOf(block, index) ?? new Uint8Array(0));
    for (const { publishers, items } of [...made.samples, ...made.events]) {
      for (const { text } of publishers) survey.publisher(shownUrl(text), items.length);
    }
    return made.refusals[0];
  };
  const signal = new AbortController().signal;
  const survey = await surveyInputs(job, options, { check, signal });
  await printSurvey(survey, {
    target: publisherNames(setup).join(", "),
    idempotent: false,
    job,
    report: flags.report,
  });
}

async function send(run: PipelineReplay): Promise<void> {
  const { setup, log, progress, flags, output } = run;
  const { config } = setup;
  const metrics = createMetrics();
  const deps = { clock, log, registry: metrics, random: Math.random };
  const target = publisherNames(setup).join(", ");
  const options = await withShift(run);
  const job = flags.spool !== undefined
    ? await openSpoolJob(flags.spool, options, deps)
    : await openJob(options, {
      ...contextOf(run),
      ...{ target, stateDir: config.stateDir, isLasting: true },
    });
  const refusals = new Refusals(log);
  const workDeps = workDepsOf(run, job, { refusals, deps });
  log.info(`Sending ${count(job.files, "input")} through the pipeline to ${target}`, {
    bytes: job.bytesTotal,
    checkpoint: job.checkpoint,
  });
  const startedMs = clock.monotonic();
  const work = await startPipelineWork(setup, silentEvents, workDeps);
  const look = () => ({
    bytes: job.reading.bytes,
    bytesTotal: job.bytesTotal,
    snapshot: metrics.snapshot(),
  });
  const ended = work.ended.then(({ complete }) => complete);
  const isSettled = await runShown({ ended, stop: () => work.stop() }, look, {
    clock,
    log,
    progress,
  });
  await job.save();
  refusals.sayRest();
  const closing = pipelineAccount(metrics.snapshot(), {
    command,
    time: clock.now(),
    complete: isSettled && job.reading.failed.length === 0,
  });
  await sayAccount(closing, job, {
    text: formatPipelineAccount(closing),
    isJson: output.isJson,
    report: flags.report,
    facts: {
      target,
      seconds: (clock.monotonic() - startedMs) / 1000,
      idempotent: false,
    },
  });
}

/** The parts of pipeline, with files for their source. */
function workDepsOf(
  { setup, names, options }: PipelineReplay,
  job: ReplayJob,
  { refusals, deps }: {
    readonly refusals: Refusals;
    readonly deps: Pick<PipelineWorkDeps, "clock" | "log" | "registry" | "random">;
  },
): PipelineWorkDeps {
  const { config } = setup;
  const letters = { ...config, deadLetterTopic: undefined, inputs: [] };
  return {
    ...deps,
    reread: () => Promise.resolve(setup),
    isOnce: true,
    lookUp: (wanted) => names.lookUp(wanted),
    openDeadLetters: (hooks) =>
      openDeadLetters(letters, { command, pid: process.pid }, { ...deps, ...hooks }),
    openInflow: (eventsOf) =>
      openRecordsInflow({
        ...deps,
        name: "files",
        events: eventsOf("files"),
        drainMs: config.drainMs,
        open: (events) => Promise.resolve(job.open(events)),
      }),
    sayLeftSpools: (given, publishers) => leftSpools(given.config, publishers, deps),
    openLane: (request, given, laneDeps) =>
      openLane(request, given.config, {
        ...laneDeps,
        keepsOrder: true,
        loadKind: loadPublisherKind,
      }),
    makerOf: ({ samples, events }) =>
      new ReplayMaker(samples, events, { format: options.format, shiftMs: job.shiftMs }),
    onUnreadable: (source, refusal) => sayRefused(refusals, source, refusal),
  };
}

function sayRefused(
  refusals: Refusals,
  source: DeadLetterSource,
  refusal: Parameters<Refusals["say"]>[1],
): void {
  if ("file" in source) refusals.say({ file: source.file, line: source.line }, refusal);
}

const silentEvents: WorkEvents = {
  started: () => undefined,
  turned: () => undefined,
  state: () => undefined,
  gone: () => undefined,
};
