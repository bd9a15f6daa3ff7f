/**
 * Edge (signals, stdio, files). What both ways of replaying show: progress until the end or a signal,
 * the account, the survey of a dry run, the report.
 */
import { writeFile } from "node:fs/promises";
import type { Clock } from "../core/clock.ts";
import type { DaemonConfig } from "../core/config/persist_config.ts";
import { RunError } from "../core/errors.ts";
import type { Log } from "../core/log/log.ts";
import type { ClosingAccount } from "../core/observe/closing.ts";
import type { PipelineClosing } from "../core/observe/pipeline_closing.ts";
import type { ReplayJob, ReplayOptions } from "../core/replay/job.ts";
import { accountNotes, replayAccount, type ReplayFacts } from "../core/replay/replay_account.ts";
import type { ReplayLook } from "../core/replay/replay_progress.ts";
import { showProgress } from "../core/replay/show_progress.ts";
import type { ReplayRun } from "../core/replay/store_run.ts";
import type { Survey } from "../core/replay/survey.ts";
import { surveyInputs } from "../core/replay/survey_run.ts";
import { surveyText } from "../core/replay/survey_text.ts";
import { type VerifyResult, verifyText } from "../core/replay/verify_run.ts";
import { listenForSignals } from "../core/running/signals.ts";
import type { ProgressLine } from "../core/running/terminal.ts";
import { printable } from "../core/terminal/cells.ts";

/** Of a terminal that does not say. */
const columnsDefault = 80;

/** Where progress is shown. */
export interface ShownDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly progress: ProgressLine | undefined;
}

/**
 * Waits for the end, showing how far it is. A signal ends it in order, a second one at once. True when
 * all was read and settled.
 */
export async function runShown(
  run: ReplayRun,
  look: () => ReplayLook,
  deps: ShownDeps,
): Promise<boolean> {
  const { log } = deps;
  const over = new AbortController();
  const cut = Promise.withResolvers<boolean>();
  const signals = listenForSignals({
    drain(signal): void {
      log.info(`Ending: ${signal} (a second one ends it at once)`);
      run.stop();
    },
    exit(signal): void {
      log.warning(`Ending at once: a second ${signal}`);
      cut.resolve(false);
    },
    reload: () => undefined,
    report: () => log.info("State report", { bytes_read: look().bytes }),
  });
  const columns = (): number => process.stderr.columns || columnsDefault;
  const showing = showProgress(look, { ...deps, columns }, over.signal);
  try {
    return await Promise.race([run.ended, cut.promise]);
  } finally {
    over.abort();
    await showing;
    signals.stop();
  }
}

/** A run that a person started keeps its letters where that person is. */
export function sayLetterFolder(
  { deadLetterTopic, stateDir }: Pick<DaemonConfig, "deadLetterTopic" | "stateDir">,
  log: Log,
): void {
  if (deadLetterTopic === undefined) return;
  log.info(
    `Dead letters of a replay go to '${stateDir}', not to [tpctl] dead_letter_topic ` +
      `'${deadLetterTopic}'`,
  );
}

/** What is to be said at the end. */
export interface AccountOutput {
  /** The sums, for people. */
  readonly text: string;
  readonly isJson: boolean;
  readonly report: string | undefined;
  readonly facts: ReplayFacts;
  /** Undefined: nothing was read back. */
  readonly verified?: VerifyResult | undefined;
}

/** Says the account, writes the report, and sets the exit code where not all was sent. */
export async function sayAccount(
  closing: ClosingAccount | PipelineClosing,
  job: ReplayJob,
  { text, isJson, report, facts, verified }: AccountOutput,
): Promise<void> {
  const sums = replayAccount(closing, job, facts);
  const account = verified === undefined ? sums : { ...sums, verify: verified };
  const lines = [
    ...[text, ...accountNotes(account)],
    ...(verified === undefined ? [] : verifyText(verified).split("\n")),
  ];
  const shown = isJson ? JSON.stringify(account) : lines.map(printable).join("\n");
  process.stderr.write(`${shown}\n`);
  if (report !== undefined) await writeReport(report, account);
  if (!account.complete) process.exitCode = 3;
  else if (verified?.equal === false) process.exitCode = 1;
}

/** What is known besides a survey. */
export interface SurveyOutput {
  readonly target: string;
  readonly idempotent: boolean;
  readonly job: ReplayJob;
  readonly report: string | undefined;
  readonly verified?: VerifyResult | undefined;
}

/** Prints what a dry run found; also as JSON, where a report is wanted. */
export async function printSurvey(
  survey: Survey,
  { target, idempotent, job, report, verified }: SurveyOutput,
): Promise<void> {
  const { selector: { counts }, reading } = job;
  const context = {
    ...{ target, idempotent, files: job.files, bytes_read: reading.bytes },
    filtered: counts.filtered,
    letters_of_others: Object.fromEntries(counts.lettersOfOthers),
    files_failed: reading.failed,
  };
  const result = survey.result();
  process.stdout.write(surveyText(result, context));
  if (verified !== undefined) process.stdout.write(`\n${verifyText(verified)}\n`);
  if (report !== undefined) {
    await writeReport(report, { dry_run: true, ...context, ...result, verify: verified });
  }
  if (verified?.equal === false) process.exitCode = 1;
  if (reading.failed.length > 0) process.exitCode = 3;
}

/** By how much times must be moved so that the newest is now. */
export async function newestShift(
  job: ReplayJob,
  options: Pick<ReplayOptions, "linePrecision">,
): Promise<number> {
  const signal = new AbortController().signal;
  const { lastMs } = await surveyInputs(job, options, { signal });
  return lastMs === -Infinity ? 0 : Math.floor(Date.now() - lastMs);
}

/** Rejects with a RunError. */
export async function writeReport(path: string, value: unknown): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(value, undefined, 2)}\n`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RunError(`Cannot write the report '${path}': ${why}, expected a place to write to`);
  }
}
