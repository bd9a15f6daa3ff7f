/**
 * Edge (test runner, files). Dead letters on disk: what stands in them, who may read them, and that
 * none that was reported as kept is gone after a full disk, a kill or beside another process.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmod, mkdir, mkdtemp, readdir, rm, stat, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mountSmallDisk, smallDiskMissing } from "../../testing/servers/small_disk.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { ConfigError } from "../errors.ts";
import { silentLog } from "../log/log.ts";
import { createMetrics } from "../observe/metrics.ts";
import type { DeadLetter, DeadLetterBox } from "./dead_letter.ts";
import { type DeadLetterFilesOptions, openDeadLetterFiles } from "./dead_letter_files.ts";

const never = new AbortController().signal;
const child = join(import.meta.dir, "../../testing/dead_letter_child.ts");
let root = "";
let folder = "";

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "tpctl-letters-"));
  folder = join(root, "state/dead-letters");
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

interface Opened {
  readonly box: DeadLetterBox;
  readonly clock: VirtualClock;
  readonly states: { readonly ready: boolean; readonly reason?: string }[];
  readonly infos: string[];
  readonly registry: ReturnType<typeof createMetrics>;
}

async function openBox(options: Partial<DeadLetterFilesOptions> = {}): Promise<Opened> {
  const clock = new VirtualClock({ real: true });
  const states: Opened["states"] = [];
  const infos: string[] = [];
  const log = { ...silentLog, info: (text: string) => infos.push(text) };
  const registry = createMetrics();
  const box = await openDeadLetterFiles(
    { folder, command: "persist", host: "node-1", pid: 77, bytesMax: 1e9, ...options },
    {
      ...{ clock, log, registry },
      onState: (state) => states.push(state),
      onStep: () => undefined,
    },
  );
  return { box, clock, states, infos, registry };
}

function letter(text: string | Uint8Array, more: Partial<DeadLetter> = {}): DeadLetter {
  return {
    source: { topic: "metrics", partition: 3, offset: 9, key: null, timestamp: 1_700_000_000_000 },
    class: "rejected",
    reason: "the store says no",
    destination: "influxdb://host:8086/mon",
    payload: typeof text === "string" ? new TextEncoder().encode(text) : text,
    ...more,
  };
}

/** All letters in the folder; a line that is no JSON throws. */
async function readLetters(path = folder): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  for (const name of (await readdir(path)).sort()) {
    const text = await Bun.file(join(path, name)).text();
    if (text !== "" && !text.endsWith("\n")) throw new Error(`${name} ends within a line`);
    for (const line of text.split("\n")) if (line !== "") lines.push(JSON.parse(line));
  }
  return lines;
}

describe("a letter", () => {
  test("stands in the promised form, in a file and a folder of our own", async () => {
    const { box, clock, registry } = await openBox();
    await clock.run(box.append([letter('{"metric": "ü"}')], never));
    await box.close();
    const [name = ""] = await readdir(folder);
    expect(name).toBe("persist-20231114-node-1-77.1.ndjson");
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(await readLetters()).toEqual([{
      time: "2023-11-14T22:13:20.000Z",
      command: "persist",
      source: {
        ...{ topic: "metrics", partition: 3, offset: 9 },
        ...{ key: null, timestamp: 1_700_000_000_000 },
      },
      class: "rejected",
      reason: "the store says no",
      destination: "influxdb://host:8086/mon",
      payload: '{"metric": "ü"}',
    }]);
    const { size } = await stat(join(folder, name));
    expect(box.bytes()).toBe(size);
    const gauge = registry.snapshot().find(({ name }) => name === "tpctl_dead_letter_bytes");
    expect(gauge?.series[0]?.value).toBe(size);
  });

  test("keeps bytes that are not UTF-8, a byte order mark, and the refused item", async () => {
    const { box, clock } = await openBox();
    const bytes = Uint8Array.of(0xff, 0, 0x80);
    const marked = "\ufeff{}";
    const source = { file: "in.ndjson", line: 7 };
    await clock.run(
      box.append([letter(bytes), letter(marked, { source, item: { name: "cpu" } })], never),
    );
    await box.close();
    const [first, second] = await readLetters();
    expect(Buffer.from(String(first?.payload_base64), "base64")).toEqual(Buffer.from(bytes));
    expect(first).not.toHaveProperty("payload");
    expect(second).toMatchObject({ payload: marked, source, item: { name: "cpu" } });
  });
});

