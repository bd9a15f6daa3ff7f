/**
 * Edge (processes, net, files). `tpctl replay --to STORE`, and to the stores of a persister's files.
 */
import { systemClock } from "../core/clock.ts";
import { loadConfig, PERSIST_NAMES, readSecretFile, withSearch } from "../core/config/load.ts";
import { PERSIST_OPTIONS } from "../core/config/persist_options.ts";
import { readReplayConfig, type ReplayConfig } from "../core/config/read_persist_config.ts";
import { type Log, silentLog } from "../core/log/log.ts";
import { closingAccount, formatAccount, nothingStored } from "../core/observe/closing.ts";
import { createMetrics } from "../core/observe/metrics.ts";
import type { Registry } from "../core/observe/registry.ts";
import { deadLetterPlace, openDeadLetters } from "../core/persist/open_dead_letters.ts";
import { findInputs } from "../core/replay/find_inputs.ts";
import { openJob, openLook, type ReplayJob, type ReplayOptions } from "../core/replay/job.ts";
import { encoderFor, openTarget } from "../core/replay/open_target.ts";
import { checkReadable } from "../core/replay/read_back.ts";
import { Refusals, withOpenLines } from "../core/replay/refusals.ts";
import type { ReplayEncoderOptions } from "../core/replay/replay_encoder.ts";
import { startStoreRun } from "../core/replay/store_run.ts";
import { checkByEncoder, surveyInputs } from "../core/replay/survey_run.ts";
import {
  isIdempotent,
  type ReplayStores,
  storesByKind,
  takesLettersOf,
  targetName,
} from "../core/replay/targets.ts";
import { lookAtSpool, openSpoolJob } from "../core/replay/spool_job.ts";
import { type VerifyResult, verifyRun } from "../core/replay/verify_run.ts";
import type { LogSwitch } from "../core/running/log_switch.ts";
import { logThrough } from "../core/running/log_through.ts";
import { count } from "../core/terminal/figures.ts";
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
const requestItemsMax = 5000;
/** Messages of one request to Kafka. */
const kafkaItemsMax = 1000;

/** Runs to the end. */
export async function replayToStores(flags: ReplayFlags): Promise<void> {
  const config = readConfig(flags);
  const stores = storesByKind(config.stores);
  if (flags.verify) checkReadable(stores.stores);
  const inputs = flags.spool === undefined ? findInputs({ ...flags, ...flags.options }) : [];
  const progress = flags.dryRun ? undefined : openProgress(undefined);
  const output = await openOutput(config.log, undefined);
  const reader = { isGone: false };
  const shown = progress?.above(output.log) ?? output.log;
  const log = logThrough(() => reader.isGone ? undefined : shown);
  const options = { ...flags.options, inputs };
  const run: StoreReplay = { flags, config, stores, options, log, output, progress, reader };
  try {
    for (const { level, text, place } of config.notices) log[level](text, { ...place });
    sayLetterFolder(config, log);
    if (flags.dryRun) await dryRun(run);
    else await send(run);
  } finally {
    await output.close();
  }
}

interface StoreReplay {
  readonly flags: ReplayFlags;
  readonly config: ReplayConfig;
  readonly stores: ReplayStores;
  readonly options: ReplayOptions;
  readonly log: Log;
  readonly output: LogSwitch;
  readonly progress: ReturnType<typeof openProgress>;
  /** Whoever reads stdout, where that is the target. */
  readonly reader: { isGone: boolean };
}

function readConfig(flags: ReplayFlags): ReplayConfig {
  const around = surroundings();
  const loaded = loadConfig(PERSIST_OPTIONS, PERSIST_NAMES, { ...flags.config, ...around });
  try {
    return readReplayConfig(loaded, flags.to, readSecretFile);
  } catch (error) {
    throw withSearch(error, PERSIST_NAMES, { ...around, files: loaded.files });
  }
}

function writesToStdout({ stores }: ReplayStores): boolean {
  return stores.some((store) => "path" in store && store.path === "-");
}

function encoderOptions(
  { flags, stores, options }: StoreReplay,
  shiftMs: number,
): ReplayEncoderOptions {
  const { linePrecision } = options;
  const { withMetadata } = flags;
  return { stores, shiftMs, linePrecision, withMetadata, today: () => new Date(clock.now()) };
}

async function dryRun(run: StoreReplay): Promise<void> {
  const { stores, flags, log } = run;
  const context = { takesLettersFor: takesLettersOf(stores), clock, log };
  const options = { ...await withShift(run), rate: undefined };
  const job = flags.spool === undefined
    ? openLook(options, context)
    : await lookAtSpool(flags.spool, options);
  const encoder = withOpenLines(encoderFor(encoderOptions(run, options.shiftMs)), job.reading);
  const signal = new AbortController().signal;
  const survey = await surveyInputs(job, options, { check: checkByEncoder(encoder), signal });
  const idempotent = stores.stores.every(isIdempotent);
  const verified = flags.verify ? await verify(run, job) : undefined;
  await printSurvey(survey, {
    ...{ target: targetName(stores), idempotent, job, verified },
    report: flags.report,
  });
}

