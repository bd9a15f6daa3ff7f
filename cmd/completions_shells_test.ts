/**
 * Edge (processes, files). Completion scripts where they are used: in shells at a terminal, by the
 * Tab key, in a folder with file names that need quotes.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TempFolder, tempFolder } from "../testing/servers/server.ts";
import { startTerminal, terminalMissing } from "../testing/terminal.ts";
import { completionScript } from "./completions.ts";
import { wholeProgram } from "./program.ts";

setDefaultTimeout(60_000);
const program = await wholeProgram();

/** How each is started with nothing of the user's, and takes its script and the prompt. */
const shells = {
  bash: {
    command: "bash --norc --noprofile",
    file: "tpctl.bash",
    load: ["source ./tpctl.bash", "PS1='> '"],
  },
  zsh: {
    command: "zsh -f",
    file: "_tpctl",
    load: ["fpath=($PWD $fpath)", "autoload -U compinit", "compinit -u -D", "PS1='> '"],
  },
  fish: {
    command: "fish --no-config",
    file: "tpctl.fish",
    load: [
      "source tpctl.fish",
      "set fish_autosuggestion_enabled 0",
      "function fish_prompt; printf '> '; end",
    ],
  },
};
const names = ["bash", "zsh", "fish"] as const;

let folder: TempFolder;
beforeAll(async () => {
  folder = await tempFolder("shells");
  for (const name of ["plain.ndjson", "my file.ndjson", "it's.ndjson", "[x] y.ndjson"]) {
    await writeFile(join(folder.path, name), "");
  }
  await mkdir(join(folder.path, "some dir"));
  await writeFile(join(folder.path, "some dir", "inner file"), "");
  for (const shell of names) {
    const script = completionScript(program, shell);
    await writeFile(join(folder.path, shells[shell].file), script);
  }
});
afterAll(() => folder.remove());

/** What is typed, and the line once Tab is pressed; blanks at its end left out. */
const lines = [
  ["tpctl pers", "tpctl persist"],
  ["tpctl help val", "tpctl help validate"],
  ["tpctl persist --onc", "tpctl persist --once"],
  ["tpctl persist --once --kind al", "tpctl persist --once --kind alarms"],
  ["tpctl validate --format=js", "tpctl validate --format=json"],
  // A file may be called like a command.
  ["tpctl validate persist --on", "tpctl validate persist --online"],
  ["tpctl tail pl", "tpctl tail plain.ndjson"],
  ["tpctl persist --from my", "tpctl persist --from my\\ file.ndjson"],
  ["tpctl persist --from my\\ f", "tpctl persist --from my\\ file.ndjson"],
  ["tpctl persist --from=my", "tpctl persist --from=my\\ file.ndjson"],
  ["tpctl tail it", "tpctl tail it\\'s.ndjson"],
  ["tpctl tail \\[", "tpctl tail \\[x\\]\\ y.ndjson"],
  ["tpctl tail some\\ dir/", "tpctl tail some\\ dir/inner\\ file"],
  ["tpctl tail sqlite:pl", "tpctl tail sqlite:plain.ndjson"],
  ["tpctl persist --to sqlite:my", "tpctl persist --to sqlite:my\\ file.ndjson"],
] as const;

for (const shell of names) {
  const { command, load } = shells[shell];
  const missing = Bun.which(shell) === null
    ? `${shell} is not installed (Debian package ${shell})`
    : terminalMissing();
  if (missing !== undefined) console.error(`skipped: completions in ${shell}: ${missing}`);

  describe.skipIf(missing !== undefined)(shell, () => {
    test("every line is completed", async () => {
      const size = { columns: 120, rows: 30 };
      await using terminal = await startTerminal({ command, cwd: folder.path, ...size });
      const lastLine = (screen: readonly string[]): string => screen.findLast(Boolean) ?? "";
      terminal.press([...load, "clear"].join("; "), "Enter");
      await terminal.until("ready", (screen) => lastLine(screen) === ">");
      const url = `tpctl tail file://${folder.path}/`;
      for (const [typed, completed] of [...lines, [`${url}pl`, `${url}plain.ndjson`]] as const) {
        terminal.press(typed);
        await terminal.until("typed", (screen) => lastLine(screen) === `> ${typed}`);
        terminal.press("Tab");
        await terminal.until(completed, (screen) => lastLine(screen) === `> ${completed}`);
        terminal.press("C-u");
        await terminal.until("empty again", (screen) => lastLine(screen) === ">");
      }
      expect(terminal.screen().filter(Boolean)).toEqual([">"]);
    });
  });
}

test.skipIf(Bun.which("zsh") === null)("zsh also takes the script by source", () => {
  const script = "autoload -U compinit; compinit -u -D; source ./_tpctl; print $_comps[tpctl]";
  const run = Bun.spawnSync(["zsh", "-fc", script], { cwd: folder.path });
  expect(run.stderr.toString()).toBe("");
  expect(run.stdout.toString()).toBe("_tpctl\n");
});

test.skipIf(Bun.which("fish") === null)("fish offers files where a command takes some", () => {
  const offered = (line: string): string => {
    const script = `source tpctl.fish; complete -C '${line}'`;
    return Bun.spawnSync(["fish", "--no-config", "-c", script], { cwd: folder.path })
      .stdout.toString();
  };
  expect(offered("tpctl tail ")).toContain("plain.ndjson\n");
  expect(offered("tpctl persist --from ")).toContain("plain.ndjson\n");
  expect(offered("tpctl persist ")).toBe("");
});