describe("files", () => {
  test("no folder is made before the first letter", async () => {
    const { box } = await openBox();
    await box.close();
    expect(await readdir(root)).toEqual([]);
  });

  test("are rolled by size and never shared with an earlier process of the same name", async () => {
    await mkdir(folder, { recursive: true });
    const old = join(folder, "persist-20231114-node-1-77.1.ndjson");
    await writeFile(old, '{"half of a li');
    const { box, clock } = await openBox({ fileBytesMax: 1000 });
    for (let i = 0; i < 10; i++) await clock.run(box.append([letter("x".repeat(300))], never));
    await box.close();
    expect(await Bun.file(old).text()).toBe('{"half of a li');
    await unlink(old);
    expect((await readdir(folder)).length).toBeGreaterThan(3);
    expect((await readLetters()).length).toBe(10);
  });

  test("a file that was taken away is not written into", async () => {
    const { box, clock } = await openBox();
    await clock.run(box.append([letter("a")], never));
    await rm(folder, { recursive: true });
    await clock.run(box.append([letter("b")], never));
    await box.close();
    expect(await readLetters()).toMatchObject([{ payload: "b" }]);
  });

  test("a folder that cannot be written is a configuration error at start", async () => {
    await writeFile(join(root, "state"), "a file");
    await expect(openBox()).rejects.toBeInstanceOf(ConfigError);
    // Whose parent looks as if it could be written.
    const cannot = openBox({ folder: "/proc/tpctl/dead-letters" });
    await expect(cannot).rejects.toThrow(/Cannot use folder '\/proc\/tpctl\/dead-letters'.*ENOENT/);
  });

  test("many that start at once find that the folder can be made", async () => {
    const boxes = await Promise.all(Array.from({ length: 50 }, () => openBox()));
    await Promise.all(boxes.map(({ box }) => box.close()));
    expect(await readdir(root)).toEqual([]);
  });
});

