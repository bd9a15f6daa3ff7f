/**
 * Pure. The flags of the daemons: oslo.config's and oslo.log's for both, and persist's own. They only
 * collect what was typed; core/config decides what it means.
 */
import { Command, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { UsageError } from "../core/errors.ts";
import type { ConfigArguments } from "../core/config/load.ts";
import type { PipelineFlags as PipelineInputs } from "../core/config/load_pipeline_config.ts";
import type { PersistArguments } from "../core/config/read_persist_config.ts";

/** Flags that stand for an option of [DEFAULT]: the flag, the option, the help; no value: a switch. */
const LOG_FLAGS: readonly (readonly [flag: string, option: string, help: string])[] = [
  ["-d, --debug", "debug", "also write messages of level debug"],
  ["--log-file <path>", "log_file", "write the log to this file instead of stderr"],
  ["--log-dir <folder>", "log_dir", "the folder of the log file"],
  ["--log-config-append <path>", "log_config_append", "take a Python logging configuration"],
  ["--use-syslog", "use_syslog", "write the log to syslog"],
  ["--use-journal", "use_journal", "write the log to systemd's journal"],
  ["--use-json", "use_json", "write each message as one JSON object"],
];

/**
 * Adds the flags that both daemons have; the answer tells, after parsing, what was given. Files and
 * folders keep the order in which they were typed.
 */
export function addDaemonFlags(command: CommandUnknownOpts): () => ConfigArguments {
  const sources: { kind: "file" | "dir"; path: string }[] = [];
  const values = new Map<string, { text: string; flag: string }>();
  command.addOption(
    new Option("--config-file <path>", "read this configuration file (may be repeated)")
      .argParser((path) => sources.push({ kind: "file", path })),
  );
  command.addOption(
    new Option("--config-dir <folder>", "read the *.conf of this folder, sorted (may be repeated)")
      .argParser((path) => sources.push({ kind: "dir", path })),
  );
  for (const [flags, name, help] of LOG_FLAGS) {
    const option = new Option(flags, help);
    const flag = option.long ?? flags;
    const key = `DEFAULT.${name}`;
    if (option.required) option.argParser((text) => values.set(key, { text, flag }));
    else command.on(`option:${option.name()}`, () => values.set(key, { text: "true", flag }));
    command.addOption(option);
  }
  return () => ({ sources, values });
}

/** What was typed behind `tpctl persist`. */
export interface PersistFlags {
  readonly config: ConfigArguments;
  readonly persist: PersistArguments;
  /** Stop at the end of the input. */
  readonly once: boolean;
}

/** The command `persist` with its flags and examples, without an action; `read` after parsing. */
export function persistFlags(): { command: CommandUnknownOpts; read: () => PersistFlags } {
  const command = new Command("persist")
    .description("store Monasca's metrics, alarm transitions and events")
    .option("--from <source>", "read this URL, file or - (stdin) instead of what the files name")
    .addOption(
      new Option("--kind <kind>", "what --from carries").choices(
        ["metrics", "alarms", "events"] as const,
      ),
    )
    .option("--to <store>", "write to this URL instead of what the files name")
    .option("--once", "stop at the end of the input")
    .addHelpText("after", PERSIST_EXAMPLES);
  const config = addDaemonFlags(command);
  return {
    command,
    read(): PersistFlags {
      const { from, kind, to, once } = command.opts();
      return { config: config(), persist: { from, kind, to }, once: once === true };
    },
  };
}

const PERSIST_EXAMPLES = `
Examples:
  # In the place of monasca-persister, with its file
  tpctl persist --config-file /etc/monasca/persister.conf

  # Metrics of one topic into SQLite, up to the present end
  tpctl persist --from 'kafka://127.0.0.1:9092/metrics?group=try' --kind metrics \\
    --to sqlite:metrics.db --once

  # What would be written, as InfluxDB line protocol
  tpctl persist --from metrics.ndjson --kind metrics --to line:- --once

Sources:
  kafka://host:9092[,host2:9092]/topic?group=name   (kafkas:// with TLS)
  file:///path, a bare path, or - for stdin: one message per line, plain, gzip or zstd
Stores:
  influxdb://user@host:8086/database                (influxdbs:// with TLS)
  influxdb2://host:8086/bucket?org=name             (influxdb2s://)
  elasticsearch://host:9200/index                   (elasticsearchs://; events only)
  sqlite:path.db
  line:path, line:-                                 InfluxDB line protocol as text
  documents:path, documents:-                       events as JSON lines
  null:                                             counted and thrown away
  With TLS: ?ca=path&cert=path&key=path
Secrets: TPCTL_PASSWORD for the password of a URL, TPCTL_INFLUX_TOKEN for the token of influxdb2.

Dead letters are kept in [tpctl] state_dir, by default ./tpctl-state (systemd: $STATE_DIRECTORY).
Signals: SIGTERM and SIGINT end it in order, a second one at once; SIGHUP reads the configuration
again; SIGUSR1 and SIGUSR2 write a state report to the log.
Exit codes: 0 done (what is older than the retention or a dead letter is counted, see the last line),
2 usage or configuration error, 3 run-time failure, or --once left something unread or unstored.
`;

/** What was typed behind `tpctl pipeline`. */
export interface PipelineFlags {
  readonly config: ConfigArguments;
  readonly inputs: PipelineInputs;
  /** Stop at the end of the input. */
  readonly once: boolean;
  /** With `once`: queues that brought nothing for so long are at their end. */
  readonly idleMs: number;
}

const msPerSecond = 1000;
const idleSecondsDefault = 5;
const idleSecondsMax = 86_400;

/** The command `pipeline` with its flags and examples, without an action; `read` after parsing. */
export function pipelineFlags(): { command: CommandUnknownOpts; read: () => PipelineFlags } {
  const command = new Command("pipeline")
    .description("turn notifications into samples and events and publish them")
    .option("--pipeline <path>", "take this file instead of pipeline_cfg_file")
    .option("--event-pipeline <path>", "take this file instead of event_pipeline_cfg_file")
    .option("--from <source>", "read this URL, file or - (stdin) instead of what the files name")
    .option("--once", "stop at the end of the input")
    .addOption(
      new Option("--idle <seconds>", "with --once: how long empty queues are waited for")
        .default(idleSecondsDefault).argParser(readSeconds("--idle", idleSecondsMax)),
    )
    .addHelpText("after", PIPELINE_EXAMPLES);
  const config = addDaemonFlags(command);
  return {
    command,
    read(): PipelineFlags {
      const { pipeline, eventPipeline, from, once, idle } = command.opts();
      return {
        config: config(),
        inputs: { from, pipelineFile: pipeline, eventPipelineFile: eventPipeline },
        once: once === true,
        idleMs: idle * msPerSecond,
      };
    },
  };
}

/** Reads the seconds of a flag, above 0 and up to `max`; the answer throws a UsageError for others. */
export function readSeconds(flag: string, max: number): (text: string) => number {
  return (text) => {
    const seconds = Number(text);
    if (text.trim() !== "" && seconds > 0 && seconds <= max) return seconds;
    throw new UsageError(
      `Cannot use ${flag} '${text}': it is no such time, expected seconds above 0 and up to ` +
        String(max),
    );
  };
}

const PIPELINE_EXAMPLES = `
Examples:
  # In the place of ceilometer-agent-notification, with its file
  tpctl pipeline --config-file /etc/ceilometer/ceilometer.conf

  # What notifications in a file, one per line, would become
  tpctl pipeline --pipeline pipeline.yaml --event-pipeline event_pipeline.yaml \\
    --from notifications.ndjson --once

  # The queues of one broker until they are empty for a minute
  tpctl pipeline --from amqp://guest@127.0.0.1:5672/ --once --idle 60
`;
