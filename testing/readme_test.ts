/**
 * Edge (files, processes). The README says what is: its tables, its two commands, the files and scripts
 * that it names, and the examples that run without a server.
 */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runExecutable } from "./executable.ts";
import { readmePath, withOptionTables } from "./readme.ts";
import { readClasses } from "./conformance/cases.ts";
import { root } from "./sources.ts";
import { tempFolder } from "./servers/server.ts";

const readme = readFileSync(readmePath, "utf8");

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;

test("the configuration tables are those of the option data (else: bun run readme)", () => {
  expect(withOptionTables(readme) === readme).toBe(true);
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

describe("examples that need no server", () => {
  const examples = [...readme.matchAll(/^ {4,}(tpctl persist .*messages\.ndjson.*)$/gm)]
    .map(([, line]) => line ?? "");

  test("are there", () => {
    expect(examples.length).toBeGreaterThan(1);
  });

  test.each(examples)("%s", async (line) => {
    await using folder = await tempFolder("readme");
    const messages = join(folder.path, "messages.ndjson");
    if (line.includes("--kind metrics")) {
      await copyFile(join(root, "testdata/demo/metrics.ndjson"), messages);
    } else {
      const alarms = readClasses().find((each) => each.class === "persist-alarms")?.cases ?? [];
      await writeFile(messages, alarms.map((each) => each.input_text).join(""));
    }
    const run = await runExecutable(line.split(" ").slice(1), { cwd: folder.path });
    expect(run).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('"complete":true') });
  });
});
