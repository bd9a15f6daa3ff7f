/**
 * Edge (processes, files, terminal). The chart in a real terminal: drawn, sorted by keys, resized; and the
 * terminal given back on every way out.
 */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { builtExecutable } from "../testing/executable.ts";
import { type TempFolder, tempFolder } from "../testing/servers/server.ts";
import { sampleLine } from "../testing/tailing.ts";
import { startTerminal, type Terminal, terminalMissing } from "../testing/terminal.ts";

setDefaultTimeout(60_000);
const missing = terminalMissing();
if (missing !== undefined) console.error(`skipped: the chart in a terminal: ${missing}`);

describe.skipIf(missing !== undefined)("the chart in a terminal", () => {
  let folder: TempFolder;
  let file: string;
  beforeEach(async () => {
    folder = await tempFolder("tail-chart");
    file = join(folder.path, "samples.json");
    const lines = Array.from({ length: 300 }, (_, n) => {
      const name = n % 3 === 0 ? "rare.meter" : "common.meter";
      return sampleLine(n, { name, resource_id: "vm-1", volume: n % 30, unit: "B" });
    });
    await writeFile(file, `${lines.join("\n")}\n`);
  });
  afterEach(() => folder.remove());

  /** Behind tail, the shell says how it ended and how the terminal is set. */
  async function start(
    options: string,
    { columns = 100, rows = 20, env = {} }: {
      columns?: number;
      rows?: number;
      env?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<Terminal> {
    const words = Object.entries(env).map(([name, value]) => `${name}=${value}`).join(" ");
    const tail = `${words} ${await builtExecutable()} tail ${file} ${options}`;
    const command = `echo before; ${tail}; echo exit $?; stty -a | tr ' ;' '\\n\\n' | ` +
      `grep -x -e icanon -e echo | tr '\\n' ' '; echo end; sleep 60`;
    return await startTerminal({ command, cwd: folder.path, columns, rows });
  }

  async function isGivenBack(terminal: Terminal, code: number): Promise<void> {
    const screen = await terminal.until(
      "ended",
      (lines) => lines.some((line) => /end$/.test(line)),
    );
    expect(screen.filter((line) => line !== "").slice(0, 1)).toEqual(["before"]);
    expect(screen).toContain(`exit ${code}`);
    expect(screen.find((line) => /end$/.test(line))).toBe("icanon echo end");
    expect(terminal.state()).toEqual({ alternate: false, cursor: true });
  }

  /** tpctl, as the shell's only child. */
  async function childOf({ pid }: Terminal): Promise<number> {
    return Number(await Bun.file(`/proc/${pid}/task/${pid}/children`).text());
  }

  const names = (screen: readonly string[]): string[] =>
    screen.flatMap((line) => /^(\w+\.meter)/.exec(line)?.[1] ?? []);

  test("shows series with sparklines, sorts by keys, resizes, and quits with q", async () => {
    await using terminal = await start("--follow --format chart");
    const first = await terminal.until("drawn", (screen) => names(screen).length === 2);
    expect(terminal.state()).toEqual({ alternate: true, cursor: false });
    expect(first[0]).toBe(`file://${file}`);
    expect(first[1]).toMatch(/^300 data, .*\/s, 2 series$/);
    expect(first[2]).toMatch(
      /^series +resource +tenant +rate▼ +count +last +min +max +unit +last val/,
    );
    expect(first[3]).toMatch(
      /^common\.meter +vm-1 +p +[\d.]+\/s +200 +29 +1 +29 +B +[▁▂▃▄▅▆▇█]{8}/,
    );
    expect(first.at(-1)).toStartWith("q quit · sort by");
    terminal.press("n");
    const sorted = await terminal.until(
      "sorted",
      (screen) => screen[2]?.includes("series▲") ?? false,
    );
    expect(names(sorted)).toEqual(["common.meter", "rare.meter"]);
    terminal.press("n");
    await terminal.until("turned round", (screen) => names(screen)[0] === "rare.meter");
    await appendFile(file, `${sampleLine(1, { name: "aaa.meter", volume: 7 })}\n`);
    await terminal.until("three", (screen) => names(screen).length === 3);
    terminal.resize(60, 8);
    const small = await terminal.until(
      "small",
      (screen) => screen.at(-1)?.startsWith("q") ?? false,
    );
    expect(small.length).toBe(8);
    expect(Math.max(...small.map((line) => Bun.stringWidth(line)))).toBeLessThanOrEqual(60);
    terminal.resize(120, 30);
    await terminal.until("large", (screen) => screen.length === 30 && screen[29]?.[0] === "q");
    terminal.press("Space");
    await terminal.until("paused", (screen) => screen[1]?.endsWith(", PAUSED") ?? false);
    terminal.press("q");
    await isGivenBack(terminal, 0);
  });

  test("Ctrl-C, SIGTERM and SIGHUP give the terminal back", async () => {
    for (const end of ["C-c", "SIGTERM", "SIGHUP"] as const) {
      await using terminal = await start("--follow --format chart");
      await terminal.until("drawn", (screen) => names(screen).length === 2);
      if (end === "C-c") terminal.press("C-c");
      else process.kill(await childOf(terminal), end);
      await isGivenBack(terminal, 0);
    }
  });

  test("a source that fails gives the terminal back, with the reason below", async () => {
    await using terminal = await startTerminal({
      command: `${await builtExecutable()} tail kafka://127.0.0.1:1/t --format chart; ` +
        "echo exit $?; echo icanon echo end; sleep 60",
      ...{ cwd: folder.path, columns: 100, rows: 20 },
    });
    const screen = await terminal.until(
      "ended",
      (lines) => lines.some((line) => /end$/.test(line)),
    );
    expect(screen.join("\n")).toContain("tpctl: Cannot connect to Kafka broker '127.0.0.1:1'");
    expect(screen).toContain("exit 3");
    expect(terminal.state()).toEqual({ alternate: false, cursor: true });
  });

  test("Ctrl-Z leaves the terminal to the shell, and the chart comes back", async () => {
    await using terminal = await start("--follow --format chart");
    await terminal.until("drawn", (screen) => names(screen).length === 2);
    terminal.press("C-z");
    await terminal.until("left", () => !terminal.state().alternate);
    process.kill(await childOf(terminal), "SIGCONT");
    await terminal.until("back", (screen) => names(screen).length === 2);
    expect(terminal.state().alternate).toBe(true);
    terminal.press("q");
    await isGivenBack(terminal, 0);
  });

  test("a whole file stays on the screen until somebody has seen it; then the picture is written", async () => {
    await using terminal = await start("--format chart --chart-out p.svg");
    const screen = await terminal.until(
      "ended",
      (lines) => lines[1]?.endsWith(", the input has ended") ?? false,
    );
    expect(names(screen).length).toBe(2);
    terminal.press("q");
    await isGivenBack(terminal, 0);
    expect(await Bun.file(join(folder.path, "p.svg")).text()).toContain(
      "common.meter, rare.meter [B]",
    );
  });

  test("keys come from the terminal where stdin carries data", async () => {
    const command = `cat ${file} | ${await builtExecutable()} tail - --format chart; ` +
      "echo exit $?; stty -a | tr ' ;' '\\n\\n' | grep -x -e icanon -e echo | tr '\\n' ' '; " +
      "echo end; sleep 60";
    await using terminal = await startTerminal({
      ...{ command: `echo before; ${command}`, cwd: folder.path, columns: 100, rows: 20 },
    });
    const screen = await terminal.until("drawn", (lines) => names(lines).length === 2);
    expect(screen[0]).toBe("stdin");
    terminal.press("q");
    await isGivenBack(terminal, 0);
  });

  test("a dumb terminal gets lines", async () => {
    await using terminal = await start("--format chart", { env: { TERM: "dumb" } });
    const screen = await terminal.until(
      "ended",
      (lines) => lines.some((line) => /end$/.test(line)),
    );
    expect(terminal.state().alternate).toBe(false);
    expect(screen.join("\n")).toMatch(/: 300 data in 2 series\nseries .*\ncommon\.meter /);
  });

  test("pretty is cut to the terminal, in colour unless NO_COLOR says no", async () => {
    await using terminal = await start("-n 3", { columns: 60 });
    const screen = await terminal.until(
      "ended",
      (lines) => lines.some((line) => /end$/.test(line)),
    );
    expect(screen.filter((line) => /^01-01 .*sample/.test(line)).length).toBe(3);
  });
});
