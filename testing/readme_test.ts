/**
 * Edge (files, processes). The README says what is: its tables, its two commands, the files and scripts
 * that it names, and the examples that run without a server.
 */
import { Database } from "bun:sqlite";
import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { builtExecutable, runExecutable } from "./executable.ts";
import { readmePath, withTables } from "./readme.ts";
import { readClasses } from "./conformance/cases.ts";
import { root } from "./sources.ts";
import { tempFolder } from "./servers/server.ts";

const readme = readFileSync(readmePath, "utf8");

// A build takes longer than a test may.
beforeAll(async () => {
  await builtExecutable();
}, 120_000);

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;

test("the configuration tables are those of the option data (else: bun run readme)", async () => {
  expect(await withTables(readme) === readme).toBe(true);
});

test("the dependencies are all there, with their versions", () => {
  const table = readme.slice(
    readme.indexOf("<!-- dependencies"),
    readme.indexOf("<!-- /dependencies"),
  );
  const named = [...table.matchAll(/^\| (`.+?) \| (\S+) \|/gm)].flatMap(([, names, version]) =>
    (names ?? "").split(", ").map((name) => [name.replaceAll("`", ""), version])
  );
  const { dependencies, devDependencies } = manifest;
  expect(Object.fromEntries(named)).toEqual({ ...dependencies, ...devDependencies });
});

describe("the two commands", () => {
  const blocks = [...readme.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text]) => text ?? "");

  test("are one line each, with the bun of package.json, and name scripts that exist", () => {
    const bun = manifest.devDependencies.bun;
    expect(blocks.slice(0, 2)).toEqual([
      `npx -y bun@${bun} run demo\n`,
      `npx -y bun@${bun} run ok\n`,
    ]);
    expect(manifest.scripts).toMatchObject({ demo: "bun testing/demo.ts", ok: "bun gate.ts" });
  });

  test("the second is what CI runs", () => {
    const script = readFileSync(join(root, ".ci/run"), "utf8");
    expect(script.trimEnd().split("\n").at(-1)).toBe(blocks[1]?.trimEnd());
  });
});

test("files and scripts that are named exist", () => {
  const paths = [...readme.matchAll(/`((?:core|cmd|testing|testdata|publishers)\/[^`\s*]+)`/g)]
    .map(([, path]) => path ?? "");
  expect(paths.length).toBeGreaterThan(3);
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  const scripts = [...readme.matchAll(/\bbun(?:@\S+)? run (\w+)/g)].map(([, name]) => name ?? "");
  expect(scripts.filter((name) => manifest.scripts[name] === undefined)).toEqual([]);
});

/** `metrics.ndjson` and `alarms.ndjson`, as the examples name them. */
async function writeMessages(folder: string): Promise<void> {
  await copyFile(join(root, "testdata/demo/metrics.ndjson"), join(folder, "metrics.ndjson"));
  const alarms = readClasses().find((each) => each.class === "persist-alarms")?.cases ?? [];
  const text = alarms.map((each) => each.input_text).join("");
  await writeFile(join(folder, "alarms.ndjson"), text);
}

describe("examples that need no server", () => {
  const examples = [...readme.matchAll(/^ {4,}(tpctl persist --from \w+\.ndjson .*)$/gm)]
    .map(([, line]) => line ?? "");

  test("are there", () => {
    expect(examples.length).toBeGreaterThan(1);
  });

  test.each(examples)("%s", async (line) => {
    await using folder = await tempFolder("readme");
    await writeMessages(folder.path);
    const run = await runExecutable(line.split(" ").slice(1), { cwd: folder.path });
    expect(run).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('"complete":true') });
  });
});

test("the queries work on what was stored", async () => {
  await using folder = await tempFolder("readme");
  await writeMessages(folder.path);
  for (const kind of ["metrics", "alarms"]) {
    const words = `persist --from ${kind}.ndjson --kind ${kind} --to sqlite:t.db --once`;
    expect((await runExecutable(words.split(" "), { cwd: folder.path })).exitCode).toBe(0);
  }
  const [, block = ""] = /^```sql\n([\s\S]*?)^```$/m.exec(readme) ?? [];
  const queries = block.replaceAll(/^--.*\n/gm, "").split(";\n").filter((query) => query !== "");
  using database = new Database(join(folder.path, "t.db"), { readonly: true });
  const rows = queries.map((query) => database.query(query).all().length);
  expect(rows).toEqual([expect.any(Number), 10, expect.any(Number), 0]);
  expect(Math.min(...rows.slice(0, 3))).toBeGreaterThan(0);
});

test("the trial of pipeline leaves samples and events to look at", async () => {
  await using folder = await tempFolder("readme");
  const files = ["pipeline.yaml", "event_pipeline.yaml", "notifications.ndjson"];
  const from = join(root, "testdata/samples/trial");
  for (const file of files) await copyFile(join(from, file), join(folder.path, file));
  const [, block = ""] = /^ {4}cd testdata\/samples\/trial\n((?: {4}tpctl .*\n)+)/m.exec(readme) ??
    [];
  const commands = block.trimEnd().split("\n").map((line) => line.trim().split(" ").slice(1));
  expect(commands.length).toBe(3);
  const env = { OS_TPCTL__LISTEN: "" };
  let shown = "";
  for (const command of commands) {
    const run = await runExecutable(command, { cwd: folder.path, env });
    expect(run).toMatchObject({ exitCode: 0 });
    shown = run.stdout;
  }
  expect(shown.match(/ volume\.size /g)).toHaveLength(1);
  expect(shown.match(/ event /g)).toHaveLength(6);
});
