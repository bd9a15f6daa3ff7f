/**
 * Pure. The flags of the daemons: oslo.config's and oslo.log's for both, and persist's own. They only
 * collect what was typed; core/config decides what it means.
 */
import { Command, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import type { ConfigArguments } from "../core/config/load.ts";
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

Secrets: TPCTL_PASSWORD for the password of a URL, TPCTL_INFLUX_TOKEN for the token of influxdb2.
`;
