/**
 * Edge (processes, files). What the executable promises as a file: it needs nothing but itself, says
 * what it is, and lets nothing that lies in the folder it is started in have a say.
 */
import { beforeAll, describe, expect, test } from "bun:test";
import { cp, mkdir, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { builtExecutable, runExecutable } from "./executable.ts";
import { listFiles, root } from "./sources.ts";
import { tempFolder } from "./servers/server.ts";

beforeAll(async () => {
  await builtExecutable();
});

describe("from an empty folder", () => {
  test("it says version, commit and runtime, and leaves nothing behind", async () => {
    await using folder = await tempFolder("empty");
    const run = await runExecutable(["--version"], { cwd: folder.path });
    const { version } = await Bun.file(join(root, "package.json")).json() as { version: string };
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain(`tpctl ${version}`);
    expect(run.stdout).toMatch(/\b([0-9a-f]{12}\+?|unknown)\b/);
    expect(run.stdout).toContain(Bun.version);
    expect(await readdir(folder.path)).toEqual([]);
  });

  test("it stores what it is given, and leaves nothing but that behind", async () => {
    await using folder = await tempFolder("empty");
    const argv = ["persist", "--from", "-", "--kind", "metrics", "--to", "line:-", "--once"];
    const message = {
      metric: { name: "load", dimensions: { host: "a" }, timestamp: 1735689600000, value: 1.5 },
      meta: { tenantId: "t", region: "r" },
      creation_time: 1735689601,
    };
    const stdin = `${JSON.stringify(message)}\n`;
    const run = await runExecutable(argv, { cwd: folder.path, stdin });
    expect(run).toMatchObject({
      exitCode: 0,
      stdout: 'load,_region=r,_tenant_id=t,host=a value=1.5,value_meta="{}" 1735689600000\n',
    });
    expect(await readdir(folder.path)).toEqual([]);
  });
});

test("a planted .env or bunfig.toml has no effect", async () => {
  await using folder = await tempFolder("planted");
  await writeFile(join(folder.path, ".env"), "OS_DEFAULT__DEBUG=not-a-boolean\nNO_COLOR=1\n");
  await writeFile(join(folder.path, "bunfig.toml"), 'preload = ["./planted.ts"]\n');
  await writeFile(join(folder.path, "planted.ts"), 'console.log("planted ran");\n');
  const argv = ["persist", "--from", "-", "--kind", "metrics", "--to", "null:", "--once"];
  const run = await runExecutable(argv, { cwd: folder.path, stdin: "" });
  expect(run).toMatchObject({ exitCode: 0, stdout: "" });
  expect(run.stderr).not.toContain("planted");
});

test("it works where its sources are no longer there", async () => {
  await using folder = await tempFolder("moved");
  const copy = join(folder.path, "copy");
  for (const path of listFiles()) {
    if (!/^(cmd|core|publishers)\/|^(build\.ts|package\.json|tsconfig\.json)$/.test(path)) continue;
    await mkdir(join(copy, path, ".."), { recursive: true });
    await cp(join(root, path), join(copy, path));
  }
  await symlink(join(root, "node_modules"), join(copy, "node_modules"));
  const build = Bun.spawnSync([process.execPath, "build.ts"], { cwd: copy, stderr: "inherit" });
  expect(build.exitCode).toBe(0);
  const moved = join(folder.path, "tpctl");
  await rename(join(copy, "dist/tpctl"), moved);
  await rm(copy, { recursive: true });
  const run = Bun.spawnSync([moved, "persist", "--help"], { cwd: folder.path, env: {} });
  expect(run.exitCode).toBe(0);
  expect(run.stdout.toString()).toContain("--once");
});

test("a target that is not known is refused with those that are", () => {
  const build = Bun.spawnSync([process.execPath, "build.ts", "--target", "plan9"], { cwd: root });
  expect(build.exitCode).toBe(1);
  expect(build.stderr.toString()).toContain("expected one of linux-x64, linux-arm64");
});
