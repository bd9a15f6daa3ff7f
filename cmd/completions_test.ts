/**
 * Edge (processes). Completion scripts: bash's is run by bash, all are complete and follow the
 * program.
 */
import { describe, expect, test } from "bun:test";
import { completionScript } from "./completions.ts";
import { wholeProgram } from "./program.ts";

const program = await wholeProgram();

/** What bash would offer for a line whose last word is being typed. */
function offered(...words: string[]): string[] {
  const script = `${completionScript(program, "bash")}
COMP_WORDS=(tpctl "$@"); COMP_CWORD=$#; _tpctl; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const run = Bun.spawnSync(["bash", "-c", script, "bash", ...words]);
  expect(run.stderr.toString()).toBe("");
  return run.stdout.toString().trim().split("\n");
}

describe("bash", () => {
  test("commands, options, choices", () => {
    expect(offered("")).toEqual(expect.arrayContaining(["persist", "completions", "--version"]));
    expect(offered("hel")).toEqual(["help"]);
    expect(offered("help", "")).not.toContain("--version");
    expect(offered("per")).toEqual(["persist"]);
    expect(offered("persist", "--config-")).toEqual(["--config-file", "--config-dir"]);
    expect(offered("persist", "--once", "--kind", "")).toEqual(["metrics", "alarms", "events"]);
    expect(offered("validate", "--format", "")).toEqual([
      ...["text", "json", "sarif", "github", "junit"],
    ]);
    expect(offered("validate", "--kind", "event_d")).toEqual(["event_definitions.yaml"]);
    expect(offered("validate", "package.j")).toEqual(["package.json"]);
    expect(offered("completions", "")).toEqual(expect.arrayContaining(["bash", "zsh", "fish"]));
  });

  test("paths behind options that take one", () => {
    expect(offered("persist", "--config-file", "package.j")).toEqual(["package.json"]);
    expect(offered("persist", "--to", "sqlite", ":", "package.j")).toEqual(["package.json"]);
    expect(offered("persist", "--to", "sqlite", ":")).toContain("package.json");
    expect(offered("tail", "metrics", "--chart-out", "package.j")).toEqual(["package.json"]);
  });

  test("no paths behind options that take none, no options where a path is typed", () => {
    for (const option of ["--since", "--meter", "--rate"]) {
      expect(offered("replay", option, "package.j")).toEqual([""]);
    }
    expect(offered("tail", "")).not.toContain("--follow");
    expect(offered("tail", "-")).toContain("--follow");
  });

  test("values behind an equals sign", () => {
    expect(offered("validate", "--format", "=", "js")).toEqual(["json"]);
    expect(offered("validate", "--format", "=")).toContain("json");
    expect(offered("persist", "--config-file", "=", "package.j")).toEqual(["package.json"]);
  });
});

test("every option of every command stands in every script", () => {
  const options = program.commands.flatMap((command) => command.options);
  expect(options.length).toBeGreaterThan(10);
  for (const shell of ["bash", "zsh", "fish"] as const) {
    const script = completionScript(program, shell);
    for (const { long } of options) {
      expect(script).toContain(shell === "fish" ? ` -l ${long?.slice(2)} ` : `${long}`);
    }
  }
});
