/**
 * Pure. What `--dry-run` prints: tables of what stands in the inputs, and what would become of it.
 */
import type { SurveyResult } from "./survey.ts";

/** What is known besides. */
export interface SurveyContext {
  readonly target: string;
  readonly idempotent: boolean;
  readonly files: number;
  /** Bytes of the files, as they are stored. */
  readonly bytes_read: number;
  readonly filtered: number;
  readonly letters_of_others: Readonly<Record<string, number>>;
  readonly files_failed: readonly { readonly path: string; readonly reason: string }[];
}

const rowsMax = 20;

/** Lines of text, each with its newline. */
export function surveyText(result: SurveyResult, context: SurveyContext): string {
  const { lines, data, bytes, first, last, rejected } = result;
  const { target, idempotent, files, filtered, letters_of_others, files_failed } = context;
  const repeat = idempotent
    ? "sending twice leaves the target as sending once does"
    : "every run sends everything again: this target repeats what it is sent twice";
  const letters = Object.entries(letters_of_others)
    .map(([name, n]) => `  ${count(n)} dead letters are for ${name} and stay (--all-destinations)`);
  const parts = [
    `Would be sent to ${target}; ${repeat}.`,
    "",
    `  files     ${count(files)} (${sizeText(context.bytes_read)} as stored)`,
    `  lines     ${count(lines)} (${sizeText(bytes)})`,
    `  data      ${count(data)}`,
    `  span      ${first === null ? "no times" : `${first} to ${last}`}`,
    `  rejected  ${count(rejected)}`,
    ...(filtered > 0 ? [`  filtered  ${count(filtered)} lines left out`] : []),
    ...letters,
    ...files_failed.map(({ path, reason }) => `  Cannot read '${path}' to its end: ${reason}`),
    ...table("form", result.forms),
    ...table("meter or type", result.meters),
    ...table("tenant", result.tenants),
    ...table("day", result.days),
    ...table("publisher", result.publishers),
    ...rejectedText(result),
  ];
  return `${parts.join("\n")}\n`;
}

function table(title: string, counts: Readonly<Record<string, number>>): string[] {
  const all = Object.entries(counts);
  if (all.length === 0) return [];
  const rows = all.slice(0, rowsMax).map(([name, n]) => [name === "" ? "(none)" : name, count(n)]);
  const width = Math.max(title.length, ...rows.map(([name = ""]) => name.length));
  const digits = Math.max("count".length, ...rows.map(([, n = ""]) => n.length));
  const rest = all.slice(rowsMax);
  const more = rest.reduce((sum, [, n]) => sum + n, 0);
  return [
    "",
    `${title.padEnd(width)}  ${"count".padStart(digits)}`,
    ...rows.map(([name = "", n = ""]) => `${name.padEnd(width)}  ${n.padStart(digits)}`),
    ...(rest.length > 0 ? [`and ${count(rest.length)} more with ${count(more)}`] : []),
  ];
}

function rejectedText({ rejected, rejected_by_class, examples }: SurveyResult): string[] {
  if (rejected === 0) return [];
  const left = rejected - examples.length;
  return [
    ...table("would be rejected as", rejected_by_class),
    "",
    ...examples.map(({ file, line, reason }) => `${file}:${line}: ${reason}`),
    ...(left > 0 ? [`and ${count(left)} more`] : []),
  ];
}

const units = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

function sizeText(bytes: number): string {
  let [size, unit] = [bytes, 0];
  while (size >= 1024 && unit < units.length - 1) [size, unit] = [size / 1024, unit + 1];
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`;
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
