/**
 * Edge (files). What every way of replaying begins with: the inputs, what of them is wanted, and the
 * checkpoint that says how far an earlier run came.
 */
import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import type { Clock } from "../clock.ts";
import { createDatumFilter, type DatumFilterOptions } from "../datum/datum_filter.ts";
import type { Form } from "../datum/forms.ts";
import type { LinePrecision } from "../datum/line_times.ts";
import type { Consumer, ConsumerEvents } from "../delivery/consumer.ts";
import { UsageError } from "../errors.ts";
import type { InputFile } from "../files/input_files.ts";
import type { Log } from "../log/log.ts";
import {
  type Checkpoint,
  checkpointText,
  checkRun,
  type FileHead,
  type FileProgress,
  matchFiles,
  readCheckpoint,
} from "./checkpoint.ts";
import {
  checkCheckpoint,
  fileHead,
  loadCheckpoint,
  saveCheckpoint,
  takeCheckpoint,
} from "./checkpoint_file.ts";
import { Pace } from "./pace.ts";
import { ProgressBook } from "./progress_book.ts";
import { openReplayConsumer, Reading } from "./replay_consumer.ts";
import { Selector } from "./selector.ts";

/** What was asked for, read from the command line. */
export interface ReplayOptions {
  readonly inputs: readonly InputFile[];
  readonly filter: DatumFilterOptions;
  /** The options that decide which data are sent, as typed: a checkpoint holds for these alone. */
  readonly what: string;
  readonly format: Form | undefined;
  readonly linePrecision: LinePrecision;
  /** Records a second; undefined: as fast as it goes. */
  readonly rate: number | undefined;
  readonly limit: number;
  readonly parallel: number;
  readonly shiftMs: number;
  readonly resume: boolean;
  /** Undefined: a place of its own in the state folder. */
  readonly checkpoint: string | undefined;
  readonly allDestinations: boolean;
}

