/**
 * Edge (files). `bun run readme`: writes the README's configuration tables anew from the option data.
 * A test fails while the README says anything else than what is made here.
 */
import { join } from "node:path";
import { PERSIST_OPTIONS } from "../core/config/persist_options.ts";
import type { Option } from "../core/config/option.ts";
import { root } from "./sources.ts";

/** Where the README stands. */
export const readmePath = join(root, "README.md");

const opening = "<!-- options: made by `bun run readme`, do not edit -->\n";
const closing = "<!-- /options -->\n";

/** The README's text with the part between the marks made anew. */
export function withOptionTables(readme: string): string {
  const from = readme.indexOf(opening);
  const to = readme.indexOf(closing);
  if (from < 0 || to < from) throw new Error("Cannot fill README.md: the marks are not there");
  return readme.slice(0, from + opening.length) + optionTables(PERSIST_OPTIONS) +
    readme.slice(to);
}

/** One table per section, in the order of the data; what has no meaning here is a list of names. */
export function optionTables(options: readonly Option[]): string {
  const sections = Map.groupBy(options, (option) => option.section);
  return [...sections].map(([section, members]) => sectionText(section, members)).join("");
}

function sectionText(section: string, options: readonly Option[]): string {
  const used = options.filter((option) => option.meaning === "used");
  const ours = used.length > 0 && used.every((option) => option.ours === true);
  const rows = used.map((option) =>
    `| \`${option.name}\`${option.ours === true && !ours ? " (ours)" : ""} ` +
    `| ${defaultText(option)} | ${cell(option.help)}${choicesText(option)}${olderText(option)} |\n`
  );
  const names = (meaning: Option["meaning"]): string =>
    options.filter((option) => option.meaning === meaning)
      .map((option) => `\`${option.name}\``).join(", ");
  const none = names("none");
  const unsupported = names("unsupported");
  return [
    `\n### \`[${section}]\`${ours ? " (tpctl's own)" : ""}\n\n`,
    ...(rows.length > 0 ? ["| option | default | |\n|---|---|---|\n", ...rows] : []),
    none === "" ? "" : `${rows.length > 0 ? "\n" : ""}No meaning here, a notice if set: ${none}.\n`,
    unsupported === "" ? "" : `\nNot supported, an error if set: ${unsupported}.\n`,
  ].join("");
}

function defaultText({ default: value, unit }: Option): string {
  if (value === undefined) return "";
  const shown = value === "" ? "(empty)" : `\`${cell(value)}\``;
  return unit === undefined ? shown : `${shown} ${unit}`;
}

function choicesText(option: Option): string {
  if (option.kind !== "choice") return "";
  const choices = option.choices.filter((choice) => choice !== "");
  return ` One of ${choices.map((choice) => `\`${cell(choice)}\``).join(", ")}.`;
}

function olderText({ deprecated = [] }: Option): string {
  if (deprecated.length === 0) return "";
  const names = deprecated.map(({ section, name }) =>
    `\`${section === undefined ? "" : `[${section}] `}${name}\``
  );
  return ` Older: ${names.join(", ")}.`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("\n", " ");
}

if (import.meta.main) {
  const readme = await Bun.file(readmePath).text();
  await Bun.write(readmePath, withOptionTables(readme));
}
