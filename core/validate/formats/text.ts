/**
 * Pure. Findings for people and for grep: `file:line:column: severity: text [rule]`, on a terminal with
 * the line below and a mark where it is.
 */
import type { Finding, Severity } from "../finding.ts";
import { printable } from "../masking.ts";
import { type Counts, type Report, totalOf } from "../report.ts";

/** What the output can show. */
export interface TextLook {
  /** Lines and marks, as on a terminal. */
  readonly withLines: boolean;
  readonly withColour: boolean;
}

const colours: Readonly<Record<Severity, number>> = { error: 31, warning: 33, note: 36 };
const [bold, dim] = [1, 2];

/** "" where nothing was found. */
export function textReport({ files }: Report, look: TextLook): string {
  return files.flatMap(({ findings }) =>
    findings.map((one, i) => {
      const next = findings[i + 1];
      const isLast = next === undefined || next.line !== one.line || next.column !== one.column;
      // Several findings at one place share its line.
      return textOf(one, { ...look, withLines: look.withLines && isLast });
    })
  ).join("");
}

function textOf(finding: Finding, { withLines, withColour }: TextLook): string {
  const { file, line, column, severity, text, rule, excerpt } = finding;
  const paint = (code: number, words: string): string =>
    withColour ? `\u001b[${code}m${words}\u001b[0m` : words;
  const place = paint(bold, `${printable(file)}:${line}:${column}:`);
  const head = `${place} ${paint(colours[severity], `${severity}:`)} ${text} ${
    paint(dim, `[${rule}]`)
  }\n`;
  if (!withLines || excerpt === undefined) return head;
  const number = `${line}`;
  const before = excerpt.text.slice(0, excerpt.column - 1).replace(/\t/g, " ");
  const gap = " ".repeat(Bun.stringWidth(before));
  return head + `  ${paint(dim, `${number} |`)} ${excerpt.text.replace(/\t/g, " ")}\n` +
    `  ${paint(dim, `${" ".repeat(number.length)} |`)} ${gap}${paint(colours[severity], "^")}\n`;
}

/** One line about the run: how many files, findings, and what was left out. */
export function summaryOf(report: Report): string {
  const counts = totalOf(report);
  const { files, skipped } = report;
  const suppressed = files.reduce((sum, file) => sum + file.suppressed, 0);
  const parts = [
    `${many(files.length, "file")} checked: ${countsText(counts)}`,
    ...(suppressed > 0 ? [`${many(suppressed, "finding")} ignored by comments`] : []),
    ...(skipped > 0 ? [`${many(skipped, "file")} of other programs left out`] : []),
  ];
  return parts.join("; ");
}

function countsText({ error, warning, note }: Counts): string {
  return `${many(error, "error")}, ${many(warning, "warning")}, ${many(note, "note")}`;
}

function many(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
