/**
 * Edge (processes, files). The executable as operators and CI run it: over the corpus, with every exit
 * code, stdin, kinds, comments, and on a terminal.
 */
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RULES } from "../../core/validate/rules.ts";
import { builtExecutable, type Run, runExecutable } from "../executable.ts";
import { root } from "../sources.ts";
import { allExamples, corpusPath, exampleFiles, exampleFolder } from "./examples.ts";

const folder = mkdtempSync(join(tmpdir(), "tpctl-corpus-"));
afterAll(() => rmSync(folder, { recursive: true }));
await builtExecutable();

interface Read {
  readonly summary: Readonly<Record<string, number>>;
  readonly findings: readonly { readonly file: string; readonly rule: string }[];
}

function run(
  argv: readonly string[],
  more: Partial<Parameters<typeof runExecutable>[1]> = {},
): Promise<Run> {
  return runExecutable(["validate", ...argv], { cwd: folder, ...more });
}

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

const pipeline = `sources:
  - name: compute
    meters: ["vcpus"]
    sinks: [keep]
sinks:
  - name: keep
    publishers: ["file:///var/lib/ceilometer/samples?json"]
`;

test("the corpus is the table's (else: bun testing/validate/examples.ts)", () => {
  for (const [name, example] of allExamples()) {
    for (const [file, text] of Object.entries(exampleFiles(example))) {
      const path = join(corpusPath, name, file);
      expect([path, existsSync(path) && readFileSync(path, "utf8") === text]).toEqual([path, true]);
    }
  }
});

test("over the corpus: each rule in its wrong folder, none in any right one", async () => {
  const { exitCode, stdout } = await run(["--format", "json", "."], { cwd: corpusPath });
  const { findings } = JSON.parse(stdout) as Read;
  expect(exitCode).toBe(1);
  expect(findings.filter(({ file }) => file.includes("/right/"))).toEqual([]);
  // Files are read as they stand, and without an environment.
  for (const rule of RULES.filter(({ bad }) => bad.environment === undefined)) {
    const own = findings.filter(({ file }) => file.startsWith(`${exampleFolder(rule, "wrong")}/`));
    expect([rule.id, own.some((one) => one.rule === rule.id)]).toEqual([rule.id, true]);
  }
});

test("whole installations pass, strictly", async () => {
  const { exitCode, stdout, stderr } = await run(["--strict", "installations"], {
    cwd: join(root, "testdata/validate"),
  });
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
  expect(stderr).toContain("9 files checked: 0 errors, 0 warnings, 0 notes; 1 finding ignored");
});

describe("exit codes", () => {
  test("0 for warnings, 1 with --strict", async () => {
    const name = write("warned.yaml", pipeline.replace("vcpus", "vcpu"));
    expect((await run([name])).exitCode).toBe(0);
    expect((await run(["--strict", name])).exitCode).toBe(1);
  });

  test("1 for errors, on stdout, with the place", async () => {
    const name = write("refused.yaml", pipeline.replace("[keep]", "[kepe]"));
    const { exitCode, stdout, stderr } = await run([name]);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: "tpctl: 1 file checked: 1 error, 0 warnings, 0 notes\n",
    });
    expect(stdout).toBe(
      "refused.yaml:4:13: error: Cannot use the source 'compute': there is no sink 'kepe', expected " +
        "the name of a sink, did you mean 'keep'? [pipeline/unknown-sink]\n",
    );
  });

  test.each([
    [["nowhere.yaml"], "there is no such file or folder"],
    [[], "no path is given"],
    [["--kind", "pipelin", "x"], "Allowed choices are"],
    [["--formt", "json", "x"], "Did you mean --format?"],
    [["--rules", "pipeline/unknown-metre"], "did you mean 'pipeline/unknown-meter'?"],
  ])("2 for %j", async (argv, text) => {
    const { exitCode, stdout, stderr } = await run(argv);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(text);
    expect(stderr).not.toContain("    at ");
  });

  test("2 for a file of no known kind that was named; one in a folder is left out", async () => {
    const name = write("docker-compose.yaml", "services: {web: {image: nginx}}\n");
    const named = await run([name]);
    expect([named.exitCode, named.stderr]).toEqual([2, expect.stringContaining("--kind")]);
    const found = await run(["."]);
    expect(found.stderr).toContain("1 file of other programs left out");
  });

  test("2 for a folder without any configuration", async () => {
    mkdirSync(join(folder, "empty"));
    writeFileSync(join(folder, "empty/compose.yaml"), "services: {}\n");
    const { exitCode, stderr } = await run(["empty"]);
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining("no configuration file is there"),
    ]);
  });
});

