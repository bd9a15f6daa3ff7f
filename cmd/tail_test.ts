/**
 * Edge (processes, files). `tpctl tail` as a process: pipes that close, signals, rotated files, stdin, every
 * wrong word on the command line.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { appendFile, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { compileExpression } from "../core/expression/compile.ts";
import { eventually, startProgram } from "../testing/program.ts";
import { type TempFolder, tempFolder } from "../testing/servers/server.ts";
import { sampleLine } from "../testing/tailing.ts";

setDefaultTimeout(60_000);
const drawerMissing = Bun.which("rsvg-convert") === null
  ? "rsvg-convert is not installed (Debian package librsvg2-bin)"
  : undefined;
if (drawerMissing !== undefined) console.error(`skipped: drawing the picture: ${drawerMissing}`);
let folder: TempFolder;
beforeAll(async () => {
  folder = await tempFolder("tail");
  const lines = Array.from({ length: 200 }, (_, n) => sampleLine(n));
  await writeFile(join(folder.path, "x.json"), `${lines.join("\n")}\n`);
  await mkdir(join(folder.path, "d"));
});
afterAll(() => folder.remove());

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(
  words: readonly string[],
  { stdin, env }: { readonly stdin?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Ran> {
  const input = stdin === undefined ? {} : { input: true };
  await using tail = startProgram(["tail", ...words], {
    cwd: folder.path,
    ...input,
    env: env ?? {},
  });
  if (stdin !== undefined) {
    tail.write(stdin);
    tail.endInput();
  }
  return { code: await tail.exited, stdout: tail.stdout(), stderr: tail.stderr() };
}

const volumes = (stdout: string): number[] =>
  stdout.trimEnd().split("\n").filter((line) => line !== "").map((line) => JSON.parse(line).volume);

describe("a file", () => {
  test("its last lines, filtered, as JSON", async () => {
    const words = [
      "x.json",
      "-n",
      "2",
      "--meter",
      "m.4",
      "--where",
      "volume < 100",
      "--format",
      "json",
    ];
    const { code, stdout, stderr } = await run(words);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(volumes(stdout)).toEqual([84, 94]);
  });

  test("pretty is the default, and is not cut or coloured in a pipe", async () => {
    const { stdout } = await run(["x.json", "-n", "1"]);
    expect(stdout).toBe(
      "01-01 00:03:19 sample m.9                           199 % r-1        p\n",
    );
  });

  test("a chart in a pipe is a summary; a picture is written", async () => {
    const words = ["x.json", "--format", "chart", "--chart-out", "p.svg", "--meter", "m.[12]"];
    const { code, stdout } = await run(words);
    expect(code).toBe(0);
    expect(stdout).toStartWith("x.json: 40 data in 6 series\n");
    expect(await Bun.file(join(folder.path, "p.svg")).text()).toContain("m.1, m.2 [%]");
  });

  test.skipIf(drawerMissing !== undefined)("the picture can be drawn", async () => {
    expect((await run(["x.json", "--format", "table", "--chart-out", "d.svg"])).code).toBe(0);
    const drawn = Bun.spawnSync(["rsvg-convert", "d.svg"], { cwd: folder.path });
    expect(drawn.stderr.toString()).toBe("");
    // Width and height stand at the start of a PNG.
    const png = drawn.stdout;
    expect(png.readUInt32BE(16)).toBe(1000);
    expect(png.readUInt32BE(20)).toBeGreaterThan(300);
  });

  test("followed through a rotation; Ctrl-C ends with 0", async () => {
    const path = join(folder.path, "grows.json");
    await using tail = startProgram(["tail", "grows.json", "-f", "--format", "json"], {
      cwd: folder.path,
    });
    await tail.said(/Waiting for 'grows.json': it does not exist/);
    await writeFile(path, `${sampleLine(1)}\n`);
    await eventually(() => volumes(tail.stdout()).length === 1 ? true : undefined);
    await rename(path, `${path}.1`);
    await appendFile(`${path}.1`, `${sampleLine(2)}\n`);
    await writeFile(path, `${sampleLine(3)}\n`);
    await eventually(() => volumes(tail.stdout()).length === 3 ? true : undefined);
    tail.kill("SIGINT");
    expect(await tail.exited).toBe(0);
    expect(volumes(tail.stdout())).toEqual([1, 2, 3]);
    expect(tail.stderr()).toContain("was replaced");
  });

  test("a reader that has seen enough ends it quietly", async () => {
    const command = "tpctl tail x.json -n all --format json | head -n 1; echo ${PIPESTATUS[0]}";
    const tpctl = `${process.execPath} ${join(import.meta.dir, "tpctl.ts")}`;
    const argv = ["bash", "-c", command.replace("tpctl", tpctl)];
    await using shell = startProgram([], { cwd: folder.path, argv });
    expect(await shell.exited).toBe(0);
    expect(shell.stdout().split("\n").slice(1)).toEqual(["0", ""]);
    expect(shell.stderr()).toBe("");
  });

  test("that nothing passes the filters is said", async () => {
    const options = { stdin: '{"event_type":"a","generated":"2026-01-01","traits":[]}\n' };
    const none = await run(["-", "--event", "b"], options);
    expect(none).toMatchObject({
      ...{ code: 0, stdout: "" },
      stderr: "tpctl: Nothing of what was read passes the filters\n",
    });
    expect(await run(["-", "--event", "a"], options)).toMatchObject({ code: 0, stderr: "" });
  });

  test("what cannot be read is counted, with the first reason", async () => {
    const { code, stdout, stderr } = await run(["-", "--format", "json"], {
      stdin: `nonsense\n${sampleLine(1)}\n{"a": 1}\n`,
    });
    expect({ code, volumes: volumes(stdout) }).toEqual({ code: 0, volumes: [1] });
    expect(stderr).toBe(
      "tpctl: 2 messages could not be read, the first one: it has no known form\n",
    );
  });

  test("stdin, and its last lines", async () => {
    const stdin = Array.from({ length: 5 }, (_, n) => `${sampleLine(n)}\n`).join("");
    expect(volumes((await run(["-", "--format", "json"], { stdin })).stdout)).toEqual([
      0,
      1,
      2,
      3,
      4,
    ]);
    const last = await run(["-", "-n", "2", "--format", "json"], { stdin });
    expect(volumes(last.stdout)).toEqual([3, 4]);
  });
});

test("every expression that the README and --help show is one", async () => {
  const readme = await Bun.file(join(import.meta.dir, "../README.md")).text();
  const section = readme.slice(readme.indexOf("## Looking at what passes"));
  const table = section.slice(section.indexOf("`--where` takes"), section.indexOf("Members are"));
  const rows = table.split("\n").filter((line) => line.startsWith("| `"));
  const shown = rows.flatMap((row) =>
    [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, source = ""]) => source)
  );
  const { stdout: help } = await run(["--help"]);
  const options = [...`${section}${help}`.matchAll(/--where '([^']+)'/g)].map(([, each]) =>
    each ?? ""
  );
  expect(shown.length).toBeGreaterThan(10);
  expect(options.length).toBe(2);
  for (const source of [...shown, ...options]) compileExpression(source);
});

describe("is refused, nothing is shown", () => {
  test.each<[words: string, argv: readonly string[], code?: number]>([
    ["missing required argument 'source'", []],
    ["Cannot read 'nope.json': it does not exist", ["nope.json"]],
    ["Cannot read 'd': it is a folder", ["d"]],
    ["the scheme 'kfka' is unknown, expected 'kafka'", ["kfka://h/t"]],
    ["(Did you mean --sample?)", ["x.json", "--smaple", "1/2"]],
    ["Allowed choices are pretty, json, table, chart", ["x.json", "--format", "xml"]],
    ["too many arguments", ["x.json", "y.json"]],
    ["\ntpctl:   volume => 3\ntpctl:          ^\n", ["x.json", "--where", "volume => 3"]],
    ["Cannot use --meter 'cpu[': its bracket is not closed", ["x.json", "--meter", "cpu["]],
    ["Cannot use --since 'later': it is no time", ["x.json", "--since", "later"]],
    ["Cannot use -n '1.5'", ["x.json", "-n", "1.5"]],
    ["Cannot use --sample '2'", ["x.json", "--sample", "2"]],
    ["Cannot write the chart 'no/p.svg': its folder does not exist", [
      "x.json",
      "--chart-out",
      "no/p.svg",
    ]],
    ["Cannot write the chart 'd': it is a folder", ["x.json", "--chart-out", "d"]],
    ["the source names no consumer group", ["--lag", "kafka://127.0.0.1:1/t"]],
    ["the source names no consumer group", ["--lag", "x.json"]],
    ["Cannot use --meter with --lag", ["--lag", "kafka://h/t?group=g", "--meter", "x"]],
    ["Cannot use --format chart with --lag", ["--lag", "kafka://h/t?group=g", "--format", "chart"]],
    ["expected the password in TPCTL_PASSWORD", ["kafka://u@h/t"]],
    ["Cannot open SQLite file 'no.db'", ["sqlite:no.db"]],
    ["Cannot open SQLite file 'x.json'", ["sqlite:x.json"]],
    ["connection refused", ["influxdb://127.0.0.1:1/d"], 3],
    ["expected a listening broker", ["kafka://127.0.0.1:1/t"], 3],
    ["expected a listening broker", ["--lag", "kafka://127.0.0.1:1/t?group=g"], 3],
    ["expected a broker that answers there", ["amqp://127.0.0.1:1/?exchange=e"], 3],
  ])("%s", async (words, argv, code = 2) => {
    const ran = await run(argv);
    expect(ran.stderr).toContain(words);
    expect(ran.stderr).not.toContain("    at ");
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code, stdout: "" });
  });
});
