/**
 * Edge (files, processes). The file publisher: lines as an agent wrote them, rotation as Python's, many
 * writers, torn lines, kills, a full disk, and what is refused at start.
 */
import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../core/clock.ts";
import { openFileLocks } from "../core/files/file_lock.ts";
import { RotatingFile } from "../core/files/rotating_file.ts";
import { ConfigError } from "../core/errors.ts";
import { eventJson, eventLiteral } from "../core/pipeline/messages.ts";
import { describePublisher } from "../testing/publisher_conformance.ts";
import { keepingLog, makePublisher } from "../testing/publishers.ts";
import { dictOf, makeEvent, makeSample, sampleOfLine } from "../testing/samples.ts";
import { loadValue } from "../core/notifications/load_value.ts";
import { storeErrorOf } from "../testing/writer_conformance.ts";
import { fileKind } from "./file.ts";

const signal = new AbortController().signal;
const testdata = join(import.meta.dir, "../testdata");
const root = mkdtempSync(join(tmpdir(), "tpctl-file-"));
let folder = root;
let folders = 0;
beforeEach(() => {
  folder = join(root, String(folders++));
  mkdirSync(folder);
});
afterAll(() => rmSync(root, { recursive: true }));

function linesOf(path: string): string[] {
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  expect(text === "" || text.endsWith("\n")).toBe(true);
  return text.split("\n").slice(0, -1);
}

describePublisher({
  title: "file",
  takes: ["samples", "events"],
  create: () => makePublisher(fileKind, `file://${folder}/out?json`),
  reset: () => {},
  received: (carries) =>
    Promise.resolve(
      linesOf(join(folder, "out")).map((line) => {
        const { resource_id: sample, message_id: event } = dictOf(loadValue(line));
        return String(carries === "samples" ? sample : event);
      }),
    ),
  order: "kept",
  refusal: "a file takes every line",
  outage: "a folder that is gone is the operator's to mend, as a test below shows",
  silence: "a disk that hangs hangs its process",
  secrets: [],
});

