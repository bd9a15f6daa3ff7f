/**
 * Pure. The flags of `tpctl validate`: all that it takes, in one place. Each mode beside the check itself
 * (validate_modes.ts) has its flag here and its code in a file of its own.
 */
import { Argument, Command, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { type FileKind, fileKinds } from "../core/validate/kinds.ts";

/** How findings are written. */
export type ReportFormat = typeof reportFormats[number];

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
    .addHelpText("after", EXAMPLES);
  return {
    command,
    read(): ValidateFlags {
      const { kind, format, strict, rules } = command.opts();
      const [paths] = command.processedArgs;
      return { paths, kind, format, strict: strict === true, rules };
    },
  };
}

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

A comment takes one line's findings of a rule away, and must say why:
  # tpctl: ignore pipeline/unknown-meter comes from our own pollster
It stands behind the line (YAML), or alone above it.

Secrets (TPCTL_PASSWORD, TPCTL_INFLUX_TOKEN) are not asked for and never shown. Options from the
environment (OS_<GROUP>__<OPTION>) count as they do for the daemons.
Exit codes: 0 no errors, 1 errors (with --strict also warnings), 2 usage error or a file of no known
kind.
`;
