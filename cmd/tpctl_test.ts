/**
 * Edge (processes). The command line as a whole, run from source: what is printed where, exit codes
 * by the kind of error, suggestions, closed pipes.
 */
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MAIN = join(import.meta.dir, "tpctl.ts");
const folder = mkdtempSync(join(tmpdir(), "tpctl-main-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(...argv: string[]): Run {
  const spawned = Bun.spawnSync([process.execPath, MAIN, ...argv], {
    cwd: folder,
    env: { HOME: folder, PATH: process.env["PATH"] },
  });
  return {
    code: spawned.exitCode,
    stdout: spawned.stdout.toString(),
    stderr: spawned.stderr.toString(),
  };
}

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test("--version: version, commit, runtime", () => {
  expect(run("--version")).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^tpctl \d+\.\d+\.\d+ \(commit \S+, Bun \S+, \S+\)\n$/),
    stderr: "",
  });
});

describe("--help has examples and goes to stdout", () => {
  const calls = [
    ["--help"],
    ["persist", "--help"],
    ["help", "persist"],
    ["completions", "--help"],
    ["validate", "--help"],
  ];

  test.each(calls.map((argv) => ({ argv })))("$argv", ({ argv }) => {
    const { code, stdout, stderr } = run(...argv);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("Usage: tpctl");
    expect(stdout).toContain("Examples:");
  });

  test("persist's names every form of source and store, the signals and the exit codes", () => {
    const { stdout } = run("persist", "--help");
    const forms = ["kafka://", "file://", "influxdb://", "influxdb2://", "elasticsearch://"]
      .concat("sqlite:", "line:-", "documents:-", "null:", "TPCTL_PASSWORD", "./tpctl-state");
    for (const form of [...forms, "SIGHUP", "SIGUSR1", "Exit codes: 0 "]) {
      expect(stdout).toContain(form);
    }
  });
});

describe("usage errors: 2, on stderr, with a suggestion", () => {
  test.each([
    [[], "Usage: tpctl"],
    [["persits"], "Did you mean persist?"],
    [["--versoin"], "Did you mean --version?"],
    [["persist", "--kin", "metrics"], "Did you mean --kind?"],
    [["persist", "--from", "-", "--kind", "metric"], "Allowed choices are metrics, alarms, events"],
    [["persist", "surplus"], "too many arguments"],
    [["persist", "--from", "-"], "Cannot use --from without --kind"],
    [
      ["persist", "--from", "-", "--kind", "metrics", "--to", "influx://h/x"],
      "expected 'influxdb'",
    ],
    [
      ["persist", "--from", "-", "--kind", "events", "--to", "influxdb://h/x"],
      "cannot take events",
    ],
    [["completions", "tcsh"], "Allowed choices are bash, zsh, fish"],
  ])("%j", (argv, expected) => {
    const { code, stdout, stderr } = run(...argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(expected);
    expect(stderr).not.toContain("    at ");
  });
});

test("configuration errors: 2, all of them with their places", () => {
  const file = write("bad.conf", "[influxdb]\nport = x\n[kafka_metrics]\nenabled = maybe\n");
  const { code, stdout, stderr } = run("persist", "--config-file", file);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr.trim().split("\n")).toEqual([
    `tpctl: ${file}:2:8: Cannot read [influxdb] port 'x': it is not a port, expected an integer from 1 to 65535`,
    `tpctl: ${file}:4:11: Cannot read [kafka_metrics] enabled 'maybe': it is not a boolean, expected true or false`,
    "tpctl: Cannot use the store [influxdb]: ip_address is not set, expected the server's name or address",
  ]);
});

test("a log that cannot be opened: 2", () => {
  const argv = ["persist", "--from", "-", "--kind", "metrics", "--to", "null:", "--once"];
  const { code, stderr } = run(...argv, "--log-file", join(folder, "none/p.log"));
  expect(code).toBe(2);
  expect(stderr).toContain("Cannot open the log file");
});

const noFull = existsSync("/dev/full") ? undefined : "there is no /dev/full";
if (noFull !== undefined) console.error(`A full stdout is not tested: ${noFull}`);
test.skipIf(noFull !== undefined)("a stdout that takes nothing: 3, and why", () => {
  for (const args of ["--help", "--version", "completions bash", "tail -n all -"]) {
    const command = `echo cpu v=1 1 | ${process.execPath} ${MAIN} ${args} > /dev/full`;
    const { exitCode, stderr } = Bun.spawnSync(["sh", "-c", command]);
    expect({ args, exitCode, stderr: stderr.toString() }).toEqual({
      ...{ args, exitCode: 3 },
      stderr: "tpctl: Cannot write to stdout: the disk is full, expected room\n",
    });
  }
});

test("a closed pipe ends quietly with 0", async () => {
  const command = `{ ${process.execPath} ${MAIN} completions bash; echo $? >code; } | true`;
  const shell = Bun.spawn(["sh", "-c", command], { cwd: folder, stderr: "pipe" });
  expect(await new Response(shell.stderr).text()).toBe("");
  expect((await Bun.file(join(folder, "code")).text()).trim()).toBe("0");
});