describe("a full place", () => {
  test("over the bound, letters wait, say why, and go on when there is room", async () => {
    await mkdir(folder, { recursive: true });
    const others = join(folder, "pipeline-20231114-node-2-5.1.ndjson");
    await writeFile(others, "x".repeat(900));
    const { box, clock, states } = await openBox({ bytesMax: 1300 });
    await clock.run(box.append([letter("first")], never));
    let stored = false;
    const second = box.append([letter("second")], never).then(() => stored = true);
    await clock.run(clock.sleep(60_000));
    expect(stored).toBe(false);
    expect(states.at(-1)?.ready).toBe(false);
    expect(states.at(-1)?.reason).toContain("dead_letter_max_bytes = 1300");
    await unlink(others);
    await clock.run(second);
    expect(states.at(-1)).toEqual({ ready: true });
    await box.close();
    expect(await readLetters()).toMatchObject([{ payload: "first" }, { payload: "second" }]);
  });

  test("given up: nothing is said of better times", async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "other.ndjson"), "x".repeat(900));
    const { box, clock, states, infos } = await openBox({ bytesMax: 1000 });
    const stop = new AbortController();
    const given = box.append([letter("given up")], stop.signal);
    await clock.run(clock.sleep(1000));
    stop.abort(new Error("stopped"));
    await expect(given).rejects.toThrow("stopped");
    await clock.run(box.close());
    expect(states.map(({ ready }) => ready)).toEqual([false, true]);
    expect(infos).toEqual([]);
  });

  test("an abort ends the wait of its own letters only", async () => {
    await mkdir(folder, { recursive: true });
    const others = join(folder, "other.ndjson");
    await writeFile(others, "x".repeat(900));
    const { box, clock } = await openBox({ bytesMax: 1000 });
    const stop = new AbortController();
    const given = box.append([letter("given up")], stop.signal);
    const kept = box.append([letter("kept")], never);
    await clock.run(clock.sleep(1000));
    stop.abort(new Error("stopped"));
    await expect(given).rejects.toThrow("stopped");
    await unlink(others);
    await clock.run(kept);
    await box.close();
    expect(await readLetters()).toMatchObject([{ payload: "kept" }]);
  });

  const noMount = smallDiskMissing();
  if (noMount !== undefined) console.error(`skipped: ${noMount}`);
  test.skipIf(noMount !== undefined)(
    "on a full disk nothing torn is left, and nothing is lost",
    async () => {
      const disk = mountSmallDisk(join(root, "disk"), "128k");
      try {
        const place = join(disk.path, "dead-letters");
        const { box, clock, states } = await openBox({ folder: place });
        await clock.run(box.append([letter("before")], never));
        await writeFile(join(disk.path, "filler"), "x".repeat(100_000));
        let stored = false;
        const waiting = box.append([letter("y".repeat(60_000))], never).then(() => stored = true);
        await clock.run(clock.sleep(30_000));
        expect(stored).toBe(false);
        expect(states.at(-1)?.reason).toContain("ENOSPC");
        expect(await readLetters(place)).toMatchObject([{ payload: "before" }]);
        await unlink(join(disk.path, "filler"));
        await clock.run(waiting);
        await box.close();
        expect((await readLetters(place)).length).toBe(2);
        expect(states.at(-1)).toEqual({ ready: true });
      } finally {
        disk.remove();
      }
    },
  );

  test("a folder that turns read-only is waited for", async () => {
    if (process.getuid?.() === 0) {
      // Root writes anyway: a file in the folder's place stands in for it.
      const { box, clock, states } = await openBox();
      await writeFile(join(root, "state"), "");
      const kept = box.append([letter("a")], never);
      await clock.run(clock.sleep(10_000));
      expect(states.at(-1)?.ready).toBe(false);
      await unlink(join(root, "state"));
      await clock.run(kept);
      return await box.close();
    }
    await mkdir(folder, { recursive: true });
    const { box, clock, states } = await openBox();
    await chmod(folder, 0o500);
    const kept = box.append([letter("a")], never);
    await clock.run(clock.sleep(10_000));
    expect(states.at(-1)?.ready).toBe(false);
    await chmod(folder, 0o700);
    await clock.run(kept);
    await box.close();
  });
});

describe("several processes", () => {
  test("share the folder, and a kill loses nothing that counted as kept", async () => {
    const names = ["one", "two", "three"];
    const said = await Promise.all(names.map(async (name, i) => {
      // The third is left to finish; all claim the same host and process number.
      const count = name === "three" ? "150" : "100000";
      const writer = Bun.spawn([process.execPath, child, folder, name, count], { stdout: "pipe" });
      const kill = async (): Promise<void> => {
        await Bun.sleep(700 + 150 * i);
        writer.kill("SIGKILL");
      };
      if (name !== "three") void kill();
      const text = await new Response(writer.stdout).text();
      await writer.exited;
      return text.split("\n").slice(0, -1).map((line) => `${name} ${line}`);
    }));
    const found = new Set<string>();
    for (const file of await readdir(folder)) {
      const lines = (await Bun.file(join(folder, file)).text()).split("\n");
      // Only the last line of a killed process may be torn: it never counted as kept.
      for (const line of lines.slice(0, -1)) {
        const [name, number] = String(JSON.parse(line).payload).split(" ");
        expect(found.has(`${name} ${number}`)).toBe(false);
        found.add(`${name} ${number}`);
      }
    }
    expect(said.map((lines) => lines.length > 0)).toEqual([true, true, true]);
    expect(said.flat().filter((id) => !found.has(id))).toEqual([]);
    expect(said[2]?.length).toBe(150);
  });
});
