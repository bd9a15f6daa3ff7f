/**
 * Edge (files). `bun run readme`: writes the README's configuration tables anew from the option data.
 * A test fails while the README says anything else than what is made here.
 */
import { join } from "node:path";
import { PERSIST_OPTIONS } from "../core/config/persist_options.ts";
import { renderOptionTable } from "../core/config/option_table.ts";
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
  const tables = renderOptionTable(PERSIST_OPTIONS);
  return `${readme.slice(0, from + opening.length)}\n${tables}\n${readme.slice(to)}`;
}

if (import.meta.main) {
  const readme = await Bun.file(readmePath).text();
  await Bun.write(readmePath, withOptionTables(readme));
}