/** Compares the stores with what the inputs hold of what the job wants. */
async function verify(
  run: StoreReplay,
  { filter, shiftMs }: Pick<ReplayJob, "filter" | "shiftMs">,
): Promise<VerifyResult> {
  const { stores, options, log } = run;
  const look = openLook(
    { ...options, filter, rate: undefined },
    { takesLettersFor: takesLettersOf(stores), clock, log: silentLog },
  );
  log.info(`Reading back from ${targetName(stores)}`);
  return await verifyRun(look, encoderFor(encoderOptions(run, shiftMs)), { stores, clock });
}

/** `--now` needs a look at all of the inputs first. */
async function withShift({ flags, stores, options, log }: StoreReplay): Promise<ReplayOptions> {
  if (!flags.now) return options;
  const context = { takesLettersFor: takesLettersOf(stores), clock, log };
  return {
    ...options,
    shiftMs: await newestShift(openLook({ ...options, rate: undefined }, context), options),
  };
}

/** The files with their checkpoint, or a spool. */
async function openInputs(
  { config, stores, flags, log }: StoreReplay,
  options: ReplayOptions,
  registry: Registry,
): Promise<ReplayJob> {
  if (flags.spool !== undefined) {
    return await openSpoolJob(flags.spool, options, { clock, log, registry });
  }
  return await openJob(options, {
    ...{ target: targetName(stores), stateDir: config.stateDir, clock, log },
    isLasting: stores.stores.every(({ scheme }) => scheme !== "null") && !writesToStdout(stores),
    takesLettersFor: takesLettersOf(stores),
  });
}

async function send(run: StoreReplay): Promise<void> {
  const { config, stores, log, progress, flags } = run;
  const metrics = createMetrics();
  const deps = { clock, log, registry: metrics, random: Math.random };
  const target = targetName(stores);
  const options = await withShift(run);
  const job = await openInputs(run, options, metrics);
  const encoder = withOpenLines(encoderFor(encoderOptions(run, job.shiftMs)), job.reading);
  const letters = { ...config, deadLetterTopic: undefined, inputs: [] };
  const deadLetters = await openDeadLetters(letters, { command, pid: process.pid }, {
    ...deps,
    onState: () => undefined,
    onStep: () => undefined,
  });
  // What nobody reads is not waited for.
  const gone = Promise.withResolvers<boolean>();
  const onReaderGone = (): void => {
    run.reader.isGone = true;
    gone.resolve(false);
  };
  const writer = await openTarget(stores, { clock, log, onReaderGone });
  const refusals = new Refusals(log);
  sayStart(run, job);
  const startedMs = clock.monotonic();
  const running = startStoreRun(boundsOf(run), {
    ...{ ...deps, encoder, writer, deadLetters },
    open: (events) => job.open(events),
    onUnreadable: (block, index, refusal) =>
      refusals.say(
        { file: block.file ?? "", line: block.offsets[index] ?? 0 },
        refusal,
      ),
  });
  const shown = { ended: Promise.race([running.ended, gone.promise]), stop: running.stop };
  const look = () => ({
    bytes: job.reading.bytes,
    bytesTotal: job.bytesTotal,
    snapshot: metrics.snapshot(),
  });
  const isSettled = await runShown(shown, look, { clock, log, progress });
  const seconds = (clock.monotonic() - startedMs) / 1000;
  await job.save();
  await deadLetters.close();
  // A closed pipe ends quietly.
  if (run.reader.isGone) return;
  refusals.sayRest();
  const closing = closingAccount(metrics.snapshot(), {
    command,
    time: clock.now(),
    complete: isSettled && job.reading.failed.length === 0,
    deadLetters: deadLetterPlace(letters),
  });
  const bad = nothingStored(closing);
  if (bad !== undefined) log.warning(bad);
  const verified = flags.verify && isSettled ? await verify(run, job) : undefined;
  await sayAccount(closing, job, {
    ...{ text: formatAccount(closing), verified },
    isJson: run.output.isJson,
    report: flags.report,
    facts: {
      target,
      seconds,
      idempotent: stores.stores.every(isIdempotent),
    },
  });
}

function boundsOf({ config, stores }: StoreReplay): Parameters<typeof startStoreRun>[0] {
  const [store] = stores.stores;
  const { lingerMs, drainMs, batchRecordsMax } = config;
  const itemsMax = store?.scheme === "kafka" ? kafkaItemsMax : requestItemsMax;
  const ownMax = store !== undefined && "requestLinesMax" in store
    ? store.requestLinesMax
    : itemsMax;
  return { requestItemsMax: ownMax, batchRecordsMax, lingerMs, drainMs };
}

function sayStart({ stores, log }: StoreReplay, job: ReplayJob): void {
  const repeats = stores.stores.every(isIdempotent)
    ? ""
    : "; a repeated run sends everything again to this target";
  const again = job.isResumed ? "Going on with" : "Sending";
  log.info(`${again} ${count(job.files, "input")} to ${targetName(stores)}${repeats}`, {
    bytes: job.bytesTotal,
    checkpoint: job.checkpoint,
  });
}
