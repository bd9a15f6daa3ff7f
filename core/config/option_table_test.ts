/**
 * Pure. The README's tables: every option stands there, in Markdown that holds together.
 */
import { expect, test } from "bun:test";
import { renderOptionTable } from "./option_table.ts";
import { PERSIST_OPTIONS } from "./persist_options.ts";

test("a section's rows, marks and notes", () => {
  const base = { section: "s", help: "What it is | does.", meaning: "used" } as const;
  expect(renderOptionTable([
    { ...base, name: "a", kind: "int", unit: "s", default: "1" },
    { ...base, name: "b", kind: "choice", choices: ["x", ""], ours: true },
    { ...base, name: "c", kind: "string", meaning: "none" },
    { ...base, name: "d", kind: "string", meaning: "unsupported" },
  ])).toBe(`#### [s]

| option | value | default | meaning |
|---|---|---|---|
| \`a\` | integer, s | \`1\` | What it is \\| does. |
| \`b\` * | \`x\`, empty |  | What it is \\| does. |

Accepted, without a meaning: \`c\`.

Not supported, an error: \`d\`.
`);
});

test("every option of persist stands in its table, with one sentence", () => {
  const table = renderOptionTable(PERSIST_OPTIONS);
  for (const { section, name, help } of PERSIST_OPTIONS) {
    expect(table).toContain(`#### [${section}]\n`);
    expect(table).toContain(`\`${name}\``);
    expect(help).toMatch(/^[A-Z].*\.$/);
  }
});
