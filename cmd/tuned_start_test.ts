/**
 * Edge (processes, files). The second start of a long-running subcommand is seen by nobody: not by who
 * looks for the process by its name, nor by what was handed over to it.
 */
import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { builtExecutable } from "../testing/executable.ts";
import { tempFolder } from "../testing/servers/server.ts";

const linker = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"].find(existsSync);
const argv = ["persist", "--from", "-", "--kind", "metrics", "--to", "line:-", "--once"];
const message = '{"metric":{"name":"load","timestamp":1735689600000,"value":1.5},' +
  '"meta":{"tenantId":"t","region":"r"},"creation_time":1735689601}\n';
const line = 'load,_region=r,_tenant_id=t value=1.5,value_meta="{}" 1735689600000\n';

const missing = process.platform === "linux" ? undefined : "execve and /proc are Linux's";
if (missing !== undefined) console.error(`skipped: the second start: ${missing}`);
let executable = "";
beforeAll(async () => {
  executable = await builtExecutable();
});

/** Has bash run the script in a folder with `message.ndjson`; `$0` is the executable. */
function bash(script: string, cwd: string): { exitCode: number; stdout: string; stderr: string } {
  const run = Bun.spawnSync(["bash", "-c", script, executable, ...argv], {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd, TZ: "UTC" },
    timeout: 30_000,
  });
  const [stdout, stderr] = [run.stdout.toString(), run.stderr.toString()];
  return { exitCode: run.exitCode, stdout, stderr };
}

describe.skipIf(missing !== undefined)("on Linux", () => {
  test("started by a link it keeps the link's name, its pid, and what stdin has", async () => {
    await using folder = await tempFolder("tuned");
    const link = join(folder.path, "linked");
    await symlink(executable, link);
    await using child = Bun.spawn([link, ...argv], {
      cwd: folder.path,
      env: { PATH: process.env.PATH, HOME: folder.path },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "ignore",
    });
    child.stdin.write(message);
    await child.stdin.flush();
    const status = (name: string): Promise<string> =>
      readFile(`/proc/${child.pid}/${name}`, "utf8");
    while (!(await status("environ")).includes("\0MIMALLOC_PURGE_DELAY=")) await Bun.sleep(5);
    expect((await status("comm")).trim()).toBe("linked");
    await child.stdin.end();
    expect(await child.stdout.text()).toBe(line);
    expect(await child.exited).toBe(0);
  });

  test("what was handed over open stays open", async () => {
    await using folder = await tempFolder("tuned");
    await writeFile(join(folder.path, "message.ndjson"), message);
    const given = '"$0" "$1" --from <(cat message.ndjson) "${@:4}"';
    expect(bash(given, folder.path)).toMatchObject({ exitCode: 0, stdout: line });
  });

  test("where the system refuses, the work is done and nothing is said", async () => {
    await using folder = await tempFolder("tuned");
    await writeFile(join(folder.path, "message.ndjson"), message);
    // 60,000 bytes that are no UTF-8 come to three times that, more than one variable may have.
    const refused = `X=$(head -c 60000 /dev/zero | tr '\\0' '\\377') "$0" "$@" <message.ndjson`;
    const run = bash(refused, folder.path);
    expect(run).toMatchObject({ exitCode: 0, stdout: line });
    expect(run.stderr).not.toContain("Warning");
  });

  test.skipIf(linker === undefined)("the dynamic linker can run it", async () => {
    await using folder = await tempFolder("tuned");
    await writeFile(join(folder.path, "message.ndjson"), message);
    const run = bash(`${linker} "$0" "$@" <message.ndjson`, folder.path);
    expect(run).toMatchObject({ exitCode: 0, stdout: line });
  });
});