/** The run around the inputs. */
export interface JobContext {
  /** The target's name. */
  readonly target: string;
  readonly stateDir: string;
  readonly takesLettersFor: (destination: string) => boolean;
  /** Whether how far it has come is of use to a later run, also where nobody asked for it. */
  readonly isLasting: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** Inputs on their way. */
export interface ReplayJob {
  readonly selector: Selector;
  readonly reading: Reading;
  readonly files: number;
  readonly bytesTotal: number;
  /** By how much times are moved: of a run that goes on, what that run began with. */
  readonly shiftMs: number;
  /** What is wanted; since and until when likewise. */
  readonly filter: DatumFilterOptions;
  /** Where the checkpoint is; undefined: there is none. */
  readonly checkpoint: string | undefined;
  /** An earlier run is gone on with. */
  readonly isResumed: boolean;
  open(events: ConsumerEvents): Consumer;
  /** Keeps how far it has come. */
  save(): Promise<void>;
}

/** Without a checkpoint: to look only. */
export function openLook(
  options: ReplayOptions,
  context: Pick<JobContext, "takesLettersFor" | "clock" | "log">,
): ReplayJob {
  const book = new ProgressBook(options.inputs, new Map(), []);
  const save = (): Promise<void> => Promise.resolve();
  return jobOf(options, context, { book, save, release: () => undefined });
}

const taken = "another run has it now, expected its end, or another file as --checkpoint";

/** Rejects with a UsageError where the checkpoint is of another run, or cannot be kept. */
export async function openJob(given: ReplayOptions, context: JobContext): Promise<ReplayJob> {
  const { inputs } = given;
  const isAsked = given.resume || given.checkpoint !== undefined;
  const isOfUse = context.isLasting && inputs.some(({ isStream }) => !isStream);
  if (!isAsked && !isOfUse) return openLook(given, context);
  const path = given.checkpoint ?? defaultPath(inputs, context);
  await checkCheckpoint(path);
  const run = { target: context.target, options: given.what };
  const before = given.resume ? await beforeOf(path, run, context) : undefined;
  const options = before === undefined ? given : withTimesOf(before, given);
  const heads: FileHead[] = [];
  for (const input of inputs) if (!input.isStream) heads.push(await fileHead(input));
  const known: ReadonlyMap<string, FileProgress> = before === undefined
    ? new Map()
    : matchFiles(path, before, heads);
  const lock = takeCheckpoint(path);
  if (lock === undefined) {
    if (isAsked) throw new UsageError(`Cannot use the checkpoint '${path}': ${taken}`);
    context.log.warning(`This run has no checkpoint: '${path}' ${taken}`);
    return openLook(given, context);
  }
  const { release } = lock;
  const book = new ProgressBook(inputs, known, heads);
  let saved = "";
  const saveNow = async (): Promise<void> => {
    const text = checkpointText({ ...timesOf(options), ...run, files: book.progress() });
    if (text === saved) return;
    await saveCheckpoint(path, text);
    saved = text;
  };
  // One behind the other: the last one may begin while a slow disk still has the one before.
  let saving: Promise<void> = Promise.resolve();
  const save = (): Promise<void> => {
    const turn = saving.then(saveNow);
    saving = turn.catch(() => undefined);
    return turn;
  };
  return {
    ...jobOf(options, context, { book, save, release }),
    checkpoint: path,
    isResumed: known.size > 0,
  };
}

function jobOf(
  options: ReplayOptions,
  { clock, log, takesLettersFor }: Pick<JobContext, "takesLettersFor" | "clock" | "log">,
  { book, save, release }: {
    readonly book: ProgressBook;
    readonly save: () => Promise<void>;
    readonly release: () => void;
  },
): ReplayJob {
  const { inputs, parallel, rate, format, linePrecision, limit, shiftMs } = options;
  const filter = createDatumFilter(options.filter);
  const takes = options.allDestinations ? () => true : takesLettersFor;
  const selector = new Selector({ filter, format, linePrecision, limit, takesLettersFor: takes });
  const reading = new Reading();
  const pace = rate === undefined ? undefined : new Pace(rate, clock);
  return {
    ...{
      selector,
      reading,
      shiftMs,
      filter: options.filter,
      save,
      checkpoint: undefined,
      isResumed: false,
    },
    files: inputs.length,
    bytesTotal: inputs.reduce((sum, { bytes }) => sum + bytes, 0),
    open: (events) =>
      openReplayConsumer({ inputs, parallel }, {
        ...{ events, clock, log, selector, pace, book, reading, save, release },
      }),
  };
}

type Times = Pick<Checkpoint, "version" | "shift_ms" | "since_ms" | "until_ms">;

function timesOf({ shiftMs, filter: { sinceMs, untilMs } }: ReplayOptions): Times {
  return { version: 1, shift_ms: shiftMs, since_ms: sinceMs ?? null, until_ms: untilMs ?? null };
}

/** A run that goes on means the times that it meant when it began. */
function withTimesOf(
  { shift_ms, since_ms, until_ms }: Times,
  { filter, ...options }: ReplayOptions,
): ReplayOptions {
  return {
    ...options,
    shiftMs: shift_ms,
    filter: {
      ...filter,
      ...(since_ms === null ? {} : { sinceMs: since_ms }),
      ...(until_ms === null ? {} : { untilMs: until_ms }),
    },
  };
}

async function beforeOf(
  path: string,
  run: Pick<Checkpoint, "target" | "options">,
  { log }: JobContext,
): Promise<Checkpoint | undefined> {
  const text = await loadCheckpoint(path);
  if (text === undefined) {
    log.info(`There is no checkpoint '${path}' yet: this run begins at the beginning`);
    return undefined;
  }
  const before = readCheckpoint(path, text);
  checkRun(path, before, run);
  return before;
}

/** The same for the same files to the same target, wherever tpctl is started. */
function defaultPath(inputs: readonly InputFile[], { stateDir, target }: JobContext): string {
  const sets = [...new Set(inputs.map(({ set }) => resolve(set)))].sort();
  const hash = createHash("sha256").update([target, ...sets].join("\n")).digest("hex").slice(0, 16);
  return join(stateDir, "replay", `${hash}.json`);
}
