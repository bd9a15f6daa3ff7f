/**
 * Pure. The report as workflow commands of GitHub Actions, which shows them beside the lines of a change.
 */
import type { Finding, Severity } from "../finding.ts";
import type { Report } from "../report.ts";

const commands: Readonly<Record<Severity, string>> = {
  error: "error",
  warning: "warning",
  note: "notice",
};

/** One line for each finding. */
export function githubReport({ files }: Report): string {
  return files.flatMap(({ findings }) => findings.map(commandOf)).join("");
}

function commandOf({ file, line, column, rule, severity, text }: Finding): string {
  const properties = Object.entries({ file, line, col: column, title: rule })
    .map(([name, value]) => `${name}=${escapedProperty(`${value}`)}`).join(",");
  return `::${commands[severity]} ${properties}::${escaped(text)}\n`;
}

function escaped(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapedProperty(text: string): string {
  return escaped(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
