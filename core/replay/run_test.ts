/**
 * Edge (files). What a checkpoint allows, sets of files side by side, rates, and how progress looks.
 */
import { describe, expect, test } from "bun:test";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { tempFolder } from "../../testing/servers/server.ts";
import { systemClock } from "../clock.ts";
import { unheard } from "../delivery/consumer.ts";
import { valueOf } from "../delivery/records.ts";
import { findInputFiles } from "../files/input_files.ts";
import { silentLog } from "../log/log.ts";
import { createMetrics } from "../observe/metrics.ts";
import { type Checkpoint, checkRun, matchFiles, readCheckpoint } from "./checkpoint.ts";
import { openJob, openLook, type ReplayOptions } from "./job.ts";
import { parseRate } from "./pace.ts";
import { createReplayProgress } from "./replay_progress.ts";

describe("checkpoint", () => {
  const file = {
    ...{ path: "a.log", bytes: 10, head: "h", head_bytes: 10 },
    ...{ next_line: 5, done: false, open_line: false },
  };
  const checkpoint: Checkpoint = {
    ...{ version: 1, target: "sqlite:a.db", options: "", files: [file] },
    ...{ shift_ms: 0, since_ms: null, until_ms: null },
  };
  const head = (path: string, bytes: number, hash: string) => ({
    input: { path, bytes, set: path, isStream: false },
    bytes,
    headOf: () => hash,
  });

  test("of another target, other options or other files is refused", () => {
    expect(() => readCheckpoint("c", "{}")).toThrow("none of tpctl's");
    expect(() => readCheckpoint("c", "nonsense")).toThrow("none of tpctl's");
    expect(() => checkRun("c", checkpoint, { target: "null:", options: "" })).toThrow(
      "it is of a run to 'sqlite:a.db' and this one goes to 'null:'",
    );
    expect(() => checkRun("c", checkpoint, { target: "sqlite:a.db", options: "--meter x" }))
      .toThrow(
        "of a run with no filter and this one has --meter x",
      );
    expect(() => matchFiles("c", checkpoint, [head("b.log", 10, "other")])).toThrow(
      "'a.log', done up to line 4, is not among the files",
    );
    expect(() => matchFiles("c", checkpoint, [head("a.log", 5, "h")])).toThrow("begins otherwise");
    expect(() => matchFiles("c", checkpoint, [head("a.log", 10, "other")])).toThrow(
      "begins otherwise",
    );
  });

  test("a file that was rotated meanwhile is known by how it begins", () => {
    const matched = matchFiles("c", checkpoint, [
      head("a.log.1", 12, "h"),
      head("a.log", 3, "new"),
    ]);
    expect([...matched]).toEqual([["a.log.1", file]]);
  });

  /** Reads all there is, commits it, and answers with the lines. */
  async function readOnce(
    folder: string,
    inputs = findInputFiles([join(folder, "in")]),
    filter: ReplayOptions["filter"] = {},
  ): Promise<string[]> {
    const job = await openJob({
      ...optionsOf(inputs),
      filter,
      ...{ resume: true, checkpoint: join(folder, "c") },
    }, {
      ...{ target: "t", stateDir: folder, isLasting: true, takesLettersFor: () => true },
      ...{ clock: systemClock, log: silentLog },
    });
    const consumer = job.open(unheard);
    const lines: string[] = [];
    for await (const block of consumer.blocks()) {
      for (let i = 0; i < block.count; i++) {
        lines.push(String(Buffer.from(valueOf(block, i) ?? [])));
      }
      const { topic, partition, nextOffset } = block;
      await consumer.commit([{ topic, partition, nextOffset }]);
    }
    await job.save();
    await consumer.close();
    return lines;
  }

  test("of two targets are two; saved by several at once it is whole", async () => {
    await using folder = await tempFolder("replay");
    writeFileSync(join(folder.path, "in"), "one\ntwo\n");
    const jobTo = (target: string) =>
      openJob(optionsOf(findInputFiles([join(folder.path, "in")])), {
        ...{ target, stateDir: folder.path, isLasting: true, takesLettersFor: () => true },
        ...{ clock: systemClock, log: silentLog },
      });
    const [one, two] = [await jobTo("sqlite:a.db"), await jobTo("sqlite:b.db")];
    expect(one.checkpoint).not.toBe(two.checkpoint);
    const consumer = one.open(unheard);
    const commit = (nextOffset: number): Promise<void> =>
      consumer.commit([{ topic: "file", partition: 0, nextOffset }]);
    await Promise.all([commit(2), commit(3), one.save(), two.save()]);
    const saved = readCheckpoint("c", readFileSync(one.checkpoint ?? "", "utf8"));
    expect(saved.files.map(({ next_line }) => next_line)).toEqual([3]);
  });

  test("of a pipe nothing is read before it is read", async () => {
    await using folder = await tempFolder("replay");
    const at = (name: string): string => join(folder.path, name);
    const lines = Array.from({ length: 50_000 }, (_, i) => `line ${i}`);
    writeFileSync(at("lines"), `${lines.join("\n")}\n`);
    expect(Bun.spawnSync(["mkfifo", at("pipe")]).exitCode).toBe(0);
    await using cat = Bun.spawn(["sh", "-c", 'exec cat "$0" > "$1"', at("lines"), at("pipe")]);
    expect(await readOnce(folder.path, findInputFiles([at("pipe")]))).toEqual(lines);
    expect(await cat.exited).toBe(0);
  });

  test("times that were said from the present stay those of the run that began", async () => {
    await using folder = await tempFolder("replay");
    const path = join(folder.path, "in");
    const lines = ["m v=1 1767323001", "m v=1 1767323002", "m v=1 1767323003"] as const;
    writeFileSync(path, `${lines[0]}\n`);
    const first = { sinceMs: 1767323001_000, untilMs: 1767323003_000 };
    expect(await readOnce(folder.path, undefined, first)).toEqual([lines[0]]);
    writeFileSync(path, `${lines.join("\n")}\n`);
    const later = { sinceMs: 1767323003_000, untilMs: 1767323009_000 };
    expect(await readOnce(folder.path, undefined, later)).toEqual([lines[1]]);
  });

  test("is kept by one run at a time, and in a regular file", async () => {
    await using folder = await tempFolder("replay");
    const path = join(folder.path, "in");
    writeFileSync(path, "one\n");
    const open = (checkpoint: string | undefined): ReturnType<typeof openJob> =>
      openJob({ ...optionsOf(findInputFiles([path])), checkpoint }, {
        ...{ target: "t", stateDir: folder.path, isLasting: true, takesLettersFor: () => true },
        ...{ clock: systemClock, log: silentLog },
      });
    const first = await open(undefined);
    const reader = first.open(unheard);
    await expect(open(first.checkpoint)).rejects.toThrow("another run has it now");
    expect((await open(undefined)).checkpoint).toBeUndefined();
    await reader.close();
    expect((await open(first.checkpoint)).checkpoint).toBe(first.checkpoint);
    await expect(open("/dev/null")).rejects.toThrow("it is no regular file");
    await expect(open(join(path, "c"))).rejects.toThrow("Cannot keep a checkpoint");
  });

  test("rotated and compressed meanwhile, what was read is not read again", async () => {
    await using folder = await tempFolder("replay");
    const at = (name: string): string => join(folder.path, name);
    const set = (): ReplayOptions["inputs"] => findInputFiles([at("x.log*")]);
    writeFileSync(at("x.log.1"), "a\nb\n");
    writeFileSync(at("x.log"), "c\nd\n");
    expect(await readOnce(folder.path, set())).toEqual(["a", "b", "c", "d"]);
    renameSync(at("x.log"), at("x.log.1"));
    writeFileSync(at("x.log.2.gz"), gzipSync("a\nb\n"));
    writeFileSync(at("x.log"), "e\n");
    expect(await readOnce(folder.path, set())).toEqual(["e"]);
  });

  test("a file that grows goes on behind what was done; a cut-off last line is read again", async () => {
    await using folder = await tempFolder("replay");
    const path = join(folder.path, "in");
    writeFileSync(path, "one\ntwo\nthr");
    expect(await readOnce(folder.path)).toEqual(["one", "two", "thr"]);
    expect(await readOnce(folder.path)).toEqual([]);
    writeFileSync(path, "one\ntwo\nthree\nfour\n");
    expect(await readOnce(folder.path)).toEqual(["three", "four"]);
    expect(await readOnce(folder.path)).toEqual([]);
  });

  test("a line that was cut off is read again where the file is compressed, or whole, by now", async () => {
    await using folder = await tempFolder("replay");
    const at = (name: string): string => join(folder.path, name);
    const set = (): ReplayOptions["inputs"] => findInputFiles([at("x.log*")]);
    const text = "a line\n".repeat(200);
    writeFileSync(at("x.log"), `${text}the la`);
    expect((await readOnce(folder.path, set())).at(-1)).toBe("the la");
    rmSync(at("x.log"));
    const packed = gzipSync(`${text}the last\nmore\n`);
    writeFileSync(at("x.log.1.gz"), packed.subarray(0, -12));
    const again = await readOnce(folder.path, set());
    expect("the last".startsWith(again[0] ?? "-")).toBe(true);
    writeFileSync(at("x.log.1.gz"), packed);
    expect((await readOnce(folder.path, set())).slice(-1)).toEqual(["more"]);
    expect(await readOnce(folder.path, set())).toEqual([]);
  });

  test("what could not be read to its end goes on with the line that was cut off", async () => {
    await using folder = await tempFolder("replay");
    const path = join(folder.path, "in");
    const whole = Buffer.concat([gzipSync("one\ntwo\nthr"), gzipSync("ee\nfour\n")]);
    writeFileSync(path, whole.subarray(0, gzipSync("one\ntwo\nthr").length + 8));
    expect(await readOnce(folder.path)).toEqual(["one", "two", "thr"]);
    writeFileSync(path, whole);
    expect(await readOnce(folder.path)).toEqual(["three", "four"]);
    expect(await readOnce(folder.path)).toEqual([]);
  });
});