describe("lines", () => {
  const captures = join(testdata, "captures/ceilometer-publishers-fixed");
  const recorded = readFileSync(join(captures, "file-json.log"), "utf8").trimEnd().split("\n");

  test.each([["?json", "file-json.log"], ["", "file-repr.log"], ["?json=", "file-json.log"]])(
    "with '%s' are those of %s and the two names",
    async (query, name) => {
      const publisher = makePublisher(fileKind, `file://${folder}/f${query}`);
      await publisher.publishSamples(recorded.map(sampleOfLine), signal);
      await publisher.close();
      const text = readFileSync(join(folder, "f"), "utf8");
      expect(text.replace(/(["'])(user|project)_name\1: (null|None), /g, "")).toBe(
        readFileSync(join(captures, name), "utf8"),
      );
    },
  );

  test("of events are the same two forms", async () => {
    for (const query of ["", "?json=0"]) {
      const publisher = makePublisher(fileKind, `file://${folder}/e${query}`, {
        carries: "events",
      });
      await publisher.publishEvents([makeEvent()], signal);
      await publisher.close();
    }
    expect(linesOf(join(folder, "e"))).toEqual([eventLiteral(makeEvent()), eventJson(makeEvent())]);
  });
});

describe("rotation", () => {
  const cases = JSON.parse(readFileSync(join(testdata, "messages/rotations.json"), "utf8")) as {
    lines: string[];
    max_bytes: number;
    backups: number;
    before: Record<string, string>;
    after: Record<string, string>;
  }[];
  test.each(cases.map((one, n) => [n, one] as const))("case %i is Python's", async (_, one) => {
    for (const [name, text] of Object.entries(one.before)) writeFileSync(join(folder, name), text);
    const rotation = { bytesMax: one.max_bytes, backups: one.backups };
    const open = () =>
      new RotatingFile(join(folder, "f"), rotation, {
        clock: systemClock,
        locks: openFileLocks(),
        isOwnLine: () => true,
        onTorn: () => {},
      });
    // The split into calls and reopening make no difference.
    const middle = one.lines.length >> 1;
    for (const lines of [one.lines.slice(0, middle), one.lines.slice(middle)]) {
      const file = open();
      await file.append(lines, signal);
      file.close();
    }
    const filled = Object.entries(one.after).filter(([, text]) => text !== "");
    const found = readdirSync(folder).map((name) =>
      [
        name,
        readFileSync(join(folder, name), "utf8"),
      ] as const
    );
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(filled));
  });
});

interface Child {
  readonly accepted: number[];
  readonly refused: string[];
  kill(): void;
  readonly ended: Promise<unknown>;
}

/** Starts a writer process; `limit` bounds the size of its files, in KiB. */
function startChild(args: readonly string[], limit?: number): Child {
  const program = [process.execPath, join(import.meta.dir, "../testing/file_publisher_child.ts")];
  const command = limit === undefined
    ? [...program, ...args]
    : ["bash", "-c", `trap '' XFSZ; ulimit -f ${limit}; exec "$@"`, "bash", ...program, ...args];
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
  const accepted: number[] = [];
  const refused: string[] = [];
  const read = async (): Promise<void> => {
    let text = "";
    for await (const chunk of child.stdout) {
      text += new TextDecoder().decode(chunk);
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        if (line.startsWith("refused")) refused.push(line);
        else accepted.push(Number(line));
      }
    }
  };
  return {
    accepted,
    refused,
    kill: () => child.kill(9),
    ended: Promise.all([read(), child.exited]),
  };
}

function marksIn(names: readonly string[]): string[] {
  return names.flatMap((name) => linesOf(join(folder, name)))
    .map((line) => String(dictOf(loadValue(line)).resource_id));
}

describe("several processes", () => {
  test("write whole lines to one file, and rotate it without losing one", async () => {
    const url = `file://${folder}/f?json&max_bytes=60000&backup_count=100`;
    const children = ["a", "b", "c"].map((mark) => startChild([url, mark, "40", "20"]));
    await Promise.all(children.map(({ ended }) => ended));
    const names = readdirSync(folder);
    expect(names.length).toBeGreaterThan(10);
    const marks = marksIn(names);
    expect(new Set(marks).size).toBe(3 * 40 * 20);
    expect(marks).toHaveLength(3 * 40 * 20);
    for (const name of names) expect(statSync(join(folder, name)).size).toBeLessThan(60_000);
  }, 60_000);

  test("lose nothing that was accepted when one of them is killed", async () => {
    const url = `file://${folder}/f?json`;
    const witness = startChild([url, "witness", "60", "50"]);
    const killed: Child[] = [];
    for (let life = 0; life < 4; life++) {
      const child = startChild([url, `life${life}`, "100000", "500"]);
      killed.push(child);
      for (let waits = 0; waits < 1000 && child.accepted.length < 3; waits++) await Bun.sleep(5);
      child.kill();
      await child.ended;
    }
    await witness.ended;
    const publisher = makePublisher(fileKind, url);
    await publisher.publishSamples([makeSample({ resource_id: "last" })], signal);
    await publisher.close();
    const marks = new Set(marksIn(["f"]));
    expect(marks.has("last")).toBe(true);
    for (
      const [mark, child, perCall] of [
        ["witness", witness, 50],
        ...killed.map((child, n) => [`life${n}`, child, 500] as const),
      ] as const
    ) {
      expect(child.accepted.length).toBeGreaterThan(0);
      for (const call of child.accepted) {
        for (let n = 0; n < perCall; n++) expect(marks.has(`${mark}-${call}-${n}`)).toBe(true);
      }
    }
  }, 60_000);

  test("that meet a full disk leave whole lines, and say so", async () => {
    const child = startChild([`file://${folder}/f?json`, "a", "10", "100"], 128);
    await child.ended;
    expect(child.accepted.length).toBeGreaterThan(0);
    expect(child.refused.length).toBeGreaterThan(0);
    expect(child.refused[0]).toStartWith("refused retry: Cannot write to ");
    expect(marksIn(["f"])).toHaveLength(child.accepted.length * 100);
  }, 60_000);
});

describe("a torn last line", () => {
  test.each([
    ['{"name": "cpu", "ty', "", "cut off"],
    ["{'name': 'cp", "", "cut off"],
    ["# something else", "# something else\n", "ended with a line break"],
  ])("%s", async (torn, left, said) => {
    writeFileSync(join(folder, "f"), `{"name": "whole"}\n`);
    const lines: string[] = [];
    const publisher = makePublisher(fileKind, `file://${folder}/f?json`, {
      log: keepingLog(lines),
    });
    appendFileSync(join(folder, "f"), torn);
    await publisher.publishSamples([makeSample({ resource_id: "next" })], signal);
    await publisher.close();
    const text = readFileSync(join(folder, "f"), "utf8");
    expect(text).toStartWith(`{"name": "whole"}\n${left}{"name": "vcpus"`);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(said);
  });
});

describe("a file", () => {
  test("that somebody moved away is made anew", async () => {
    const publisher = makePublisher(fileKind, `file://${folder}/f`);
    await publisher.publishSamples([makeSample()], signal);
    renameSync(join(folder, "f"), join(folder, "moved"));
    await publisher.publishSamples([makeSample()], signal);
    await publisher.close();
    expect(["f", "moved"].map((name) => linesOf(join(folder, name)).length)).toEqual([1, 1]);
  });

  test("whose folder goes away holds until it is back", async () => {
    const publisher = makePublisher(fileKind, `file://${folder}/f`);
    renameSync(folder, `${folder}.away`);
    const error = await storeErrorOf(publisher.publishSamples([makeSample()], signal));
    expect([error.reaction, error.message]).toEqual([
      "hold",
      `Cannot write to '${folder}/f': its folder does not exist, ` +
      "expected room and access",
    ]);
    renameSync(`${folder}.away`, folder);
    await publisher.publishSamples([makeSample()], signal);
    await publisher.close();
    expect(linesOf(join(folder, "f"))).toHaveLength(1);
  });

  test("on a full device is retryable", async () => {
    const publisher = makePublisher(fileKind, "file:///dev/full?json");
    const error = await storeErrorOf(publisher.publishSamples([makeSample()], signal));
    expect([error.reaction, error.message]).toEqual([
      "retry",
      "Cannot write to '/dev/full': the disk is full, " +
      "expected room and access",
    ]);
    await publisher.close();
  });

  test("whose name has a percent sign or a hash is taken as the reference takes it", async () => {
    const publisher = makePublisher(fileKind, `file://${folder}/a%20b#c`);
    await publisher.close();
    expect(readdirSync(folder)).toEqual(["a%20b"]);
  });

  test.each([
    ["file://", "it names no path"],
    ["file://relative", "it names no path"],
    ["file:///no/such/folder/f", "its folder does not exist"],
    ["file:///tmp", "it is a folder"],
    ["file:///tmp/f?max_bytes=x&backup_count=1", "'max_bytes'"],
    ["file:///tmp/f?max_bytes=&backup_count=1", "'max_bytes'"],
    ["file:///tmp/f?max_byte=1", "did you mean 'max_bytes'"],
  ])("%s is a configuration error", (url, text) => {
    expect(() => makePublisher(fileKind, url)).toThrow(ConfigError);
    expect(() => makePublisher(fileKind, url)).toThrow(text);
  });
});
