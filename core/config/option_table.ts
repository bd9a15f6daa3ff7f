/**
 * Pure. A table of options as Markdown, for the README: what stands there is what the code reads.
 */
import type { Option } from "./option.ts";

/** What a value looks like, in words. */
const KINDS: Readonly<Record<Option["kind"], string>> = {
  string: "text",
  secret: "text, never shown",
  path: "path",
  host: "host name or address",
  bool: "true or false",
  port: "port",
  int: "integer",
  float: "number",
  choice: "one of",
  list: "list",
  hosts: "list of host:port",
  multistr: "text, one line per value",
};

/**
 * One Markdown table per section, in the order of the rows, under a heading of level 4. Options
 * without a meaning are named below their section's table; our own are marked with `*`.
 */
export function renderOptionTable(options: readonly Option[]): string {
  const sections = Map.groupBy(options, (option) => option.section);
  return [...sections].map(([section, rows]) => renderSection(section, rows)).join("\n");
}

function renderSection(section: string, options: readonly Option[]): string {
  const used = options.filter((option) => option.meaning === "used");
  const lines = [`#### [${section}]`, ""];
  if (used.length > 0) {
    lines.push("| option | value | default | meaning |", "|---|---|---|---|");
    lines.push(...used.map(renderRow), "");
  }
  const names = (meaning: Option["meaning"]) =>
    options.filter((option) => option.meaning === meaning).map((option) => `\`${option.name}\``);
  if (names("none").length > 0) {
    lines.push(`Accepted, without a meaning: ${names("none").join(", ")}.`, "");
  }
  if (names("unsupported").length > 0) {
    lines.push(`Not supported, an error: ${names("unsupported").join(", ")}.`, "");
  }
  return lines.join("\n");
}

function renderRow(option: Option): string {
  const name = `\`${option.name}\`${option.ours ? " *" : ""}`;
  const value = option.default === undefined || option.default === ""
    ? ""
    : `\`${cell(option.default)}\``;
  return `| ${name} | ${valueText(option)} | ${value} | ${cell(option.help)} |`;
}

function valueText(option: Option): string {
  if (option.kind === "choice") {
    return option.choices.map((choice) => choice === "" ? "empty" : `\`${choice}\``).join(", ");
  }
  return option.unit === undefined ? KINDS[option.kind] : `${KINDS[option.kind]}, ${option.unit}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("\n", " ");
}
