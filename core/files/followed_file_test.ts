/**
 * Edge (files, clock). Every line once and in order, whatever is done to the file meanwhile: grown,
 * renamed and made anew, copied and truncated, replaced by something longer, away and back.
 */
import { afterEach, describe, expect, test } from "bun:test";
import { appendFile, copyFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "../../testing/program.ts";
import { type TempFolder, tempFolder } from "../../testing/servers/server.ts";
import { systemClock } from "../clock.ts";
import { followFile } from "./followed_file.ts";

interface Following {
  readonly lines: string[];
  readonly notes: string[];
  readonly troubles: (string | undefined)[];
  path: string;
  came(...lines: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

const folders: TempFolder[] = [];
const followings: Following[] = [];
afterEach(async () => {
  for (const following of followings.splice(0)) await following.stop();
  for (const folder of folders.splice(0)) await folder.remove();
});

async function follow(text: string | undefined, position = 0): Promise<Following> {
  const folder = await tempFolder("follow");
  folders.push(folder);
  const path = join(folder.path, "x.log");
  if (text !== undefined) await writeFile(path, text);
  const stop = new AbortController();
  const lines: string[] = [];
  const notes: string[] = [];
  const troubles: (string | undefined)[] = [];
  const deps = {
    clock: systemClock,
    signal: stop.signal,
    onNote: (note: string) => notes.push(note),
    onTrouble: (trouble: string | undefined) => troubles.push(trouble),
    onRefused: (reason: string) => notes.push(reason),
  };
  const run = async (): Promise<void> => {
    for await (const some of followFile({ path, position }, deps)) {
      lines.push(...some.map((line) => new TextDecoder().decode(line)));
    }
  };
  const running = run();
  const following: Following = {
    ...{ lines, notes, troubles, path },
    came: async (...wanted) => {
      await eventually(() => lines.length >= wanted.length ? true : undefined);
      expect(lines).toEqual([...wanted]);
    },
    stop: () => {
      stop.abort();
      return running;
    },
  };
  followings.push(following);
  return following;
}

describe("a file that is followed", () => {
  test("grows, also by half lines", async () => {
    const file = await follow("1\n2\n", 2);
    await file.came("2");
    await appendFile(file.path, "3\r\n\n4");
    await file.came("2", "3");
    await appendFile(file.path, "4\n");
    await file.came("2", "3", "44");
    expect(file.notes).toEqual([]);
  });

  test("is renamed and made anew; the old one is read to its end first", async () => {
    const file = await follow("1\n");
    await file.came("1");
    await rename(file.path, `${file.path}.1`);
    await appendFile(`${file.path}.1`, "2\nno end");
    await writeFile(file.path, "3\n");
    await file.came("1", "2", "no end", "3");
    await rename(file.path, `${file.path}.2`);
    await Bun.sleep(500);
    await appendFile(`${file.path}.2`, "4\n");
    await file.came("1", "2", "no end", "3", "4");
    await writeFile(file.path, "5\n");
    await file.came("1", "2", "no end", "3", "4", "5");
    expect(file.notes.length).toBe(2);
  });

  test("is copied and truncated", async () => {
    const file = await follow("1\n2\n");
    await file.came("1", "2");
    await copyFile(file.path, `${file.path}.1`);
    await truncate(file.path, 0);
    await Bun.sleep(500);
    await appendFile(file.path, "3\n");
    await file.came("1", "2", "3");
    expect(file.notes).toEqual([expect.stringContaining("was truncated")]);
  });

  test("is truncated and at once longer than it was", async () => {
    const file = await follow("first\n");
    await file.came("first");
    await writeFile(file.path, "another\nand another\n");
    await file.came("first", "another", "and another");
  });

  test("is not there yet, then is, is taken away and comes back", async () => {
    const file = await follow(undefined);
    await eventually(() => file.troubles.length > 0 ? true : undefined);
    expect(file.troubles).toEqual([expect.stringContaining("it does not exist")]);
    await writeFile(file.path, "1\n");
    await file.came("1");
    expect(file.troubles.at(-1)).toBeUndefined();
    await rm(file.path);
    await Bun.sleep(300);
    await writeFile(file.path, "2\n");
    await file.came("1", "2");
  });
});