describe("input", () => {
  test("is checked once, however often it is named", async () => {
    const name = write("once.yaml", pipeline);
    const { stderr } = await run([name, `./${name}`, join(folder, name)]);
    expect(stderr).toContain("1 file checked");
  });

  test("from a pipe that has a name", async () => {
    expect(Bun.spawnSync(["mkfifo", join(folder, "pipe")]).exitCode).toBe(0);
    const name = write("piped.yaml", pipeline.replace("[keep]", "[kepe]"));
    await using cat = Bun.spawn(["sh", "-c", 'exec cat "$0" > pipe', name], { cwd: folder });
    const { stdout } = await run(["pipe"]);
    expect(stdout).toContain("pipe:4:13: error: ");
    expect(await cat.exited).toBe(0);
  });

  test("from stdin, of a kind that is said", async () => {
    const argv = ["--kind", "event_definitions.yaml", "-"];
    const { exitCode, stdout } = await run(argv, { stdin: "- traits: {}\n" });
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining("-:1:3: error: ")]);
  });

  test("in a comment: a reason takes a finding away", async () => {
    const line = '    meters: ["vcpu"]';
    const name = write(
      "ignored.yaml",
      pipeline.replace(
        '    meters: ["vcpus"]',
        `${line} # tpctl: ignore pipeline/unknown-meter ours`,
      ),
    );
    const { exitCode, stdout, stderr } = await run(["--strict", name]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
    expect(stderr).toContain("1 finding ignored by comments");
  });
});

test("no secret of any file is ever shown", async () => {
  const secret = "correct-horse-battery";
  write(
    "secret.conf",
    `[DEFAULT]\ntransport_url = rabbit://u:${secret}@h:port/\n[service_credentials]\n` +
      `auth_url = http://k.example.org/v3\nusername = u\npassword = ${secret}\n` +
      `[publisher]\ntelemetry_secret = ${secret}\npasswrd = ${secret}\npassword ${secret}\n`,
  );
  write(
    "secret.yaml",
    pipeline.replace("file:///", `http://u:${secret}@h.example.org/?token=${secret}&x=`)
      .replace("publishers: [", `publishers: ["upd://u:${secret}@h", "http://u:${secret}@[h/", `),
  );
  for (const format of ["text", "json", "sarif", "github", "junit"]) {
    for (const argv of [["--kind", "ceilometer.conf", "secret.conf"], ["secret.yaml"]]) {
      const { stdout, stderr } = await run([...argv, "--format", format]);
      expect(stdout.length).toBeGreaterThan(100);
      expect(`${stdout}${stderr}`).not.toContain(secret);
    }
  }
});

test("a reader that is slow gets everything, one that goes away ends it quietly", async () => {
  const tpctl = await builtExecutable();
  const shell = async (text: string): Promise<string> => {
    const child = Bun.spawn(["bash", "-c", text, tpctl], {
      cwd: corpusPath,
      stdout: "pipe",
      stderr: "pipe",
    });
    return `${await child.stdout.text()}${await child.stderr.text()}`;
  };
  const whole = await run(["--format", "json", "."], { cwd: corpusPath });
  expect(whole.stdout.length).toBeGreaterThan(200_000);
  const slow = await shell('"$0" validate --format json . | (sleep 0.5; wc -c)');
  expect(Number(slow)).toBe(Buffer.byteLength(whole.stdout));
  expect(await shell('"$0" validate --format json . | head -1')).toBe("{\n");
});

test("--rules lists every rule, and one by its name", async () => {
  const all = (await run(["--rules"])).stdout;
  for (const { id } of RULES) expect(all).toContain(`${id} (`);
  const one = (await run(["--rules", "yaml/tag"])).stdout;
  expect(one).toContain("yaml/tag (error)");
  expect(one).toContain("[!disk.*]");
});
