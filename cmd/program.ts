/**
 * Edge (stdio). The program with its subcommands for the argument parser: one row per subcommand, and
 * only the one that is called is loaded. Errors of usage leave as CommanderError.
 */
import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import type { Subcommand } from "./command.ts";
import { versionText } from "./version.ts";

const SUBCOMMANDS: readonly Subcommand[] = [
  {
    name: "persist",
    summary: "store Monasca's metrics, alarm transitions and events",
    load: async () => (await import("./persist.ts")).persistCommand(),
  },
  {
    name: "pipeline",
    summary: "turn notifications into samples and events and publish them",
    load: async () => (await import("./pipeline.ts")).pipelineCommand(),
  },
  {
    name: "validate",
    summary: "check configuration files, for people and for CI",
    load: async () => (await import("./validate.ts")).validateCommand(),
  },
  {
    name: "replay",
    summary: "send recorded telemetry to a store, a pipeline or a topic",
    load: async () => (await import("./replay.ts")).replayCommand(),
  },
  {
    name: "tail",
    summary: "show samples, events and measurements as they pass",
    load: async () => (await import("./tail.ts")).tailCommand(),
  },
  {
    name: "completions",
    summary: "print a completion script for bash, zsh or fish",
    load: async () => (await import("./completions.ts")).completionsCommand(wholeProgram),
  },
];

const EXAMPLES = `
Examples:
  tpctl persist --config-file /etc/monasca/persister.conf
  tpctl persist --from metrics.ndjson --kind metrics --to sqlite:metrics.db --once
  tpctl pipeline --config-file /etc/ceilometer/ceilometer.conf
  tpctl validate /etc/ceilometer
  tpctl replay /var/backups/metrics --to influxdb://127.0.0.1:8086/mon
  tpctl tail kafka://127.0.0.1:9092/metrics --meter 'cpu.*'
  tpctl completions bash > /etc/bash_completion.d/tpctl

Exit codes: 0 done, 1 findings (validate, replay --verify), 2 usage or configuration error, 3 run-time failure.
`;

/** The program for these arguments: what they call is loaded, the rest stands there by name. */
export function programFor(argv: readonly string[]): Promise<CommandUnknownOpts> {
  const named = argv[0] === "help" ? argv[1] : argv[0];
  return buildProgram(({ name }) => name === named);
}

/** The program with everything loaded, to walk over. */
export function wholeProgram(): Promise<CommandUnknownOpts> {
  return buildProgram(() => true);
}

async function buildProgram(
  isLoaded: (subcommand: Subcommand) => boolean,
): Promise<CommandUnknownOpts> {
  const program = new Command("tpctl")
    .description("One executable for telemetry pipelines.")
    .version(versionText(), "--version", "print version, commit and runtime")
    .helpCommand(true)
    .addHelpText("after", EXAMPLES);
  prepare(program);
  for (const subcommand of SUBCOMMANDS) {
    const command = isLoaded(subcommand)
      ? await subcommand.load()
      : new Command(subcommand.name).description(subcommand.summary);
    prepare(command);
    program.addCommand(command);
  }
  return program;
}

/** Main decides about exit codes and about how an error looks. */
function prepare(command: CommandUnknownOpts): void {
  command.exitOverride().configureOutput({
    outputError: (text, write) => write(text.replace(/^error: /, "tpctl: ")),
  });
}
