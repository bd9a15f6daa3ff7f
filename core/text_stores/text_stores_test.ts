/**
 * Edge (files, processes). The text stores: the shared contract, stdout that is slow or goes away, and
 * files that are torn, full or gone.
 */
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { documentBatch, lineBatch } from "../../testing/batches.ts";
import { tempFolder } from "../../testing/servers/server.ts";
import { mountSmallDisk, smallDiskMissing } from "../../testing/servers/small_disk.ts";
import {
  conformanceDocuments,
  conformanceLines,
  describeWriter,
  storeErrorOf,
} from "../../testing/writer_conformance.ts";
import { systemClock } from "../clock.ts";
import type { Writer } from "../delivery/writer.ts";
import { ConfigError } from "../errors.ts";
import { parseLine } from "../influxdb/line_protocol.ts";
import { type Log, type LogFields, silentLog } from "../log/log.ts";
import { createDocumentsWriter } from "./documents.ts";
import { createLineWriter } from "./line.ts";
import { createNullWriter } from "./null.ts";

const folder = await tempFolder("text-stores");
const mounted = join(folder.path, "small");
const noMount = smallDiskMissing();
if (noMount !== undefined) console.error(`skipped: ${noMount}`);
const disk = noMount === undefined ? mountSmallDisk(mounted, "64k") : undefined;
afterAll(async () => {
  disk?.remove();
  await folder.remove();
});

const never = (): AbortSignal => new AbortController().signal;
const deps = (log: Log = silentLog): Parameters<typeof createLineWriter>[1] => ({
  clock: systemClock,
  log,
  onReaderGone: () => {
    throw new Error("nobody reads a file");
  },
});
let files = 0;
let path = "";
const freshPath = (): string => join(folder.path, `${++files}.txt`);
function reset(): Promise<void> {
  path = freshPath();
  return Promise.resolve();
}

const linesIn = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
const notHere = "tested below";

describeWriter({
  title: "line:path",
  create: () => createLineWriter({ path }, deps()),
  batchOf: (items) => conformanceLines(items),
  reset,
  stored: () =>
    Promise.resolve(
      new Map(
        linesIn(path).map((line) => {
          const { tags, fields } = parseLine(new TextEncoder().encode(line));
          return [tags[0]?.[1] ?? "", String(fields[0]?.[1])];
        }),
      ),
    ),
  refused: "it takes every text",
  outage: notHere,
  silence: notHere,
  secrets: [],
});

describeWriter({
  title: "documents:path",
  create: () => createDocumentsWriter({ path }, deps()),
  batchOf: (items) => conformanceDocuments(items, "events-ü-2026"),
  reset,
  stored: () =>
    Promise.resolve(
      new Map(
        linesIn(path).map((line) => {
          const { index, document } = JSON.parse(line);
          expect(index).toBe("events-ü-2026");
          return [document.key, document.text];
        }),
      ),
    ),
  refused: "it takes every text",
  outage: notHere,
  silence: notHere,
  secrets: [],
});

for (const kind of ["lines", "documents"] as const) {
  describeWriter({
    title: `null: with ${kind}`,
    create: createNullWriter,
    batchOf: (items) =>
      kind === "lines" ? conformanceLines(items) : conformanceDocuments(items, "i"),
    reset,
    stored: "it keeps nothing",
    refused: "it takes everything",
    outage: "it is always there",
    silence: "it always answers",
    secrets: [],
  });
}

test("a line is the batch's own bytes, a document stands behind its index", async () => {
  await reset();
  const lines = await createLineWriter({ path }, deps());
  await lines.write(lineBatch(['m,a=b value=1.0,value_meta="{}" 1600000000000']), never());
  await lines.close();
  expect(readFileSync(path, "utf8")).toBe('m,a=b value=1.0,value_meta="{}" 1600000000000\n');
  await reset();
  const documents = await createDocumentsWriter({ path }, deps());
  await documents.write(documentBatch([{ index: 'a"b', id: "1", json: '{"n": 1}' }]), never());
  await documents.close();
  expect(readFileSync(path, "utf8")).toBe('{"index":"a\\"b","document":{"n": 1}}\n');
});

