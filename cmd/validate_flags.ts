/**
 * Pure. The flags of `tpctl validate`: all that it takes, in one place. Each mode beside the check itself
 * (validate_modes.ts) has its flag here and its code in a file of its own.
 */
import { Argument, Command, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { UsageError } from "../core/errors.ts";
import { type SchemaKind, schemaKinds } from "../core/schema/config_shapes.ts";
import { type FileKind, fileKinds } from "../core/validate/kinds.ts";
import { readSeconds } from "./flags.ts";

/** How findings are written. */
export type ReportFormat = typeof reportFormats[number];

/** How pipelines are drawn. */
export type GraphFormat = typeof graphFormats[number];

const graphFormats = ["dot", "mermaid", "svg"] as const;

const reportFormats = ["text", "json", "sarif", "github", "junit"] as const;

/** What was typed behind `tpctl validate`. */
export interface ValidateFlags {
  readonly paths: readonly string[];
  readonly kind: FileKind | undefined;
  readonly format: ReportFormat;
  /** Warnings fail too. */
  readonly strict: boolean;
  /** `--rules`: true for all, or an id. */
  readonly rules: string | true | undefined;
  /** `--explain`: a meter, an event type, or a pattern. */
  readonly explain: string | undefined;
  /** `--explain-message`: a file with one captured notification, - for stdin. */
  readonly explainMessage: string | undefined;
  readonly graph: GraphFormat | undefined;
  /** `--tests`: a file of pipeline tests. */
  readonly tests: string | undefined;
  readonly schema: SchemaKind | undefined;
  /** `--online` with its time limit for each far end; undefined: files alone. */
  readonly onlineMs: number | undefined;
}

/** The command with its flags and examples, without an action; `read` after parsing. */
export function validateFlags(): { command: CommandUnknownOpts; read: () => ValidateFlags } {
  const command = new Command("validate")
    .description("check configuration files: persister.conf, ceilometer.conf and the YAML files")
    .addArgument(new Argument("[path...]", "files and folders, - for stdin"))
    .addOption(
      new Option("--kind <kind>", "what the files are, where their content does not say")
        .choices(fileKinds),
    )
    .addOption(
      new Option("--format <format>", "how findings are written").choices(reportFormats)
        .default("text" as const),
    )
    .option("--strict", "fail on warnings too")
    .option("--rules [id]", "list all rules, or explain one, and check nothing")
    .option("--explain <name>", "show what makes a meter or an event and where it goes")
    .option("--explain-message <file>", "show what becomes of one captured notification")
    .addOption(
      new Option("--graph <format>", "draw the pipelines").choices(graphFormats),
    )
    .option("--tests <file>", "run pipeline tests")
    .addOption(
      new Option("--schema <kind>", "print the JSON Schema of a kind of YAML file")
        .choices(schemaKinds),
    )
    .option("--online", "also resolve, connect and log on to what is configured, changing nothing")
    .addOption(
      new Option("--timeout <seconds>", "with --online: how long each far end is waited for")
        .default(timeoutSecondsDefault).argParser(readSeconds("--timeout", timeoutSecondsMax)),
    )
    .addHelpText("after", EXAMPLES);
  return {
    command,
    read(): ValidateFlags {
      const { strict, online, timeout, ...rest } = command.opts();
      if (online !== true && command.getOptionValueSource("timeout") === "cli") {
        throw new UsageError(
          "Cannot use --timeout alone: nothing is waited for, expected --online",
        );
      }
      const { kind, format, rules, explain, explainMessage, graph, tests, schema } = rest;
      const [paths] = command.processedArgs;
      const modes = { rules, schema, explain, "explain-message": explainMessage, graph, tests };
      checkTogether({ ...modes, online: online === true ? true : undefined });
      const mode = Object.entries(modes).find(([, given]) => given !== undefined)?.[0];
      if (mode !== undefined && strict === true) throw notStrict(mode);
      return {
        paths,
        kind,
        format,
        strict: strict === true,
        rules,
        explain,
        explainMessage,
        graph,
        tests,
        schema,
        onlineMs: online === true ? timeout * msPerSecond : undefined,
      };
    },
  };
}

/** Throws a UsageError where several things are to be done at once. */
function checkTogether(flags: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(flags).filter((name) => flags[name] !== undefined);
  const [first, second] = given;
  if (second === undefined) return;
  throw new UsageError(
    `Cannot use --${first} together with --${second}: each does something of its own, expected ` +
      "one of them",
  );
}

function notStrict(mode: string): UsageError {
  return new UsageError(
    `Cannot use --strict with --${mode}: it has no warnings that could fail, expected one of them`,
  );
}

const msPerSecond = 1000;
const timeoutSecondsDefault = 10;
const timeoutSecondsMax = 3600;

const EXAMPLES = `
Examples:
  # A whole installation: what belongs together is checked together
  tpctl validate /etc/ceilometer /etc/monasca/persister.conf

  # One file from a pipe
  ansible-template pipeline.yaml.j2 | tpctl validate --kind pipeline.yaml -

  # In a GitHub workflow, and for its code scanning
  tpctl validate --strict --format github etc/
  tpctl validate --format sarif etc/ > tpctl.sarif

  # Why it complains
  tpctl validate --rules pipeline/unknown-meter

  # Whether everything that is configured answers, lets us in and has the topics and databases
  TPCTL_PASSWORD=... tpctl validate --online --timeout 5 /etc/monasca/persister.conf

  # What makes a meter or an event, who takes it by which pattern, where it goes
  tpctl validate --explain memory.usage /etc/ceilometer
  tpctl validate --explain-message notification.json --format json /etc/ceilometer

  # The pipelines as a picture, and under test
  tpctl validate --graph svg /etc/ceilometer > pipelines.svg
  tpctl validate --tests tests.yaml --format junit > tests.xml

  # For editors that check YAML while it is written
  tpctl validate --schema pipeline.yaml > pipeline.schema.json

A comment takes one line's findings of a rule away, and must say why:
  # tpctl: ignore pipeline/unknown-meter comes from our own pollster
It stands behind the line (YAML), or alone above it.

Secrets (TPCTL_PASSWORD, TPCTL_INFLUX_TOKEN) are asked for by --online alone and never shown. Options from the
environment (OS_<GROUP>__<OPTION>) count as they do for the daemons.
Exit codes: 0 no errors, 1 errors (with --strict also warnings), 2 usage error or a file of no known
kind.
`;
