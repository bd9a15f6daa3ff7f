/**
 * Edge (files). The lines of a file backwards are those forwards, however long they are.
 */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { tempFolder } from "../../testing/servers/server.ts";
import { linesBack } from "./lines_back.ts";

const mega = 1024 * 1024;

async function backwards(text: string): Promise<{ lines: string[]; refused: string[] }> {
  await using folder = await tempFolder("lines");
  const path = join(folder.path, "x");
  writeFileSync(path, text);
  await using handle = await open(path, "r");
  const lines: string[] = [];
  const refused: string[] = [];
  for await (const run of linesBack(handle, text.length, (reason) => refused.push(reason))) {
    lines.unshift(...run.map((line) => Buffer.from(line).toString()));
  }
  return { lines, refused };
}

test.each([
  ["short ones", ["a", "b", "c"].join("\n")],
  ["ends and empty ones", "\r\n\na\r\n\n\nb\n"],
  [
    "some of several pieces",
    [1, 300_000, 2, 900_000, 262_144, 262_143, 5].map(ofLength).join("\n"),
  ],
  ["one only, of several pieces", ofLength(700_000)],
])("%s", async (_, text) => {
  const { lines, refused } = await backwards(text);
  expect(lines).toEqual(text.split(/\r?\n/).filter((line) => line !== ""));
  expect(refused).toEqual([]);
});

test("one that is too long is left out alone, and told", async () => {
  const { lines, refused } = await backwards(`a\nb\n${ofLength(65 * mega)}\nc\n`);
  expect(lines).toEqual(["a", "b", "c"]);
  expect(refused).toEqual([expect.stringContaining("expected at most 67108864")]);
});

function ofLength(length: number): string {
  return "x".repeat(length);
}