describe("files", () => {
  test("are appended to; a torn last line is cut off and said", async () => {
    await reset();
    writeFileSync(path, `m value=1 1\n${"m value=2 ".repeat(9000)}`);
    const warnings: (LogFields | undefined)[] = [];
    const log: Log = { ...silentLog, warning: (_text, fields) => void warnings.push(fields) };
    const writer = await createLineWriter({ path }, deps(log));
    await writer.write(lineBatch(["m value=3 3"]), never());
    await writer.close();
    expect(linesIn(path)).toEqual(["m value=1 1", "m value=3 3"]);
    expect(warnings).toEqual([{ bytes: 90_000, text: "m value=2 ".repeat(20) }]);
  });

  test.skipIf(noMount !== undefined)("on a full disk are held, and hold no half line", async () => {
    const file = join(mounted, "full.line");
    const writer = await createLineWriter({ path: file }, deps());
    const ballast = join(mounted, "ballast");
    writeFileSync(ballast, new Uint8Array(40_000));
    const batch = lineBatch(
      Array.from({ length: 100 }, (_, i) => `m,n=${"x".repeat(90)} v=1 ${i}`),
    );
    let stored = 0;
    let failure: unknown;
    for (; failure === undefined && stored < 10_000; stored += failure === undefined ? 100 : 0) {
      failure = await writer.write(batch, never()).catch((error: unknown) => error);
    }
    const refusal = await storeErrorOf(Promise.reject(failure));
    expect(refusal.message).toBe(`Cannot write to line:${file}: the disk is full`);
    expect(refusal.reaction).toBe("hold");
    expect(linesIn(file)).toHaveLength(stored);
    rmSync(ballast);
    await writer.write(batch, never());
    await writer.close();
    expect(linesIn(file)).toHaveLength(stored + 100);
  });

  test("that were removed while in use are held", async () => {
    await reset();
    const writer = await createLineWriter({ path }, deps());
    rmSync(path);
    const refusal = await storeErrorOf(writer.write(lineBatch(["m v=1 1"]), never()));
    expect(refusal.reaction).toBe("hold");
    expect(refusal.message).toContain("removed while in use");
    await writer.close();
  });

  test("that cannot be written are a configuration error", async () => {
    const failures = await Promise.all(
      [folder.path, join(folder.path, "no", "where")].map((bad) =>
        createLineWriter({ path: bad }, deps()).then(() => undefined, (error: unknown) => error)
      ),
    );
    for (const failure of failures) expect(failure).toBeInstanceOf(ConfigError);
    expect(String(failures[0])).toContain(
      "it is a folder, expected a file that this user may write",
    );
    expect(String(failures[1])).toContain("its folder does not exist");
  });
});

describe("stdout", () => {
  const child = join(import.meta.dir, "../../testing/stdout_child.ts");
  const spawn = (script: string): Bun.Subprocess<"ignore", "pipe", "pipe"> =>
    Bun.spawn(["sh", "-c", script, "sh", process.execPath, child], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });

  test("of a slow reader is waited for, nothing is lost", async () => {
    const process = spawn('"$1" "$2" 400 | (sleep 0.5; wc -l)');
    expect((await new Response(process.stdout).text()).trim()).toBe("400000");
    expect(await new Response(process.stderr).text()).toContain("durable 400000 gone false");
  }, 30_000);

  test("whose reader goes away ends quietly, and is said once", async () => {
    const process = spawn('"$1" "$2" 400 | head -n 3');
    expect((await new Response(process.stdout).text()).split("\n")).toHaveLength(4);
    const said = await new Response(process.stderr).text();
    expect(said).toMatch(/^durable \d+ gone true\n$/);
    expect(said).not.toContain("durable 400000");
  }, 30_000);
});

test("the names are what operators wrote", async () => {
  await reset();
  const writers: Writer[] = [
    await createLineWriter({ path: "-" }, deps()),
    await createDocumentsWriter({ path }, deps()),
  ];
  expect(writers.map(({ name }) => name)).toEqual(["line:-", `documents:${path}`]);
  for (const writer of writers) await writer.close();
});
