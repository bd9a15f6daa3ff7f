/**
 * Edge (test runner, files, processes). Files and stdin as a Consumer: read to the end, one after the
 * other, or until closed.
 */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, readlinkSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../../testing/program.ts";
import { systemClock } from "../clock.ts";
import { type Consumer, unheard } from "../delivery/consumer.ts";
import { valueOf } from "../delivery/records.ts";
import { ConfigError, RunError } from "../errors.ts";
import { openLinesConsumer } from "./lines_consumer.ts";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tpctl-lines-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function readlinkIfThere(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function openPaths(paths: readonly string[]): Promise<Consumer> {
  return openLinesConsumer({ paths }, { clock: systemClock, events: unheard });
}

async function readAll(consumer: Consumer): Promise<string[]> {
  const found: string[] = [];
  for await (const block of consumer.blocks()) {
    for (let i = 0; i < block.count; i++) {
      const text = new TextDecoder().decode(valueOf(block, i) ?? undefined);
      found.push(`${block.partition}:${block.offsets[i]}:${text}`);
    }
  }
  return found;
}

describe("files", () => {
  test("are read in order, with lines across chunks", async () => {
    const [first, second] = [join(folder, "a"), join(folder, "b")];
    const lines = Array.from({ length: 20_000 }, (_, i) => `${i} ${"x".repeat(i % 50)}`);
    await writeFile(first, lines.join("\n"));
    await writeFile(second, "one\r\ntwo\n");
    const found = await readAll(await openPaths([first, second]));
    const expected = lines.map((line, i) => `0:${i + 1}:${line}`);
    expect(found).toEqual([...expected, "1:1:one", "1:2:two"]);
  });

  test("an empty one has no records", async () => {
    await writeFile(join(folder, "a"), "");
    expect(await readAll(await openPaths([join(folder, "a")]))).toEqual([]);
  });

  test("a missing one and a folder are configuration errors before anything is read", async () => {
    await expect(openPaths([join(folder, "none")])).rejects.toBeInstanceOf(ConfigError);
    await expect(openPaths([folder])).rejects.toThrow("it is a folder");
  });

  test("a SQLite file is refused, and its scheme named", async () => {
    const path = join(folder, "a.db");
    const database = new Database(path);
    database.run("CREATE TABLE t (a)");
    database.close();
    await expect(openPaths([path])).rejects.toThrow(
      `Cannot read '${path}' as text: it is a SQLite file, expected lines; ` +
        `tpctl tail 'sqlite:${path}' shows what it holds`,
    );
  });

  test("gzip and zstd are read as what they hold; a cut-off file is an error after its lines", async () => {
    const text = Array.from({ length: 50_000 }, (_, i) => `line ${i}\n`).join("");
    const expected = Array.from({ length: 50_000 }, (_, i) => `0:${i + 1}:line ${i}`);
    const [zipped, path] = [Bun.gzipSync(text), join(folder, "a")];
    for (const bytes of [zipped, Bun.zstdCompressSync(text)]) {
      await writeFile(path, bytes);
      expect(await readAll(await openPaths([path]))).toEqual(expected);
    }
    await writeFile(path, zipped.subarray(0, zipped.length - 20));
    await expect(readAll(await openPaths([path]))).rejects.toBeInstanceOf(RunError);
  });

  test("closing closes the file, also of a read that nobody goes on with", async () => {
    const path = join(folder, "a");
    await writeFile(path, "x\n".repeat(1_000_000));
    const consumer = await openPaths([path]);
    const next = async (): Promise<boolean | undefined> =>
      (await consumer.blocks()[Symbol.asyncIterator]().next()).done;
    expect(await next()).toBe(false);
    const open = (): number =>
      readdirSync("/proc/self/fd").filter((fd) => readlinkIfThere(`/proc/self/fd/${fd}`) === path)
        .length;
    for (let i = 0; i < 10; i++) {
      Bun.gc(true);
      await Bun.sleep(5);
    }
    expect(open()).toBe(1);
    await consumer.close();
    await eventually(() => open() === 0 ? true : undefined);
  });

  test("closing ends a read that waits", async () => {
    const path = join(folder, "pipe");
    Bun.spawnSync(["mkfifo", path]);
    const consumer = await openPaths([path]);
    const reading = readAll(consumer);
    await Bun.sleep(50);
    await consumer.close();
    expect(await reading).toEqual([]);
    // Somebody must open the other end, or the thread that opens this one waits for ever.
    await writeFile(path, "");
  });
});

test("stdin is read to its end", async () => {
  const program = `
    import { eventually } from "../../testing/program.ts";
import { systemClock } from ${JSON.stringify(join(import.meta.dir, "../clock.ts"))};
    import { openLinesConsumer } from ${JSON.stringify(join(import.meta.dir, "lines_consumer.ts"))};
    const quiet = () => {};
    const events = { onAssigned: quiet, onState: quiet, onTurn: quiet };
    const consumer = await openLinesConsumer({ paths: ["-"] }, { clock: systemClock, events });
    let count = 0;
    for await (const block of consumer.blocks()) count += block.count;
    console.log(count);`;
  const path = join(folder, "program.ts");
  await writeFile(path, program);
  const input = new Blob(Array.from({ length: 5000 }, (_, i) => `${i} ${"y".repeat(100)}\n`));
  const child = Bun.spawn([process.execPath, path], { stdin: input, stdout: "pipe" });
  expect((await new Response(child.stdout).text()).trim()).toBe("5000");
});