test("sets side by side: all of each, in its order; a set is read from its oldest file on", async () => {
  await using folder = await tempFolder("replay");
  const numbers = (from: number): string =>
    Array.from({ length: 20_000 }, (_, i) => `${from + i}\n`).join("");
  const files = ["a.log.1", "a.log", "b.log", "c.log", "d.log"];
  for (const [i, name] of files.entries()) {
    writeFileSync(join(folder.path, name), numbers(i * 20_000));
  }
  const job = openLook(
    { ...optionsOf(findInputFiles([folder.path])), parallel: 3 },
    { takesLettersFor: () => true, clock: systemClock, log: silentLog },
  );
  const read: number[] = [];
  for await (const block of job.open(unheard).blocks()) {
    for (let i = 0; i < block.count; i++) read.push(Number(Buffer.from(valueOf(block, i) ?? [])));
  }
  expect(read.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100_000 }, (_, i) => i));
  for (
    const [from, to] of [[0, 40_000], [40_000, 60_000], [60_000, 80_000], [
      80_000,
      100_000,
    ]] as const
  ) {
    const own = read.filter((value) => value >= from && value < to);
    expect(own).toEqual(own.toSorted((a, b) => a - b));
  }
  expect(read).not.toEqual(read.toSorted((a, b) => a - b));
});

