/**
 * Edge (files, stdio). `tpctl validate`: reads what was named, lets core/validate check it, writes the
 * findings in the format that was asked for, and turns them into the exit code.
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { systemClock } from "../core/clock.ts";
import { UsageError } from "../core/errors.ts";
import { checkOnline } from "../core/online/check_online.ts";
import { checkPaths } from "../core/validate/check_paths.ts";
import type { FileText } from "../core/validate/file_text.ts";
import type { Finding } from "../core/validate/finding.ts";
import { githubReport } from "../core/validate/formats/github.ts";
import { jsonReport } from "../core/validate/formats/json.ts";
import { junitReport } from "../core/validate/formats/junit.ts";
import { sarifReport } from "../core/validate/formats/sarif.ts";
import { summaryOf, textReport } from "../core/validate/formats/text.ts";
import { fileKinds } from "../core/validate/kinds.ts";
import { type Report, totalOf } from "../core/validate/report.ts";
import { loadPublisherKinds } from "../publishers/mod.ts";
import { buildInfo } from "./build_info.ts";
import { print } from "./print.ts";
import { type ValidateFlags, validateFlags } from "./validate_flags.ts";
import { readStdinText } from "./validate_input.ts";
import { VALIDATE_MODES } from "./validate_modes.ts";

/** The subcommand. */
export function validateCommand(): CommandUnknownOpts {
  const { command, read } = validateFlags();
  command.action(() => runValidate(read()));
  return command;
}

async function runValidate(flags: ValidateFlags): Promise<void> {
  const mode = VALIDATE_MODES.find((one) => one.isAsked(flags));
  if (mode !== undefined) return await mode.run(flags);
  const { paths, kind, format } = flags;
  if (paths.length === 0) {
    throw new UsageError("Cannot check nothing: no path is given, expected files, folders or -");
  }
  const stdin = paths.includes("-") ? await readStdinText() : undefined;
  const publisherKinds = await loadPublisherKinds();
  const options = { kind, environment: process.env };
  const deps = { publisherKinds, stdin, streams: new Map<string, FileText>() };
  const offline = checkPaths(paths, options, deps);
  if (offline.files.length === 0) throw nothingFound(paths);
  const { onlineMs: timeoutMs } = flags;
  const looked = { ...options, ...deps, paths, report: offline, clock: systemClock };
  const report = timeoutMs === undefined
    ? offline
    : checkPaths(paths, options, { ...deps, more: await checkOnline({ ...looked, timeoutMs }) });
  await print(written(report, flags));
  if (format === "text") process.stderr.write(`tpctl: ${summaryOf(report)}\n`);
  if (report.files.some(({ counts }) => fails(flags, counts))) process.exitCode = 1;
}

/** A wrong path in CI would pass for ever. */
function nothingFound(paths: readonly string[]): UsageError {
  const shown = paths.map((path) => `'${path}'`).join(", ");
  return new UsageError(
    `Cannot check ${shown}: no configuration file is there, expected ${fileKinds.join(", ")}`,
  );
}

function fails({ strict }: ValidateFlags, counts: ReturnType<typeof totalOf>): boolean {
  return counts.error > 0 || strict && counts.warning > 0;
}

function written(report: Report, flags: ValidateFlags): string {
  const isFailure = ({ severity }: Finding): boolean =>
    severity === "error" || flags.strict && severity === "warning";
  switch (flags.format) {
    case "text": {
      const withLines = process.stdout.isTTY;
      const { NO_COLOR, TERM } = process.env;
      const withColour = withLines && !NO_COLOR && TERM !== "dumb";
      return textReport(report, { withLines, withColour });
    }
    case "json":
      return jsonReport(report);
    case "sarif":
      return sarifReport(report, buildInfo.version);
    case "github":
      return githubReport(report);
    case "junit":
      return junitReport(report, isFailure);
  }
}
