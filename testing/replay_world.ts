/**
 * Edge (processes, files). A folder in which tests run `tpctl replay` from source, with recorded metrics
 * whose values say which of them they are.
 */
import { Database } from "bun:sqlite";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Program, startProgram } from "./program.ts";
import { type TempFolder, tempFolder } from "./servers/server.ts";

/** How a run ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** See above. */
export class ReplayWorld {
  readonly #folder: TempFolder;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(folder: TempFolder, env: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.#env = env;
  }

  /** With an empty folder; `remove` ends it. */
  static async make(env: Readonly<Record<string, string>> = {}): Promise<ReplayWorld> {
    return new ReplayWorld(await tempFolder("replay"), env);
  }

  remove(): Promise<void> {
    return this.#folder.remove();
  }

  /** The path of a file in the folder. */
  at(name: string): string {
    return join(this.#folder.path, name);
  }

  start(args: readonly string[], input = false): Program {
    return startProgram(["replay", ...args], { cwd: this.#folder.path, env: this.#env, input });
  }

  /** Runs to the end. */
  async run(...args: readonly string[]): Promise<Ended> {
    await using program = this.start(args);
    const code = await program.exited;
    return { code, stdout: program.stdout(), stderr: program.stderr() };
  }

  write(name: string, content: string | Uint8Array): string {
    writeFileSync(this.at(name), content);
    return name;
  }

  json(name: string): Record<string, unknown> {
    return JSON.parse(readFileSync(this.at(name), "utf8")) as Record<string, unknown>;
  }

  /** The next line by the checkpoint's first file; 0 where there is none yet. */
  nextLine(checkpoint: string): number {
    try {
      const { files } = this.json(checkpoint) as { readonly files: { next_line: number }[] };
      return files[0]?.next_line ?? 0;
    } catch {
      return 0;
    }
  }

  /** The values of a SQLite file's points, in the order of their times. */
  valuesIn(name: string): number[] {
    const database = new Database(this.at(name), { readonly: true });
    const rows = database.query<{ value: number }, []>("SELECT value FROM points ORDER BY time")
      .all();
    database.close();
    return rows.map(({ value }) => value);
  }
}

/** Metric i of a series: its value is i, its time i seconds behind the first. */
export function numberedMetric(i: number, name = "cpu"): string {
  return JSON.stringify({
    metric: {
      name,
      dimensions: {},
      timestamp: 1767323045000 + i * 1000,
      value: i,
      value_meta: null,
    },
    meta: { tenantId: "t1", region: "r" },
    creation_time: 1767323046,
  });
}

/** Metrics `from` (included) to `to` (excluded), a line each. */
export function numberedMetrics(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, i) => `${numberedMetric(from + i)}\n`).join("");
}

/** 0, 1, 2, ... */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