function optionsOf(inputs: ReplayOptions["inputs"]): ReplayOptions {
  return {
    ...{ inputs, filter: {}, what: "", format: undefined, linePrecision: "auto", rate: undefined },
    ...{ limit: Infinity, parallel: 1, shiftMs: 0, resume: false, checkpoint: undefined },
    allDestinations: false,
  };
}

describe("rate and progress", () => {
  test("rates as typed", () => {
    expect(["1000", "1000/s", "60/m", "0.5/s", "3600/h"].map(parseRate)).toEqual([
      1000,
      1000,
      1,
      0.5,
      1,
    ]);
    for (const text of ["", "x", "0", "10/day", "-1"]) {
      expect(() => parseRate(text)).toThrow(/Cannot use --rate/);
    }
  });

  test("a bar where there is room, the same without one where there is not", () => {
    const metrics = createMetrics();
    const written = metrics.counter("tpctl_records_written_total", "", { topic: "file" });
    const progress = createReplayProgress();
    const look = (bytes: number) => ({ bytes, bytesTotal: 1000, snapshot: metrics.snapshot() });
    progress(look(0), 0);
    written.add(1234);
    const shown = progress(look(250), 1000);
    expect(shown.line).toBe("25.0 %  1,234/s  1,234 sent  0 rejected  3s left");
    expect(shown.bar(120)).toBe(`│${"█".repeat(6).padEnd(24)}│ ${shown.line}`);
    expect(shown.bar(70)).toBe(`│${"█".repeat(4)}${"▌".padEnd(14)}│ ${shown.line}`);
    expect(shown.bar(40)).toBe(shown.line);
    expect(createReplayProgress()({ ...look(5), bytesTotal: 0 }, 1000).line).not.toContain("%");
  });
});
