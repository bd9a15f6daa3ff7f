/**
 * Edge (files). What is found below a folder, whatever else lies there, and that nothing without an end is
 * read to it.
 */
import { expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempFolder } from "../../testing/servers/server.ts";
import { readFile } from "./file_text.ts";
import { walk } from "./walk.ts";

test("links that lead in a circle keep nothing else from being checked", async () => {
  await using folder = await tempFolder("walk");
  const at = (name: string): string => join(folder.path, name);
  mkdirSync(at("below"));
  writeFileSync(at("below/pipeline.yaml"), "");
  symlinkSync("below/pipeline.yaml", at("link.yaml"));
  symlinkSync("b.yaml", at("a.yaml"));
  symlinkSync("a.yaml", at("b.yaml"));
  symlinkSync(".", at("self"));
  const found = walk([folder.path]).files.map(({ path }) => path);
  expect(found).toEqual([at("below/pipeline.yaml"), at("link.yaml")]);
});

test("a path that leads nowhere is said", async () => {
  await using folder = await tempFolder("walk");
  const file = join(folder.path, "file");
  writeFileSync(file, "");
  symlinkSync("circle", join(folder.path, "circle"));
  const wrong = [
    [join(folder.path, "none"), "there is no such file or folder"],
    [join(folder.path, "circle"), "its symbolic links lead in a circle"],
    [join(file, "x"), "a part of its path is no folder"],
    ["x".repeat(5000), "its name is too long"],
  ] as const;
  for (const [path, why] of wrong) expect(() => walk([path])).toThrow(why);
});

test("a device that never ends is left at the bound of all files", () => {
  expect(readFile("/dev/zero")).toMatchObject({
    rule: "file/unreadable",
    text: expect.stringContaining("it has more than"),
  });
});
