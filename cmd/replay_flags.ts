/**
 * Pure. The flags of `tpctl replay`: what was typed, checked and read as far as the command line alone
 * can tell.
 */
import { Argument, Command, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import type { ConfigArguments } from "../core/config/load.ts";
import { type Form, formNames } from "../core/datum/forms.ts";
import { type LinePrecision, linePrecisions } from "../core/datum/line_times.ts";
import { parseDurationText, parseTimeText } from "../core/datum/time_text.ts";
import { UsageError } from "../core/errors.ts";
import type { ReplayOptions } from "../core/replay/job.ts";
import { parseRate } from "../core/replay/pace.ts";
import { addDaemonFlags } from "./flags.ts";

/** What was typed behind `tpctl replay`. */
export interface ReplayFlags {
  readonly config: ConfigArguments;
  readonly paths: readonly string[];
  readonly to: string | undefined;
  readonly pipeline: string | undefined;
  readonly eventPipeline: string | undefined;
  readonly spool: string | undefined;
  /** Move times so that the newest datum is as old as this run. */
  readonly now: boolean;
  readonly dryRun: boolean;
  readonly verify: boolean;
  /** Where the account goes as JSON. */
  readonly report: string | undefined;
  readonly withMetadata: boolean;
  /** All but the inputs, which are looked for first. */
  readonly options: Omit<ReplayOptions, "inputs">;
}

const parallelDefault = 1;
const parallelMax = 64;

/** The command with its flags and examples, without an action; `read` after parsing. */
export function replayFlags(): {
  command: CommandUnknownOpts;
  read: (nowMs: number) => ReplayFlags;
} {
  const command = new Command("replay")
    .description("send recorded telemetry to a store, a pipeline or a topic")
    .addArgument(new Argument("[path...]", "files, folders, patterns, or - (stdin)"))
    .option("--to <store>", "send to this store or kafka:// topic")
    .option("--pipeline <file>", "send through this pipeline.yaml, as pipeline does")
    .option("--event-pipeline <file>", "the event_pipeline.yaml beside it")
    .option("--spool <folder>", "drain the spool of a publisher that is gone, instead of files");
  addPickFlags(command);
  addRunFlags(command);
  command.addHelpText("after", EXAMPLES);
  const config = addDaemonFlags(command);
  return {
    command,
    read: (nowMs) => {
      const given = readFlags(command, nowMs);
      checkTogether(given);
      return { ...given, config: config() };
    },
  };
}

function addPickFlags(command: CommandUnknownOpts): void {
  command
    .option("--since <time>", "only data from this time on: ISO 8601, epoch, '2h ago'")
    .option("--until <time>", "only data before this time")
    .option(
      "--meter <glob>",
      "only metrics and samples of this name (may be repeated)",
      collect,
    )
    .option(
      "--event <glob>",
      "only events of this type, alarms of this name (may be repeated)",
      collect,
    )
    .option("--tenant <glob>", "only data of this project (may be repeated)", collect)
    .addOption(
      new Option("--format <form>", "what every line is, instead of telling it line by line")
        .choices(formNames),
    )
    .addOption(
      new Option("--line-precision <unit>", "unit of times in line protocol; auto: by their size")
        .choices(["auto", ...Object.keys(linePrecisions)]).default("auto"),
    )
    .option("--limit <count>", "stop after so many lines");
}

function addRunFlags(command: CommandUnknownOpts): void {
  command
    .option("--shift <duration>", "move all times by this much: 90s, 2h, -1d")
    .option("--now", "move all times so that the newest is now")
    .option("--rate <rate>", "at most so many lines a second: 1000/s")
    .option("--parallel <count>", "sets of files read side by side; each set keeps its order")
    .option("--metadata", "store the metadata of samples too")
    .option("--dry-run", "send nothing; count what would be sent, and what would be rejected")
    .option("--resume", "go on where the run before ended")
    .option("--checkpoint <file>", "keep the checkpoint here instead of in [tpctl] state_dir")
    .option("--verify", "read back from the store afterwards and compare")
    .option("--report <file>", "write the account to this file as JSON")
    .option("--all-destinations", "take dead letters that are for other destinations too");
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

type Typed = Omit<ReplayFlags, "config">;

function readFlags(command: CommandUnknownOpts, nowMs: number): Typed {
  const opts = command.opts() as Record<string, string | boolean | string[] | undefined>;
  const text = (name: string): string | undefined => opts[name] as string | undefined;
  const texts = (name: string): string[] => (opts[name] ?? []) as string[];
  const isSet = (name: string): boolean => opts[name] === true;
  const timeOf = (flag: string): number | undefined => {
    const typed = text(flag);
    return typed === undefined ? undefined : parseTimeText(`--${flag}`, typed, nowMs);
  };
  const [sinceMs, untilMs] = [timeOf("since"), timeOf("until")];
  const [shift, rate] = [text("shift"), text("rate")];
  return {
    paths: command.processedArgs[0] as string[],
    to: text("to"),
    pipeline: text("pipeline"),
    eventPipeline: text("eventPipeline"),
    spool: text("spool"),
    now: isSet("now"),
    dryRun: isSet("dryRun"),
    verify: isSet("verify"),
    report: text("report"),
    withMetadata: isSet("metadata"),
    options: {
      filter: {
        meters: texts("meter"),
        events: texts("event"),
        tenants: texts("tenant"),
        ...(sinceMs === undefined ? {} : { sinceMs }),
        ...(untilMs === undefined ? {} : { untilMs }),
      },
      what: whatOf(opts),
      format: text("format") as Form | undefined,
      linePrecision: text("linePrecision") as LinePrecision,
      rate: rate === undefined ? undefined : parseRate(rate),
      limit: countOf("--limit", text("limit"), { otherwise: Infinity, max: Infinity }),
      parallel: countOf("--parallel", text("parallel"), {
        otherwise: parallelDefault,
        max: parallelMax,
      }),
      shiftMs: shift === undefined ? 0 : parseDurationText("--shift", shift),
      resume: isSet("resume"),
      checkpoint: text("checkpoint"),
      allDestinations: isSet("allDestinations"),
    },
  };
}

/** The options that decide which data are sent, as typed. */
function whatOf(opts: Readonly<Record<string, string | boolean | string[] | undefined>>): string {
  const names = [
    ...["meter", "event", "tenant", "since", "until", "format", "linePrecision"],
    ...["shift", "now", "metadata", "allDestinations"],
  ];
  const typed = names.flatMap((name) => {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const value = opts[name];
    if (value === undefined || value === false || value === "auto") return [];
    if (value === true) return [flag];
    return [value].flat().map((one) => `${flag} ${one}`);
  });
  return typed.join(" ");
}

function countOf(
  flag: string,
  text: string | undefined,
  { otherwise, max }: { readonly otherwise: number; readonly max: number },
): number {
  if (text === undefined) return otherwise;
  const count = /^\d+$/.test(text) ? Number(text) : NaN;
  if (count >= 1 && count <= max) return count;
  const bound = max === Infinity ? "" : ` and up to ${max}`;
  throw new UsageError(`Cannot use ${flag} '${text}': expected a whole number above 0${bound}`);
}

/** Options that contradict each other, and what is missing. */
function checkTogether(flags: Typed): void {
  const { paths, to, pipeline, eventPipeline, spool, now, verify, options } = flags;
  const isPiped = pipeline !== undefined || eventPipeline !== undefined;
  const wrong = (text: string): never => {
    throw new UsageError(text);
  };
  if (paths.length === 0 && spool === undefined) {
    wrong("Cannot replay nothing: expected files, folders, patterns or - (stdin), or --spool");
  }
  if (paths.length > 0 && spool !== undefined) {
    wrong("Cannot use --spool with paths: a spool is read instead of files, expected one of them");
  }
  if (spool !== undefined) checkSpool(flags);
  if (to !== undefined && isPiped) {
    wrong("Cannot use --to with --pipeline: expected one target");
  }
  if (now && options.shiftMs !== 0) {
    wrong("Cannot use --now with --shift: both say how times are moved, expected one of them");
  }
  if (verify && isPiped) {
    wrong("Cannot use --verify with --pipeline: publishers are not read back, expected --to");
  }
  if (flags.withMetadata && isPiped) {
    wrong("Cannot use --metadata with --pipeline: publishers say what they send, expected --to");
  }
  if (flags.dryRun && (options.resume || options.checkpoint !== undefined)) {
    wrong(
      "Cannot use --dry-run with --resume: all of the inputs is looked at and no checkpoint is kept, " +
        "expected one of them",
    );
  }
  if (verify && options.limit < Infinity && (options.resume || options.parallel > 1)) {
    wrong(
      "Cannot use --verify and --limit with --resume or --parallel: what is compared are the first " +
        "lines, and these runs send others, expected --verify without --limit",
    );
  }
  const { sinceMs = -Infinity, untilMs = Infinity } = options.filter;
  if (sinceMs >= untilMs) {
    wrong("Cannot use --since and --until: nothing is between them, expected an earlier --since");
  }
}

/** A spool is drained whole, once, in its order; what it still holds is all the checkpoint there is. */
function checkSpool({ now, verify, options }: Typed): void {
  const { filter, format, limit, parallel, resume, checkpoint, allDestinations } = options;
  const { meters = [], events = [], tenants = [], sinceMs, untilMs } = filter;
  const isFiltered = meters.length + events.length + tenants.length > 0 ||
    (sinceMs ?? untilMs) !== undefined;
  const given = [
    isFiltered ? "filters" : undefined,
    format === undefined ? undefined : "--format",
    limit === Infinity ? undefined : "--limit",
    parallel === parallelDefault ? undefined : "--parallel",
    resume || checkpoint !== undefined ? "--resume" : undefined,
    now ? "--now" : undefined,
    verify ? "--verify" : undefined,
    allDestinations ? "--all-destinations" : undefined,
  ].find((one) => one !== undefined);
  if (given === undefined) return;
  throw new UsageError(
    `Cannot use --spool with ${given}: a spool is drained whole, and what was taken is gone from it, ` +
      "expected a run without",
  );
}

const EXAMPLES = `
Examples:
  # What is in there, what would be rejected; nothing is sent
  tpctl replay 'metrics.ndjson*' --to influxdb://127.0.0.1:8086/mon --dry-run

  # Into the stores of a persister's file, and again from where it ended
  tpctl replay /var/backups/metrics --config-file /etc/monasca/persister.conf
  tpctl replay /var/backups/metrics --config-file /etc/monasca/persister.conf --resume

  # Two hours of one meter, compared afterwards
  tpctl replay samples.log --to sqlite:samples.db --meter 'cpu*' --since '2h ago' --verify

  # Dead letters back to where they were refused
  tpctl replay tpctl-state/dead-letters --config-file /etc/monasca/persister.conf

  # Notifications through the pipeline, as if they came now
  tpctl replay notifications.ndjson --pipeline pipeline.yaml --now --rate 100/s

  # What a publisher that is gone has left; and into another one
  tpctl replay --spool tpctl-state/spool --dry-run
  tpctl replay --spool tpctl-state/spool/<folder> --pipeline pipeline.yaml

  # Back on the bus, keys and timestamps kept
  kcat -C -e -J -b 127.0.0.1 -t metrics > metrics.kcat
  tpctl replay metrics.kcat --to kafka://127.0.0.1:9092/metrics

Inputs: plain, gzip or zstd, told by their first bytes; a rotated set is read from its oldest file on
(x.log.2, x.log.1, x.log). Each line is told by itself:
  Monasca metrics, alarm transitions and events; Ceilometer samples and events as JSON or as Python
  prints them; oslo notifications; InfluxDB line protocol; tpctl's dead letters; kcat -J.
Stores: as persist's (tpctl persist --help), and kafka://host:9092/topic[?format=sample|event].

Sending twice leaves InfluxDB, SQLite and Elasticsearch as sending once does; other targets repeat.
What cannot be sent is said by file and line, kept in [tpctl] state_dir as a dead letter, and the run
goes on. Ctrl-C ends it in order: the checkpoint is saved, the account printed; --resume goes on.
Exit codes: 0 done, 1 --verify found a difference, 2 usage or configuration error, 3 run-time failure,
or something was left unread or unsent.
`;
