/**
 * Edge (files). `bun run readme`: writes the README's tables of options and publishers anew from the data.
 * A test fails while the README says anything else than what is made here.
 */
import { join } from "node:path";
import { PERSIST_OPTIONS } from "../core/config/persist_options.ts";
import { renderOptionTable } from "../core/config/option_table.ts";
import type { Option } from "../core/config/option.ts";
import { PIPELINE_OPTIONS } from "../core/config/pipeline_options.ts";
import { type Kind, loadPublisherKinds } from "../publishers/mod.ts";
import { root } from "./sources.ts";

/** Where the README stands. */
export const readmePath = join(root, "README.md");

const policyPrefix = "publisher_policy_";

/** The README's text with the parts between the marks made anew. */
export async function withTables(readme: string): Promise<string> {
  const publishers = publisherTable(await loadPublisherKinds());
  const parts = { persist: persistTables(), pipeline: pipelineTables(), publishers };
  return Object.entries(parts).reduce((text, [name, part]) => filled(text, { name, part }), readme);
}

function filled(
  readme: string,
  { name, part }: { readonly name: string; readonly part: string },
): string {
  const opening = `<!-- ${name}: made by \`bun run readme\`, do not edit -->\n`;
  const closing = `<!-- /${name} -->\n`;
  const from = readme.indexOf(opening);
  const to = readme.indexOf(closing);
  if (from < 0 || to < from) {
    throw new Error(`Cannot fill README.md: the marks of ${name} are gone`);
  }
  return `${readme.slice(0, from + opening.length)}\n${part}\n${readme.slice(to)}`;
}

function persistTables(): string {
  return renderOptionTable(PERSIST_OPTIONS);
}

/** Without what persist's tables say already, and the policies of all schemes as one row. */
function pipelineTables(): string {
  const known = new Set(PERSIST_OPTIONS.map(contentOf));
  const own = PIPELINE_OPTIONS.filter((option) => !known.has(contentOf(option)));
  const policies = own.filter(({ name }) => name.startsWith(policyPrefix));
  const [first] = policies;
  if (first === undefined) throw new Error("Cannot fill README.md: there are no policies");
  const row: Option = {
    ...first,
    name: `${policyPrefix}<scheme>`,
    help: "The same for one scheme; for udp it is drop.",
  };
  return renderOptionTable(own.flatMap((option) => {
    if (option === first) return [row];
    return policies.includes(option) ? [] : [option];
  }));
}

function contentOf({ section, name, default: value, help }: Option): string {
  return JSON.stringify([section, name, value, help]);
}

function publisherTable(kinds: readonly Kind[]): string {
  const rows = kinds.map(({ schemes, help, takes, options }) =>
    [names(schemes), help.replace(/\.?$/, "."), takes.join(", "), names(options.map(nameOf))].join(
      " | ",
    )
  );
  const head = ["| scheme | does | takes | options |", "|---|---|---|---|"];
  return `${[...head, ...rows.map((row) => `| ${row} |`)].join("\n")}\n`;
}

function nameOf({ name }: { readonly name: string }): string {
  return name;
}

function names(texts: readonly string[]): string {
  return texts.map((text) => `\`${text}\``).join(", ");
}

if (import.meta.main) {
  const readme = await Bun.file(readmePath).text();
  await Bun.write(readmePath, await withTables(readme));
}
