/**
 * Edge (processes, files). Runs tpctl on bad input and holds every output to the same rules:
 * no stack trace, no secret, few lines; and reads what the dead letters say.
 */
import { expect } from "bun:test";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { builtExecutable } from "../executable.ts";
import { type Program, startProgram } from "../program.ts";

/** Every password in these tests holds this word; no output may. */
export const secret = "Sesame";

const linesMax = 40;

/** How a run ended and what it said. */
export interface BadRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A letter as far as it is looked at. */
export interface BadLetter {
  readonly source: Readonly<Record<string, unknown>>;
  readonly class: string;
  readonly reason: string;
  readonly payload?: string;
  readonly payload_base64?: string;
}

/** The daemons. */
export type Daemon = "persist" | "pipeline";

/** Starts it in the folder, which is its home too. */
export async function startBad(
  folder: string,
  args: readonly string[],
  daemon: Daemon = "persist",
): Promise<Program> {
  return startProgram([daemon, ...args], { cwd: folder, argv: [await builtExecutable()] });
}

/** Runs to the end and checks what holds for every output. */
export async function runBad(
  folder: string,
  args: readonly string[],
  daemon: Daemon = "persist",
): Promise<BadRun> {
  await using program = await startBad(folder, args, daemon);
  const code = await program.exited;
  expectDecent(program);
  return { code, stdout: program.stdout(), stderr: program.stderr() };
}

/** An operator's eyes: no trace, no secret, no flood. */
export function expectDecent(program: Program): void {
  const stderr = program.stderr();
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stderr).not.toContain("defect");
  expect(stderr + program.stdout()).not.toContain(secret);
  expect(stderr.split("\n").length).toBeLessThan(linesMax);
}

/** Lines of the log at these levels, without what stands before the message. */
export function linesAt(stderr: string, level: "WARNING" | "ERROR" | "CRITICAL"): string[] {
  return stderr.split("\n").filter((line) => line.includes(` ${level} `))
    .map((line) => line.slice(line.indexOf("[-] ") + "[-] ".length));
}

/** All dead letters below a state folder, in the order of their places in the source. */
export async function readLetters(stateDir: string): Promise<BadLetter[]> {
  const folder = join(stateDir, "dead-letters");
  const letters: BadLetter[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const text = await readFile(join(folder, name), "utf8");
    letters.push(...text.split("\n").slice(0, -1).map((line) => JSON.parse(line) as BadLetter));
  }
  const place = ({ source }: BadLetter): number => Number(source.line ?? source.offset);
  return letters.sort((a, b) => place(a) - place(b));
}

/** A metric envelope with one of its parts replaced. */
export function metricText(
  parts: { readonly value?: string; readonly meta?: string } = {},
): string {
  return '{"metric": {"name": "cpu", "dimensions": {"host": "a"}, "timestamp": 1735689600000, ' +
    `"value": ${parts.value ?? "1.5"}, "value_meta": ${parts.meta ?? "{}"}}, ` +
    '"meta": {"tenantId": "t", "region": "r"}, "creation_time": 1}';
}

/** Messages that no store can take, each with the class and the reason of its letter. */
export const badMessages: readonly {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly class: string;
  readonly reason: RegExp;
}[] = [
  {
    name: "no JSON",
    bytes: Buffer.from("not a message"),
    class: "decode",
    reason: /^Cannot read JSON at character 0: 'n', expected a value$/,
  },
  {
    name: "invalid UTF-8",
    bytes: Buffer.from(metricText().replace("cpu", "c\u00ff"), "latin1"),
    class: "decode",
    reason: /^Cannot read JSON: invalid UTF-8, expected UTF-8 text$/,
  },
  {
    name: "NaN",
    bytes: Buffer.from(metricText({ value: "NaN" })),
    class: "invalid",
    reason: /^Cannot store value 'nan': .*, expected a finite number$/,
  },
  {
    name: "infinity",
    bytes: Buffer.from(metricText({ value: "Infinity" })),
    class: "invalid",
    reason: /^Cannot store value 'inf': .*, expected a finite number$/,
  },
  {
    name: "a number beyond all floats",
    bytes: Buffer.from(metricText({ value: "-1e400" })),
    class: "invalid",
    reason: /^Cannot store value '-inf': .*, expected a finite number$/,
  },
  {
    name: "deep JSON",
    bytes: Buffer.from(metricText({ meta: `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}` })),
    class: "decode",
    reason: /^Cannot read JSON at character \d+: nested too deeply, expected at most \d+ levels$/,
  },
  {
    name: "10 MB without an end",
    bytes: Buffer.from(`{"metric": "${"x".repeat(10_000_000)}`),
    class: "decode",
    reason: /^Cannot read JSON at character \d+: a string without an end, expected '"'$/,
  },
];
